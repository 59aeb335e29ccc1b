//! The kinds of acts of this part, and their words.

/// A post was made or changed.
pub const POST_SAVED: &str = "post-saved";
/// A post was removed.
pub const POST_REMOVED: &str = "post-removed";
/// Somebody took a post.
pub const POST_TAKEN: &str = "post-taken";
/// A post was stood down: nobody holds it.
pub const POST_STOOD_DOWN: &str = "post-stood-down";
/// Something was written on a card.
pub const CARD_WRITTEN: &str = "card-written";
/// Something was struck off a card.
pub const CARD_STRUCK: &str = "card-struck";
/// Somebody asks to be covered for a break.
pub const COVER_OFFERED: &str = "cover-offered";
/// The colleague has the sets now.
pub const COVER_ACCEPTED: &str = "cover-accepted";
/// The colleague said no.
pub const COVER_REFUSED: &str = "cover-refused";
/// The offer was taken back.
pub const COVER_WITHDRAWN: &str = "cover-withdrawn";
/// Nobody answered in time.
pub const COVER_EXPIRED: &str = "cover-expired";
/// The sets are asked back.
pub const COVER_ASKED_BACK: &str = "cover-asked-back";
/// The colleague gave the sets back.
pub const COVER_RETURNED: &str = "cover-returned";
/// The colleague is gone, the sets went back.
pub const COVER_LOST: &str = "cover-lost";
/// The other did not come back, the colleague keeps the sets.
pub const COVER_KEPT: &str = "cover-kept";
/// Somebody was told to take a break.
pub const BREAK_REMINDED: &str = "break-reminded";
/// A handover was begun.
pub const HANDOVER_DRAFTED: &str = "handover-drafted";
/// Items of a handover changed.
pub const HANDOVER_REFRESHED: &str = "handover-refreshed";
/// A note was added to a handover.
pub const HANDOVER_NOTED: &str = "handover-noted";
/// A handover was offered to the next one.
pub const HANDOVER_OFFERED: &str = "handover-offered";
/// The next one declined.
pub const HANDOVER_DECLINED: &str = "handover-declined";
/// A handover was withdrawn.
pub const HANDOVER_WITHDRAWN: &str = "handover-withdrawn";
/// The next one began to read.
pub const HANDOVER_OPENED: &str = "handover-opened";
/// The next one confirmed items.
pub const HANDOVER_READ: &str = "handover-read";
/// The posts are the next one's.
pub const HANDOVER_FINISHED: &str = "handover-finished";
/// “I take it.”
pub const CLAIM_TAKEN: &str = "claim-taken";
/// Let go.
pub const CLAIM_RELEASED: &str = "claim-released";
/// Another centre asks for it.
pub const CLAIM_ASKED: &str = "claim-asked";
/// The request was taken back.
pub const CLAIM_ASK_WITHDRAWN: &str = "claim-ask-withdrawn";
/// The owner says yes.
pub const CLAIM_GRANTED: &str = "claim-granted";
/// The owner says no.
pub const CLAIM_DENIED: &str = "claim-denied";
/// The other centre has it now.
pub const CLAIM_TAKEN_OVER: &str = "claim-taken-over";
/// The other centre gave it back.
pub const CLAIM_GIVEN_BACK: &str = "claim-given-back";
/// The owner took it back.
pub const CLAIM_RECALLED: &str = "claim-recalled";

/// Each kind with the key of its words.
pub const WORDS: &[(&str, &str)] = &[
    (POST_SAVED, "act-post-saved"),
    (POST_REMOVED, "act-post-removed"),
    (POST_TAKEN, "act-post-taken"),
    (POST_STOOD_DOWN, "act-post-stood-down"),
    (CARD_WRITTEN, "act-card-written"),
    (CARD_STRUCK, "act-card-struck"),
    (COVER_OFFERED, "act-cover-offered"),
    (COVER_ACCEPTED, "act-cover-accepted"),
    (COVER_REFUSED, "act-cover-refused"),
    (COVER_WITHDRAWN, "act-cover-withdrawn"),
    (COVER_EXPIRED, "act-cover-expired"),
    (COVER_ASKED_BACK, "act-cover-asked-back"),
    (COVER_RETURNED, "act-cover-returned"),
    (COVER_LOST, "act-cover-lost"),
    (COVER_KEPT, "act-cover-kept"),
    (BREAK_REMINDED, "act-break-reminded"),
    (HANDOVER_DRAFTED, "act-handover-drafted"),
    (HANDOVER_REFRESHED, "act-handover-refreshed"),
    (HANDOVER_NOTED, "act-handover-noted"),
    (HANDOVER_OFFERED, "act-handover-offered"),
    (HANDOVER_DECLINED, "act-handover-declined"),
    (HANDOVER_WITHDRAWN, "act-handover-withdrawn"),
    (HANDOVER_OPENED, "act-handover-opened"),
    (HANDOVER_READ, "act-handover-read"),
    (HANDOVER_FINISHED, "act-handover-finished"),
    (CLAIM_TAKEN, "act-claim-taken"),
    (CLAIM_RELEASED, "act-claim-released"),
    (CLAIM_ASKED, "act-claim-asked"),
    (CLAIM_ASK_WITHDRAWN, "act-claim-ask-withdrawn"),
    (CLAIM_GRANTED, "act-claim-granted"),
    (CLAIM_DENIED, "act-claim-denied"),
    (CLAIM_TAKEN_OVER, "act-claim-taken-over"),
    (CLAIM_GIVEN_BACK, "act-claim-given-back"),
    (CLAIM_RECALLED, "act-claim-recalled"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, Words};

    #[test]
    fn every_kind_has_words() {
        for (kind, key) in WORDS {
            assert_eq!(*key, format!("act-{kind}"));
            assert!(kind.len() <= crate::model::act::LONGEST_NAME);
            for language in Language::ALL {
                assert!(Words::new(language).has(key), "{key} in {}", language.tag());
            }
        }
    }
}
