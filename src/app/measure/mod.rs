//! Measuring a running wall from the inside, for the benches.

mod alarms;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::{egui, egui_wgpu};
use serde::{Deserialize, Serialize};

use super::state::State;
use crate::base::proc::Usage;
use crate::base::{clock, threads};
use crate::detect::Observation;
use crate::gpu::PaintStats;
use crate::media::live::{Counters, Feed, FeedEvent, FeedId};
pub use alarms::{AlarmMeasured, AlarmsMeasured, Shown};

/// The first seconds are for connecting; figures count from here on, unless the command line says
/// otherwise.
const WARM_UP: Duration = Duration::from_secs(10);

/// What the wall writes when it leaves.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Length of the measured stretch, seconds.
    pub seconds: f64,
    /// Seconds from the first frame of the window until every feed had shown a picture.
    pub all_live_s: Option<f64>,
    /// Feeds on the page.
    pub feeds: usize,
    /// Feeds live at the end.
    pub live: usize,
    /// Frames due, decoded, shown, per feed of the page.
    pub per_feed: Vec<FeedMeasured>,
    /// Age at presentation (arrival of the last packet → GPU has finished the paint), sorted, ms.
    pub age_ms: Percentiles,
    /// Age from the camera's capture stamp to the same moment, where the clocks are one, ms.
    pub capture_age_ms: Percentiles,
    /// Processor seconds per second by kind of thread.
    pub cores: BTreeMap<String, f64>,
    /// Paints per second.
    pub paints_per_s: f64,
    /// Share of a core spent in uploads (inside the main thread).
    pub upload_cores: f64,
    /// The GPU's time at the wall's own draws, ms a paint; where it has timestamps.
    pub gpu_ms: Option<f64>,
    /// Resident memory at the end, bytes.
    pub rss_bytes: u64,
    /// Largest resident memory, bytes.
    pub peak_rss_bytes: u64,
    /// Threads at the end.
    pub threads: usize,
    /// Bytes of textures.
    pub texture_bytes: u64,
    /// What the detectors looked at.
    #[serde(default)]
    pub looks: Vec<LooksMeasured>,
    /// Alarms, from the start of the wall on.
    #[serde(default)]
    pub alarms: AlarmsMeasured,
}

/// One feed's looks within the stretch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LooksMeasured {
    /// Camera and stream.
    pub feed: String,
    /// How many.
    pub looks: u64,
    /// The longest time without one, seconds.
    pub longest_gap_s: f64,
    /// The mean age of a picture when its look was done, milliseconds.
    pub age_ms: f64,
    /// How many tracks were followed in the last look.
    pub tracks: usize,
}

/// One feed's frames within the stretch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FeedMeasured {
    /// Camera and stream.
    pub feed: String,
    /// Due.
    pub due: u64,
    /// Decoded.
    pub decoded: u64,
    /// Shown.
    pub shown: u64,
    /// Age of the newest decoded picture at the end, seconds.
    pub newest_age_s: Option<f64>,
}

/// Of a set of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// How many.
    pub count: usize,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
}

impl Percentiles {
    /// Of these numbers, by nearest rank.
    pub fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let index = (share * numbers.len() as f64).ceil() as usize;
            numbers
                .get(index.saturating_sub(1))
                .copied()
                .unwrap_or_default()
        };
        Self {
            count: numbers.len(),
            p50: rank(0.50),
            p95: rank(0.95),
            p99: rank(0.99),
        }
    }
}

/// What one paint looks like from here.
pub struct Paint<'a> {
    /// Now.
    pub now: Instant,
    /// Open feeds.
    pub feeds: &'a BTreeMap<FeedId, Arc<Feed>>,
    /// Feeds live.
    pub live: usize,
    /// Of so many.
    pub of: usize,
    /// What the detectors saw last, by the feed's key.
    pub seen: &'a BTreeMap<u64, Arc<Observation>>,
}

/// Collects figures.
pub struct Measure {
    file: PathBuf,
    first_paint: Option<Instant>,
    all_live: Option<Instant>,
    begin: Option<Begin>,
    ages: Vec<f64>,
    capture_ages: Vec<f64>,
    feeds: (usize, usize),
    warm_up: Duration,
    most_seconds: Option<f64>,
    written: bool,
    looks: BTreeMap<u64, Looked>,
    alarms: alarms::Alarms,
}

/// What is counted of one feed's looks.
struct Looked {
    feed: String,
    last: Instant,
    count: u64,
    longest: Duration,
    ages: Duration,
    observation: Option<Arc<Observation>>,
}

struct Begin {
    at: Instant,
    usage: Usage,
    counters: BTreeMap<FeedId, Counters>,
    paints: u64,
    upload_time: Duration,
}

impl Measure {
    /// Begins `after` so many seconds (ten where none are given); writes to `file` after
    /// `most_seconds` of measuring, else in the end.
    pub fn new(file: PathBuf, after: Option<f64>, most_seconds: Option<f64>) -> Self {
        Self {
            file,
            first_paint: None,
            all_live: None,
            begin: None,
            ages: Vec::new(),
            capture_ages: Vec::new(),
            feeds: (0, 0),
            warm_up: after.map_or(WARM_UP, |secs| {
                Duration::from_secs_f64(secs.clamp(0.0, 3600.0))
            }),
            most_seconds,
            written: false,
            looks: BTreeMap::new(),
            alarms: alarms::Alarms::default(),
        }
    }

    /// Starts the thread that notices when the GPU has finished a paint.
    pub fn watch(&self, render_state: &egui_wgpu::RenderState, stats: &Arc<PaintStats>) {
        stats.keep_log(true);
        let device = render_state.device.clone();
        let stats = Arc::downgrade(stats);
        let (never, timer) = crossbeam_channel::bounded::<()>(1);
        let watching = threads::spawn("gpu-watch", move || {
            let _keep = &never;
            while let Some(stats) = stats.upgrade() {
                if stats.is_paint_pending() && device.poll(wgpu::PollType::Poll).is_err() {
                    return;
                }
                drop(stats);
                timer.recv_timeout(Duration::from_millis(2)).ok(); // a pause, nobody sends
            }
        });
        if let Err(error) = watching {
            tracing::error!(%error, "ages at presentation cannot be measured");
        }
    }

    /// A feed changed.
    pub fn heard(&mut self, event: &FeedEvent) {
        tracing::debug!(feed = ?event.feed, fact = ?event.fact, "measured");
    }

    /// A turn of the thread that draws begins.
    pub fn turn_begins(&mut self, now: Instant) {
        self.alarms.turn_begins(now);
    }

    /// Once in each turn, when `logic` has done its work and before [`Self::step`]: takes from
    /// `state` what was noted for it.
    pub fn look_at_alarms(&mut self, state: &mut State, stats: &PaintStats) {
        self.alarms.step(state, stats);
    }

    /// A turn of the thread that draws ends: everything is drawn.
    pub fn turn_ends(&mut self, now: Instant) {
        self.alarms.turn_ends(now);
    }

    /// Once a paint.
    pub fn step(&mut self, paint: &Paint<'_>, stats: &PaintStats, ctx: &egui::Context) {
        let now = paint.now;
        let first = *self.first_paint.get_or_insert(now);
        self.feeds = (paint.live, paint.of);
        let seen = paint
            .feeds
            .values()
            .filter(|feed| feed.counters().taken > 0)
            .count();
        if self.all_live.is_none() && paint.of > 0 && seen >= paint.of {
            self.all_live = Some(now);
        }
        let over = self
            .begin
            .as_ref()
            .zip(self.most_seconds)
            .is_some_and(|(begin, most)| {
                now.saturating_duration_since(begin.at).as_secs_f64() >= most
            });
        if over {
            self.write(paint.feeds, stats);
        }
        if self.written {
            return;
        }
        let log = stats.take_presented();
        if self.begin.is_none() {
            if now.saturating_duration_since(first) >= self.warm_up {
                let figures = stats.figures();
                self.begin = Usage::of_self_and_children().map(|usage| Begin {
                    at: now,
                    usage,
                    counters: paint
                        .feeds
                        .iter()
                        .map(|(id, feed)| (id.clone(), feed.counters()))
                        .collect(),
                    paints: figures.paints,
                    upload_time: figures.upload_time,
                });
            }
            ctx.request_repaint_after(Duration::from_millis(200));
            return;
        }
        self.count_looks(paint);
        let (wall, instant) = (clock::wall_now(), clock::now());
        for (uploaded, presented) in log {
            let ms = |d: Duration| d.as_secs_f64() * 1e3;
            self.ages
                .push(ms(presented.saturating_duration_since(uploaded.arrival)));
            if let Some(capture) = uploaded.capture {
                let presented_wall = wall
                    .plus_nanos(-(instant.saturating_duration_since(presented).as_nanos() as i64));
                self.capture_ages
                    .push(presented_wall.nanos_since(capture.wall) as f64 / 1e6);
            }
        }
    }

    fn count_looks(&mut self, paint: &Paint<'_>) {
        for (id, feed) in paint.feeds {
            let looked = self.looks.entry(feed.key()).or_insert_with(|| Looked {
                feed: format!("{} {:?}", id.camera, id.stream),
                last: paint.now,
                count: 0,
                longest: Duration::ZERO,
                ages: Duration::ZERO,
                observation: None,
            });
            let passed = paint.now.saturating_duration_since(looked.last);
            looked.longest = looked.longest.max(passed);
            let Some(seen) = paint.seen.get(&feed.key()) else {
                continue;
            };
            let is_same = |old: &Arc<Observation>| Arc::ptr_eq(old, seen);
            if looked.observation.as_ref().is_some_and(is_same) {
                continue;
            }
            looked.last = paint.now;
            if looked.observation.replace(Arc::clone(seen)).is_some() {
                looked.count += 1;
                looked.ages += paint.now.saturating_duration_since(seen.arrival);
            }
        }
    }

    /// Writes the figures, once.
    pub fn write(&mut self, feeds: &BTreeMap<FeedId, Arc<Feed>>, stats: &PaintStats) {
        if std::mem::replace(&mut self.written, true) {
            return;
        }
        stats.keep_log(false);
        let measured = self.measured(feeds, stats);
        let text = serde_json::to_string_pretty(&measured).unwrap_or_default();
        // Whoever waits for the file must not see half of it.
        let new = self.file.with_extension("new");
        let written = fs::write(&new, text).and_then(|()| fs::rename(&new, &self.file));
        if let Err(error) = written {
            tracing::error!(%error, file = %self.file.display(), "the figures were not written");
        }
    }

    fn measured(&mut self, feeds: &BTreeMap<FeedId, Arc<Feed>>, stats: &PaintStats) -> Measured {
        let mut measured = Measured {
            all_live_s: self
                .all_live
                .zip(self.first_paint)
                .map(|(all, first)| all.saturating_duration_since(first).as_secs_f64()),
            live: self.feeds.0,
            feeds: self.feeds.1,
            age_ms: Percentiles::of(std::mem::take(&mut self.ages)),
            capture_age_ms: Percentiles::of(std::mem::take(&mut self.capture_ages)),
            alarms: self.alarms.measured(),
            ..Measured::default()
        };
        let (Some(begin), Some(usage)) = (&self.begin, Usage::of_self_and_children()) else {
            return measured;
        };
        let seconds = clock::now()
            .saturating_duration_since(begin.at)
            .as_secs_f64()
            .max(1e-3);
        let figures = stats.figures();
        measured.seconds = seconds;
        measured.cores = usage
            .since(&begin.usage)
            .into_iter()
            .map(|(name, s)| (name, s / seconds))
            .collect();
        measured.paints_per_s = (figures.paints - begin.paints) as f64 / seconds;
        measured.upload_cores = figures
            .upload_time
            .saturating_sub(begin.upload_time)
            .as_secs_f64()
            / seconds;
        measured.gpu_ms = (figures.gpu_timed > 0)
            .then(|| figures.gpu_time.as_secs_f64() * 1e3 / figures.gpu_timed as f64);
        measured.rss_bytes = usage.rss_bytes;
        measured.peak_rss_bytes = usage.peak_rss_bytes;
        measured.threads = usage.threads.len();
        measured.texture_bytes = figures.texture_bytes;
        measured.looks = self
            .looks
            .values()
            .map(|looked| LooksMeasured {
                feed: looked.feed.clone(),
                looks: looked.count,
                longest_gap_s: looked.longest.as_secs_f64(),
                age_ms: looked.ages.as_secs_f64() * 1e3 / looked.count.max(1) as f64,
                tracks: looked
                    .observation
                    .as_ref()
                    .map_or(0, |seen| seen.tracks.len()),
            })
            .collect();
        measured.per_feed = feeds
            .iter()
            .map(|(id, feed)| {
                let after = feed.counters();
                let before = begin.counters.get(id).copied().unwrap_or_default();
                let since = after.since(&before);
                FeedMeasured {
                    feed: format!("{} {:?}", id.camera, id.stream),
                    due: since.due,
                    decoded: since.decoded,
                    shown: since.taken,
                    newest_age_s: feed
                        .last_picture()
                        .map(|at| clock::now().saturating_duration_since(at).as_secs_f64()),
                }
            })
            .collect();
        measured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        let p = Percentiles::of((1..=100).rev().map(f64::from).collect());
        assert_eq!((p.count, p.p50, p.p95, p.p99), (100, 50.0, 95.0, 99.0));
        assert_eq!(Percentiles::of(Vec::new()), Percentiles::default());
    }
}
