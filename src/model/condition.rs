//! What is known about a tile, as four independent fields, and the one function that picks what
//! the tile shows.
//!
//! The fields never mask each other in the log: a camera can be in repair, lost and paused at once.
//! Only [`shown`] decides which of them the operator reads first.

use std::time::{Duration, Instant};

pub use super::reason::{Detour, Login, Matter, Phase, Reason};

/// A value with the moment since which it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Since<T> {
    /// The value.
    pub value: T,
    /// It holds since then.
    pub since: Instant,
}

impl<T: PartialEq> Since<T> {
    /// Holds from `now` on.
    pub fn new(value: T, now: Instant) -> Self {
        Self { value, since: now }
    }

    /// Takes another value; the same value keeps its beginning. True when something changed.
    pub fn set(&mut self, value: T, now: Instant) -> bool {
        if self.value == value {
            return false;
        }
        *self = Self::new(value, now);
        true
    }
}

/// The connection to the camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// On the way to the first picture.
    Connecting,
    /// Open, and units come, but none at which decoding may begin.
    AwaitingKeyframe,
    /// Pictures come.
    Live,
    /// Open, but nothing has come for longer than it should.
    Late,
    /// Was there and is gone, or never came; tried again by itself.
    Lost(Reason),
    /// The camera said no; tried again rarely.
    Refused(Reason),
}

/// What the picture itself looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// No picture has been seen yet.
    None,
    /// Nothing speaks against it.
    Good,
    /// Parts of it are lost or patched together, or it is made of such.
    Disturbed,
    /// It stands still although pictures come.
    Frozen,
    /// There is nothing in it to be seen.
    Black,
    /// Out of focus, fogged, covered or dazzled: far less is seen than this camera shows.
    Blurred,
    /// The camera looks elsewhere than it did.
    Moved,
}

impl Picture {
    /// The key of its word in the translations.
    pub fn key(self) -> &'static str {
        match self {
            Self::None | Self::Good => "picture-good",
            Self::Disturbed => "picture-disturbed",
            Self::Frozen => "picture-frozen",
            Self::Black => "picture-black",
            Self::Blurred => "picture-blurred",
            Self::Moved => "picture-moved",
        }
    }

    /// There is nothing to be seen in it that is now.
    pub fn hides_all(self) -> bool {
        matches!(self, Self::Frozen | Self::Black)
    }
}

impl Link {
    /// The key of its word in the translations.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Connecting => "link-connecting",
            Self::AwaitingKeyframe => "link-awaiting-keyframe",
            Self::Live => "link-live",
            Self::Late => "link-late",
            Self::Lost(reason) if reason.is_of_the_decoder() => "picture-lost",
            Self::Lost(_) => "link-lost",
            Self::Refused(_) => "link-refused",
        }
    }

    /// Why it is not live, where there is a reason.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Lost(reason) | Self::Refused(reason) => Some(reason),
            _ => None,
        }
    }
}

/// What people have ordered about the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Administration {
    /// In service.
    #[default]
    InService,
    /// Known to be broken or taken down; somebody works on it. Its faults are no news.
    InRepair,
    /// Its picture must not be seen for now.
    Masked,
    /// This seat may not see it.
    AccessClosed,
}

impl Administration {
    /// All, with the word used in camera files.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::InService, "in_service"),
        (Self::InRepair, "in_repair"),
        (Self::Masked, "masked"),
        (Self::AccessClosed, "access_closed"),
    ];

    /// The word used in camera files.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(order, _)| *order == self)
            .map_or("in_service", |(_, word)| word)
    }

    /// From the word used in camera files.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, w)| w.eq_ignore_ascii_case(word))
            .map(|(order, _)| *order)
    }

    /// The key of its word in the translations.
    pub fn key(self) -> &'static str {
        match self {
            Self::InService => "admin-in-service",
            Self::InRepair => "admin-in-repair",
            Self::Masked => "admin-masked",
            Self::AccessClosed => "admin-access-closed",
        }
    }

    /// Whether its picture may be seen.
    pub fn may_be_seen(self) -> bool {
        matches!(self, Self::InService | Self::InRepair)
    }
}

/// How much of the stream this seat shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Load {
    /// Nothing: nobody needs it.
    Paused,
    /// Keyframes only: a picture every few seconds.
    Keyframes,
    /// Everything is decoded, some pictures are shown.
    Slowed,
    /// Every frame.
    #[default]
    Full,
}

impl Load {
    /// The key of its word in the translations.
    pub fn key(self) -> &'static str {
        match self {
            Self::Full => "load-full",
            Self::Slowed => "load-slowed",
            Self::Keyframes => "load-keyframes",
            Self::Paused => "load-paused",
        }
    }
}

/// All that is known about a tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The connection.
    pub link: Since<Link>,
    /// The picture.
    pub picture: Since<Picture>,
    /// Orders.
    pub administration: Since<Administration>,
    /// Decoding effort.
    pub load: Since<Load>,
    /// The camera sends so seldom that some seconds lie between its pictures.
    pub is_slow: bool,
}

impl Condition {
    /// Nothing has happened yet to a camera about which this is ordered.
    pub fn new(administration: Administration, now: Instant) -> Self {
        Self {
            link: Since::new(Link::Connecting, now),
            picture: Since::new(Picture::None, now),
            administration: Since::new(administration, now),
            load: Since::new(Load::Full, now),
            is_slow: false,
        }
    }

    /// Since when it is as it is: of the field that its tile tells of.
    pub fn since_of_trouble(&self) -> Instant {
        if !self.administration.value.may_be_seen() {
            self.administration.since
        } else if self.link.value != Link::Live {
            self.link.since
        } else {
            self.picture.since
        }
    }

    /// Pictures come, nothing speaks against them, and nobody has ordered otherwise.
    pub fn is_live(&self) -> bool {
        self.link.value == Link::Live
            && matches!(self.picture.value, Picture::None | Picture::Good)
            && self.administration.value == Administration::InService
    }
}

/// The shape that stands beside the word, so that colour is never alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// A small filled dot: live.
    Dot,
    /// An open ring: on the way, or waiting for a keyframe.
    Ring,
    /// A triangle: late.
    Triangle,
    /// A cross: lost.
    Cross,
    /// A bar in a ring: refused.
    NoEntry,
    /// Two bars: paused.
    Bars,
    /// A shaded square: disturbed.
    Shaded,
    /// A filled diamond: frozen.
    Diamond,
    /// A filled square: black.
    Square,
    /// A hatched disc: blurred or blinded.
    Hatched,
    /// An arrow to both sides: looks elsewhere.
    Sideways,
    /// A half disc: slowed.
    Half,
    /// A quarter of a disc: a picture every few seconds.
    QuarterDisc,
    /// An open diamond: in repair.
    OpenDiamond,
    /// A hatched square: masked, or closed to this seat.
    Mask,
}

impl Mark {
    /// All.
    pub const ALL: [Self; 15] = [
        Self::Dot,
        Self::Ring,
        Self::Triangle,
        Self::Cross,
        Self::NoEntry,
        Self::Bars,
        Self::Shaded,
        Self::Diamond,
        Self::Square,
        Self::Hatched,
        Self::Sideways,
        Self::Half,
        Self::QuarterDisc,
        Self::OpenDiamond,
        Self::Mask,
    ];
}

/// How loudly the tile speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// Grey: as it should be.
    Calm,
    /// Information.
    Note,
    /// Not to be trusted.
    Warn,
}

/// How the picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// As it is: it is now, and it is believed.
    Bare,
    /// As it is, with the state written beside: it is now, but something is to be said.
    Marked,
    /// Dim and grey under the state: it is not now, or shows nothing.
    Stale,
    /// Not at all.
    Hidden,
}

/// What the tile shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Shape.
    pub mark: Mark,
    /// Colour family.
    pub tone: Tone,
    /// Key of the word in the translations.
    pub word: &'static str,
    /// Why, where there is a reason.
    pub reason: Option<Reason>,
    /// Age of what is shown (or of the state, when there never was a picture); `None` while live.
    pub age: Option<Duration>,
    /// What becomes of the picture.
    pub face: Face,
}

impl Shown {
    fn new(mark: Mark, tone: Tone, word: &'static str, face: Face) -> Self {
        Self {
            mark,
            tone,
            word,
            reason: None,
            age: None,
            face,
        }
    }

    /// The picture on the screen is not now.
    pub fn is_stale(&self) -> bool {
        matches!(self.face, Face::Stale | Face::Hidden)
    }
}

/// Picks what a tile shows: orders first, then the link, then the picture, then the load.
///
/// `last_picture` is the capture of the picture on the screen as far as is known, else its
/// arrival, if there is one.
pub fn shown(condition: &Condition, last_picture: Option<Instant>, now: Instant) -> Shown {
    let age_from = |start: Instant| Some(now.saturating_duration_since(start));
    let administration = condition.administration.value;
    if !administration.may_be_seen() {
        return Shown::new(Mark::Mask, Tone::Note, administration.key(), Face::Hidden);
    }
    let in_repair = administration == Administration::InRepair;
    let link = &condition.link;
    let (mark, tone) = match &link.value {
        Link::Connecting | Link::AwaitingKeyframe => (Mark::Ring, Tone::Note),
        Link::Late => (Mark::Triangle, Tone::Warn),
        Link::Lost(_) => (Mark::Cross, Tone::Warn),
        Link::Refused(_) => (Mark::NoEntry, Tone::Warn),
        Link::Live => return shown_live(condition, last_picture, now, in_repair),
    };
    let shown = Shown {
        reason: link.value.reason().cloned(),
        age: age_from(last_picture.unwrap_or(link.since)),
        ..Shown::new(mark, tone, link.value.key(), Face::Stale)
    };
    if in_repair {
        // That it is gone is known; why it is, stands in the reason.
        return Shown {
            mark: Mark::OpenDiamond,
            tone: Tone::Note,
            word: administration.key(),
            ..shown
        };
    }
    shown
}

/// Picks what the tile of a live link shows.
fn shown_live(
    condition: &Condition,
    last_picture: Option<Instant>,
    now: Instant,
    in_repair: bool,
) -> Shown {
    let age_from = |start: Instant| Some(now.saturating_duration_since(start));
    let (picture, load) = (condition.picture, condition.load.value);
    let unbelieved = |mark, face| Shown {
        // The last picture is new; what it shows is as old as the state.
        age: age_from(picture.since),
        ..Shown::new(mark, Tone::Warn, picture.value.key(), face)
    };
    match picture.value {
        Picture::Disturbed => return unbelieved(Mark::Shaded, Face::Marked),
        Picture::Frozen => return unbelieved(Mark::Diamond, Face::Stale),
        Picture::Black => return unbelieved(Mark::Square, Face::Stale),
        Picture::Blurred => return unbelieved(Mark::Hatched, Face::Marked),
        Picture::Moved => return unbelieved(Mark::Sideways, Face::Marked),
        Picture::None | Picture::Good => {}
    }
    let note = |mark, word, face| Shown::new(mark, Tone::Note, word, face);
    match load {
        Load::Paused => Shown {
            age: last_picture.and_then(age_from),
            ..note(Mark::Bars, load.key(), Face::Stale)
        },
        // Some seconds may lie between the picture and now: how many is told.
        Load::Keyframes => Shown {
            age: last_picture.and_then(age_from),
            ..Shown::new(Mark::QuarterDisc, Tone::Calm, load.key(), Face::Marked)
        },
        Load::Slowed => Shown::new(Mark::Half, Tone::Calm, load.key(), Face::Marked),
        Load::Full if in_repair => note(
            Mark::OpenDiamond,
            condition.administration.value.key(),
            Face::Marked,
        ),
        // It is as it should be; only how old the picture is, is to be said.
        Load::Full if condition.is_slow => Shown {
            age: last_picture.and_then(age_from),
            ..Shown::new(Mark::QuarterDisc, Tone::Calm, "link-live", Face::Marked)
        },
        Load::Full => Shown::new(Mark::Dot, Tone::Calm, "link-live", Face::Bare),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Instant {
        crate::base::clock::now()
    }

    #[test]
    fn only_a_live_link_shows_a_bare_picture() {
        let t0 = start();
        let later = t0 + Duration::from_secs(9);
        let links = [
            (Link::Connecting, true, "link-connecting"),
            (Link::AwaitingKeyframe, true, "link-awaiting-keyframe"),
            (Link::Live, false, "link-live"),
            (Link::Late, true, "link-late"),
            (Link::Lost(Reason::Silent), true, "link-lost"),
            (Link::Lost(Reason::DecoderRestarted), true, "picture-lost"),
            (Link::Refused(Reason::WrongPassword), true, "link-refused"),
        ];
        for (link, stale, word) in links {
            let mut condition = Condition::new(Administration::InService, t0);
            condition.link.set(link.clone(), t0);
            let shown = shown(&condition, Some(t0 + Duration::from_secs(2)), later);
            assert_eq!((shown.is_stale(), shown.word), (stale, word), "{link:?}");
            let age = stale.then_some(Duration::from_secs(7));
            assert_eq!(shown.age, age, "{link:?}");
        }
    }

    #[test]
    fn a_paused_tile_is_never_shown_as_live() {
        let t0 = start();
        let mut condition = Condition::new(Administration::InService, t0);
        condition.link.set(Link::Live, t0);
        condition.load.set(Load::Paused, t0);
        let shown = shown(&condition, Some(t0), t0);
        assert!(shown.is_stale());
        assert_eq!(shown.word, "load-paused");
    }

    #[test]
    fn every_mark_of_trouble_differs_from_live() {
        let t0 = start();
        let mut condition = Condition::new(Administration::InService, t0);
        condition.link.set(Link::Live, t0);
        let live = shown(&condition, Some(t0), t0).mark;
        for link in [
            Link::Connecting,
            Link::AwaitingKeyframe,
            Link::Late,
            Link::Lost(Reason::NoAnswer(Phase::Connect)),
            Link::Refused(Reason::NotFound),
        ] {
            condition.link.set(link.clone(), t0);
            assert_ne!(shown(&condition, Some(t0), t0).mark, live, "{link:?}");
        }
    }

    /// Every combination of the four fields: bare is only what is live in all of them.
    #[test]
    fn only_what_is_sound_in_every_field_is_bare() {
        let t0 = start();
        let links = [
            Link::Connecting,
            Link::AwaitingKeyframe,
            Link::Live,
            Link::Late,
            Link::Lost(Reason::NoAnswer(Phase::Connect)),
            Link::Refused(Reason::WrongPassword),
        ];
        let pictures = [
            Picture::None,
            Picture::Good,
            Picture::Disturbed,
            Picture::Frozen,
            Picture::Black,
            Picture::Blurred,
            Picture::Moved,
        ];
        let loads = [Load::Full, Load::Slowed, Load::Keyframes, Load::Paused];
        for link in &links {
            for picture in pictures {
                for (administration, _) in Administration::ALL {
                    for (load, is_slow) in loads.into_iter().flat_map(|l| [(l, false), (l, true)]) {
                        let mut condition = Condition::new(administration, t0);
                        condition.link.set(link.clone(), t0);
                        condition.picture.set(picture, t0);
                        condition.load.set(load, t0);
                        condition.is_slow = is_slow;
                        let shown = shown(&condition, Some(t0), t0);
                        let sound = *link == Link::Live
                            && matches!(picture, Picture::None | Picture::Good)
                            && administration == Administration::InService
                            && load == Load::Full
                            && !is_slow;
                        assert_eq!(shown.face == Face::Bare, sound, "{condition:?}");
                        assert_eq!(shown.mark == Mark::Dot, sound, "{condition:?}");
                        let hidden = !administration.may_be_seen();
                        assert_eq!(shown.face == Face::Hidden, hidden, "{condition:?}");
                        let not_now = *link != Link::Live
                            || matches!(picture, Picture::Frozen | Picture::Black);
                        if not_now && !hidden {
                            assert_eq!(shown.face, Face::Stale, "{condition:?}");
                            assert!(shown.age.is_some(), "{condition:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_disturbed_picture_is_marked_and_does_not_count_as_live() {
        let t0 = start();
        let later = t0 + Duration::from_secs(4);
        let mut condition = Condition::new(Administration::InService, t0);
        condition.link.set(Link::Live, t0);
        condition.picture.set(Picture::Disturbed, t0);
        let shown = shown(&condition, Some(later), later);
        assert_eq!((shown.face, shown.tone), (Face::Marked, Tone::Warn));
        assert_eq!(
            (shown.mark, shown.word),
            (Mark::Shaded, "picture-disturbed")
        );
        assert_eq!(shown.age, Some(Duration::from_secs(4)));
        assert!(!condition.is_live());
    }

    #[test]
    fn a_slow_camera_is_live_and_shows_the_age_of_its_picture_calmly() {
        let t0 = start();
        let later = t0 + Duration::from_secs(7);
        let mut condition = Condition::new(Administration::InService, t0);
        condition.link.set(Link::Live, t0);
        condition.is_slow = true;
        let shown = shown(&condition, Some(t0), later);
        assert!(condition.is_live());
        assert_eq!((shown.face, shown.tone), (Face::Marked, Tone::Calm));
        assert_eq!(shown.word, "link-live");
        assert_eq!(shown.age, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_camera_in_repair_is_no_warning() {
        let t0 = start();
        let mut condition = Condition::new(Administration::InRepair, t0);
        condition
            .link
            .set(Link::Lost(Reason::NoAnswer(Phase::Connect)), t0);
        let lost = shown(&condition, None, t0);
        assert_eq!((lost.word, lost.tone), ("admin-in-repair", Tone::Note));
        assert_eq!(lost.reason, Some(Reason::NoAnswer(Phase::Connect)));
        condition.link.set(Link::Live, t0);
        condition.picture.set(Picture::Frozen, t0);
        assert_eq!(shown(&condition, None, t0).word, "picture-frozen");
    }

    #[test]
    fn the_same_value_keeps_its_beginning() {
        let t0 = start();
        let mut link = Since::new(Link::Live, t0);
        assert!(!link.set(Link::Live, t0 + Duration::from_secs(5)));
        assert_eq!(link.since, t0);
        assert!(link.set(Link::Late, t0 + Duration::from_secs(5)));
        assert_eq!(link.since, t0 + Duration::from_secs(5));
    }
}
