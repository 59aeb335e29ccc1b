//! What the process of a model forbids itself, before it touches the model.
//!
//! Linux: memory, open files, core dumps; it ends with the
//! program that started it, runs behind it, and is ended before it where memory is short. Other
//! systems have none of these here: a crash of a model is kept apart, and the time of a run is
//! limited by who waits for it, but not its memory.

use std::io;

/// No process of a model has more files open; those of a GPU's driver are among them.
#[cfg(target_os = "linux")]
const MOST_FILES: u64 = 256;
/// It runs so much behind the wall (`nice`).
#[cfg(target_os = "linux")]
const BEHIND: i32 = 5;
/// It is ended before the wall where memory is short (`oom_score_adj`).
#[cfg(target_os = "linux")]
const EXPENDABLE: &str = "600";

/// Sets the limits of this process for good: it cannot raise them again.
#[cfg(target_os = "linux")]
pub(super) fn set(memory_bytes: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};
    let limit = |resource, most| {
        let most = Some(most);
        setrlimit(
            resource,
            Rlimit {
                current: most,
                maximum: most,
            },
        )
    };
    // Memory that it may write to and shares with nobody. Addresses (RLIMIT_AS) would count what is
    // only set aside: the stacks of threads, and the terabyte that a GPU's driver asks for.
    limit(Resource::Data, memory_bytes)?;
    limit(Resource::Core, 0)?;
    limit(Resource::Nofile, MOST_FILES)?;
    // Where the system does not let it, it goes with the wall's rank.
    nice(BEHIND).ok();
    std::fs::write("/proc/self/oom_score_adj", EXPENDABLE).ok();
    Ok(())
}

/// Other systems have none of these limits here.
#[cfg(not(target_os = "linux"))]
pub(super) fn set(_memory_bytes: u64) -> io::Result<()> {
    Ok(())
}

/// This process ends with the thread that started it.
#[cfg(target_os = "linux")]
pub(super) fn end_with_parent() -> io::Result<()> {
    use rustix::process::{Signal, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}

/// Other systems tell by the end of the standard input alone.
#[cfg(not(target_os = "linux"))]
pub(super) fn end_with_parent() -> io::Result<()> {
    Ok(())
}

/// What the process is called in lists of processes, where the system lets it.
pub(super) fn set_name(model: &str) {
    if cfg!(target_os = "linux") {
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        let name: String = model.chars().filter(plain).take(9).collect();
        std::fs::write("/proc/self/comm", format!("model-{name}")).ok();
    }
}
