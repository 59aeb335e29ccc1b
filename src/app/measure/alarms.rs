//! How soon what comes in is seen and heard, for `qyran bench alarms`.
//!
//! Three moments of each alarm, all by the clock that only goes on:
//!
//! * *in*: its first news came in. Of an event from outside that is when its bundle had been read
//!   and was of the form, before it waited for anything; of a fact of our own, when the program
//!   heard of it from the detectors or from the state of a camera.
//! * *shown*: the graphics device had finished the first paint that was drawn with the alarm in the
//!   queue. What the display server then needs to copy it is not in it. Where that was is told with
//!   it, see [`Shown`].
//! * *heard*: the mixer put the first samples of its first burst into what the device asked for. The
//!   buffer of the device, some 85 ms where it has the size that is asked for, is not in it.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Percentiles;
use crate::app::alarms::AlarmTab;
use crate::app::command::Side;
use crate::app::state::State;
use crate::base::proc::Usage;
use crate::gpu::PaintStats;
use crate::model::id::Id;

/// News that are remembered until their alarm is seen; the oldest go first.
const MOST_NEWS: usize = 20_000;
/// Alarms that are measured; later ones are not.
const MOST_ALARMS: usize = 20_000;
/// Paints whose time is kept; at sixty a second that is half an hour.
const MOST_PAINTS: usize = 108_000;
/// The thread counts as busy with alarms for so long after the last news.
const BUSY_FOR: Duration = Duration::from_secs(1);

/// Where an alarm stood in the first paint that had it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// On its card in the panel.
    Card,
    /// In the panel's queue: as a line of its own, or in a flood counted in one. The line may be
    /// scrolled out of sight; the count above the queue has it always.
    Queue,
    /// As the mark of its tile, where that is on the page, and in the count of the status line.
    #[default]
    Mark,
}

/// One alarm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlarmMeasured {
    /// Its number.
    pub number: String,
    /// The identity of its first news.
    pub news: String,
    /// Who told it first.
    pub source: String,
    /// Its class.
    pub class: String,
    /// From *in* to *shown*, milliseconds; nothing where it was not painted.
    pub card_ms: Option<f64>,
    /// Where.
    pub shown: Shown,
    /// From *in* to *heard*, milliseconds; nothing where it did not sound.
    pub sound_ms: Option<f64>,
}

/// All alarms of a run, and what they cost the thread that draws.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlarmsMeasured {
    /// Each whose first news came in while the wall ran.
    pub each: Vec<AlarmMeasured>,
    /// Time of the program's own work in one turn of the thread that draws, from the beginning of
    /// `logic` to the end of `ui`, milliseconds; of turns within a second after news. What egui and
    /// the graphics driver do with what was drawn comes after that and is not in it.
    pub ui_ms: Percentiles,
    /// The processor's share of the same; less where the thread had to wait for a processor.
    pub ui_cpu_ms: Percentiles,
    /// The longest of [`Self::ui_ms`].
    pub ui_ms_most: f64,
    /// News that came in.
    pub news: u64,
}

/// What is known of an alarm so far.
struct Seen {
    news: Id,
    source: String,
    class: String,
    came: Instant,
    /// Which paint has it first.
    paint: u64,
    shown: Shown,
    shown_at: Option<Instant>,
    heard_at: Option<Instant>,
}

/// Collects it.
#[derive(Default)]
pub(super) struct Alarms {
    news: BTreeMap<Id, Instant>,
    order: VecDeque<Id>,
    count: u64,
    last_news: Option<Instant>,
    /// By number.
    seen: BTreeMap<Id, Seen>,
    /// Numbers of those whose paint is not finished, in the order of their paints.
    painting: VecDeque<Id>,
    /// Counts the changes of the records that were looked through.
    looked: Option<u64>,
    turn: Option<Turn>,
    turns_ms: Vec<f64>,
    turns_cpu_ms: Vec<f64>,
}

/// A turn of the thread that draws has begun.
struct Turn {
    at: Instant,
    cpu: Option<Duration>,
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl Alarms {
    /// A turn of the thread that draws begins.
    pub(super) fn turn_begins(&mut self, now: Instant) {
        self.turn = Some(Turn {
            at: now,
            cpu: Usage::thread_time(),
        });
    }

    /// Takes what came in and what began to sound, and which paints are finished. Before the log of
    /// paints is emptied.
    pub(super) fn step(&mut self, state: &mut State, stats: &PaintStats) {
        for (news, at) in state.alarms.came.drain(..) {
            self.count += 1;
            self.last_news = self.last_news.max(Some(at));
            // The same news again is another's repeat: the first counts.
            if let std::collections::btree_map::Entry::Vacant(place) = self.news.entry(news) {
                place.insert(at);
                self.order.push_back(news);
            }
            if self.order.len() > MOST_NEWS
                && let Some(oldest) = self.order.pop_front()
            {
                self.news.remove(&oldest);
            }
        }
        while let Some(number) = self.painting.front() {
            let Some(seen) = self.seen.get_mut(number) else {
                self.painting.pop_front();
                continue;
            };
            let Some(at) = stats.finished(seen.paint) else {
                break;
            };
            seen.shown_at = Some(at);
            self.painting.pop_front();
        }
        for (number, at) in state.alarms.began.drain(..) {
            if let Some(seen) = self.seen.get_mut(&number) {
                seen.heard_at.get_or_insert(at);
            }
        }
        self.find(state, stats.figures().paints + 1);
    }

    /// Alarms that the paint to come has first.
    fn find(&mut self, state: &State, paint: u64) {
        let changed = state.seat.records.alarms_changed;
        if self.looked == Some(changed) {
            return;
        }
        self.looked = Some(changed);
        let in_queue = state.side == Some(Side::Alarms) && state.alarms.tab == AlarmTab::Queue;
        for kept in &state.seat.records.alarms {
            let alarm = &kept.value;
            if self.seen.contains_key(&alarm.number) || self.seen.len() >= MOST_ALARMS {
                continue;
            }
            // The first of those that it remembers: of one that is new, the one that raised it.
            let heard = alarm.heard.iter();
            let known = heard.filter_map(|news| Some((*self.news.get(news)?, *news)));
            let Some((came, news)) = known.min() else {
                continue;
            };
            let shown = match (in_queue, state.alarms.chosen == Some(alarm.number)) {
                (true, true) => Shown::Card,
                (true, false) => Shown::Queue,
                (false, _) => Shown::Mark,
            };
            self.painting.push_back(alarm.number);
            self.seen.insert(
                alarm.number,
                Seen {
                    news,
                    source: alarm.source.clone(),
                    class: alarm.class.to_string(),
                    came,
                    paint,
                    shown,
                    shown_at: None,
                    heard_at: None,
                },
            );
        }
    }

    /// A turn of the thread that draws ends: everything is drawn.
    pub(super) fn turn_ends(&mut self, now: Instant) {
        let Some(turn) = self.turn.take() else { return };
        let busy = |last: Instant| now.saturating_duration_since(last) < BUSY_FOR;
        if !self.last_news.is_some_and(busy) || self.turns_ms.len() >= MOST_PAINTS {
            return;
        }
        self.turns_ms
            .push(ms(now.saturating_duration_since(turn.at)));
        if let Some((before, after)) = turn.cpu.zip(Usage::thread_time()) {
            self.turns_cpu_ms.push(ms(after.saturating_sub(before)));
        }
    }

    /// What was found; nothing is left.
    pub(super) fn measured(&mut self) -> AlarmsMeasured {
        let since = |came: Instant, at: Instant| ms(at.saturating_duration_since(came));
        let each = std::mem::take(&mut self.seen).into_iter();
        AlarmsMeasured {
            each: each
                .map(|(number, seen)| AlarmMeasured {
                    number: number.to_string(),
                    news: seen.news.to_string(),
                    source: seen.source,
                    class: seen.class,
                    card_ms: seen.shown_at.map(|at| since(seen.came, at)),
                    shown: seen.shown,
                    sound_ms: seen.heard_at.map(|at| since(seen.came, at)),
                })
                .collect(),
            ui_ms_most: self.turns_ms.iter().copied().fold(0.0, f64::max),
            ui_ms: Percentiles::of(std::mem::take(&mut self.turns_ms)),
            ui_cpu_ms: Percentiles::of(std::mem::take(&mut self.turns_cpu_ms)),
            news: self.count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::WallTime;
    use crate::model::act::Kept;
    use crate::model::alarm::alarm::Alarm;
    use crate::model::alarm::class::{ClassKey, Classes};
    use crate::model::alarm::occurrence::Occurrence;
    use crate::model::detection::fact::Stage;
    use crate::store::settings::Settings;

    fn alarm(n: u8, news: Id) -> Kept<Alarm> {
        let class = ClassKey::new("plate.hit").unwrap();
        let occurrence = Occurrence {
            id: news,
            thing: news,
            class: class.clone(),
            stage: Stage::Once,
            at: WallTime(0),
            heard: WallTime(0),
            camera: None,
            place: "here".into(),
            position: None,
            subject: None,
            source: "test".into(),
            text: None,
            region: None,
            score: None,
            details: std::collections::BTreeMap::new(),
            still: None,
            seat: String::new(),
        };
        let classes = Classes::default();
        let number = Id::from_bytes([n; 16]);
        Kept {
            id: number,
            version: 1,
            seq: 0,
            centre: String::new(),
            value: Alarm::raise(number, &occurrence, classes.get(&class).unwrap()),
        }
    }

    #[test]
    fn each_alarm_has_the_times_of_its_first_news_paint_and_sound() {
        let mut state = State::new(Vec::new(), Settings::default());
        let stats = PaintStats::default();
        let begun = crate::base::clock::now();
        let at = |ms: u64| begun + Duration::from_millis(ms);
        let [news, again, silent] = ["news", "again", "silent"].map(Id::named);
        let mut alarms = Alarms::default();
        let records = &mut state.seat.records;
        let mut first = alarm(1, news);
        first.value.heard.push(again);
        records.alarms = vec![first, alarm(2, silent), alarm(3, Id::named("of before"))];
        records.alarms_changed = 1;
        state.alarms.came = vec![
            (news, at(10)),
            (again, at(30)),
            (silent, at(40)),
            (news, at(50)),
        ];
        alarms.turn_begins(at(60));
        alarms.step(&mut state, &stats);
        alarms.turn_ends(at(65));
        let number = Id::from_bytes([1; 16]);
        state.alarms.began = vec![(number, at(110)), (number, at(7000))];
        alarms.turn_begins(at(2000));
        alarms.step(&mut state, &stats);
        alarms.turn_ends(at(2100));
        assert!(state.alarms.came.is_empty() && state.alarms.began.is_empty());
        let measured = alarms.measured();
        assert_eq!(measured.each.len(), 2, "of those whose news came in");
        let [one, other] = &measured.each[..] else {
            panic!("{measured:?}");
        };
        assert_eq!(one.news, news.to_string());
        assert_eq!((one.sound_ms, other.sound_ms), (Some(100.0), None));
        assert_eq!(one.card_ms, None, "no paint was finished");
        assert_eq!(one.shown, Shown::Mark, "the panel is closed");
        // The second turn is a second and more after the last news.
        assert_eq!((measured.ui_ms.count, measured.ui_ms_most), (1, 5.0));
        assert_eq!(measured.news, 4);
    }
}
