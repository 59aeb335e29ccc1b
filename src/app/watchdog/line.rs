//! The wall's end of the two pipes: beats go up, the wish to quit comes down.

use std::io::{self, BufRead as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use serde::{Deserialize, Serialize};

use crate::base::threads;

/// What a beat's line begins with; other lines on the same pipe are no beats.
const BEAT: &str = "qyran-beat ";
/// What a wall says whose window was closed.
pub(super) const LEAVES: &str = "qyran-leaves";
/// What the watchdog sends down.
pub const QUIT: &str = "quit";
/// No oftener than this.
const BEATS_APART: Duration = Duration::from_millis(900);

/// What the wall says of itself with each beat. The watchdog needs none of it; `qyran bench soak`
/// and whoever else starts a watched wall may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Beat {
    /// Feeds of the page that are live.
    pub live: usize,
    /// Feeds of the page.
    pub of: usize,
    /// Paints since the start.
    pub paints: u64,
    /// Bytes of textures.
    pub texture_bytes: u64,
}

impl Beat {
    /// As a line.
    pub fn to_line(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{BEAT}{json}")
    }

    /// Of a line; `None` when it is no beat. What a beat says may be anything.
    pub fn of_line(line: &str) -> Option<Self> {
        let json = line.trim_end().strip_prefix(BEAT)?;
        Some(serde_json::from_str(json).unwrap_or_default())
    }
}

/// A wall that is watched.
pub struct Watched {
    lines: Sender<String>,
    last: Option<Instant>,
    quit: Arc<AtomicBool>,
}

impl Watched {
    /// Begins to speak on the standard output and to listen on the standard input; `wake` is called
    /// when the watchdog wishes the window closed.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        // One beat waits at most: a watchdog that reads no more must not hold up the wall.
        let (lines, taken) = bounded::<String>(1);
        threads::spawn("watchdog-beats", move || {
            let mut out = io::stdout();
            for line in taken {
                if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
                    return; // the other thread says that the watchdog is gone
                }
            }
        })?;
        let quit = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&quit);
        threads::spawn("watchdog-wishes", move || {
            let lines = io::stdin().lock().lines().map_while(Result::ok);
            for line in lines {
                if line == QUIT {
                    raised.store(true, Ordering::Release);
                    wake();
                    return;
                }
            }
            tracing::warn!("the watchdog is gone: the wall goes on, but nobody restarts it");
        })?;
        Ok(Self {
            lines,
            last: None,
            quit,
        })
    }

    /// Once in each turn of the main loop; true when the watchdog wishes the window closed.
    pub fn beat(&mut self, now: Instant, beat: impl FnOnce() -> Beat) -> bool {
        let due = self
            .last
            .is_none_or(|last| now.saturating_duration_since(last) >= BEATS_APART);
        if due {
            self.last = Some(now);
            self.lines.try_send(beat().to_line()).ok(); // one that waits says the same
        }
        self.quit.load(Ordering::Acquire)
    }

    /// The window was closed: whatever comes now is no fault.
    pub fn leave(&self) {
        let moment = Duration::from_millis(200);
        self.lines.send_timeout(LEAVES.to_owned(), moment).ok(); // it will see the end itself
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_goes_through_a_line_and_nothing_else_is_one() {
        let beat = Beat {
            live: 44,
            of: 45,
            paints: 7,
            texture_bytes: 1 << 20,
        };
        assert_eq!(Beat::of_line(&format!("{}\n", beat.to_line())), Some(beat));
        assert_eq!(
            Beat::of_line("qyran-beat {\"later\": 1}"),
            Some(Beat::default())
        );
        assert_eq!(Beat::of_line("a driver's own words"), None);
        assert_eq!(Beat::of_line(""), None);
    }
}
