//! The seat: who sits at it, what is kept of what they do, and who else is there.
//!
//! [`SeatState`] is plain data that the UI reads. [`desk::Desk`] holds the store's handle and does
//! what [`Wish`]es ask: it checks PINs on a thread of their own, submits acts, and hears what became
//! of them.

mod demo;
pub(crate) mod desk;
pub mod log_page;
pub(super) mod opening;
pub mod permit;
pub mod records;
pub mod session;

use super::alarms::Across;
use super::command::Command;
use crate::base::clock::WallTime;
use crate::model::alarm::acts::Deed;
use crate::model::alarm::class::ClassKey;
use crate::model::alarm::past::Query;
use crate::model::camera::{CameraId, Password};
use crate::model::detection::rule::{Rule, RuleId};
use crate::model::id::Id;
use crate::model::roles::{Answer, Right, Roles};
use crate::model::shift::items::ItemKind;
use crate::model::shift::post::{CardItem, Post};
use crate::model::shift::presence::Presence;
use crate::model::shift::watching::Reminder;
use crate::model::shift::{By, Known, Rules};
use crate::model::staff::NewPerson;
use crate::store::database::{Link, Refused};
use crate::words::Language;
use log_page::{LogPage, LogWish};
use records::Records;
use session::{Panel, Session};

/// What somebody at the seat wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// The first start: somebody who manages people.
    FirstAdministrator {
        /// Display name.
        name: String,
        /// What is typed to sign in.
        login: String,
        /// PIN or password.
        pin: Password,
    },
    /// Sign in, or unlock.
    SignIn {
        /// What is typed to sign in.
        login: String,
        /// PIN or password.
        pin: Password,
    },
    /// Choose a new PIN, of one's own.
    ChangePin(Password),
    /// Leave the seat.
    SignOut,
    /// Lock the seat; the wall goes on.
    Lock,
    /// Take a post.
    TakePost(Id),
    /// Leave a post to nobody.
    StandDown(Id),
    /// Ask a colleague to stand in during a break.
    OfferCover(Id),
    /// Stand in.
    AcceptCover(Id),
    /// Do not.
    RefuseCover(Id),
    /// Take the offer back.
    WithdrawCover(Id),
    /// Ask for the posts again after the break.
    AskBack(Id),
    /// Give them back.
    GiveBack(Id),
    /// Begin the shift's handover.
    BeginHandover,
    /// Add a note to it.
    NoteHandover {
        /// What.
        text: String,
        /// Whether it must be read.
        critical: bool,
    },
    /// Offer it.
    OfferHandover(Id),
    /// Take it back.
    WithdrawHandover,
    /// Begin to read one.
    OpenHandover,
    /// Do not take it.
    DeclineHandover,
    /// Items were read.
    ReadItems(Vec<(ItemKind, String)>),
    /// Take over.
    FinishHandover,
    /// Write it as a page to print.
    PrintHandover(Id),
    /// “I take it”: a camera that cannot be relied on.
    TakeCamera(CameraId),
    /// Let it go.
    LetCameraGo(CameraId),
    /// Somebody signs in beside the one who sits here, for what was asked.
    SignInSecond {
        /// What is typed to sign in.
        login: String,
        /// PIN or password.
        pin: Password,
    },
    /// What was asked is not done.
    NoSecond,
    /// Of the people of the centre.
    People(PeopleWish),
    /// Of posts and their sets.
    Post(PostWish),
    /// Of what is to be noticed on cameras.
    Rule(RuleWish),
    /// Of the log.
    Log(LogWish),
    /// Of alarms.
    Alarm(AlarmWish),
    /// What the centre refused was seen.
    SettleConflict(Id),
}

/// What somebody wants of alarms.
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmWish {
    /// Do something to an alarm, by its number.
    Do(Id, Deed),
    /// Ask another centre for an alarm of its own.
    AskFor {
        /// Which alarm, by its number.
        number: Id,
        /// Why: words, or the key of words.
        reason: String,
    },
    /// Something else about an alarm, by its number, between this centre and another.
    Across(Id, Across),
    /// Put its repeats on a shelf.
    Shelve {
        /// Which alarm, by its number.
        number: Id,
        /// For how long.
        minutes: i64,
        /// Why: words, or the key of words.
        reason: String,
    },
    /// Take them from the shelf.
    Unshelve(Id),
    /// Plan a lesson.
    Plan {
        /// On which camera.
        camera: CameraId,
        /// Of which class.
        class: ClassKey,
        /// From when.
        from: WallTime,
        /// Until when.
        until: WallTime,
        /// Why.
        reason: String,
    },
    /// Cancel a lesson.
    Cancel(Id),
    /// Take alarms out of service.
    OutOfService {
        /// Of which camera; of all when none is named.
        camera: Option<CameraId>,
        /// Of which class; of all when none is named.
        class: Option<ClassKey>,
        /// Why.
        reason: String,
    },
    /// Take them into service again.
    InService(Id),
    /// Look for alarms that are over.
    Search(Box<Query>),
    /// Look at the last week.
    Week,
    /// Hear all sounds once.
    TestSounds,
}

/// What somebody wants who draws rules.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleWish {
    /// It holds from now on as it is here.
    Save(Box<Rule>),
    /// It holds no more.
    Remove(CameraId, RuleId),
}

/// What somebody wants who manages people.
#[derive(Clone, Debug, PartialEq)]
pub enum PeopleWish {
    /// Somebody new, with a first PIN.
    Add {
        /// Who.
        new: Box<NewPerson>,
        /// The PIN, which must be changed at the first sign-in.
        pin: Password,
    },
    /// Another name or language.
    Change {
        /// Who.
        id: Id,
        /// Display name.
        name: String,
        /// Language.
        language: Language,
    },
    /// Other roles.
    Roles {
        /// Who.
        id: Id,
        /// All of them.
        roles: Roles,
    },
    /// A new PIN, which must be changed at the next sign-in.
    NewPin {
        /// Whose.
        id: Id,
        /// The PIN.
        pin: Password,
    },
    /// May not sign in any more.
    Disable(Id),
    /// May again.
    Enable(Id),
    /// A badge that the door reads.
    AddBadge {
        /// Whose.
        id: Id,
        /// What the reader says.
        badge: Password,
    },
    /// No badge any more.
    RemoveBadges(Id),
}

/// What somebody wants who plans shifts.
#[derive(Clone, Debug, PartialEq)]
pub enum PostWish {
    /// Make a post, or change its set, name, layout and classes.
    Save {
        /// Which; nothing: a new one.
        id: Option<Id>,
        /// What it is to be; its holder and card do not count.
        post: Box<Post>,
    },
    /// Remove one that nobody holds.
    Remove(Id),
    /// Write on its card.
    Write {
        /// Which.
        post: Id,
        /// What to look for.
        text: String,
        /// Whether a handover waits for it to be read.
        critical: bool,
    },
    /// Strike off its card.
    Strike {
        /// Which.
        post: Id,
        /// What.
        item: Box<CardItem>,
    },
}

/// Something that is done only with a second person beside.
#[derive(Clone, Debug, PartialEq)]
pub struct FourEyes {
    /// The right that it asks for.
    pub right: Right,
    /// What.
    pub command: Box<Command>,
    /// What is said to whoever tries.
    pub panel: Panel,
}

/// What the UI reads of the seat.
#[derive(Debug)]
pub struct SeatState {
    /// Its name.
    pub name: String,
    /// Its centre.
    pub centre: String,
    /// Who sits there.
    pub session: Session,
    /// What the store told.
    pub records: Records,
    /// Whether all that was there has been told.
    pub ready: bool,
    /// How the centre is reached.
    pub link: Link,
    /// Seats that said they are there.
    pub presences: Vec<Presence>,
    /// How far our clock was set back while the program runs, and not forward again.
    pub clock_back_ns: i64,
    /// The store's clock against ours, microseconds.
    pub clock_ahead_us: i64,
    /// What the centre refused of what was done while it was away.
    pub conflicts: Vec<Refused>,
    /// Why nothing can be kept at the moment.
    pub trouble: Option<String>,
    /// Acts that were submitted and are not yet durable.
    pub unsaved: usize,
    /// People whom a demonstration made, with the PIN of all of them.
    pub demo: Option<(Vec<String>, String)>,
    /// What waits for a second person.
    pub four_eyes: Option<FourEyes>,
    /// Who stands beside for this right: only while what was asked is done, and for nothing else.
    pub second: Option<(Id, Right)>,
    /// What may be done now that a second person stands beside: what, who, and for which right.
    pub allowed: Option<(Command, Id, Right)>,
    /// The log as it is looked at.
    pub log: LogPage,
    /// Whoever sits here should take a break.
    pub reminder: Option<Reminder>,
}

impl SeatState {
    /// A seat before its store has told anything.
    pub fn new(name: String, centre: String, session: Session) -> Self {
        Self {
            records: Records::new(&centre),
            name,
            centre,
            session,
            ready: false,
            link: Link::Alone,
            presences: Vec::new(),
            clock_back_ns: 0,
            clock_ahead_us: 0,
            conflicts: Vec::new(),
            trouble: None,
            unsaved: 0,
            demo: None,
            four_eyes: None,
            second: None,
            allowed: None,
            log: LogPage::default(),
            reminder: None,
        }
    }

    /// A seat that anybody may use, without a store.
    pub fn open_to_all() -> Self {
        Self::new(String::new(), String::new(), Session::OpenToAll)
    }

    /// Now by the store's clock, where `wall` is now by ours. A centre's own clock goes on when ours is
    /// set back, whether it is heard of or not; alone it is ours.
    pub fn store_now(&self, wall: WallTime) -> WallTime {
        match self.link {
            Link::Alone => wall.plus_nanos(self.clock_ahead_us.saturating_mul(1000)),
            Link::There | Link::Away { .. } => self.steady_now(wall),
        }
    }

    /// Now for a rest after wrong PINs: our clock being set back while the program runs makes it no
    /// longer. What stands in a calendar goes by [`Self::store_now`].
    pub fn steady_now(&self, wall: WallTime) -> WallTime {
        let ahead = self.clock_ahead_us.saturating_mul(1000);
        wall.plus_nanos(ahead).plus_nanos(self.clock_back_ns)
    }

    /// What is known at one moment.
    pub fn known(&self, wall: WallTime) -> Known<'_> {
        Known {
            posts: &self.records.posts,
            covers: &self.records.covers,
            duties: &self.records.duties,
            presences: &self.presences,
            now: self.store_now(wall),
            rules: Rules::default(),
        }
    }

    /// Who acts: whoever sits there unlocked.
    pub fn by(&self) -> Option<By<'_>> {
        Some(By {
            person: self.session.person()?,
            seat: &self.name,
            centre: &self.centre,
        })
    }

    /// What may be done here now.
    pub fn may(&self, right: Right) -> Answer {
        if self.session == Session::OpenToAll {
            return Answer::Yes;
        }
        let Some(person) = self.session.person() else {
            return Answer::No;
        };
        let staff = &self.records.staff;
        match (staff.may(person, right), self.second) {
            (Answer::WithSecond, Some((second, granted)))
                if granted == right && staff.may_be_second(person, second, right) =>
            {
                Answer::Yes
            }
            (answer, _) => answer,
        }
    }

    /// The panel that somebody types into: of a second person, or of the seat.
    pub fn panel_mut(&mut self) -> Option<&mut Panel> {
        match &mut self.four_eyes {
            Some(asked) => Some(&mut asked.panel),
            None => self.session.panel_mut(),
        }
    }

    /// A try begins.
    pub fn try_begins(&mut self) {
        if let Some(panel) = self.panel_mut() {
            panel.busy = true;
            panel.said = None;
        }
    }

    /// A try came to nothing.
    pub fn try_failed(&mut self, said: String) {
        if let Some(panel) = self.panel_mut() {
            panel.busy = false;
            panel.said = Some(said);
            panel.tries += 1;
        }
    }

    /// Who has taken it on that a camera cannot be relied on.
    pub fn taken_by(&self, camera: &CameraId) -> Option<Id> {
        let about = desk::about_camera(camera);
        let claims = self.records.claims.iter();
        claims
            .filter(|kept| kept.centre == self.centre)
            .find(|kept| kept.value.about == about)
            .and_then(|kept| Some(kept.value.holder.as_ref()?.person))
    }

    /// What an act is about, by its name where it has one.
    pub fn thing_named(&self, about: &str, language: Language) -> String {
        let Ok(id) = about.parse::<Id>() else {
            return about.to_owned();
        };
        let post = self.records.posts.iter().find(|post| post.id == id);
        post.map_or_else(
            || self.name_of(id),
            |post| post.value.name.get(language).to_owned(),
        )
    }

    /// Somebody's name; an identity where nobody is known by it.
    pub fn name_of(&self, person: Id) -> String {
        self.records.staff.get(person).map_or_else(
            || person.to_string().chars().take(8).collect(),
            |kept| kept.value.name.clone(),
        )
    }
}
