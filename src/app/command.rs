//! Every wish the operator can have: one enum for mouse, keys, menus and tests.

use crate::model::camera::CameraId;
use crate::words::Language;

/// A step of the selection, in tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Columns to the right.
    pub right: isize,
    /// Rows down.
    pub down: isize,
}

/// A wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Select a camera's tile.
    Select(CameraId),
    /// Move the selection.
    MoveSelection(Step),
    /// Show the selected (or given) camera large, with its main stream.
    Enlarge(Option<CameraId>),
    /// Back to the wall; closes help first.
    Back,
    /// Enlarge when on the wall, back when enlarged.
    ToggleEnlarged,
    /// The next page of tiles.
    NextPage,
    /// The page before.
    PreviousPage,
    /// Speak another language.
    SetLanguage(Language),
    /// Whole pictures or filled tiles.
    ToggleFit,
    /// Full screen or window.
    ToggleFullScreen,
    /// Show or hide the list of keys.
    ToggleHelp,
    /// Put a notice away.
    DismissNotice,
    /// Leave.
    Quit,
}
