//! Where units are decoded: on threads of this process, or in processes of their own.

use std::io;
use std::sync::Arc;

use super::feed::Feed;
use super::pool::DecodePool;
#[cfg(target_os = "linux")]
use super::processes::Processes;
use super::{Decoding, Options};

/// The parse-and-decode stage of all feeds.
pub(super) enum Stage {
    /// On threads of this process.
    Threads(DecodePool),
    /// In processes of their own.
    #[cfg(target_os = "linux")]
    Processes(Processes),
}

impl Stage {
    /// Starts it as `options` wish.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn start(options: &Options, wake: Arc<dyn Fn() + Send + Sync>) -> io::Result<Self> {
        match &options.decoding {
            #[cfg(target_os = "linux")]
            Decoding::Processes(wanted) => {
                let processes = Processes::start(wanted, options.discard_pictures, wake)?;
                return Ok(Self::Processes(processes));
            }
            #[cfg(not(target_os = "linux"))]
            Decoding::Processes(_) => {
                tracing::info!("this system has no decoder processes: decoding in this one");
            }
            Decoding::Threads => {}
        }
        DecodePool::start(options.decode_workers, options.discard_pictures, wake).map(Self::Threads)
    }

    /// A feed was opened.
    pub(super) fn open(&self, feed: &Arc<Feed>) {
        match self {
            Self::Threads(_) => {}
            #[cfg(target_os = "linux")]
            Self::Processes(processes) => processes.open(feed),
        }
    }

    /// A feed has units.
    pub(super) fn notify(&self, feed: &Arc<Feed>) {
        match self {
            Self::Threads(pool) => pool.notify(feed),
            #[cfg(target_os = "linux")]
            Self::Processes(processes) => processes.notify(feed),
        }
    }

    /// A feed was closed.
    pub(super) fn close(&self, feed: &Feed) {
        match self {
            // The worker that meets it next gives its decoder away.
            Self::Threads(_) => {}
            #[cfg(target_os = "linux")]
            Self::Processes(processes) => processes.close(feed),
        }
    }

    pub(super) fn wake(&self) {
        match self {
            Self::Threads(pool) => pool.wake(),
            #[cfg(target_os = "linux")]
            Self::Processes(processes) => processes.wake(),
        }
    }

    pub(super) fn make_exact_pixels(&self, make: bool) {
        match self {
            Self::Threads(pool) => pool.make_exact_pixels(make),
            #[cfg(target_os = "linux")]
            Self::Processes(processes) => processes.make_exact_pixels(make),
        }
    }

    /// Ends its threads and processes.
    pub(super) fn stop(&self) {
        match self {
            Self::Threads(pool) => pool.stop(),
            #[cfg(target_os = "linux")]
            Self::Processes(processes) => processes.stop(),
        }
    }
}
