//! What the store told, as the model's types.

use std::collections::BTreeMap;

use tracing::warn;

use crate::model::act::{Kept, Record};
use crate::model::alarm::alarm::Alarm;
use crate::model::alarm::aside::{Asides, Lesson, OutOfService, Shelf};
use crate::model::detection::rule::Rule;
use crate::model::id::Id;
use crate::model::person::Person;
use crate::model::seat_key::SeatKey;
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
    /// Open alarms, of this centre and of others.
    pub alarms: Vec<Kept<Alarm>>,
    /// What puts alarms aside.
    pub asides: Asides,
    /// Counts the changes of alarms and of what puts them aside.
    pub alarms_changed: u64,
    /// The keys that seats sign the log with.
    pub seat_keys: Vec<Kept<SeatKey>>,
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

    /// A record is new, changed or removed.
    pub fn learn(&mut self, row: &Row) {
        match row.key.kind.as_str() {
            Person::KIND => put(&mut self.staff.people, row),
            BadgeOwner::KIND => put(&mut self.staff.badges, row),
            // There is one of each centre.
            Administrators::KIND if row.centre == self.staff.centre => {
                self.staff.administrators = read(row);
            }
            Tries::KIND => {
                match read(row) {
                    Some(kept) => self.tries.insert(row.key.id, kept),
                    None => self.tries.remove(&row.key.id),
                };
            }
            Post::KIND => put(&mut self.posts, row),
            Cover::KIND => put(&mut self.covers, row),
            Duty::KIND => put(&mut self.duties, row),
            Handover::KIND => put(&mut self.handovers, row),
            Claim::KIND => {
                put(&mut self.claims, row);
                self.alarms_changed += 1;
            }
            Request::KIND => {
                put(&mut self.requests, row);
                self.alarms_changed += 1;
            }
            Answer::KIND => {
                put(&mut self.answers, row);
                self.alarms_changed += 1;
            }
            Rule::KIND => {
                put(&mut self.rules, row);
                self.rules_changed += 1;
            }
            Alarm::KIND => {
                put(&mut self.alarms, row);
                self.alarms_changed += 1;
            }
            Shelf::KIND => {
                put(&mut self.asides.shelves, row);
                self.alarms_changed += 1;
            }
            Lesson::KIND => {
                put(&mut self.asides.lessons, row);
                self.alarms_changed += 1;
            }
            OutOfService::KIND => {
                put(&mut self.asides.out_of_service, row);
                self.alarms_changed += 1;
            }
            SeatKey::KIND => put(&mut self.seat_keys, row),
            _ => {}
        }
    }
}

/// In the place of the one before, at the end when it is new, out when it was removed.
fn put<T: Record>(all: &mut Vec<Kept<T>>, row: &Row) {
    let at = all.iter().position(|kept| kept.id == row.key.id);
    match (read(row), at) {
        (Some(kept), Some(at)) => all[at] = kept,
        (Some(kept), None) => all.push(kept),
        (None, Some(at)) => {
            all.remove(at);
        }
        (None, None) => {}
    }
}

fn read<T: Record>(row: &Row) -> Option<Kept<T>> {
    let value = match serde_json::from_str(row.body.as_ref()?) {
        Ok(value) => value,
        Err(error) => {
            warn!(kind = %row.key.kind, id = %row.key.id, %error, "a record cannot be read");
            return None;
        }
    };
    Some(Kept {
        id: row.key.id,
        version: row.version,
        seq: row.seq,
        centre: row.centre.clone(),
        value,
    })
}
