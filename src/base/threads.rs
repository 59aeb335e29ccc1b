//! Threads with names, so that a profile, a debugger and `qyran bench` can tell them apart.

use std::io;
use std::thread::JoinHandle;

/// Starts a thread called `name` (Linux shows its first 15 characters).
///
/// # Errors
/// When the system refuses another thread.
pub fn spawn<T: Send + 'static>(
    name: impl Into<String>,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    std::thread::Builder::new().name(name.into()).spawn(work)
}

/// From now on the calling thread gives way to the others of this machine where they want the processor at
/// the same time, and so do threads that it starts (on Linux: nice 10; elsewhere nothing changes).
pub fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 10) {
        tracing::debug!(%error, "a thread does not give way");
    }
}
