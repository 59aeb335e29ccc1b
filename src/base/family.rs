//! What a process and all that it started hold: memory, threads, descriptors. Linux only; elsewhere
//! nothing is known.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Processes of a tree and what they hold together, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// The processes, the first one first.
    pub pids: Vec<u32>,
    /// Memory, bytes: resident memory of the first, and of the others their share of it (what
    /// several have in common counts once).
    pub bytes: u64,
    /// Threads.
    pub threads: usize,
    /// Open descriptors.
    pub descriptors: usize,
}

impl Family {
    /// Of the process `root` and of its children, their children and so on.
    pub fn of(root: u32) -> Option<Self> {
        let mut family = Self {
            pids: with_descendants(root, &parents()),
            ..Self::default()
        };
        // One of the others may end between the listing and the reading.
        let mut lived = Vec::new();
        for pid in &family.pids {
            let folder = Path::new("/proc").join(pid.to_string());
            let memory = if *pid == root {
                kibibytes(&folder.join("status"), "VmRSS:")
            } else {
                kibibytes(&folder.join("smaps_rollup"), "Pss:")
            };
            let (Some(memory), Some(threads)) = (memory, entries(&folder.join("task"))) else {
                continue;
            };
            lived.push(*pid);
            family.bytes += memory * 1024;
            family.threads += threads;
            family.descriptors += entries(&folder.join("fd")).unwrap_or_default();
        }
        family.pids = lived;
        family.pids.contains(&root).then_some(family)
    }
}

/// Processes that `pid` started and that still run.
pub fn children(pid: u32) -> Vec<u32> {
    let of = parents();
    of.into_iter()
        .filter_map(|(child, parent)| (parent == pid).then_some(child))
        .collect()
}

/// Every process and its parent.
fn parents() -> BTreeMap<u32, u32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return BTreeMap::new();
    };
    let numbered = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbered
        .filter_map(|pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, parent_in(&stat)?))
        })
        .collect()
}

/// The parent in a line of `/proc/*/stat`; the name before it may hold anything.
fn parent_in(stat: &str) -> Option<u32> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    // A process that has ended and was not yet taken leave of holds nothing.
    if fields.next()? == "Z" {
        return None;
    }
    fields.next()?.parse().ok()
}

fn with_descendants(root: u32, parents: &BTreeMap<u32, u32>) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        for (child, of) in parents {
            if *of == parent && !found.contains(child) {
                found.push(*child);
            }
        }
    }
    found
}

fn entries(folder: &Path) -> Option<usize> {
    Some(fs::read_dir(folder).ok()?.count())
}

fn kibibytes(file: &Path, key: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_tree_is_walked_to_its_leaves_and_no_further() {
        let parents = [(2, 1), (3, 2), (4, 3), (5, 1), (6, 6)].into();
        assert_eq!(with_descendants(2, &parents), [2, 3, 4]);
        assert_eq!(with_descendants(6, &parents), [6]);
        assert_eq!(with_descendants(9, &parents), [9]);
        assert_eq!(parent_in("7 (a) b) S 42 1 1"), Some(42));
        assert_eq!(parent_in("7 (a) Z 42 1 1"), None);
        assert_eq!(parent_in("7"), None);
    }

    #[test]
    fn a_child_counts_with_its_descriptors_while_it_runs() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let me = std::process::id();
        assert!(children(me).contains(&child.id()));
        let family = Family::of(me).unwrap();
        assert_eq!(family.pids[0], me);
        assert!(family.pids.contains(&child.id()));
        assert!(family.bytes > 1 << 20 && family.threads >= 2 && family.descriptors >= 6);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!children(me).contains(&child.id()));
        assert_eq!(Family::of(child.id()), None);
    }
}
