//! The seat: who sits at it, what is kept of what they do, and who else is there.
//!
//! [`SeatState`] is plain data that the UI reads. [`desk::Desk`] holds the store's handle and does
//! what [`Wish`]es ask: it checks PINs on a thread of their own, submits acts, and hears what became
//! of them.

mod demo;
pub(crate) mod desk;
pub(super) mod opening;
pub mod permit;
pub mod records;
pub mod session;

use crate::base::clock::WallTime;
use crate::model::camera::Password;
use crate::model::id::Id;
use crate::model::roles::{Answer, Right};
use crate::model::shift::items::ItemKind;
use crate::model::shift::presence::Presence;
use crate::model::shift::{By, Known, Rules};
use crate::store::database::{Link, Refused};
use records::Records;
use session::Session;

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
            clock_ahead_us: 0,
            conflicts: Vec::new(),
            trouble: None,
            unsaved: 0,
            demo: None,
        }
    }

    /// A seat that anybody may use, without a store.
    pub fn open_to_all() -> Self {
        Self::new(String::new(), String::new(), Session::OpenToAll)
    }

    /// Now by the store's clock, where `wall` is now by ours.
    pub fn store_now(&self, wall: WallTime) -> WallTime {
        wall.plus_nanos(self.clock_ahead_us.saturating_mul(1000))
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
        match &self.session {
            Session::OpenToAll => Answer::Yes,
            session => session
                .person()
                .map_or(Answer::No, |person| self.records.staff.may(person, right)),
        }
    }

    /// Somebody's name; an identity where nobody is known by it.
    pub fn name_of(&self, person: Id) -> String {
        self.records.staff.get(person).map_or_else(
            || person.to_string().chars().take(8).collect(),
            |kept| kept.value.name.clone(),
        )
    }
}
