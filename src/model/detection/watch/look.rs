//! What comes in: one look at a camera's picture, as the tracker and the background model saw it.

use std::time::Duration;

use jiff::civil::DateTime;

use crate::base::clock::WallTime;
use crate::model::detection::{Class, Region};

/// One thing that the tracker follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The tracker's number of it.
    pub track: u64,
    /// What it is.
    pub class: Class,
    /// How sure the model is, 0 to 1.
    pub score: f32,
    /// Where it is.
    pub region: Region,
    /// How its middle moves, in shares of the picture a second: right, down.
    pub velocity: [f32; 2],
    /// When the tracker saw it first, on the clock of [`Look::at`].
    pub first_seen: Duration,
    /// When it was detected last; before [`Look::at`] when it was not found in this look.
    pub last_seen: Duration,
    /// Since when it stands still, if it does.
    pub still_since: Option<Duration>,
    /// It was not found in this look; `region` is a guess.
    pub lost: bool,
}

/// What a background model found: something that is not of the scene and stands still, or a part of
/// the scene that is gone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StaticChange {
    /// The background model's number of it.
    pub id: u64,
    /// Where.
    pub region: Region,
    /// Which of both.
    pub kind: ChangeKind,
    /// Since when, on the clock of [`Look::at`].
    pub since: Duration,
    /// How sure it is, 0 to 1.
    pub score: f32,
}

/// What a background model finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// Something stands where the scene had nothing.
    Appeared,
    /// Something of the scene is gone.
    Disappeared,
}

/// One look at a picture.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// When the picture was taken, on a clock of the camera's own that does not jump; any origin.
    pub at: Duration,
    /// The same in UTC, for facts and counts.
    pub wall: WallTime,
    /// The same by the clock of the centre, for schedules.
    pub local: DateTime,
    /// Width and height of the picture that was looked at, in pixels; `(0, 0)` when it is not known.
    pub size: (u32, u32),
    /// Whatever the tracker follows now.
    pub tracks: &'a [Seen],
    /// Whatever stands changed now; each as long as it stands.
    pub changes: &'a [StaticChange],
}
