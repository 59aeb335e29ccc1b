//! What a process uses: processor time by thread, memory. Linux only; elsewhere nothing is known.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Processor time and memory of one process at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Seconds of processor time by thread: id → (name, seconds).
    pub threads: BTreeMap<u32, (String, f64)>,
    /// Resident memory, bytes.
    pub rss_bytes: u64,
    /// The largest it has been, bytes.
    pub peak_rss_bytes: u64,
}

/// Clock ticks per second of `/proc/*/stat`: 100 on every Linux that Rust runs on (`USER_HZ`).
const TICKS_PER_SEC: f64 = 100.0;

impl Usage {
    /// Of this process.
    pub fn of_self() -> Option<Self> {
        Self::at(Path::new("/proc/self"))
    }

    /// Of another process.
    pub fn of(pid: u32) -> Option<Self> {
        Self::at(Path::new(&format!("/proc/{pid}")))
    }

    /// Of this process and of those that it started and that still run (not of theirs): threads of
    /// all of them, and memory with each child's share of what it has in common with others.
    pub fn of_self_and_children() -> Option<Self> {
        Self::of_family(std::process::id())
    }

    /// The same of another process.
    pub fn of_family(pid: u32) -> Option<Self> {
        let mut all = Self::of(pid)?;
        for child in children(pid) {
            // A child may end between the listing and the reading.
            let Some(usage) = Self::of(child) else {
                continue;
            };
            let share = proportional_bytes(child).unwrap_or(usage.rss_bytes);
            all.threads.extend(usage.threads);
            all.rss_bytes += share;
            all.peak_rss_bytes += share;
        }
        Some(all)
    }

    fn at(process: &Path) -> Option<Self> {
        let mut usage = Self::default();
        for entry in fs::read_dir(process.join("task")).ok()?.flatten() {
            let Some(id) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            let folder = entry.path();
            // A thread may end between the listing and the reading.
            let Ok(stat) = fs::read_to_string(folder.join("stat")) else {
                continue;
            };
            if let Some((name, seconds)) = name_and_seconds(&stat, &folder) {
                usage.threads.insert(id, (name, seconds));
            }
        }
        let status = fs::read_to_string(process.join("status")).ok()?;
        usage.rss_bytes = kibibytes(&status, "VmRSS:") * 1024;
        usage.peak_rss_bytes = kibibytes(&status, "VmHWM:") * 1024;
        Some(usage)
    }

    /// Processor time of the calling thread; nothing where the system does not tell.
    pub fn thread_time() -> Option<Duration> {
        // Nanoseconds on a processor, waiting for one, and how often it had one.
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let nanos = text.split_ascii_whitespace().next()?.parse().ok()?;
        Some(Duration::from_nanos(nanos))
    }

    /// Processor seconds of all threads that are there.
    pub fn total_secs(&self) -> f64 {
        self.threads.values().map(|(_, seconds)| seconds).sum()
    }

    /// Processor seconds spent since `earlier`, by thread name without its trailing number.
    pub fn since(&self, earlier: &Self) -> BTreeMap<String, f64> {
        let mut by_name: BTreeMap<String, f64> = BTreeMap::new();
        for (id, (name, seconds)) in &self.threads {
            let before = earlier.threads.get(id).map_or(0.0, |(_, seconds)| *seconds);
            let kind = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == ':');
            *by_name.entry(kind.to_owned()).or_default() += seconds - before;
        }
        by_name
    }
}

/// How the whole machine has spent its time so far, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineTimes {
    busy: u64,
    all: u64,
}

impl MachineTimes {
    /// Now; `None` where the system does not tell.
    pub fn read() -> Option<Self> {
        Self::of(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn of(stat: &str) -> Option<Self> {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line
            .split_whitespace()
            // The last two, guests, are within the first two.
            .take(8)
            .map(|field| field.parse().ok())
            .collect::<Option<_>>()?;
        let all = ticks.iter().sum();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        Some(Self {
            busy: all - idle,
            all,
        })
    }

    /// The share of the time since `earlier` in which the machine was busy, 0..1. Time that another
    /// guest of the same hardware took counts as busy.
    pub fn busy_since(self, earlier: Self) -> f32 {
        let all = self.all.saturating_sub(earlier.all);
        if all == 0 {
            return 0.0;
        }
        self.busy.saturating_sub(earlier.busy) as f32 / all as f32
    }
}

/// Processor time of the calling thread; nothing where the system does not tell.
pub fn thread_time() -> Option<Duration> {
    // Nanoseconds on a processor, waiting for one, and how often it had one.
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = text.split_ascii_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// Processor seconds of this process and of those that it started and that still run.
pub fn family_cpu_secs() -> Option<f64> {
    let mine = Usage::of_self()?.total_secs();
    let children = children(std::process::id());
    let theirs = children.into_iter().filter_map(Usage::of);
    Some(mine + theirs.map(|usage| usage.total_secs()).sum::<f64>())
}

/// Processes that `pid` started and that still run.
pub fn children(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let mut found: Vec<u32> = tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect();
    found.sort_unstable();
    found
}

/// What a process is doing, as the kernel sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// The letter of `/proc/*/stat`: R runs or could run, S sleeps, D waits for a device, T is
    /// stopped, Z has ended.
    pub state: char,
    /// Processor seconds of its main thread.
    pub cpu_secs: f64,
}

/// What the main thread of `pid` is doing.
pub fn standing(pid: u32) -> Option<Standing> {
    let folder = Path::new("/proc").join(pid.to_string());
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let (_, tail) = stat.rsplit_once(')')?;
    let state = tail.trim_start().chars().next()?;
    let (_, cpu_secs) = name_and_seconds(&stat, &folder)?;
    Some(Standing { state, cpu_secs })
}

/// Memory that a process has for itself alone and that no file stands behind, bytes.
pub fn anonymous_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(kibibytes(&status, "RssAnon:") * 1024)
}

/// Memory of a process in which what it shares with others counts for its share only, bytes.
fn proportional_bytes(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    Some(kibibytes(&rollup, "Pss:") * 1024)
}

fn name_and_seconds(stat: &str, folder: &Path) -> Option<(String, f64)> {
    let (head, tail) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    // `schedstat` counts nanoseconds; `stat` counts ticks and misses short turns.
    let fine = fs::read_to_string(folder.join("schedstat"))
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .filter(|nanos| *nanos > 0.0)
        .map(|nanos| nanos / 1e9);
    let mut fields = tail.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((name, fine.unwrap_or((user + system) / TICKS_PER_SEC)))
}

fn kibibytes(status: &str, key: &str) -> u64 {
    status
        .lines()
        .find_map(|line| line.strip_prefix(key))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_busy_while_it_is_not_idle() {
        let of = |text| MachineTimes::of(text).unwrap();
        let before = of("cpu  100 0 50 800 50 0 0 0 7 7\ncpu0 1 1\n");
        let after = of("cpu  160 0 60 820 60 0 0 0 9 9\n");
        assert_eq!(after.busy_since(before), 0.7);
        assert_eq!(before.busy_since(before), 0.0);
        assert!(MachineTimes::of("intr 5").is_none());
        assert!(MachineTimes::read().is_some());
    }

    #[test]
    fn this_process_is_seen_with_its_named_threads() {
        let (go, wait) = crossbeam_channel::bounded::<()>(0);
        let thread = crate::base::threads::spawn("counted-7", move || wait.recv().ok()).unwrap();
        // The name is set by the thread itself: look until it is there.
        let usage = loop {
            let usage = Usage::of_self().unwrap();
            if usage.threads.values().any(|(name, _)| name == "counted-7") {
                break usage;
            }
        };
        assert!(usage.rss_bytes > 1 << 20);
        assert!(usage.since(&Usage::default()).contains_key("counted"));
        go.send(()).unwrap();
        thread.join().unwrap();
    }

    #[test]
    fn a_child_is_seen_while_it_runs() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pid = child.id();
        assert!(children(std::process::id()).contains(&pid));
        let family = Usage::of_self_and_children().unwrap();
        assert!(family.threads.contains_key(&pid));
        let standing = standing(pid).unwrap();
        assert!("RSD".contains(standing.state), "{standing:?}");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!children(std::process::id()).contains(&pid));
        assert_eq!(super::standing(pid), None);
    }
}
