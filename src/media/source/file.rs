//! A video file, played at its own pace over and over, or read once.
//!
//! Each pass is a pipeline of its own, from the first byte on: that works for every file, also for one
//! that says nothing of its length or its times and cannot be sought in. Times go on from pass to pass.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use url::Url;

use super::pipeline::{PipelineSource, Said, Timed};
#[cfg(target_os = "linux")]
use super::reading::Reading;
use super::{EncodedUnit, NextUnit, Source, SourceError};
use crate::base::clock::{self, MediaTime};
use crate::media::apart::Workers;
use crate::model::condition::Reason;

/// Between units of a file that says nothing of its pace.
const USUAL_INTERVAL: Duration = Duration::from_millis(40);
/// A pass takes no less: a file of a single picture does not keep the machine busy.
const SHORTEST_PASS: Duration = Duration::from_millis(250);
/// Whoever takes units so much later than they are due is not sent all that he missed at once.
const LATEST: Duration = Duration::from_secs(1);

/// Opens a `file:` address, at its own pace over and over; read by one of `workers`, or in this process.
///
/// # Errors
/// When the file is not there, or cannot be played.
pub(super) fn open(url: &Url, workers: Option<Workers>) -> Result<Repeating, SourceError> {
    let path = path_of(url)?;
    Ok(Repeating {
        pass: Pass::begin(&path, workers.as_ref())?,
        path,
        timeline: Timeline::default(),
        begun: None,
        waiting: None,
    })
}

/// Opens a `file:` address, once and as fast as its units are taken.
///
/// # Errors
/// As [`open`].
pub(super) fn open_once(url: &Url) -> Result<PipelineSource, SourceError> {
    PipelineSource::file(&path_of(url)?)
}

fn path_of(url: &Url) -> Result<PathBuf, SourceError> {
    let path = url
        .to_file_path()
        .map_err(|()| Reason::File(format!("{url} is no path of this machine")))?;
    there(&path)?;
    Ok(path)
}

fn there(path: &Path) -> Result<(), SourceError> {
    match std::fs::File::open(path) {
        Ok(_file) => Ok(()),
        Err(error) => Err(Reason::File(format!("{}: {error}", path.display())).into()),
    }
}

/// Where the file is read.
enum Pass {
    /// In this process; each pass is another pipeline.
    Here(PipelineSource),
    /// In a process of its own, which goes on by itself.
    #[cfg(target_os = "linux")]
    Apart(Box<Reading>),
}

impl Pass {
    fn begin(path: &Path, workers: Option<&Workers>) -> Result<Self, SourceError> {
        match workers {
            #[cfg(target_os = "linux")]
            Some(workers) => Ok(Self::Apart(Box::new(Reading::start(path, workers)?))),
            _ => PipelineSource::file(path).map(Self::Here),
        }
    }

    async fn next_said(&mut self) -> Result<Said, SourceError> {
        match self {
            Self::Here(pass) => pass.next_said().await,
            #[cfg(target_os = "linux")]
            Self::Apart(reading) => reading.next_said().await,
        }
    }

    /// The file from its beginning again.
    fn again(&mut self, path: &Path) -> Result<(), SourceError> {
        match self {
            Self::Here(pass) => *pass = PipelineSource::file(path)?,
            #[cfg(target_os = "linux")]
            Self::Apart(_) => {}
        }
        Ok(())
    }
}

/// A file that begins again at its end.
pub(super) struct Repeating {
    path: PathBuf,
    pass: Pass,
    timeline: Timeline,
    /// When the first unit was given out; moves on with whoever is late.
    begun: Option<Instant>,
    /// The next unit and when it is due, from the beginning.
    waiting: Option<(EncodedUnit, Duration)>,
}

impl Repeating {
    async fn next_unit(&mut self) -> Result<EncodedUnit, SourceError> {
        loop {
            if let Some((_, due)) = &self.waiting
                && let Some(begun) = self.begun
            {
                let now = clock::now();
                let at = begun + *due;
                let late = now.saturating_duration_since(at);
                if late > LATEST {
                    self.begun = Some(begun + late);
                }
                tokio::time::sleep_until(at.into()).await;
            }
            if let Some((mut unit, due)) = self.waiting.take() {
                let arrival = clock::now();
                unit.arrival = arrival;
                // All others are due from when the first was really there.
                self.begun
                    .get_or_insert_with(|| arrival.checked_sub(due).unwrap_or(arrival));
                return Ok(unit);
            }
            match self.pass.next_said().await? {
                Said::Unit(timed) => self.waiting = Some(self.timeline.place(timed)),
                Said::Refused(reason) => return Err(reason.into()),
                Said::End => {
                    if !self.timeline.end_pass() {
                        return Err(Reason::NoVideo.into());
                    }
                    there(&self.path)?;
                    self.pass.again(&self.path)?;
                }
            }
        }
    }
}

impl Source for Repeating {
    fn next(&mut self) -> NextUnit<'_> {
        Box::pin(self.next_unit())
    }
}

/// Where the units of all passes stand on one line of time, nanoseconds.
#[derive(Debug, Default)]
struct Timeline {
    /// Where the running pass begins.
    offset: i64,
    /// What the file itself says of its first unit: when it is decoded and when it is shown.
    first: Option<(i64, i64)>,
    /// When the last unit of the pass was due, from its beginning, and how much later the next is
    /// expected.
    last: Option<(i64, i64)>,
}

impl Timeline {
    /// The unit with its time on the line, and when it is due.
    fn place(&mut self, timed: Timed) -> (EncodedUnit, Duration) {
        let mut unit = timed.unit;
        let rate = unit.parameters.rate_hz.filter(|rate| *rate > 0.0);
        let interval = rate.map(|rate| (1e9 / f64::from(rate)) as i64);
        let after = |(at, interval): (i64, i64)| at.saturating_add(interval);
        let expected = self.last.map_or(0, after);
        let told = timed.dts.or(timed.pts);
        let (first_due, first_shown) = *self
            .first
            .get_or_insert((told.unwrap_or(0), timed.pts.or(told).unwrap_or(0)));
        let before = self.last.map(|(at, _)| at);
        // Units are given out in the order in which they stand in the file: a time that does not go on
        // is none.
        let due = told
            .map(|told| told.saturating_sub(first_due))
            .filter(|due| before.is_none_or(|before| *due > before))
            .unwrap_or(expected);
        let passed = before
            .map(|before| due.saturating_sub(before))
            .filter(|passed| *passed > 0);
        let usual = USUAL_INTERVAL.as_nanos() as i64;
        let interval = interval.or(passed).unwrap_or(usual);
        self.last = Some((due, interval));
        let shown = timed.pts.map_or(due, |pts| pts.saturating_sub(first_shown));
        unit.pts = MediaTime(self.offset.saturating_add(shown));
        let due = u64::try_from(self.offset.saturating_add(due)).unwrap_or(0);
        (unit, Duration::from_nanos(due))
    }

    /// The next pass begins where this one ends. False when there was nothing in it.
    fn end_pass(&mut self) -> bool {
        let Some((last, interval)) = self.last.take() else {
            return false;
        };
        self.first = None;
        let length = last.saturating_add(interval);
        let length = length.max(SHORTEST_PASS.as_nanos() as i64);
        self.offset = self.offset.saturating_add(length);
        true
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::Parameters;
    use super::*;
    use crate::model::codec::Codec;

    /// A unit with times in milliseconds.
    fn timed(pts: Option<i64>, dts: Option<i64>, rate_hz: Option<f32>) -> Timed {
        let unit = EncodedUnit {
            codec: Codec::H264,
            parameters: Parameters {
                size: None,
                rate_hz,
            },
            pts: MediaTime(0),
            arrival: clock::now(),
            capture: None,
            keyframe: true,
            recovers_after: 0,
            lost_packets: 0,
            is_damaged: false,
            bytes: Bytes::new(),
        };
        let nanos = |ms: i64| ms * 1_000_000;
        Timed {
            unit,
            pts: pts.map(nanos),
            dts: dts.map(nanos),
        }
    }

    /// Milliseconds at which the units of two passes are shown and due.
    fn placed(units: &[(Option<i64>, Option<i64>)], rate_hz: Option<f32>) -> Vec<(i64, u128)> {
        let mut timeline = Timeline::default();
        let mut placed = Vec::new();
        for _pass in 0..2 {
            for (pts, dts) in units {
                let (unit, due) = timeline.place(timed(*pts, *dts, rate_hz));
                placed.push((unit.pts.0 / 1_000_000, due.as_millis()));
            }
            assert!(timeline.end_pass());
        }
        assert!(!timeline.end_pass(), "nothing came since");
        placed
    }

    #[test]
    fn times_go_on_from_pass_to_pass() {
        let alone = |ms: &[i64]| ms.iter().map(|ms| (Some(*ms), None)).collect::<Vec<_>>();
        assert_eq!(
            placed(&alone(&[7000, 7100, 7200]), None),
            [
                (0, 0),
                (100, 100),
                (200, 200),
                (300, 300),
                (400, 400),
                (500, 500)
            ]
        );
        // Nothing is said of times.
        let silent = [(None, None); 2];
        assert_eq!(
            placed(&silent, Some(5.0)),
            [(0, 0), (200, 200), (400, 400), (600, 600)]
        );
        assert_eq!(
            placed(&silent, None),
            [(0, 0), (40, 40), (250, 250), (290, 290)]
        );
        // Times that no clock has, of whoever made the file.
        let far = [i64::MIN, i64::MAX, 0].map(|nanos| nanos / 1_000_000);
        assert_eq!(placed(&alone(&far), None).len(), 6);
        // A single picture.
        assert_eq!(placed(&silent[..1], None), [(0, 0), (250, 250)]);
        // Pictures that are shown in another order than they are decoded in.
        let reordered = [(200, 0), (500, 100), (300, 200), (400, 300)];
        let reordered = reordered.map(|(pts, dts)| (Some(pts), Some(dts)));
        let found = placed(&reordered, None);
        assert_eq!(found[..4], [(0, 0), (300, 100), (100, 200), (200, 300)]);
        assert_eq!(found[4..], [(400, 400), (700, 500), (500, 600), (600, 700)]);
        // Times that run back are no times.
        assert_eq!(placed(&alone(&[0, 300, 100]), None)[2].1, 600);
    }
}
