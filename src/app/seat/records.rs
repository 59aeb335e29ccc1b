//! What the store told, as the model's types.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tracing::warn;

use crate::model::act::{Kept, Record};
use crate::model::alarm::alarm::Alarm;
use crate::model::alarm::aside::{Asides, Lesson, OutOfService, Shelf};
use crate::model::detection::rule::Rule;
use crate::model::id::Id;
use crate::model::person::Person;
use crate::model::seat_key::SeatKey;
use crate::model::settings_file::SettingsFile;
use crate::model::shift::claim::Claim;
use crate::model::shift::cover::Cover;
use crate::model::shift::duty::Duty;
use crate::model::shift::handover::Handover;
use crate::model::shift::post::Post;
use crate::model::shift::request::{Answer, Request};
use crate::model::sign_in::Tries;
use crate::model::staff::{Administrators, BadgeOwner, Staff};
use crate::store::database::Row;

/// Everything that a seat holds in memory.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The people of the centre.
    pub staff: Staff,
    /// How often somebody was wrong.
    pub tries: BTreeMap<Id, Kept<Tries>>,
    /// Posts.
    pub posts: Vec<Kept<Post>>,
    /// Covers.
    pub covers: Vec<Kept<Cover>>,
    /// Duties.
    pub duties: Vec<Kept<Duty>>,
    /// Handovers.
    pub handovers: Vec<Kept<Handover>>,
    /// Claims, of this centre and of others.
    pub claims: Vec<Kept<Claim>>,
    /// What centres ask of each other.
    pub requests: Vec<Kept<Request>>,
    /// What they answer.
    pub answers: Vec<Kept<Answer>>,
    /// What is to be noticed on cameras.
    pub rules: Vec<Kept<Rule>>,
    /// Counts the changes of the rules.
    pub rules_changed: u64,
    /// Open alarms, of this centre and of others: each as it is, whether the store has all of it or
    /// not yet. What is to be written starts from [`Self::recorded`].
    pub alarms: Vec<Kept<Alarm>>,
    /// Of alarms that are ahead of the store, what it has, by the identity of their record.
    ahead: BTreeMap<Id, Option<Kept<Alarm>>>,
    unreadable: BTreeMap<Id, String>,
    /// The keys of those of which the store told meanwhile.
    relearned: Vec<String>,
    /// What puts alarms aside.
    pub asides: Asides,
    /// Counts the changes of alarms and of what puts them aside.
    pub alarms_changed: u64,
    /// The keys that seats sign the log with.
    pub seat_keys: Vec<Kept<SeatKey>>,
    /// The files of settings as the log last knew them.
    pub settings_files: Vec<Kept<SettingsFile>>,
}

impl Records {
    /// Nothing yet, of a centre.
    pub fn new(centre: &str) -> Self {
        Self {
            staff: Staff {
                centre: centre.to_owned(),
                ..Staff::default()
            },
            ..Self::default()
        }
    }

    /// A record is new, changed or removed. One that cannot be read is told, and what was known of it
    /// stays; an alarm calls all the same.
    pub fn learn(&mut self, row: &Row) {
        let read = match row.key.kind.as_str() {
            Person::KIND => put(&mut self.staff.people, row),
            BadgeOwner::KIND => put(&mut self.staff.badges, row),
            // There is one of each centre.
            Administrators::KIND if row.centre == self.staff.centre => {
                read(row).map(|kept| self.staff.administrators = kept)
            }
            Tries::KIND => read(row).map(|kept| {
                match kept {
                    Some(kept) => self.tries.insert(row.key.id, kept),
                    None => self.tries.remove(&row.key.id),
                };
            }),
            Post::KIND => put(&mut self.posts, row),
            Cover::KIND => put(&mut self.covers, row),
            Duty::KIND => put(&mut self.duties, row),
            Handover::KIND => put(&mut self.handovers, row),
            Claim::KIND => put(&mut self.claims, row),
            Request::KIND => put(&mut self.requests, row),
            Answer::KIND => put(&mut self.answers, row),
            Rule::KIND => put(&mut self.rules, row),
            Alarm::KIND => self.learn_alarm(row),
            Shelf::KIND => put(&mut self.asides.shelves, row),
            Lesson::KIND => put(&mut self.asides.lessons, row),
            OutOfService::KIND => put(&mut self.asides.out_of_service, row),
            SeatKey::KIND => put(&mut self.seat_keys, row),
            SettingsFile::KIND => put(&mut self.settings_files, row),
            _ => return,
        };
        match row.key.kind.as_str() {
            Rule::KIND => self.rules_changed += 1,
            Claim::KIND
            | Request::KIND
            | Answer::KIND
            | Alarm::KIND
            | Shelf::KIND
            | Lesson::KIND
            | OutOfService::KIND => self.alarms_changed += 1,
            _ => {}
        }
        match read {
            Ok(()) => {
                self.unreadable.remove(&row.key.id);
            }
            Err(error) => {
                warn!(kind = %row.key.kind, id = %row.key.id, %error, "a record cannot be read");
                let kind = row.key.kind.clone();
                self.unreadable.insert(row.key.id, kind);
            }
        }
    }

    fn learn_alarm(&mut self, row: &Row) -> Result<(), serde_json::Error> {
        let Some(recorded) = self.ahead.get_mut(&row.key.id) else {
            return put(&mut self.alarms, row).inspect_err(|_| self.stand_in(row));
        };
        let read = read(row);
        if let Ok(read) = &read {
            recorded.clone_from(read);
        }
        let shown = self.alarms.iter().find(|kept| kept.id == row.key.id);
        let key = shown.map(|kept| kept.value.key.clone());
        self.relearned.extend(key);
        read.map(drop)
    }

    /// What can be read of an alarm that a newer program wrote, calling for somebody.
    fn stand_in(&mut self, row: &Row) {
        let Some(body) = &row.body else { return };
        let body = serde_json::from_str(body).unwrap_or_default();
        let stand_in = Kept {
            id: row.key.id,
            version: row.version,
            seq: row.seq,
            centre: row.centre.clone(),
            value: Alarm::of_unknown_form(row.key.id, &body, row.at),
        };
        match self.alarms.iter_mut().find(|kept| kept.id == row.key.id) {
            Some(known) => *known = stand_in,
            None => self.alarms.push(stand_in),
        }
    }

    /// Records that cannot be read, by their identity, and of which kind each is: a newer program
    /// wrote them.
    pub fn unreadable(&self) -> &BTreeMap<Id, String> {
        &self.unreadable
    }
}

/// Alarms are seen and heard as soon as something happens, and recorded after that.
impl Records {
    /// An open alarm as the store has it; nothing where it has none.
    pub fn recorded(&self, id: Id) -> Option<&Kept<Alarm>> {
        match self.ahead.get(&id) {
            Some(recorded) => recorded.as_ref(),
            None => self.alarms.iter().find(|kept| kept.id == id),
        }
    }

    /// Whether the store has all that is shown of an alarm.
    pub fn is_recorded(&self, id: Id) -> bool {
        !self.ahead.contains_key(&id)
    }

    /// Shows an alarm as it is with what the store does not have yet.
    pub(super) fn show_ahead(&mut self, id: Id, alarm: Alarm) {
        self.alarms_changed += 1;
        if let Some(at) = self.alarms.iter().position(|kept| kept.id == id) {
            let shown = &mut self.alarms[at];
            if let Entry::Vacant(place) = self.ahead.entry(id) {
                place.insert(Some(shown.clone()));
            }
            shown.value = alarm;
            return;
        }
        self.ahead.entry(id).or_insert(None);
        self.alarms.push(Kept {
            id,
            version: 0,
            seq: 0,
            centre: self.staff.centre.clone(),
            value: alarm,
        });
    }

    /// Shows an alarm as the store has it.
    pub(super) fn show_recorded(&mut self, id: Id) {
        let Some(recorded) = self.ahead.remove(&id) else {
            return;
        };
        self.alarms_changed += 1;
        let at = self.alarms.iter().position(|kept| kept.id == id);
        match (recorded, at) {
            (Some(recorded), Some(at)) => self.alarms[at] = recorded,
            (Some(recorded), None) => self.alarms.push(recorded),
            (None, Some(at)) => {
                self.alarms.remove(at);
            }
            (None, None) => {}
        }
    }

    /// The keys of alarms that are ahead of the store and of which it told something since the last
    /// call.
    pub(super) fn take_relearned(&mut self) -> Vec<String> {
        std::mem::take(&mut self.relearned)
    }
}

/// In the place of the one before, at the end when it is new, out when it was removed.
fn put<T: Record>(all: &mut Vec<Kept<T>>, row: &Row) -> Result<(), serde_json::Error> {
    let at = all.iter().position(|kept| kept.id == row.key.id);
    match (read(row)?, at) {
        (Some(kept), Some(at)) => all[at] = kept,
        (Some(kept), None) => all.push(kept),
        (None, Some(at)) => {
            all.remove(at);
        }
        (None, None) => {}
    }
    Ok(())
}

/// Nothing of one that was removed.
fn read<T: Record>(row: &Row) -> Result<Option<Kept<T>>, serde_json::Error> {
    let Some(body) = &row.body else {
        return Ok(None);
    };
    Ok(Some(Kept {
        id: row.key.id,
        version: row.version,
        seq: row.seq,
        centre: row.centre.clone(),
        value: serde_json::from_str(body)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::act::Key;

    fn row(kind: &str, body: Option<&str>) -> Row {
        Row {
            seq: 1,
            key: Key::new(kind, Id::named("r")),
            version: 1,
            centre: "c".into(),
            at: crate::base::clock::WallTime(0),
            body: body.map(str::to_owned),
        }
    }

    #[test]
    fn an_alarm_that_a_newer_program_wrote_calls_and_can_be_told() {
        let mut records = Records::new("c");
        let newer = r#"{"number":"no id any more","class":"weapon.school","camera":"c7",
            "priority":"catastrophic","acknowledged":{"by":"somebody"},"place":"Мектеп"}"#;
        records.learn(&row(Alarm::KIND, Some(newer)));
        let [kept] = &records.alarms[..] else {
            panic!("{:?}", records.alarms);
        };
        let alarm = &kept.value;
        assert_eq!(alarm.class.as_str(), "weapon.school");
        assert_eq!(alarm.priority, crate::model::alarm::Priority::Critical);
        assert_eq!(
            alarm
                .camera
                .as_ref()
                .map(crate::model::camera::CameraId::as_str),
            Some("c7")
        );
        assert!(alarm.state().calls(), "{:?}", alarm.state());
        assert_eq!(records.unreadable().len(), 1);
        // When it is over it goes.
        records.learn(&row(Alarm::KIND, None));
        assert!(records.alarms.is_empty() && records.unreadable().is_empty());
    }

    #[test]
    fn an_alarm_of_which_nothing_can_be_read_calls_all_the_same() {
        for body in ["", "no JSON", "[]", "{}", "null"] {
            let mut records = Records::new("c");
            records.learn(&row(Alarm::KIND, Some(body)));
            assert_eq!(records.alarms.len(), 1, "{body}");
            let alarm = &records.alarms[0].value;
            assert!(alarm.state().calls(), "{body}");
            assert_eq!(alarm.raised, crate::base::clock::WallTime(0), "{body}");
            assert_eq!(records.unreadable().len(), 1, "{body}");
        }
    }

    #[test]
    fn what_is_known_of_a_record_stays_when_it_cannot_be_read_any_more() {
        let mut records = Records::new("c");
        let key = r#"{"seat":"s","key":"k"}"#;
        records.learn(&row(SeatKey::KIND, Some(key)));
        assert_eq!(records.seat_keys.len(), 1);
        records.learn(&row(SeatKey::KIND, Some(r#"{"seat":7}"#)));
        assert_eq!(records.seat_keys.len(), 1, "as it was known");
        assert_eq!(
            records.unreadable().values().next().map(String::as_str),
            Some(SeatKey::KIND)
        );
        records.learn(&row(SeatKey::KIND, Some(key)));
        assert!(records.unreadable().is_empty());
    }
}
