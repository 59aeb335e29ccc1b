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
