//! Every wish the operator can have: one enum for mouse, keys, menus and tests.

use super::alarms::AlarmsCommand;
use super::rules::RulesCommand;
use super::seat::Wish;
use crate::model::camera::{CameraId, Priority};
use crate::store::cameras::Encoding;
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
    /// What is to be noticed on the selected camera.
    Rules,
    /// Alarms.
    Alarms,
    /// What the centre has: a tab of it.
    Centre(Tab),
}

/// A tab of the centre's panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Who works there.
    People,
    /// Who may do what.
    Roles,
    /// Posts and their sets.
    Posts,
    /// The log.
    Log,
    /// What the centre refused.
    Conflicts,
}

impl Tab {
    /// All, in their order.
    pub const ALL: [Self; 5] = [
        Self::People,
        Self::Posts,
        Self::Log,
        Self::Conflicts,
        Self::Roles,
    ];

    /// The key of its name.
    pub fn key(self) -> &'static str {
        match self {
            Self::People => "centre-people",
            Self::Roles => "centre-roles",
            Self::Posts => "centre-posts",
            Self::Log => "centre-log",
            Self::Conflicts => "centre-conflicts",
        }
    }
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
    /// Draw what the detectors see over the pictures, or do not.
    ToggleBoxes,
    /// Show or hide the list of keys.
    ToggleHelp,
    /// Show or hide what stands beside the wall.
    ToggleSide(Side),
    /// Show the first tab of the centre that whoever sits here may open, or hide it.
    ToggleCentre,
    /// Put the next camera by priority in the place of the selected one.
    ReplaceByNext,
    /// Take the last replacement back.
    UndoReplace,
    /// What is seen of a camera now is how it looks: blurred and moved are judged from here on.
    AcceptPicture(CameraId),
    /// Show a masked camera for a while.
    LiftMask(CameraId),
    /// Mask it again.
    LowerMask(CameraId),
    /// What a camera is worth at this seat.
    SetPriority(CameraId, Priority),
    /// Read the camera file in this encoding, which it was refused in.
    ReadCamerasAs(Encoding),
    /// Put a notice away.
    DismissNotice,
    /// Of the rules of the selected camera.
    Rules(RulesCommand),
    /// Of alarms.
    Alarms(AlarmsCommand),
    /// What somebody wants as the one who sits here.
    Seat(Wish),
    /// Leave.
    Quit,
}
