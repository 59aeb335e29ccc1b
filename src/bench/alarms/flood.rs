//! The flood: ten thousand events within ten seconds, and something critical in the middle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::Value;

use super::events::{Answered, CRITICAL, Event, FLOOD, answered, event};
use super::loudspeaker::Loudspeaker;
use super::wall::Wall;
use crate::app::measure::{AlarmMeasured, AlarmsMeasured};
use crate::base::clock::{self, WallTime};
use crate::base::proc::Usage;
use crate::base::threads;
use crate::bench::seat::{Seat, pause};
use crate::bench::store::seat::Seat as Keeping;
use crate::link::intake::sending::{Sent, send};
use crate::model::act::Record as _;
use crate::model::alarm::acts::{Said, said_id};
use crate::model::alarm::alarm::{Alarm, Past};
use crate::model::id::Id;

/// Who tells the events.
const SOURCE: &str = "bench.flood";
/// In so long all are offered.
const WITHIN: Duration = Duration::from_secs(10);
/// Events of one request.
const BUNDLE: usize = 50;
/// One of so many is told twice.
const TWICE: usize = 100;
/// What was not answered by then is lost.
const PATIENCE: Duration = Duration::from_secs(90);
/// How soon what was busy is sent again.
const AGAIN_AFTER: Duration = Duration::from_millis(300);
/// What was told last has been shown and heard after that.
pub(super) const SETTLES: Duration = Duration::from_secs(4);
/// How often the wall's memory is looked at.
const LOOKS_EVERY: Duration = Duration::from_millis(250);
/// Rows that are read at once.
const PAGE: usize = 5000;

/// What the flood found.
pub(super) struct Flood {
    /// Events that were offered, the critical one with them.
    pub(super) offered: usize,
    /// Of these, how many were told for the second time.
    pub(super) twice: usize,
    /// See [`lost`].
    pub(super) lost: usize,
    /// Seconds until the last request was sent for the first time.
    pub(super) offered_s: f64,
    /// Seconds until the last answer.
    pub(super) answered_s: f64,
    /// Alarms that came of it.
    pub(super) alarms: usize,
    /// Events that were counted as a repeat of one.
    pub(super) repeats: u64,
    /// How much more memory the wall had at its most than before, bytes.
    pub(super) rss_growth_bytes: u64,
    /// The critical one, where the wall saw it.
    pub(super) critical: Option<AlarmMeasured>,
    /// What the wall measured.
    pub(super) measured: AlarmsMeasured,
}

/// One offer and what was said of it.
pub(super) struct Offer {
    event: Event,
    answered: Answered,
}

/// Offers `count` events to a wall of its own.
pub(super) fn run(
    seat: &Seat,
    speaker: &Loudspeaker,
    folder: &Path,
    (tiles, count): (usize, usize),
) -> anyhow::Result<Flood> {
    let wall = Wall::open(seat, speaker, folder, tiles)?;
    let memory = Memory::watch(wall.pid())?;
    let offers = offers(&wall.cameras, count)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let told = runtime.block_on(tell(&wall, offers));
    pause(SETTLES);
    let rss_growth_bytes = memory.growth();
    let measured = wall.leave()?.alarms;
    let stored = Stored::read(folder)?;
    let answers = told.offers.iter();
    let answers: Vec<(Id, Answered)> = answers
        .map(|offer| (offer.event.news, offer.answered))
        .collect();
    let critical = told
        .critical
        .and_then(|news| {
            let of = |alarm: &&AlarmMeasured| alarm.news == news.to_string();
            measured.each.iter().find(of)
        })
        .cloned();
    let different: BTreeSet<Id> = answers.iter().map(|(news, _)| *news).collect();
    Ok(Flood {
        offered: answers.len(),
        twice: answers.len() - different.len(),
        lost: lost(&answers, &stored),
        offered_s: told.offered_s,
        answered_s: told.answered_s,
        alarms: stored.alarms,
        repeats: stored.counted.saturating_sub(stored.alarms as u64),
        rss_growth_bytes,
        critical,
        measured,
    })
}

/// The requests in their order, each with when it is due.
pub(super) type Requests = Vec<(Duration, Vec<Offer>)>;

/// The events in requests, in the middle the critical one by itself.
fn offers(cameras: &[String], count: usize) -> anyhow::Result<(Requests, Option<Id>)> {
    let now = clock::wall_now();
    let camera = |n: usize| cameras[n % cameras.len()].as_str();
    let mut all: Vec<Event> = Vec::with_capacity(count);
    for n in 0..count {
        // What was told half a hundred before is told once more.
        let again = (n % TWICE == TWICE - 1).then(|| all.get(n - TWICE / 2).cloned());
        all.push(match again.flatten() {
            Some(event) => event,
            None => one(n, (FLOOD[n % FLOOD.len()], camera(n / FLOOD.len())), now)?,
        });
    }
    let requests = count.div_ceil(BUNDLE).max(1) as u32;
    let due = |request: u32| WITHIN * request / requests;
    let offer = |event| Offer {
        event,
        answered: Answered::Nothing,
    };
    let mut waiting = all.into_iter().map(offer);
    let mut list: Requests = (0..requests)
        .map(|request| (due(request), waiting.by_ref().take(BUNDLE).collect()))
        .collect();
    let critical = one(count, (CRITICAL, camera(0)), now)?;
    let news = critical.news;
    list.push((WITHIN / 2, vec![offer(critical)]));
    Ok((list, Some(news)))
}

/// So many events one by one, `apart` from each other.
pub(super) fn apart(cameras: &[String], count: usize, apart: Duration) -> anyhow::Result<Requests> {
    let now = clock::wall_now();
    let all = (0..count).map(|n| {
        let camera = cameras[n % cameras.len()].as_str();
        let event = one(n, (FLOOD[n % FLOOD.len()], camera), now)?;
        let offer = Offer {
            event,
            answered: Answered::Nothing,
        };
        Ok((apart * n as u32, vec![offer]))
    });
    all.collect()
}

/// Tells them; what was answered to each.
pub(super) async fn told(wall: &Wall, requests: Requests) -> Vec<(Id, Answered)> {
    let told = tell(wall, (requests, None)).await;
    let offers = told.offers.into_iter();
    offers
        .map(|offer| (offer.event.news, offer.answered))
        .collect()
}

fn one(n: usize, of: (&str, &str), now: WallTime) -> anyhow::Result<Event> {
    Ok(event((SOURCE, &format!("flood-{n}")), of, None, now)?)
}

/// What came of the offers.
struct Told {
    offers: Vec<Offer>,
    critical: Option<Id>,
    offered_s: f64,
    answered_s: f64,
}

async fn tell(wall: &Wall, (requests, critical): (Requests, Option<Id>)) -> Told {
    let begun = clock::now();
    let all = requests
        .into_iter()
        .map(|(due, offers)| request(wall, offers, begun + due));
    let mut told = Told {
        offers: Vec::new(),
        critical,
        offered_s: 0.0,
        answered_s: 0.0,
    };
    let secs = |at: Instant| at.saturating_duration_since(begun).as_secs_f64();
    for (offers, sent, done) in join_all(all).await {
        told.offers.extend(offers);
        told.offered_s = told.offered_s.max(secs(sent));
        told.answered_s = told.answered_s.max(secs(done));
    }
    told
}

/// Sends a request when it is due, and again what was not settled; when it was sent first, and when
/// the last was settled.
async fn request(
    wall: &Wall,
    mut offers: Vec<Offer>,
    due: Instant,
) -> (Vec<Offer>, Instant, Instant) {
    tokio::time::sleep_until(due.into()).await;
    let sent = clock::now();
    while clock::now() < due + PATIENCE {
        let open = |offer: &&mut Offer| offer.answered == Answered::Nothing;
        let mut open: Vec<&mut Offer> = offers.iter_mut().filter(open).collect();
        if open.is_empty() {
            break;
        }
        let messages: Vec<&Value> = open.iter().map(|offer| &offer.event.message).collect();
        let body = serde_json::to_string(&messages).unwrap_or_default();
        // Silence and a whole request that is refused: what was not said is lost in the end.
        if let Sent::Told(list) = send(&wall.events, &wall.token, body).await {
            for (offer, one) in open.iter_mut().zip(list) {
                offer.answered = answered(&one.outcome).unwrap_or_default();
            }
        }
        if offers
            .iter()
            .any(|offer| offer.answered == Answered::Nothing)
        {
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }
    (offers, sent, clock::now())
}

/// What the store has of the flood.
#[derive(Debug, Default)]
pub(super) struct Stored {
    /// The identities of the records of the news that it has, and whose they are.
    said: BTreeSet<Id>,
    centre: String,
    /// Alarms, open or over.
    alarms: usize,
    /// How often all of them happened.
    counted: u64,
}

impl Stored {
    fn has(&self, news: Id) -> bool {
        self.said.contains(&said_id(&self.centre, news))
    }

    /// How often more than so many times something happened.
    pub(super) fn more_than(&self, count: usize) -> usize {
        (self.counted as usize).saturating_sub(count)
    }

    /// Reads the store in `folder`, which nobody else has open any more.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let keeping = Keeping::unsigned(folder, "reads")?;
        keeping.there()?;
        let (mut said, mut centre) = (BTreeSet::new(), String::new());
        let mut counts: BTreeMap<Id, u32> = BTreeMap::new();
        let mut from = 0;
        loop {
            let rows = keeping.store()?.rows(from, PAGE)?.wait()?;
            for row in &rows {
                let Some(body) = &row.body else { continue };
                let alarm: Alarm = match row.key.kind.as_str() {
                    Said::KIND => {
                        said.insert(row.key.id);
                        centre.clone_from(&row.centre);
                        continue;
                    }
                    Alarm::KIND => serde_json::from_str(body)?,
                    Past::KIND => serde_json::from_str::<Past>(body)?.alarm,
                    _ => continue,
                };
                if alarm.source == SOURCE {
                    counts.insert(alarm.number, alarm.count);
                }
            }
            // A page may end within the records of one act: that one is read once more.
            match rows.last() {
                Some(last) if rows.len() == PAGE && last.seq > from => from = last.seq,
                _ => break,
            }
        }
        keeping.close()?;
        Ok(Self {
            said,
            centre,
            alarms: counts.len(),
            counted: counts.values().map(|count| u64::from(*count)).sum(),
        })
    }
}

/// Events that were never answered or not taken, those that were said to be kept and are not in the
/// store, and those that are there but that no alarm has counted.
pub(super) fn lost(offers: &[(Id, Answered)], stored: &Stored) -> usize {
    let said_kept = |answered: &Answered| matches!(answered, Answered::Kept | Answered::Repeat);
    let (kept, other): (Vec<_>, Vec<_>) = offers.iter().partition(|(_, told)| said_kept(told));
    let missing = kept.iter().filter(|(news, _)| !stored.has(*news));
    let there: BTreeSet<Id> = kept
        .iter()
        .map(|(news, _)| *news)
        .filter(|news| stored.has(*news))
        .collect();
    let uncounted = (there.len() as u64).saturating_sub(stored.counted);
    other.len() + missing.count() + uncounted as usize
}

/// Watches how much memory a process has.
struct Memory {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(u64, u64)>,
}

impl Memory {
    fn watch(pid: u32) -> anyhow::Result<Self> {
        let now = move || Usage::of(pid).map_or(0, |usage| usage.rss_bytes);
        let before = now();
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = threads::spawn("memory", move || {
            let mut most = before;
            while !told.load(Relaxed) {
                most = most.max(now());
                pause(LOOKS_EVERY);
            }
            (before, most)
        })?;
        Ok(Self { stop, thread })
    }

    /// The most since the beginning over what there was then, bytes.
    fn growth(self) -> u64 {
        self.stop.store(true, Relaxed);
        let (before, most) = self.thread.join().unwrap_or_default();
        most - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id::from_bytes([n; 16])
    }

    #[test]
    fn the_flood_has_as_many_as_it_should_and_one_in_a_hundred_twice() {
        let cameras: Vec<String> = (1..=64).map(|n| format!("cam-{n:03}")).collect();
        let (requests, critical) = offers(&cameras, 10_000).unwrap();
        let all: Vec<Id> = requests
            .iter()
            .flat_map(|(_, offers)| offers.iter().map(|offer| offer.event.news))
            .collect();
        assert_eq!(all.len(), 10_001, "the critical one is one more");
        let different: BTreeSet<&Id> = all.iter().collect();
        assert_eq!(all.len() - different.len(), 100);
        assert!(requests.iter().all(|(due, _)| *due < WITHIN));
        assert_eq!(all.last(), critical.as_ref());
        let (one, _) = offers(&cameras, 3).unwrap();
        assert_eq!(one.iter().map(|(_, offers)| offers.len()).sum::<usize>(), 4);
    }

    #[test]
    fn what_was_promised_and_is_not_there_is_lost() {
        let stored = Stored {
            said: [id(1), id(2), id(3)].map(|id| said_id("c", id)).into(),
            centre: "c".to_owned(),
            alarms: 1,
            counted: 3,
        };
        let all = [
            (id(1), Answered::Kept),
            (id(2), Answered::Kept),
            (id(1), Answered::Repeat),
            (id(3), Answered::Kept),
        ];
        assert_eq!(lost(&all, &stored), 0);
        let unanswered = [all.as_slice(), &[(id(4), Answered::Nothing)]].concat();
        assert_eq!(lost(&unanswered, &stored), 1);
        let missing = [all.as_slice(), &[(id(5), Answered::Kept)]].concat();
        assert_eq!(lost(&missing, &stored), 1);
        let refused = [all.as_slice(), &[(id(2), Answered::Refused)]].concat();
        assert_eq!(lost(&refused, &stored), 1);
        let uncounted = Stored {
            counted: 2,
            ..stored
        };
        assert_eq!(
            lost(&all, &uncounted),
            1,
            "in the store, in no alarm's count"
        );
    }
}
