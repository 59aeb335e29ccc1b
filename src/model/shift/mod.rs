//! Who watches what: posts, cover in breaks, watching time, shift handover, presence and claims.
//!
//! Records and the functions that change them. A function takes what is known at one moment
//! ([`Known`]) and who acts ([`By`]) and answers with a [`Draft`](super::act::Draft) or a
//! [`Refusal`]; nothing here reads a clock or a store. Rights are asked of the roles before.
//!
//! Two acts that would contradict each other must meet in one record, or the store could take both:
//! acts on what one person holds meet in the [`duty`].

pub mod acts;
pub mod claim;
pub mod cover;
pub mod coverage;
pub mod duty;
pub mod handover;
pub mod items;
pub mod page;
pub mod post;
pub mod presence;
pub mod refusal;
pub mod request;
pub mod watching;

#[cfg(test)]
mod any_order;
#[cfg(test)]
mod world;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::cover::{Cover, CoverState};
use self::duty::Duty;
use self::post::Post;
use self::presence::Presence;
use self::refusal::Refusal;
use super::act::Kept;
use super::id::Id;
use crate::base::clock::WallTime;

/// Who acts, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By<'a> {
    /// The person.
    pub person: Id,
    /// The seat at which the person is signed in.
    pub seat: &'a str,
    /// The centre of the seat.
    pub centre: &'a str,
}

/// A person at a seat since a moment: who holds a post or has claimed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The person.
    pub person: Id,
    /// The seat.
    pub seat: String,
    /// Since when.
    pub since: WallTime,
}

impl Holder {
    /// `by` from `since` on.
    pub fn new(by: By<'_>, since: WallTime) -> Self {
        Self {
            person: by.person,
            seat: by.seat.to_owned(),
            since,
        }
    }
}

/// Settings of posts, breaks and presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// The most posts that one person may hold, covered ones among them.
    pub most_posts: u32,
    /// How long an offer of a cover stands, seconds.
    pub offer_secs: u32,
    /// A seat not seen for so long is gone, seconds by the server's clock.
    pub gone_secs: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            most_posts: 3,
            offer_secs: 600,
            gone_secs: 15,
        }
    }
}

/// What is known at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// All posts.
    pub posts: &'a [Kept<Post>],
    /// All covers; finished ones may be left out.
    pub covers: &'a [Kept<Cover>],
    /// The duties of all persons.
    pub duties: &'a [Kept<Duty>],
    /// Who is there.
    pub presences: &'a [Presence],
    /// Now, by the server's clock.
    pub now: WallTime,
    /// The settings.
    pub rules: Rules,
}

impl<'a> Known<'a> {
    /// The post `id`.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] when there is none.
    pub fn post(&self, id: Id) -> Result<&'a Kept<Post>, Refusal> {
        self.posts
            .iter()
            .find(|post| post.id == id)
            .ok_or(Refusal::Unknown)
    }

    /// The cover `id`.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] when there is none.
    pub fn cover(&self, id: Id) -> Result<&'a Kept<Cover>, Refusal> {
        self.covers
            .iter()
            .find(|cover| cover.id == id)
            .ok_or(Refusal::Unknown)
    }

    /// The posts that `person` holds, covered ones among them.
    pub fn held_by(&self, person: Id) -> impl Iterator<Item = &'a Kept<Post>> + use<'a> {
        self.posts
            .iter()
            .filter(move |post| post.value.is_held_by(person))
    }

    /// The covers that run, in which `person` stands in for somebody.
    pub fn covered_by(&self, person: Id) -> impl Iterator<Item = &'a Kept<Cover>> + use<'a> {
        self.covers
            .iter()
            .filter(move |cover| cover.value.state.is_running() && cover.value.taker == person)
    }

    /// The cover that runs while `person` is on a break.
    pub fn break_of(&self, person: Id) -> Option<&'a Kept<Cover>> {
        self.covers
            .iter()
            .find(|cover| cover.value.state.is_running() && cover.value.giver == person)
    }

    /// The offer of `person` that stands.
    pub fn offer_of(&self, person: Id) -> Option<&'a Kept<Cover>> {
        self.covers.iter().find(|cover| {
            cover.value.state == CoverState::Offered
                && cover.value.giver == person
                && cover.value.stands(self.now)
        })
    }

    /// The cover that runs over the post `id`.
    pub fn cover_of(&self, id: Id) -> Option<&'a Kept<Cover>> {
        self.covers
            .iter()
            .find(|cover| cover.value.state.is_running() && cover.value.posts.contains(&id))
    }

    /// Whether `person` is at some seat that is there.
    pub fn is_there(&self, person: Id) -> bool {
        self.presences
            .iter()
            .any(|presence| presence.person == Some(person) && !self.is_gone(presence))
    }

    /// Whether a seat was not seen for as long as the rules say.
    pub fn is_gone(&self, presence: &Presence) -> bool {
        presence::is_gone(presence, self.now, self.rules)
    }

    /// Refuses more posts than one person may hold, `more` above those held.
    fn room_for(&self, person: Id, more: usize) -> Result<(), Refusal> {
        let most = self.rules.most_posts.max(1);
        if self.held_by(person).count() + more > most as usize {
            return Err(Refusal::TooManyPosts { most });
        }
        Ok(())
    }
}

/// Refuses whoever is of another centre than the record.
fn same_centre<T>(by: By<'_>, kept: &Kept<T>) -> Result<(), Refusal> {
    if by.centre == kept.centre {
        Ok(())
    } else {
        Err(Refusal::OtherCentre)
    }
}

/// A moment and so many seconds.
fn after_secs(at: WallTime, secs: u32) -> WallTime {
    at.plus_nanos(i64::from(secs) * 1_000_000_000)
}

/// The time from `from` to `until`; none when that lies before.
fn between(from: WallTime, until: WallTime) -> Duration {
    Duration::from_nanos(u64::try_from(until.nanos_since(from)).unwrap_or(0))
}

/// A text that somebody wrote, fit for the screen and for paper: on one line, without control
/// characters and without marks that turn the direction of writing.
pub(crate) fn one_line(text: &str) -> String {
    let turned = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let plain: String = text
        .chars()
        .filter(|c| !turned(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// [`one_line`], and neither empty nor longer than `most` characters.
fn written(text: &str, most: usize) -> Result<String, Refusal> {
    let text = one_line(text);
    if text.is_empty() {
        return Err(Refusal::Empty);
    }
    if text.chars().count() > most {
        return Err(Refusal::TooLong { most });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_text_is_one_plain_line() {
        let check = |text: &str, expect: Result<&str, Refusal>| {
            assert_eq!(written(text, 8), expect.map(str::to_owned), "{text:?}");
        };
        check("  жол\n\tбос ", Ok("жол бос"));
        check("a\u{202e}b\u{0}c", Ok("ab c"));
        check("\u{200b} \r\n", Err(Refusal::Empty));
        check("12345678", Ok("12345678"));
        check("123456789", Err(Refusal::TooLong { most: 8 }));
    }
}
