//! Every wish the operator can have: one enum for mouse, keys, menus and tests.

use super::seat::Wish;
use crate::model::camera::{CameraId, Priority};
use crate::words::Language;

/// A step of the selection, in tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Columns to the right.
    pub right: isize,
    /// Rows down.
    pub down: isize,
}

/// What stands beside the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// All that is known of the selected camera.
    Card,
    /// The cameras that cannot be relied on.
    Troubles,
    /// Posts, breaks and the shift's handover.
    Shift,
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
    /// Show or hide what stands beside the wall.
    ToggleSide(Side),
    /// Put the next camera by priority in the place of the selected one.
    ReplaceByNext,
    /// Take the last replacement back.
    UndoReplace,
    /// What is seen of a camera now is how it looks: blurred and moved are judged from here on.
    AcceptPicture(CameraId),
    /// What a camera is worth at this seat.
    SetPriority(CameraId, Priority),
    /// Put a notice away.
    DismissNotice,
    /// What somebody wants as the one who sits here.
    Seat(Wish),
    /// Leave.
    Quit,
}
