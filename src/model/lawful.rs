//! What an act may do, whoever sends it: which right its kind asks of the author, and which records
//! acts of that kind write. The store holds every act against this in the writing transaction, so that
//! no screen has to be trusted.
//!
//! Records of a kind that stands here are written by acts that stand here, and by no others. Kinds of
//! acts that do not stand here ask for nothing and write none of these records.

use super::act::{Act, Key, Record as _};
use super::alarm::acts as alarms;
use super::alarm::alarm::{Alarm, Past};
use super::alarm::aside::{self, Lesson, OutOfService, Shelf};
use super::detection::rule;
use super::id::Id;
use super::person::Person;
use super::roles::{Answer, Right, may};
use super::seat_key::SeatKey;
use super::shift::acts;
use super::shift::claim::Claim;
use super::shift::cover::Cover;
use super::shift::duty::Duty;
use super::shift::handover::Handover;
use super::shift::post::Post;
use super::shift::request::{self, Request};
use super::sign_in::Tries;
use super::staff::{Administrators, BadgeOwner, LoginOwner};

/// An act does what it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlawful {
    /// The author has none of the rights that one must have, or nobody is the author.
    #[error("the author has not the right")]
    Right,
    /// It asks for a second person beside, and there is none who may be one.
    #[error("a second person must stand beside")]
    Second,
    /// Acts of this kind do not write such records.
    #[error("acts of this kind do not write such records")]
    Record,
    /// Everything would be put aside, or something for longer than may be.
    #[error("everything would be put aside, or something for longer than may be")]
    Aside,
    /// There is an administrator already.
    #[error("there are people already")]
    NotTheFirst,
}

/// What acts of some kinds may do.
struct Rule {
    kinds: &'static [&'static str],
    /// One of these the author must have; anybody may where there is none.
    rights: &'static [Right],
    /// The kinds of records that they write.
    writes: &'static [&'static str],
}

const PIN_CHANGED: &str = "pin-changed";

const RULES: [Rule; 23] = [
    Rule {
        kinds: &["first-administrator"],
        rights: &[],
        writes: &[Person::KIND, LoginOwner::KIND, Administrators::KIND],
    },
    Rule {
        kinds: &["people-founded"],
        rights: &[],
        writes: &[
            Person::KIND,
            LoginOwner::KIND,
            Administrators::KIND,
            Post::KIND,
        ],
    },
    Rule {
        kinds: &[
            "person-added",
            "person-changed",
            "roles-changed",
            "badges-changed",
            "person-disabled",
            "person-enabled",
        ],
        rights: &[Right::ManagePeople],
        writes: &[
            Person::KIND,
            LoginOwner::KIND,
            BadgeOwner::KIND,
            Administrators::KIND,
        ],
    },
    Rule {
        kinds: &[PIN_CHANGED],
        rights: &[Right::ManagePeople],
        writes: &[Person::KIND],
    },
    Rule {
        kinds: &[
            "sign-in",
            "sign-in-refused",
            "sign-out",
            "seat-locked",
            "seat-unlocked",
            "second-signed-in",
            "second-signed-out",
            "tries-swept",
        ],
        rights: &[],
        writes: &[Tries::KIND],
    },
    Rule {
        kinds: &[
            acts::POST_SAVED,
            acts::POST_REMOVED,
            acts::POST_STOOD_DOWN,
            acts::CARD_WRITTEN,
            acts::CARD_STRUCK,
        ],
        rights: &[Right::PlanShifts],
        writes: &[Post::KIND, Duty::KIND],
    },
    Rule {
        kinds: &[
            acts::POST_TAKEN,
            acts::COVER_OFFERED,
            acts::COVER_ACCEPTED,
            acts::COVER_REFUSED,
            acts::COVER_WITHDRAWN,
            acts::COVER_EXPIRED,
            acts::COVER_ASKED_BACK,
            acts::COVER_RETURNED,
            acts::COVER_LOST,
            acts::COVER_KEPT,
            acts::HANDOVER_DRAFTED,
            acts::HANDOVER_REFRESHED,
            acts::HANDOVER_NOTED,
            acts::HANDOVER_OFFERED,
            acts::HANDOVER_DECLINED,
            acts::HANDOVER_WITHDRAWN,
            acts::HANDOVER_OPENED,
            acts::HANDOVER_READ,
            acts::HANDOVER_FINISHED,
        ],
        rights: &[Right::KeepPost],
        writes: &[Post::KIND, Cover::KIND, Duty::KIND, Handover::KIND],
    },
    Rule {
        kinds: &[acts::BREAK_REMINDED],
        rights: &[],
        writes: &[],
    },
    Rule {
        kinds: &[acts::CLAIM_TAKEN, acts::CLAIM_RELEASED],
        rights: &[Right::AnswerAlarms, Right::ReportCamera],
        writes: &[Claim::KIND],
    },
    Rule {
        kinds: &[
            acts::CLAIM_ASKED,
            acts::CLAIM_ASK_WITHDRAWN,
            acts::CLAIM_TAKEN_OVER,
            acts::CLAIM_GIVEN_BACK,
        ],
        rights: &[Right::TakeOver],
        // What is taken over is a copy of the own centre, which is over when it is given back.
        writes: &[Request::KIND, Alarm::KIND, Past::KIND],
    },
    Rule {
        kinds: &[
            acts::CLAIM_GRANTED,
            acts::CLAIM_DENIED,
            acts::CLAIM_RECALLED,
        ],
        rights: &[Right::TakeOver],
        writes: &[Claim::KIND, request::Answer::KIND],
    },
    Rule {
        kinds: &[rule::acts::RULE_SAVED, rule::acts::RULE_REMOVED],
        rights: &[Right::ChangeRules],
        writes: &[rule::Rule::KIND],
    },
    Rule {
        kinds: &[
            alarms::RAISED,
            alarms::REPEATED,
            alarms::RETURNED,
            alarms::SPAN_KEPT,
        ],
        rights: &[],
        writes: &[Alarm::KIND, Past::KIND, alarms::Said::KIND],
    },
    Rule {
        kinds: &[alarms::EVENT_KEPT],
        rights: &[],
        writes: &[alarms::Said::KIND],
    },
    Rule {
        kinds: &[alarms::ACKNOWLEDGED, alarms::PASSED],
        rights: &[Right::AnswerAlarms],
        writes: &[Alarm::KIND, Past::KIND],
    },
    Rule {
        kinds: &[alarms::JUDGED],
        rights: &[Right::AnswerAlarms],
        // What was taken over from another centre is given back with the answer.
        writes: &[Alarm::KIND, Past::KIND, Request::KIND],
    },
    Rule {
        kinds: &[alarms::TAKEN_OVER],
        rights: &[Right::AnswerAlarms, Right::TakeOver],
        writes: &[Alarm::KIND],
    },
    Rule {
        kinds: &[alarms::SHELVED, alarms::UNSHELVED],
        rights: &[Right::AnswerAlarms],
        writes: &[Shelf::KIND],
    },
    Rule {
        kinds: &[alarms::LESSON_PLANNED, alarms::LESSON_CANCELLED],
        rights: &[Right::PlanLessons],
        writes: &[Lesson::KIND],
    },
    Rule {
        kinds: &[alarms::OUT_OF_SERVICE, alarms::IN_SERVICE],
        rights: &[Right::ShelveClass],
        writes: &[OutOfService::KIND],
    },
    Rule {
        kinds: &["mask-lifted"],
        rights: &[Right::LiftMasks],
        writes: &[],
    },
    Rule {
        kinds: &["seat-key-registered"],
        rights: &[],
        writes: &[SeatKey::KIND],
    },
    Rule {
        kinds: &[super::settings_file::SETTINGS_CHANGED],
        rights: &[],
        writes: &[super::settings_file::SettingsFile::KIND],
    },
];

fn rule(kind: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.kinds.contains(&kind))
}

/// The records that must be read to judge `act`: of its author and the second person.
pub fn needed(act: &Act) -> impl Iterator<Item = Key> + use<> {
    let asks = rule(&act.kind).is_some_and(|rule| !rule.rights.is_empty());
    let people = [act.author, act.second].into_iter().flatten();
    people
        .filter(move |_| asks)
        .map(|id| Key::new(Person::KIND, id))
}

/// Whether `act` does what it may. `body` is the text of a record as it stands before the act.
///
/// # Errors
/// When it does not.
pub fn check<'b>(act: &Act, body: impl Fn(&Key) -> Option<&'b str>) -> Result<(), Unlawful> {
    let rule = rule(&act.kind);
    let writes = rule.map_or(&[][..], |rule| rule.writes);
    let guarded = |kind: &str| RULES.iter().any(|rule| rule.writes.contains(&kind));
    let strange = act.changes.iter().map(|change| change.key.kind.as_str());
    if strange
        .filter(|kind| guarded(kind))
        .any(|kind| !writes.contains(&kind))
    {
        return Err(Unlawful::Record);
    }
    let mut written = act.changes.iter();
    let is_lawful = |kind: &str, body: &Option<String>| {
        let body = body.as_deref();
        body.is_none_or(|body| aside::is_lawful(kind, body))
    };
    if !written.all(|change| is_lawful(&change.key.kind, &change.body)) {
        return Err(Unlawful::Aside);
    }
    let Some(rule) = rule else { return Ok(()) };
    if writes.contains(&Administrators::KIND) && rule.rights.is_empty() {
        // The record of the administrators is there from the first of them on.
        let first = act
            .changes
            .iter()
            .any(|change| change.key.kind == Administrators::KIND && change.expect == 0);
        return if first {
            Ok(())
        } else {
            Err(Unlawful::NotTheFirst)
        };
    }
    if rule.rights.is_empty() {
        return Ok(());
    }
    let person = |id: Id| -> Option<Person> {
        let person: Person = serde_json::from_str(body(&Key::new(Person::KIND, id))?).ok()?;
        (!person.disabled).then_some(person)
    };
    let author = act.author.ok_or(Unlawful::Right)?;
    let value = person(author).ok_or(Unlawful::Right)?;
    if act.kind == PIN_CHANGED && own_pin(act, author, &value) {
        return Ok(());
    }
    let best = rule.rights.iter().map(|right| may(&value.roles, *right));
    match best.max().unwrap_or(Answer::No) {
        Answer::Yes => Ok(()),
        Answer::No => Err(Unlawful::Right),
        Answer::WithSecond => {
            let beside = act.second.filter(|second| *second != author);
            let beside = beside.and_then(person).ok_or(Unlawful::Second)?;
            let may_be = |right: &Right| may(&beside.roles, *right) != Answer::No;
            if rule.rights.iter().any(may_be) {
                Ok(())
            } else {
                Err(Unlawful::Second)
            }
        }
    }
}

/// Whether nothing but the author's own PIN is another.
fn own_pin(act: &Act, author: Id, before: &Person) -> bool {
    let [change] = &act.changes[..] else {
        return false;
    };
    let after = change.body.as_ref().map(|body| serde_json::from_str(body));
    let Some(Ok(after)) = after else { return false };
    let after: Person = after;
    change.key == Key::new(Person::KIND, author)
        && Person {
            credential: before.credential.clone(),
            must_change: before.must_change,
            ..after
        } == *before
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::act::{Change, Draft};
    use super::super::roles::Role;
    use super::*;
    use crate::base::clock::WallTime;

    fn id(n: u8) -> Id {
        Id::from_bytes([n; 16])
    }

    fn act(kind: &str, author: Option<Id>, second: Option<Id>, changes: &[(&str, u8, u32)]) -> Act {
        let changes = changes.iter().map(|(kind, n, expect)| Change {
            key: Key::new(kind, id(*n)),
            expect: *expect,
            body: Some("{}".to_owned()),
        });
        Act {
            id: id(99),
            at: WallTime(0),
            seat: "s".into(),
            centre: "c".into(),
            author,
            second,
            kind: kind.into(),
            about: None,
            detail: serde_json::Map::new(),
            changes: changes.collect(),
        }
    }

    fn people() -> BTreeMap<Key, String> {
        let person = |n: u8, role: Role, disabled| {
            let person = Person {
                name: "A".into(),
                login: format!("p{n}"),
                roles: [role].into(),
                disabled,
                ..Person::default()
            };
            let text = serde_json::to_string(&person).unwrap();
            (Key::new(Person::KIND, id(n)), text)
        };
        [
            person(1, Role::Inspector, false),
            person(2, Role::Administrator, false),
            person(3, Role::Administrator, true),
            person(4, Role::Auditor, false),
            person(5, Role::Senior, false),
        ]
        .into()
    }

    fn judged(act: &Act) -> Result<(), Unlawful> {
        let people = people();
        check(act, |key| people.get(key).map(String::as_str))
    }

    #[test]
    fn acts_do_what_their_author_may_and_no_more() {
        use Unlawful::{NotTheFirst, Record, Right as NoRight};
        let person = &[(Person::KIND, 1, 1)][..];
        type Case<'a> = (
            &'a str,
            Option<u8>,
            &'a [(&'a str, u8, u32)],
            Result<(), Unlawful>,
        );
        let cases: [Case<'_>; 16] = [
            ("roles-changed", Some(2), person, Ok(())),
            ("roles-changed", Some(1), person, Err(NoRight)),
            ("roles-changed", Some(3), person, Err(NoRight)),
            ("roles-changed", Some(9), person, Err(NoRight)),
            ("roles-changed", None, person, Err(NoRight)),
            ("enlarged", Some(1), person, Err(Record)),
            ("sign-in", Some(1), person, Err(Record)),
            ("post-saved", Some(5), person, Err(Record)),
            ("sign-in", None, &[(Tries::KIND, 1, 1)], Ok(())),
            ("post-taken", Some(1), &[(Post::KIND, 1, 1)], Ok(())),
            ("post-taken", Some(4), &[(Post::KIND, 1, 1)], Err(NoRight)),
            ("post-saved", Some(1), &[(Post::KIND, 1, 1)], Err(NoRight)),
            ("post-saved", Some(5), &[(Post::KIND, 1, 1)], Ok(())),
            (
                "first-administrator",
                None,
                &[(Person::KIND, 8, 0), (Administrators::KIND, 7, 0)],
                Ok(()),
            ),
            (
                "first-administrator",
                None,
                &[(Person::KIND, 8, 0), (Administrators::KIND, 7, 1)],
                Err(NotTheFirst),
            ),
            ("first-administrator", None, person, Err(NotTheFirst)),
        ];
        for (kind, author, changes, expect) in cases {
            let act = act(kind, author.map(id), None, changes);
            assert_eq!(judged(&act), expect, "{kind} by {author:?}");
        }
        let other = act("something-new", None, None, &[("thing", 1, 0)]);
        assert_eq!(judged(&other), Ok(()));
    }

    #[test]
    fn a_mask_is_lifted_by_two_who_may() {
        let cases = [
            (None, Err(Unlawful::Second)),
            (Some(1), Err(Unlawful::Second)),
            (Some(4), Err(Unlawful::Second)),
            (Some(5), Ok(())),
        ];
        for (second, expect) in cases {
            let act = act("mask-lifted", Some(id(1)), second.map(id), &[]);
            assert_eq!(judged(&act), expect, "{second:?}");
        }
        let by_the_auditor = act("mask-lifted", Some(id(4)), Some(id(5)), &[]);
        assert_eq!(judged(&by_the_auditor), Err(Unlawful::Right));
    }

    #[test]
    fn nobody_becomes_an_administrator_by_a_new_pin() {
        let people = people();
        let key = Key::new(Person::KIND, id(1));
        let before: Person = serde_json::from_str(&people[&key]).unwrap();
        let mut change = act(PIN_CHANGED, Some(id(1)), None, &[(Person::KIND, 1, 1)]);
        let mut with = |person: &Person| {
            change.changes[0].body = Some(serde_json::to_string(person).unwrap());
            judged(&change)
        };
        let own = Person {
            credential: Some(super::super::person::Credential::new("$")),
            ..before.clone()
        };
        assert_eq!(with(&own), Ok(()));
        let risen = Person {
            roles: [Role::Administrator].into(),
            ..own.clone()
        };
        assert_eq!(with(&risen), Err(Unlawful::Right));
        let others = act(PIN_CHANGED, Some(id(1)), None, &[(Person::KIND, 4, 1)]);
        assert_eq!(judged(&others), Err(Unlawful::Right));
        let by_the_administrator = act(PIN_CHANGED, Some(id(2)), None, &[(Person::KIND, 4, 1)]);
        assert_eq!(judged(&by_the_administrator), Ok(()));
    }

    #[test]
    fn nothing_puts_everything_aside_nor_anything_for_longer_than_may_be() {
        let minutes = |n: i64| n * 60_000_000; // as records have them
        let by = serde_json::json!({"person": null, "seat": "s", "at": minutes(600)});
        let out = |camera: Option<&str>, class: Option<&str>| {
            let body = serde_json::json!({
                "camera": camera, "class": class, "reason": "works", "by": by,
            });
            (alarms::OUT_OF_SERVICE, OutOfService::KIND, body)
        };
        let shelf = |length: i64| {
            let body = serde_json::json!({
                "key": "k", "class": "plate.hit", "until": minutes(600 + length),
                "reason": "works", "by": by,
            });
            (alarms::SHELVED, Shelf::KIND, body)
        };
        let lesson = |length: i64| {
            let body = serde_json::json!({
                "camera": "c1", "class": "plate.hit", "from": minutes(600),
                "until": minutes(600 + length), "reason": "lesson", "by": by,
            });
            (alarms::LESSON_PLANNED, Lesson::KIND, body)
        };
        for ((kind, record, body), may) in [
            (out(None, None), false),
            (out(Some("c1"), None), true),
            (out(None, Some("plate.hit")), true),
            (shelf(30), true),
            (shelf(31), false),
            (shelf(0), false),
            (lesson(8 * 60), true),
            (lesson(8 * 60 + 1), false),
        ] {
            // The officer on duty may shelve, and whoever heads the shift the rest.
            let (author, second) = (Some(id(5)), Some(id(2)));
            let mut act = act(kind, author, second, &[(record, 1, 0)]);
            act.changes[0].body = Some(body.to_string());
            let judged = judged(&act);
            assert_eq!(judged == Err(Unlawful::Aside), !may, "{kind}: {judged:?}");
            // To take it away again is never refused for that.
            act.changes[0].body = None;
            assert_ne!(self::judged(&act), Err(Unlawful::Aside), "{kind}");
        }
    }

    #[test]
    fn every_kind_of_the_shift_and_of_people_has_its_rule() {
        let shift = acts::WORDS.iter().map(|(kind, _)| *kind);
        let staff = super::super::staff::KINDS.iter().map(|(kind, ..)| *kind);
        let detection = rule::acts::WORDS.iter().map(|(kind, _)| *kind);
        for kind in shift.chain(staff).chain(detection) {
            assert!(rule(kind).is_some(), "{kind}");
        }
        // What staff says of its kinds is what is held here.
        for (kind, _, right) in super::super::staff::KINDS {
            let rights = rule(kind).unwrap().rights;
            assert_eq!(rights, right.as_slice(), "{kind}");
        }
        let unused = Draft::new("x");
        assert!(rule(&unused.kind).is_none());
    }
}
