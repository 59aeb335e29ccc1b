//! Where settings, data and demo footage lie, and whether they can be written.

use std::fs::{self, OpenOptions};
use std::path::Path;

use super::finding::{Finding, Section};
use crate::store::paths::Paths;
use crate::words::Words;

/// Below the cache folder: what the demo city plays.
const FOOTAGE: &str = "footage";

/// What is said about the folders; `None` where there is no home to put them in.
pub(super) fn findings(paths: Option<&Paths>, words: Words) -> Vec<Finding> {
    let Some(paths) = paths else {
        let hint = words.get("doctor-hint-folder");
        return vec![Finding::missing(
            Section::Folders,
            "folders",
            "no home",
            hint,
        )];
    };
    let mut findings: Vec<Finding> = [
        ("settings", &paths.config),
        ("data", &paths.data),
        ("cache", &paths.cache),
    ]
    .into_iter()
    .map(|(name, folder)| {
        let value = folder.display().to_string();
        if writable(folder) {
            Finding::ok(Section::Folders, name, value)
        } else {
            let hint = words.get("doctor-hint-folder-unwritable");
            Finding::missing(Section::Folders, name, value, hint)
        }
    })
    .collect();
    let clips = clips(&paths.cache.join(FOOTAGE));
    findings.push(if clips == 0 {
        let hint = words.with("doctor-hint-footage", &[("command", "make demo".into())]);
        Finding::warn(Section::Folders, "footage", "none", hint)
    } else {
        Finding::ok(Section::Folders, "footage", format!("{clips} files"))
    });
    findings
}

/// Whether a file can be made in `folder`, or in the nearest folder above it that exists.
fn writable(folder: &Path) -> bool {
    let Some(there) = folder.ancestors().find(|above| above.is_dir()) else {
        return false;
    };
    let trial = there.join(format!(".qyran-doctor-{}", std::process::id()));
    let made = OpenOptions::new().write(true).create_new(true).open(&trial);
    // A trial that was not made need not be removed.
    fs::remove_file(&trial).ok();
    made.is_ok()
}

/// Files in `folder` and the folders in it.
fn clips(folder: &Path) -> usize {
    let mut open = vec![folder.to_owned()];
    let mut count = 0;
    while let Some(folder) = open.pop() {
        // A folder that cannot be read holds nothing for the demo either.
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => count += 1,
                _ => {}
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::words::Language;

    #[test]
    fn folders_and_footage_are_looked_at() {
        let words = Words::new(Language::Ru);
        let home = tempfile::tempdir().expect("a folder");
        let paths = Paths {
            config: home.path().join("config/qyran"),
            data: home.path().join("data"),
            cache: home.path().join("cache"),
        };
        let states =
            |paths| -> Vec<State> { findings(paths, words).iter().map(|f| f.state).collect() };
        let (ok, warn) = (State::Ok, State::Warn);
        assert_eq!(states(None), [State::Missing]);
        assert_eq!(states(Some(&paths)), [ok, ok, ok, warn]);
        fs::create_dir_all(paths.cache.join("footage/main")).expect("a folder");
        fs::write(paths.cache.join("footage/main/clip.h264"), "x").expect("a clip");
        assert_eq!(states(Some(&paths)), [ok, ok, ok, ok]);
        let left: Vec<_> = fs::read_dir(home.path()).expect("home").flatten().collect();
        assert_eq!(left.len(), 1, "the trial leaves nothing behind: {left:?}");
    }

    #[test]
    fn a_file_is_no_folder_to_write_in() {
        let home = tempfile::tempdir().expect("a folder");
        assert!(writable(&home.path().join("a/b/c")));
        assert!(!writable(Path::new("/proc/qyran")));
    }
}
