//! A folder to which several parts of the program keep pictures: each is there as a whole, and goes in time.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use super::clock;
use super::files::{self, Bounds};

/// They stay as long as recordings do, and take no more of the disk than this; the oldest go first.
const STAY: Bounds = Bounds {
    age: Duration::from_secs(30 * 86_400),
    files: usize::MAX,
    bytes: 8 << 30,
};
/// What an interrupted write left goes after an hour.
const UNFINISHED: Duration = Duration::from_secs(3600);
/// They are looked through once for so many pictures.
const SWEEP_EVERY: u32 = 1000;

/// Keeps a picture as the file `name` of `folder`; see [`files::keep`]. From time to time those that are
/// too old or too many are removed.
///
/// # Errors
/// What the system says; nothing of it is left then.
pub fn keep(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    static KEPT: AtomicU32 = AtomicU32::new(1);
    if KEPT.fetch_add(1, Relaxed).is_multiple_of(SWEEP_EVERY) {
        sweep(folder);
    }
    files::keep(folder, name, bytes)
}

/// Removes pictures that are too old or too many, whatever they belong to.
pub fn sweep(folder: &Path) {
    let now = clock::wall_now();
    files::thin(folder, &["new"], Bounds::of_age(UNFINISHED), now);
    files::thin(folder, &["jpg", "png"], STAY, now);
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    #[test]
    fn what_is_too_old_goes_whoever_kept_it() {
        let folder = tempfile::tempdir().unwrap();
        let recent = clock::wall_now().0 as u64 - 60_000_000_000;
        let recent = std::time::UNIX_EPOCH + Duration::from_nanos(recent);
        for (name, age) in [
            ("a.jpg", STAY.age),
            ("b.png", STAY.age),
            ("c.jpg.1-1.new", UNFINISHED),
            ("d.jpg", Duration::ZERO),
            ("e.jpg.1-2.new", Duration::ZERO),
            ("f.txt", STAY.age),
        ] {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(recent - age).unwrap();
        }
        sweep(folder.path());
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["d.jpg", "e.jpg.1-2.new", "f.txt"]);
    }
}
