//! What painting cost and which pictures it brought to the screen.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::textures::FeedKey;
use crate::model::frame::Capture;

/// The log holds no more pictures than this; it is for a bench that empties it every second.
const MOST_LOGGED: usize = 16_384;

/// A picture that was brought to its texture, to be presented with the paint it belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uploaded {
    /// Which paint, see [`PaintFigures::paints`].
    pub paint: u64,
    /// Whose picture.
    pub feed: FeedKey,
    /// Which picture.
    pub serial: u64,
    /// When its last packet arrived.
    pub arrival: Instant,
    /// When the camera took it, if it says.
    pub capture: Option<Capture>,
}

/// Sums since the start, and how it stands now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaintFigures {
    /// Paints prepared; every window counts.
    pub paints: u64,
    /// Pictures uploaded.
    pub uploads: u64,
    /// Their bytes.
    pub upload_bytes: u64,
    /// Time spent uploading, in the thread that paints.
    pub upload_time: Duration,
    /// Draw calls recorded.
    pub draws: u64,
    /// Tiles in them.
    pub tiles: u64,
    /// Pictures refused since their sizes make no sense.
    pub refused: u64,
    /// Pictures that had to be made smaller since this GPU has no texture so large.
    pub shrunk: u64,
    /// Times a texture array was made larger or smaller.
    pub resizes: u64,
    /// Layers there are now.
    pub layers: u32,
    /// Layers that hold a picture now.
    pub layers_used: u32,
    /// Texture arrays there are now.
    pub arrays: u32,
    /// Bytes of textures now.
    pub texture_bytes: u64,
    /// Paints whose time on the GPU is known.
    pub gpu_timed: u64,
    /// Time of these on the GPU: the wall's own draws.
    pub gpu_time: Duration,
    /// Pictures the log could not hold.
    pub unlogged: u64,
}

/// Figures of all paints that were given this; any thread may read them.
#[derive(Debug, Default)]
pub struct PaintStats(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    figures: PaintFigures,
    logged: bool,
    log: VecDeque<Uploaded>,
    /// The last paint handed to the GPU.
    submitted: u64,
    /// When the GPU had finished which paint, oldest first.
    done: VecDeque<(u64, Instant)>,
}

impl PaintStats {
    /// The figures now.
    pub fn figures(&self) -> PaintFigures {
        self.0.lock().figures
    }

    /// From now on keep a log of the pictures uploaded, or keep none.
    pub fn keep_log(&self, keep: bool) {
        let mut inner = self.0.lock();
        inner.logged = keep;
        if !keep {
            inner.log.clear();
            inner.done.clear();
        }
    }

    /// Whether a log is kept.
    pub(super) fn keeps_log(&self) -> bool {
        self.0.lock().logged
    }

    /// Paint `paint` goes to the GPU.
    pub(super) fn paint_submitted(&self, paint: u64) {
        self.0.lock().submitted = paint;
    }

    /// The GPU has finished paint `paint`.
    pub(super) fn paint_done(&self, paint: u64, at: Instant) {
        let mut inner = self.0.lock();
        if inner.logged && inner.done.len() < MOST_LOGGED {
            inner.done.push_back((paint, at));
        }
    }

    /// True while a paint that was submitted has not been reported as finished; only known while a
    /// log is kept and somebody polls the device.
    pub fn is_paint_pending(&self) -> bool {
        let inner = self.0.lock();
        inner.logged && inner.done.back().map_or(0, |(paint, _)| *paint) < inner.submitted
    }

    /// When the GPU had finished paint `paint`, or the first after it that the log still has; nothing
    /// while it has not. To be asked before [`Self::take_presented`] forgets all but the last.
    pub fn finished(&self, paint: u64) -> Option<Instant> {
        let inner = self.0.lock();
        let mut done = inner.done.iter();
        done.find(|(number, _)| *number >= paint).map(|(_, at)| *at)
    }

    /// Takes the pictures of finished paints out of the log, each with the moment its paint was
    /// finished.
    pub fn take_presented(&self) -> Vec<(Uploaded, Instant)> {
        let mut inner = self.0.lock();
        let mut presented = Vec::new();
        let mut finished = inner.done.clone();
        let mut keep = VecDeque::new();
        for uploaded in std::mem::take(&mut inner.log) {
            while finished
                .front()
                .is_some_and(|(paint, _)| *paint < uploaded.paint)
            {
                finished.pop_front();
            }
            match finished.front() {
                Some((paint, at)) if *paint == uploaded.paint => presented.push((uploaded, *at)),
                _ => keep.push_back(uploaded),
            }
        }
        inner.log = keep;
        // The last one stays: it tells that nothing is pending.
        let most = inner.done.len().saturating_sub(1);
        inner.done.drain(..most);
        presented
    }

    /// The pictures uploaded since this was last called, oldest first. Empty unless
    /// [`Self::keep_log`] was asked for; when nobody takes them the oldest are dropped and counted.
    pub fn take_log(&self) -> Vec<Uploaded> {
        self.0.lock().log.drain(..).collect()
    }

    /// Adds what one paint did.
    pub(super) fn record(&self, paint: impl FnOnce(&mut PaintFigures), uploaded: &[Uploaded]) {
        let mut inner = self.0.lock();
        paint(&mut inner.figures);
        if inner.logged {
            for one in uploaded {
                if inner.log.len() >= MOST_LOGGED {
                    inner.log.pop_front();
                    inner.figures.unlogged += 1;
                }
                inner.log.push_back(*one);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    #[test]
    fn a_paint_is_finished_when_it_or_a_later_one_is() {
        let stats = PaintStats::default();
        stats.keep_log(true);
        let at = clock::now();
        assert_eq!(stats.finished(1), None);
        for paint in [3, 5] {
            stats.paint_done(paint, at + Duration::from_secs(paint));
        }
        assert_eq!(stats.finished(3), Some(at + Duration::from_secs(3)));
        assert_eq!(stats.finished(4), Some(at + Duration::from_secs(5)));
        assert_eq!(stats.finished(6), None);
        stats.take_presented();
        assert_eq!(
            stats.finished(3),
            Some(at + Duration::from_secs(5)),
            "the last stays"
        );
    }
}
