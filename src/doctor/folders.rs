//! Where settings, data and demo footage lie, and whether they can be written.

use std::fs::{self, OpenOptions};
use std::path::Path;

use super::finding::{Finding, Section};
use crate::city::footage::recipes;
use crate::store::paths::Paths;
use crate::words::Words;

/// What is said about the folders; `None` where there is no home to put them in.
pub(super) fn findings(
    paths: Option<&Paths>,
    footage_dir: Option<&Path>,
    words: Words,
) -> Vec<Finding> {
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
    findings.push(footage(footage_dir, words));
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

/// What is said about the clips that the demo city plays.
fn footage(folder: Option<&Path>, words: Words) -> Finding {
    let clips = recipes();
    // A clip is done when its description is written.
    let done = folder.map_or(0, |folder| {
        let done = clips
            .iter()
            .filter(|clip| folder.join(format!("{}.json", clip.name)).is_file());
        done.count()
    });
    let value = format!("{done} of {} clips", clips.len());
    if done == clips.len() {
        Finding::ok(Section::Folders, "footage", value)
    } else {
        let hint = words.with("doctor-hint-footage", &[("command", "make demo".into())]);
        Finding::warn(Section::Folders, "footage", value, hint)
    }
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
        let footage = home.path().join("footage");
        let states = |paths| -> Vec<State> {
            let said = findings(paths, Some(&footage), words);
            said.iter().map(|f| f.state).collect()
        };
        let (ok, warn) = (State::Ok, State::Warn);
        assert_eq!(states(None), [State::Missing]);
        assert_eq!(states(Some(&paths)), [ok, ok, ok, warn]);
        fs::create_dir_all(&footage).expect("a folder");
        for (index, clip) in recipes().iter().enumerate() {
            assert_eq!(states(Some(&paths))[3], warn, "{index} clips are not all");
            fs::write(footage.join(format!("{}.json", clip.name)), "{}").expect("a clip");
        }
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
