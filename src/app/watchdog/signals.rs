//! Signals that ask the watchdog to end.

use std::io;

use crossbeam_channel::Receiver;

use crate::base::threads;

/// From now on signals that ask to end come through here instead of ending this process.
///
/// # Errors
/// When the system refuses a handler or a thread.
pub(super) fn listen() -> io::Result<Receiver<i32>> {
    let (told, heard) = crossbeam_channel::bounded(4);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let mut asked = {
        let _inside = runtime.enter();
        Asked::new()?
    };
    threads::spawn("signals", move || {
        runtime.block_on(async {
            while let Some(signal) = asked.next().await {
                told.try_send(signal).ok(); // four that wait are enough
            }
        });
    })?;
    Ok(heard)
}

/// Hang-up, interrupt and terminate.
#[cfg(unix)]
struct Asked(
    tokio::signal::unix::Signal,
    tokio::signal::unix::Signal,
    tokio::signal::unix::Signal,
);

#[cfg(unix)]
impl Asked {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(
            signal(SignalKind::hangup())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        ))
    }

    async fn next(&mut self) -> Option<i32> {
        tokio::select! {
            hung_up = self.0.recv() => hung_up.map(|()| 1),
            interrupted = self.1.recv() => interrupted.map(|()| 2),
            terminated = self.2.recv() => terminated.map(|()| 15),
        }
    }
}

/// Ctrl-C alone.
#[cfg(not(unix))]
struct Asked;

#[cfg(not(unix))]
impl Asked {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Option<i32> {
        tokio::signal::ctrl_c().await.ok().map(|()| 2)
    }
}
