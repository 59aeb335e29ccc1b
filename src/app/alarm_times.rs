//! How soon alarms are on the screen and heard, for `qyran bench alarms`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::measure::Percentiles;
use super::state::State;
use crate::base::clock::{self, WallTime};
use crate::gpu::PaintStats;
use crate::model::id::Id;

/// So many alarms are told one by one.
const MOST: usize = 20_000;

/// What was measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AlarmsMeasured {
    /// Each alarm, in the order of their numbers.
    pub each: Vec<AlarmMeasured>,
    /// The time that the thread of the user interface worked for one paint (events, acts, layout; not
    /// the drawing of it), milliseconds.
    pub ui_ms: Percentiles,
    /// The longest of them, milliseconds.
    pub ui_ms_most: f64,
}

/// One alarm.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AlarmMeasured {
    /// Of which class.
    pub class: String,
    /// About what.
    pub subject: String,
    /// When the fact came in at this seat, microseconds since 1970.
    pub came_us: i64,
    /// From there until the graphics device had finished the first paint with its card, milliseconds.
    pub card_ms: Option<f64>,
    /// From there until the first samples of its sound were handed to the sound device, milliseconds.
    pub sound_ms: Option<f64>,
}

/// Collects them.
#[derive(Debug, Default)]
pub(super) struct AlarmTimes {
    each: BTreeMap<Id, AlarmMeasured>,
    /// Whose card is in the paint with a number after this one.
    drawn: Vec<(Id, u64)>,
    ui_ms: Vec<f64>,
    worked: Duration,
}

impl AlarmTimes {
    /// Once a paint, after the state of this paint is known.
    pub(super) fn step(&mut self, state: &mut State, stats: &PaintStats) {
        for kept in state.seat.records.alarms.iter() {
            if self.each.len() >= MOST {
                break;
            }
            let alarm = &kept.value;
            self.each
                .entry(alarm.number)
                .or_insert_with(|| AlarmMeasured {
                    class: alarm.class.to_string(),
                    subject: alarm.subject.clone().unwrap_or_default(),
                    came_us: alarm.raised.micros(),
                    ..AlarmMeasured::default()
                });
        }
        self.drawn.retain(|(number, paint)| {
            let done = stats.finished_after(*paint);
            if let (Some(at), Some(alarm)) = (done, self.each.get_mut(number)) {
                alarm.card_ms = Some(since(alarm.came_us, at));
            }
            done.is_none()
        });
        if let Some(chosen) = state.chosen_alarm().map(|kept| kept.value.number)
            && state.side == Some(super::command::Side::Alarms)
            && let Some(alarm) = self.each.get(&chosen)
            && alarm.card_ms.is_none()
            && self.drawn.iter().all(|(number, _)| *number != chosen)
        {
            self.drawn.push((chosen, stats.figures().paints));
        }
        for (number, at) in state.alarms.began.drain(..) {
            if let Some(alarm) = self.each.get_mut(&number)
                && alarm.sound_ms.is_none()
            {
                alarm.sound_ms = Some(since(alarm.came_us, at));
            }
        }
    }

    /// The thread of the user interface has worked since `begun`.
    pub(super) fn worked(&mut self, begun: Instant) {
        self.worked += begun.elapsed();
    }

    /// It is done with this paint.
    pub(super) fn painted(&mut self) {
        self.ui_ms.push(self.worked.as_secs_f64() * 1e3);
        self.worked = Duration::ZERO;
    }

    /// All of it.
    pub(super) fn measured(&self) -> AlarmsMeasured {
        AlarmsMeasured {
            each: self.each.values().cloned().collect(),
            ui_ms_most: self.ui_ms.iter().copied().fold(0.0, f64::max),
            ui_ms: Percentiles::of(self.ui_ms.clone()),
        }
    }
}

/// Milliseconds from a time of the wall clock to a moment.
fn since(came_us: i64, at: Instant) -> f64 {
    let wall = clock::wall_now().plus_nanos(-(at.elapsed().as_nanos() as i64));
    wall.nanos_since(WallTime::from_micros(came_us)) as f64 / 1e6
}
