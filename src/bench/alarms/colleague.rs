//! A colleague at another program of the same machine, who answers alarms through the same store a
//! while after they were raised, so that the next ones may sound.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::anyhow;
use crossbeam_channel::RecvTimeoutError;

use crate::app::seat::records::Records;
use crate::base::clock::{self, WallTime};
use crate::base::threads;
use crate::bench::store::seat::{CENTRE, Seat, author};
use crate::model::act::{Act, Kept};
use crate::model::alarm::Hand;
use crate::model::alarm::acts::{self, Deed};
use crate::model::alarm::alarm::{Alarm, Refusal};
use crate::model::alarm::class::Classes;
use crate::model::alarm::verdict::Judgement;
use crate::model::id::Id;
use crate::store::database::StoreEvent;

/// An alarm is answered when it is so old: it was shown and has begun to sound, or it is too late.
const ANSWERS_AFTER_NS: i64 = 1_500_000_000;
/// How often the alarms are looked through.
const LOOKS_EVERY: Duration = Duration::from_millis(200);
/// The name of the other program.
const NAME: &str = "colleague";

/// Answers until it is told to stop.
pub(super) struct Colleague {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<anyhow::Result<usize>>>,
}

impl Colleague {
    /// Sits down at the store in `folder`.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let seat = Seat::unsigned(folder, NAME)?;
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = threads::spawn("colleague", move || answer(seat, &told))?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    /// Stands up; how many alarms were answered.
    pub(super) fn stop(mut self) -> anyhow::Result<usize> {
        self.stop.store(true, Relaxed);
        let thread = self.thread.take().map(JoinHandle::join);
        thread.map_or(Ok(0), |ended| {
            ended.map_err(|_panic| anyhow!("the colleague fell"))?
        })
    }
}

impl Drop for Colleague {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
    }
}

fn answer(seat: Seat, stop: &AtomicBool) -> anyhow::Result<usize> {
    let classes = Classes::default();
    let mut records = Records::new(CENTRE);
    // The version of each alarm that was answered, by its record: another version is another act.
    let mut answered: BTreeMap<Id, u32> = BTreeMap::new();
    let mut count = 0;
    while !stop.load(Relaxed) {
        match seat.news.recv_timeout(LOOKS_EVERY) {
            Ok(StoreEvent::Rows { rows, .. }) => rows.iter().for_each(|row| records.learn(row)),
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let now = clock::wall_now();
        let due = |kept: &&Kept<Alarm>| {
            let old = now.nanos_since(kept.value.raised) >= ANSWERS_AFTER_NS;
            old && answered.get(&kept.id) != Some(&kept.version)
        };
        for kept in records.alarms.iter().filter(due).collect::<Vec<_>>() {
            let Ok(act) = judged(&seat, kept, &classes, now) else {
                continue;
            };
            // Whoever was first, the next version of the alarm says.
            drop(seat.store()?.submit(act)?);
            answered.insert(kept.id, kept.version);
            count += 1;
        }
    }
    seat.close()?;
    Ok(count)
}

/// It was real: that ends it.
fn judged(
    seat: &Seat,
    kept: &Kept<Alarm>,
    classes: &Classes,
    now: WallTime,
) -> Result<Act, Refusal> {
    let by = Hand {
        person: Some(author()),
        seat: NAME.to_owned(),
        at: now,
    };
    let deed = Deed::Judge(Judgement::Real, String::new());
    let class = classes.get(&kept.value.class);
    let draft = acts::done(CENTRE, kept, &deed, class, by)?;
    Ok(Act {
        about: draft.about,
        detail: draft.detail,
        ..seat.act(&draft.kind, draft.changes)
    })
}
