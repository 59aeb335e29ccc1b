//! The queue of three years: how soon it is there, and how soon something is found in it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rand::rngs::SmallRng;
use rand::{Rng as _, RngCore as _, SeedableRng as _};

use crate::app::measure::Percentiles;
use crate::app::seat::records::Records;
use crate::base::clock::{self, WallTime};
use crate::base::threads;
use crate::bench::store::seat::{CENTRE, Seat, author, done, ms_since};
use crate::model::act::Draft;
use crate::model::alarm::alarm::{Alarm, Past};
use crate::model::alarm::class::{Class, ClassKey, Classes};
use crate::model::alarm::occurrence::Occurrence;
use crate::model::alarm::past::Query;
use crate::model::alarm::queue::{Part, Queue};
use crate::model::alarm::verdict::{Judgement, Verdict};
use crate::model::alarm::{Hand, Priority, acts};
use crate::model::camera::CameraId;
use crate::model::detection::fact::Stage;
use crate::model::id::Id;
use crate::store::database::{Store, StoreEvent};

/// Three years, nanoseconds.
const SPAN_NS: i64 = 3 * 365 * 86_400 * 1_000_000_000;
/// A day, nanoseconds.
const DAY_NS: i64 = 86_400 * 1_000_000_000;
/// Alarms of one act: what would have been as many acts of as many shifts.
const OF_AN_ACT: usize = 200;
/// Acts on their way.
const AHEAD: usize = 24;
/// Cameras of the centre.
const CAMERAS: usize = 450;
/// How often the start is measured; the slowest counts.
const STARTS: usize = 5;
/// How often each filter is asked.
const ROUNDS: usize = 5;
/// What one page of the history shows.
const PAGE: usize = 200;
/// How long a start may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What of all alarms is of a class, of a thousand; the rest are camera faults.
const SHARES: [(&str, u32); 11] = [
    ("sos.call", 10),
    ("weapon.school", 2),
    ("plate.hit", 80),
    ("traffic.violation", 300),
    ("bracelet.strap", 8),
    ("bracelet.zone", 50),
    ("bracelet.curfew", 60),
    ("bracelet.no_signal", 80),
    ("bracelet.battery", 90),
    ("seen.crowd", 70),
    ("seen.left", 50),
];

/// What the queue's part found.
pub(super) struct Found {
    /// Alarms that are over.
    pub(super) past: usize,
    /// Seconds that writing them took.
    pub(super) written_s: f64,
    /// Bytes of the store's file.
    pub(super) bytes: u64,
    /// The slowest start, milliseconds.
    pub(super) open_ms: f64,
    /// Of all filters.
    pub(super) filter_ms: Percentiles,
    /// The median of each filter, milliseconds, and how many it found.
    pub(super) filters: Vec<(&'static str, f64, usize)>,
}

/// Writes a store with so many alarms that are over, and `open` that are not, and looks at it.
pub(super) fn run(folder: &Path, past: usize, open: usize) -> anyhow::Result<Found> {
    let begun = clock::now();
    let plate = fill(folder, past, open)?;
    let written_s = ms_since(begun) / 1e3;
    let mut opens = Vec::new();
    for _ in 0..STARTS {
        opens.push(start(folder, (past, open))?);
    }
    let bytes = std::fs::metadata(folder.join("store.db"))?.len();
    let seat = self::seat(folder)?;
    ready(&seat)?;
    let mut all = Vec::new();
    let mut filters = Vec::new();
    for (name, query) in queries(&plate) {
        let mut took = Vec::new();
        let mut found = 0;
        for _ in 0..ROUNDS {
            let begun = clock::now();
            found = page(seat.store()?, query.clone())?.len();
            took.push(ms_since(begun));
        }
        filters.push((name, Percentiles::of(took.clone()).p50, found));
        all.extend(took);
    }
    seat.close()?;
    Ok(Found {
        past,
        written_s,
        bytes,
        open_ms: opens.into_iter().fold(0.0, f64::max),
        filter_ms: Percentiles::of(all),
        filters,
    })
}

fn seat(folder: &Path) -> anyhow::Result<Seat> {
    Seat::open(folder, "bench", None, Arc::new(|| {}))
}

/// All that is told until the store is ready, as a wall holds it.
fn ready(seat: &Seat) -> anyhow::Result<Records> {
    let mut records = Records::new(CENTRE);
    let deadline = clock::now() + PATIENCE;
    loop {
        match seat.news.recv_deadline(deadline) {
            Ok(StoreEvent::Rows { rows, .. }) => rows.iter().for_each(|row| records.learn(row)),
            Ok(StoreEvent::Ready) => return Ok(records),
            Ok(_) => {}
            Err(_late) => bail!("the store is not ready"),
        }
    }
}

/// From opening the store until the queue and the first page of the history are there,
/// milliseconds.
fn start(folder: &Path, (past, open): (usize, usize)) -> anyhow::Result<f64> {
    let begun = clock::now();
    let seat = seat(folder)?;
    let records = ready(&seat)?;
    let now = clock::wall_now();
    let place = |alarm: &Alarm| alarm.place.clone();
    let queue = Queue::of(&records.alarms, now, 0, |_| Part::Own, place);
    let first = page(seat.store()?, Query::default())?;
    let took = ms_since(begun);
    ensure!(
        queue
            .entries
            .iter()
            .map(|entry| entry.alarms.len())
            .sum::<usize>()
            == open,
        "not all open alarms are in the queue"
    );
    ensure!(first.len() == past.min(PAGE), "the first page is not whole");
    let newest = |two: &[Past]| two[0].alarm.raised >= two[1].alarm.raised;
    ensure!(first.windows(2).all(newest), "the newest do not come first");
    seat.close()?;
    Ok(took)
}

/// One page of what fits, read as the wall reads it.
fn page(store: &Store, query: Query) -> anyhow::Result<Vec<Past>> {
    let rows = store
        .past(Query {
            most: PAGE,
            ..query
        })?
        .wait()?;
    let read = |body: &Option<String>| {
        let body = body.as_deref().context("an alarm without a body")?;
        Ok(serde_json::from_str(body)?)
    };
    rows.iter().map(|row| read(&row.body)).collect()
}

/// A dozen things that somebody looks for; `plate` occurs once.
fn queries(plate: &str) -> Vec<(&'static str, Query)> {
    let now = clock::wall_now();
    let all = Query::default;
    let class = |key: &str| ClassKey::new(key);
    let camera = |n: usize| CameraId::new(camera(n)).ok();
    let text = |words: &str| Query {
        words: words.to_owned(),
        ..Query::default()
    };
    let month = |query: Query| Query {
        from: Some(now.plus_nanos(-SPAN_NS * 2 / 3)),
        before: Some(now.plus_nanos(-SPAN_NS * 2 / 3 + 30 * DAY_NS)),
        ..query
    };
    vec![
        ("all", all()),
        (
            "class",
            Query {
                class: class("plate.hit"),
                ..all()
            },
        ),
        (
            "camera",
            Query {
                camera: camera(45),
                ..all()
            },
        ),
        (
            "class and camera",
            Query {
                class: class("plate.hit"),
                camera: camera(45),
                ..all()
            },
        ),
        (
            "verdict, seldom",
            Query {
                found: Some(Judgement::Unsure),
                ..all()
            },
        ),
        (
            "class and verdict",
            Query {
                class: class("traffic.violation"),
                found: Some(Judgement::TrainingAid),
                ..all()
            },
        ),
        (
            "priority",
            Query {
                priority: Some(Priority::Critical),
                ..all()
            },
        ),
        ("a month", month(all())),
        (
            "a month, a verdict",
            month(Query {
                found: Some(Judgement::Unsure),
                ..all()
            }),
        ),
        ("words of many", text("көше 12")),
        ("a plate", text(plate)),
        ("part of plates", text("77a")),
        ("what is nowhere", text("нигде")),
        (
            "words, class, month",
            month(Query {
                class: class("bracelet.zone"),
                ..text("аймақ")
            }),
        ),
    ]
}

fn camera(n: usize) -> String {
    format!("ak-{n:03}")
}

/// Writes the alarms; a plate that occurs once.
fn fill(folder: &Path, past: usize, open: usize) -> anyhow::Result<String> {
    let seat = seat(folder)?;
    seat.there()?;
    seat.keep(seat.register_key())?;
    seat.found()?;
    let news = seat.news.clone();
    threads::spawn("bench-news", move || while news.recv().is_ok() {})?;
    let mut made = Made {
        classes: Classes::default(),
        chance: SmallRng::seed_from_u64(7),
        now: clock::wall_now(),
    };
    let mut answers = VecDeque::with_capacity(AHEAD);
    let mut plate = String::new();
    let mut n = 0;
    while n < past {
        let mut draft = Draft::new(acts::RAISED);
        for _ in 0..OF_AN_ACT.min(past - n) {
            let raised = made
                .now
                .plus_nanos(-SPAN_NS + SPAN_NS / past as i64 * n as i64);
            let one = made.past(n, raised)?;
            if n == past / 2 {
                plate = one.alarm.subject.clone().unwrap_or_default();
            }
            draft = draft.put(one.alarm.number, 0, &one);
            n += 1;
        }
        if answers.len() == AHEAD
            && let Some(first) = answers.pop_front()
        {
            done(first)?;
        }
        answers.push_back(seat.store()?.submit(seat.act(&draft.kind, draft.changes))?);
    }
    for n in 0..open {
        let raised = made.now.plus_nanos(-(n as i64) * 1_000_000_000);
        let (alarm, _) = made.raised(past + n, raised)?;
        let id = acts::record_id(CENTRE, &alarm.key);
        let draft = Draft::new(acts::RAISED).put(id, 0, &alarm);
        answers.push_back(seat.store()?.submit(seat.act(&draft.kind, draft.changes))?);
    }
    answers.into_iter().try_for_each(done)?;
    seat.close()?;
    Ok(plate)
}

/// Makes alarms as they come in a centre; the same each time but for their times.
struct Made {
    classes: Classes,
    chance: SmallRng,
    now: WallTime,
}

impl Made {
    fn class(&mut self) -> anyhow::Result<(ClassKey, Class)> {
        let mut left = self.chance.random_range(0..1000_u32);
        let mut chosen = "camera.fault";
        for (key, share) in SHARES {
            if left < share {
                chosen = key;
                break;
            }
            left -= share;
        }
        let key = ClassKey::new(chosen).context("a class")?;
        let class = self.classes.get(&key).context("a class")?.clone();
        Ok((key, class))
    }

    /// An open alarm about a plate or a bracelet that no other is about.
    fn raised(&mut self, n: usize, raised: WallTime) -> anyhow::Result<(Alarm, Class)> {
        let (key, class) = self.class()?;
        let mut random = [0; 10];
        self.chance.fill_bytes(&mut random);
        let letters = ["abc", "kop", "tmx", "a", "bek"][n % 5];
        let subject = format!("{:03}{letters}{:02}-{n}", n % 1000, n % 20 + 1);
        let street = n % 300;
        let occurrence = Occurrence {
            id: Id::named(&format!("bench news {n}")),
            thing: Id::named(&format!("bench thing {n}")),
            class: key,
            stage: Stage::Once,
            at: raised,
            heard: raised,
            camera: CameraId::new(camera(self.chance.random_range(0..CAMERAS))).ok(),
            place: format!("Қайырбаев көшесі {street}, {}", n % 40 + 1),
            position: None,
            subject: Some(subject),
            source: "bench.past".to_owned(),
            text: None,
            region: None,
            score: Some(0.8),
            details: std::collections::BTreeMap::new(),
            still: None,
            seat: "bench".to_owned(),
        };
        let number = Id::new(raised, random);
        Ok((Alarm::raise(number, &occurrence, &class), class))
    }

    /// One that somebody has answered within two minutes.
    fn past(&mut self, n: usize, raised: WallTime) -> anyhow::Result<Past> {
        let (mut alarm, class) = self.raised(n, raised)?;
        let found = match self.chance.random_range(0..1000_u32) {
            0..300 => Judgement::Real,
            300..920 => Judgement::NoThreat,
            920..990 => Judgement::TrainingAid,
            _ => Judgement::Unsure,
        };
        let ended = raised.plus_nanos(self.chance.random_range(5..120_i64) * 1_000_000_000);
        let by = Hand {
            person: Some(author()),
            seat: "bench".to_owned(),
            at: ended,
        };
        let note = if class.reason_to_reject {
            "known works".to_owned()
        } else {
            String::new()
        };
        alarm.judge(Verdict { found, by, note }, Some(&class))?;
        Ok(Past::new(alarm, ended, Some(&class)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_queue_is_written_opened_and_looked_through() {
        let folder = tempfile::tempdir().unwrap();
        let found = run(folder.path(), 500, 12).unwrap();
        let of = |name: &str| {
            let filter = found.filters.iter().find(|(other, ..)| *other == name);
            filter.map(|(_, _, count)| *count).unwrap()
        };
        assert_eq!(found.filters.len(), 14);
        assert_eq!(of("all"), PAGE);
        assert_eq!(of("a plate"), 1);
        assert_eq!(of("what is nowhere"), 0);
        assert!(of("class") > 10 && of("class") < 100);
        // A month of thirty-six.
        assert!((10..20).contains(&of("a month")), "{}", of("a month"));
        assert!(of("class and camera") <= of("camera"));
        assert_eq!(found.filter_ms.count, 14 * ROUNDS);
        assert!(found.open_ms > 0.0 && found.open_ms.is_finite());
    }
}
