//! Adaptive quality on the running wall: gathers what is visible and how the last second went, asks
//! the rules of `model::quality`, and tells the feeds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::state::{State, feed_id};
use crate::base::proc::MachineTimes;
use crate::media::live::{Feed, FeedId};
use crate::model::camera::{Camera, CameraId, StreamKind};
use crate::model::condition::{Link, Load};
use crate::model::quality::{self, Demand, Second, Shedder};

/// What is hidden for no longer than this is decoded on: a quick look at one camera costs nothing
/// when the wall comes back.
const HIDDEN_FOR: Duration = Duration::from_millis(1500);
/// A feed counts in the figures of a second when it has been at its full rate for so long.
const SETTLED_FOR: Duration = Duration::from_secs(3);
/// A machine that is busier than this has no time left, 0..1.
const BUSY: f32 = 0.92;
/// A picture younger than this is as good as live.
const FRESH: Duration = Duration::from_secs(1);

/// Adaptive quality of one wall.
#[derive(Default)]
pub(super) struct Quality {
    shedder: Shedder,
    /// When each feed was drawn last.
    seen: BTreeMap<FeedId, Instant>,
    machine: Option<MachineTimes>,
}

/// What one feed did in a second.
pub(super) struct FeedSecond {
    pub(super) received: u64,
    pub(super) shown: u64,
    pub(super) dropped: u64,
}

impl Quality {
    /// A second has gone by. `own_cores` is what this process used of the machine in it.
    pub(super) fn second(
        &mut self,
        state: &mut State,
        feeds: &BTreeMap<FeedId, FeedSecond>,
        own_cores: Option<f32>,
        now: Instant,
    ) {
        let mut second = Second::default();
        for (id, did) in feeds {
            let Some(stream) = state.streams.get(id) else {
                continue;
            };
            let load = &stream.condition.load;
            let is_settled = load.value == Load::Full
                && now.saturating_duration_since(load.since) >= SETTLED_FOR
                && stream.condition.link.value == Link::Live
                && now.saturating_duration_since(stream.condition.link.since) >= SETTLED_FOR;
            if is_settled && self.seen.get(id).is_some_and(|seen| now <= *seen + FRESH) {
                second.due += did.received;
                second.shown += did.shown;
            }
            second.dropped += did.dropped;
        }
        if !self.is_busy(own_cores) {
            // Frames are missing, but not for want of time: less decoding would bring none back.
            second.shown = second.due;
        }
        let demands = self.demands(state, true, now);
        let most = quality::num_steps(&demands);
        let before = state.shed_steps;
        state.shed_steps = self.shedder.second(second, most, now);
        if before != state.shed_steps {
            tracing::info!(
                steps = state.shed_steps,
                of = most,
                due = second.due,
                shown = second.shown,
                dropped = second.dropped,
                "quality of the least important tiles"
            );
        }
    }

    fn is_busy(&mut self, own_cores: Option<f32>) -> bool {
        let now = MachineTimes::read();
        let busy = now
            .zip(self.machine)
            .map(|(now, before)| now.busy_since(before));
        self.machine = now;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let own = own_cores.map(|own| own / cores as f32);
        busy.into_iter().chain(own).any(|share| share >= BUSY)
    }

    /// Tells every feed how much of it is wanted, and the state what each tile gets.
    ///
    /// `visible` are the feeds that were drawn last, if the window can be seen at all.
    pub(super) fn apply(
        &mut self,
        state: &mut State,
        feeds: &BTreeMap<FeedId, Arc<Feed>>,
        visible: Option<&BTreeSet<FeedId>>,
        now: Instant,
    ) -> Vec<(FeedId, Load)> {
        for id in visible.into_iter().flatten() {
            self.seen.insert(id.clone(), now);
        }
        self.seen.retain(|id, _| feeds.contains_key(id));
        let loads = quality::plan(&self.demands(state, false, now), state.shed_steps);
        let watched = state.watched().into_iter();
        let wanted: Vec<(Arc<Camera>, Load)> = watched
            .map(|index| Arc::clone(&state.cameras[index]))
            .zip(loads)
            .collect();
        let mut changed = Vec::new();
        for (camera, load) in wanted {
            let main_is_shown = state
                .best_stream(&camera, now)
                .is_some_and(|(kind, _)| kind == StreamKind::Main);
            let main_is_wanted = state.is_large(&camera);
            for kind in [StreamKind::Sub, StreamKind::Main] {
                let id = feed_id(&camera, kind);
                let (Some(feed), Some(stream)) = (feeds.get(&id), state.streams.get_mut(&id))
                else {
                    continue;
                };
                // Behind its large stream the small one only stands ready; a large one that no tile
                // wants is there for the detectors.
                let stands_ready = match kind {
                    StreamKind::Sub => main_is_shown,
                    StreamKind::Main => !main_is_wanted,
                };
                let load = if stands_ready {
                    load.min(Load::Keyframes)
                } else {
                    load
                };
                if feed.effort() != load {
                    feed.set_effort(load, now);
                }
                let is_fresh = stream.shown.is_some_and(|shown| now <= shown + FRESH);
                // Until the first new picture is there the old one is still what it was.
                let may_be_told =
                    load < stream.condition.load.value || is_fresh || stream.shown.is_none();
                if may_be_told && stream.condition.load.set(load, now) {
                    changed.push((id, load));
                }
            }
        }
        changed
    }

    /// A demand for each camera that is watched.
    fn demands(&self, state: &State, settled: bool, now: Instant) -> Vec<Demand> {
        let hidden_for = if settled { FRESH } else { HIDDEN_FOR };
        let is_seen = |id: &FeedId| {
            self.seen
                .get(id)
                .is_some_and(|seen| now.saturating_duration_since(*seen) <= hidden_for)
                // Not drawn yet: just opened.
                || state.streams.get(id).is_some_and(|stream| stream.shown.is_none())
        };
        state
            .watched()
            .into_iter()
            .map(|index| (index, &state.cameras[index]))
            .map(|(index, camera)| Demand {
                visible: is_seen(&feed_id(camera, StreamKind::Sub))
                    || is_seen(&feed_id(camera, StreamKind::Main)),
                selected: index == state.selected,
                duties: state.duties.get(&camera.id).copied().unwrap_or_default(),
                priority: state.priority(camera),
            })
            .collect()
    }
}

/// Which cameras' tiles need the large stream: those that are so large, unless the machine is short.
pub(super) fn choose_mains(
    state: &State,
    sizes: &BTreeMap<FeedId, (u32, u32)>,
) -> BTreeSet<CameraId> {
    if state.shed_steps > 0 {
        return BTreeSet::new();
    }
    state.cameras[state.page_range()]
        .iter()
        .filter(|camera| camera.has_both_streams())
        .filter(|camera| {
            let id = feed_id(camera, StreamKind::Sub);
            let has_it = state.mains.contains(&camera.id);
            sizes
                .get(&id)
                .zip(state.streams.get(&id))
                .is_some_and(|(tile, stream)| quality::wants_main(tile.1, stream.size.1, has_it))
        })
        .map(|camera| camera.id.clone())
        .collect()
}
