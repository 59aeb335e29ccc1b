//! What a process that this program starts for work on bytes of strangers is told, and what it forbids
//! itself before it reads the first of them.
//!
//! Linux: its surroundings are those that are named; it ends with the thread that started it and goes
//! before it where memory is short; memory, files, processor time; no core dump, in which pictures could
//! lie; no new rights (`no_new_privs`); and, where the kernel has Landlock, no file but those that it
//! needs, no TCP, no signal to others. Other systems have none of these here but the surroundings.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// What such a process is told of this one's surroundings: the variables in `names`, and those that
/// begin with one of `beginnings`. Nothing else may reach it, passwords least of all.
pub fn surroundings(
    names: &'static [&'static str],
    beginnings: &'static [&'static str],
) -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os().filter(move |(name, _)| is_told(name, names, beginnings))
}

fn is_told(name: &OsStr, names: &[&str], beginnings: &[&str]) -> bool {
    // A name that is no text is none of ours.
    name.to_str().is_some_and(|name| {
        let begins = |beginning: &&str| name.starts_with(beginning);
        names.contains(&name) || beginnings.iter().any(begins)
    })
}

/// What a process may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory that it may write to and shares with nobody, bytes. Addresses would count what is only set
    /// aside: the stacks of threads, and the terabyte that a GPU's driver asks for.
    pub data_bytes: u64,
    /// The longest file that it may write, bytes; shared memory that it writes by calls is one.
    pub file_bytes: u64,
    /// Open files; those of a GPU's driver are among them.
    pub files: u64,
    /// Processor time, if it has an end.
    pub processor: Option<Duration>,
    /// How much sooner than others it is ended where memory is short (`oom_score_adj`).
    pub expendable: u16,
}

/// What a process may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Folders and files that it reads beside the system's. What is not there is left out.
    pub read: Vec<PathBuf>,
    /// The devices that decode and compute.
    pub devices: bool,
    /// Memory that processes share by name: CUDA wants it.
    pub shared_memory: bool,
}

/// How far a process is kept to its [`Reach`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In all.
    Wholly,
    /// As far as this kernel goes.
    Partly,
    /// Not at all: the system has nothing for it.
    Not,
}

#[cfg(target_os = "linux")]
pub use linux::{end_with_parent, keep_within, set_name, take_limits};
#[cfg(not(target_os = "linux"))]
pub use other::{end_with_parent, keep_within, set_name, take_limits};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::path::{Path, PathBuf};

    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _,
        RulesetError, RulesetStatus, Scope, path_beneath_rules,
    };
    use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};

    use super::{Kept, Limits, Reach, io};

    /// Where programs, libraries and what they read of the system lie.
    const SYSTEM: [&str; 15] = [
        "/usr",
        "/bin",
        "/lib",
        "/lib32",
        "/lib64",
        "/opt",
        "/etc",
        "/proc",
        "/sys",
        "/nix/store",
        "/gnu/store",
        "/app",
        "/snap",
        "/run/opengl-driver",
        "/run/udev",
    ];
    /// Devices without which nothing runs.
    const PLAIN_DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
    /// What the names of devices that decode and compute begin with.
    const WORKING_DEVICES: [&str; 13] = [
        "dri", "nvidia", "kfd", "dxg", "video", "media", "v4l", "dma_heap", "mali", "mpp", "rga",
        "accel", "vcodec",
    ];

    /// Sets the limits of this process for good: it cannot raise them again.
    ///
    /// # Errors
    /// What the system says.
    pub fn take_limits(limits: &Limits) -> io::Result<()> {
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
        limit(Resource::Data, limits.data_bytes)?;
        limit(Resource::Fsize, limits.file_bytes)?;
        limit(Resource::Nofile, limits.files)?;
        // With 0 a core dump still goes to a program that takes them; with 1 the kernel makes none.
        limit(Resource::Core, 1)?;
        if let Some(processor) = limits.processor {
            limit(Resource::Cpu, processor.as_secs().max(1))?;
        }
        rustix::thread::set_no_new_privs(true)?;
        // Where the system does not let it, it has the rank of the one that started it.
        fs::write("/proc/self/oom_score_adj", limits.expendable.to_string()).ok();
        Ok(())
    }

    /// From now on the calling thread, and those that it starts, reach nothing else.
    ///
    /// # Errors
    /// Where the kernel has Landlock and refuses this. The thread reaches what it did before then.
    pub fn keep_within(reach: &Reach) -> io::Result<Kept> {
        restrict(reach).map_err(io::Error::other)
    }

    fn restrict(reach: &Reach) -> Result<Kept, RulesetError> {
        let (abi, read) = (ABI::V6, AccessFs::from_read(ABI::V6));
        let work =
            AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::WriteFile | AccessFs::IoctlDev;
        let mut devices: Vec<PathBuf> = Vec::new();
        devices.extend(PLAIN_DEVICES.map(|name| Path::new("/dev").join(name)));
        if reach.devices {
            devices.extend(working_devices());
        }
        let shared = reach.shared_memory.then_some("/dev/shm");
        let status = Ruleset::default()
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .add_rules(path_beneath_rules(SYSTEM, read))?
            .add_rules(path_beneath_rules(&reach.read, read))?
            .add_rules(path_beneath_rules(devices, work))?
            .add_rules(path_beneath_rules(shared, AccessFs::from_all(abi)))?
            .restrict_self()?;
        Ok(match status.ruleset {
            RulesetStatus::FullyEnforced => Kept::Wholly,
            RulesetStatus::PartiallyEnforced => Kept::Partly,
            RulesetStatus::NotEnforced => Kept::Not,
        })
    }

    fn working_devices() -> Vec<PathBuf> {
        let Ok(devices) = fs::read_dir("/dev") else {
            return Vec::new();
        };
        let mut found: Vec<PathBuf> = devices
            .flatten()
            .filter(|device| {
                let name = device.file_name();
                let name = name.to_string_lossy();
                WORKING_DEVICES.iter().any(|begin| name.starts_with(begin))
            })
            .map(|device| device.path())
            .collect();
        found.sort();
        found
    }

    /// This process ends with the thread that started it, even when it is stopped.
    ///
    /// # Errors
    /// What the system says.
    pub fn end_with_parent() -> io::Result<()> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        Ok(())
    }

    /// What the process is called in lists of processes, where the system lets it: the first 15
    /// characters of it.
    pub fn set_name(name: &str) {
        fs::write("/proc/self/comm", name).ok();
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use super::{Kept, Limits, Reach, io};

    /// This system has none of these limits here.
    ///
    /// # Errors
    /// None.
    pub fn take_limits(_limits: &Limits) -> io::Result<()> {
        Ok(())
    }

    /// This system keeps it from nothing.
    ///
    /// # Errors
    /// None.
    pub fn keep_within(_reach: &Reach) -> io::Result<Kept> {
        Ok(Kept::Not)
    }

    /// This system tells by the end of the standard input alone.
    ///
    /// # Errors
    /// None.
    pub fn end_with_parent() -> io::Result<()> {
        Ok(())
    }

    /// This system has no such names.
    pub fn set_name(_name: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_among_what_a_process_is_told() {
        let told = |name: &str| is_told(OsStr::new(name), &["HOME", "LANG"], &["GST_"]);
        for name in ["HOME", "LANG", "GST_PLUGIN_PATH"] {
            assert!(told(name), "{name}");
        }
        for name in ["QYRAN_STORE_PASSWORD", "HOMEPAGE", "LAN", "MY_GST_KEY", ""] {
            assert!(!told(name), "{name}");
        }
        // This program has more about it than that when its tests run.
        assert!(env::vars_os().any(|(name, _)| name == "CARGO_MANIFEST_DIR"));
        let names: Vec<OsString> = surroundings(&["PATH"], &["LC_"]).map(|(n, _)| n).collect();
        let is_named =
            |name: &OsString| name == "PATH" || name.to_string_lossy().starts_with("LC_");
        assert!(names.iter().all(is_named), "{names:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_is_kept_within_its_reach_opens_no_other_file_and_no_connection() {
        use std::fs::{self, File};
        use std::net::{Ipv4Addr, TcpListener, TcpStream};

        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs::write(file("given"), "given").unwrap();
        fs::write(file("other"), "other").unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let reach = Reach {
            read: vec![file("given"), file("missing")],
            ..Reach::default()
        };
        let (given, other, new) = (file("given"), file("other"), file("new"));
        // The thread alone is restricted, and so is what it starts.
        let tried = crate::base::threads::spawn("kept", move || {
            let kept = keep_within(&reach).unwrap();
            let run = std::process::Command::new("cat").arg(&other).output();
            (
                kept,
                [
                    File::open(&given).is_ok(),
                    File::open("/etc/hostname").is_ok() == fs::exists("/etc/hostname").unwrap(),
                    File::options().write(true).open("/dev/null").is_ok(),
                ],
                [
                    File::open(&other).is_ok(),
                    File::options().write(true).open(&given).is_ok(),
                    File::create(&new).is_ok(),
                    run.is_ok_and(|output| output.status.success()),
                ],
                TcpStream::connect(at).is_ok(),
            )
        });
        let (kept, may, may_not, connected) = tried.unwrap().join().unwrap();
        assert!(TcpStream::connect(at).is_ok(), "others are not");
        assert!(File::open(file("other")).is_ok(), "others are not");
        if kept == Kept::Not {
            crate::base::skipped::skip_in_any_case("this kernel has no Landlock");
            return;
        }
        assert_eq!(may, [true; 3]);
        assert_eq!(may_not, [false; 4]);
        assert!(!connected || kept == Kept::Partly);
    }
}
