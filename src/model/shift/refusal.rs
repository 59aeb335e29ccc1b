//! Why something about posts, breaks, handover and claims cannot be done, in words for who tried.

use crate::words::{Value, Words};

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The record is no longer there.
    #[error("there is no such thing any more")]
    Unknown,
    /// It belongs to another centre.
    #[error("it belongs to another centre")]
    OtherCentre,
    /// It belongs to the own centre, so it need not be asked for.
    #[error("it belongs to the own centre")]
    OwnCentre,
    /// This is for another person to do.
    #[error("another person has to do this")]
    NotForYou,
    /// To oneself.
    #[error("it cannot be handed to oneself")]
    Yourself,
    /// The person holds no post.
    #[error("this person holds no post")]
    NotHolder,
    /// Somebody who is there holds it.
    #[error("somebody else holds it")]
    HeldByAnother,
    /// The person has it already.
    #[error("this person has it already")]
    AlreadyYours,
    /// The person who acts is on a break.
    #[error("this person is on a break")]
    OnBreak,
    /// The other person is on a break.
    #[error("the other person is on a break")]
    TheyAreOnBreak,
    /// The person who acts has an offer open.
    #[error("an offer of this person is open")]
    OfferOpen,
    /// The person who acts has a handover open.
    #[error("a handover of this person is open")]
    HandoverOpen,
    /// The person stands in for somebody.
    #[error("this person stands in for somebody")]
    CoversOthers,
    /// Somebody stands in for the holder.
    #[error("the post is under a cover")]
    Covered,
    /// It is held, so it cannot be removed.
    #[error("somebody holds it")]
    Held,
    /// It is not, or no longer, in the state for this.
    #[error("it is no longer in the state for this")]
    NotNow,
    /// The time of the offer is over.
    #[error("the offer has expired")]
    Expired,
    /// The time of the offer is not over.
    #[error("the offer still stands")]
    StillStands,
    /// What was offered is no longer what is held.
    #[error("what was offered has changed meanwhile")]
    Changed,
    /// The other person is there and has to confirm.
    #[error("the other person is there and has to confirm")]
    StillThere,
    /// The other person is not there.
    #[error("the other person is not there")]
    NotThere,
    /// More posts than one person may hold.
    #[error("one person may hold at most {most} posts")]
    TooManyPosts {
        /// How many may be held.
        most: u32,
    },
    /// Items that must be read first.
    #[error("{count} critical items are unread")]
    Unread {
        /// How many.
        count: usize,
    },
    /// Critical items are confirmed one at a time.
    #[error("critical items are confirmed one at a time")]
    OneAtATime,
    /// Nothing is written.
    #[error("nothing is written")]
    Empty,
    /// The text is too long.
    #[error("the text is longer than {most} characters")]
    TooLong {
        /// The most characters.
        most: usize,
    },
    /// More entries than there may be.
    #[error("more than {most} entries")]
    TooMany {
        /// The most entries.
        most: usize,
    },
    /// A camera would stand in two sets without being shared.
    #[error("camera {camera} stands in another set and is not shared in both")]
    Doubled {
        /// The camera's id.
        camera: String,
    },
    /// Another centre has it for now.
    #[error("it is lent to another centre")]
    Lent,
}

impl Refusal {
    /// The key of its words.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "refusal-unknown",
            Self::OtherCentre => "refusal-other-centre",
            Self::OwnCentre => "refusal-own-centre",
            Self::NotForYou => "refusal-not-for-you",
            Self::Yourself => "refusal-yourself",
            Self::NotHolder => "refusal-not-holder",
            Self::HeldByAnother => "refusal-held-by-another",
            Self::AlreadyYours => "refusal-already-yours",
            Self::OnBreak => "refusal-on-break",
            Self::TheyAreOnBreak => "refusal-they-on-break",
            Self::OfferOpen => "refusal-offer-open",
            Self::HandoverOpen => "refusal-handover-open",
            Self::CoversOthers => "refusal-covers-others",
            Self::Covered => "refusal-covered",
            Self::Held => "refusal-held",
            Self::NotNow => "refusal-not-now",
            Self::Expired => "refusal-expired",
            Self::StillStands => "refusal-still-stands",
            Self::Changed => "refusal-changed",
            Self::StillThere => "refusal-still-there",
            Self::NotThere => "refusal-not-there",
            Self::TooManyPosts { .. } => "refusal-too-many-posts",
            Self::Unread { .. } => "refusal-unread",
            Self::OneAtATime => "refusal-one-at-a-time",
            Self::Empty => "refusal-empty",
            Self::TooLong { .. } => "refusal-too-long",
            Self::TooMany { .. } => "refusal-too-many",
            Self::Doubled { .. } => "refusal-doubled",
            Self::Lent => "refusal-lent",
        }
    }

    /// In the words of the person who tried.
    pub fn said(&self, words: Words) -> String {
        let value: Option<(&str, Value<'_>)> = match self {
            Self::TooManyPosts { most } => Some(("most", (*most).into())),
            Self::TooLong { most } | Self::TooMany { most } => Some(("most", (*most).into())),
            Self::Unread { count } => Some(("count", (*count).into())),
            Self::Doubled { camera } => Some(("camera", camera.as_str().into())),
            _ => None,
        };
        words.with(self.key(), value.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn a_refusal_names_what_it_counts_in_every_language() {
        let check = |refusal: Refusal, named: &str| {
            for language in Language::ALL {
                let said = refusal.said(Words::new(language));
                assert!(said.contains(named), "{said}");
                assert!(!said.contains(['[', '{']), "{said}");
            }
        };
        check(Refusal::TooManyPosts { most: 3 }, "3");
        check(Refusal::Unread { count: 21 }, "21");
        check(Refusal::TooLong { most: 400 }, "400");
        check(Refusal::TooMany { most: 64 }, "64");
        let camera = "P-0042".to_owned();
        check(Refusal::Doubled { camera }, "P-0042");
        check(Refusal::NotNow, "");
    }
}
