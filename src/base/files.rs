//! Files that are there whole or not at all, and whose they are.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::clock::WallTime;

/// From now on files and folders that this process and its children make are their user's alone (on
/// Unix: 0600 and 0700; elsewhere a user's folders are closed to others by themselves).
pub fn make_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Makes a folder that is this user's alone, where it is missing; one that others may look into, as
/// programs before this one made them, is closed to them.
///
/// # Errors
/// What the system says.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700);
        builder.create(folder)?;
        let about = fs::symlink_metadata(folder)?;
        if about.is_dir() && about.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(folder)
}

/// Keeps `bytes` as the file `name` of `folder`, which is made where it is missing: on the disk when this
/// returns, in the place of a file of that name.
///
/// # Errors
/// What the system says; nothing of it is left then.
pub fn keep(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    make_private_folder(folder)?;
    let path = folder.join(name);
    let number = NUMBER.fetch_add(1, Relaxed);
    let new = folder.join(format!("{name}.{}-{number}.new", std::process::id()));
    let written = create_private(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&new, &path)) {
        fs::remove_file(&new).ok();
        return Err(error);
    }
    // Its name, too; a system that cannot do that writes it by and by.
    File::open(folder).and_then(|folder| folder.sync_all()).ok();
    Ok(path)
}

/// How much of a folder stays: what is younger, of that the newest files, and of these as many as have room.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How old a file may be.
    pub age: Duration,
    /// How many there may be.
    pub files: usize,
    /// How much they may hold together, bytes.
    pub bytes: u64,
}

impl Bounds {
    /// Of age alone.
    pub fn of_age(age: Duration) -> Self {
        Self {
            age,
            files: usize::MAX,
            bytes: u64::MAX,
        }
    }
}

/// Removes the oldest files of a folder, of those whose names end in one of `endings`, that are beyond
/// `bounds`. What cannot be removed is tried again the next time.
pub fn thin(folder: &Path, endings: &[&str], bounds: Bounds, now: WallTime) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let now = UNIX_EPOCH + Duration::from_nanos(u64::try_from(now.0).unwrap_or(0));
    let files = entries.flatten().filter_map(|entry| {
        let path = entry.path();
        let ending = path.extension().and_then(std::ffi::OsStr::to_str)?;
        // Of the file itself, not of what a link leads to.
        let about = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        let is_one = endings.contains(&ending);
        is_one.then_some((about.modified().ok()?, path, about.len()))
    });
    let mut files: Vec<(SystemTime, PathBuf, u64)> = files.collect();
    files.sort_by(|a, b| b.cmp(a));
    let mut bytes = 0_u64;
    for (index, (modified, path, length)) in files.into_iter().enumerate() {
        let age = now.duration_since(modified).unwrap_or_default();
        bytes = bytes.saturating_add(length);
        if age > bounds.age || index >= bounds.files || bytes > bounds.bytes {
            fs::remove_file(path).ok();
        }
    }
}

/// A folder that is held: whoever may write beside it cannot lay a link or another folder in its place
/// while it is used (on Linux; elsewhere it is looked at when it is opened).
#[derive(Debug)]
pub struct HeldFolder {
    path: PathBuf,
    #[cfg(unix)]
    _held: File,
}

impl HeldFolder {
    /// Holds the folder, which is made where it is missing and closed to others where it is not.
    ///
    /// # Errors
    /// What the system says, also where a link or anything else is in its place.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Self::hold(path)
    }

    #[cfg(unix)]
    fn hold(path: &Path) -> io::Result<Self> {
        use std::os::fd::AsRawFd as _;
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::DIRECTORY;
        let mut options = File::options();
        options.read(true).custom_flags(flags.bits().cast_signed());
        let held = options.open(path)?;
        if held.metadata()?.permissions().mode() & 0o077 != 0 {
            held.set_permissions(fs::Permissions::from_mode(0o700))?;
        }
        // The kernel's own name of what is held, whatever has its name by now.
        let own = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
        let is_there = cfg!(target_os = "linux") && own.exists();
        Ok(Self {
            path: if is_there { own } else { path.to_owned() },
            _held: held,
        })
    }

    #[cfg(not(unix))]
    fn hold(path: &Path) -> io::Result<Self> {
        if !fs::symlink_metadata(path)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// The folder, for as long as it is held.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes a file that is this user's alone; no link and no file that is there is followed.
///
/// # Errors
/// What the system says, also where something is there already.
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file at its end, to read it as well; it is made for this user alone where it is missing, and no
/// link is followed (on Unix).
///
/// # Errors
/// What the system says, also where a link has its name.
pub fn append_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        options.mode(0o600).custom_flags(flags);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_kept_is_nobody_elses_also_in_a_folder_of_before() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("stills");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let file = keep(&folder, "a", b"a").unwrap();
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        // Whoever may write there lays a link in the way.
        let elsewhere = place.path().join("elsewhere");
        fs::write(&elsewhere, "as it was").unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.join("why")).unwrap();
        assert!(create_private(&folder.join("why")).is_err());
        assert!(append_private(&folder.join("why")).is_err());
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "as it was");
        append_private(&folder.join("log")).unwrap();
        assert_eq!(mode(&folder.join("log")), 0o600);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_is_held_is_the_same_whatever_is_laid_in_its_place() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let place = tempfile::tempdir().unwrap();
        let (folder, other) = (place.path().join("done"), place.path().join("other"));
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        fs::create_dir(&other).unwrap();
        let held = HeldFolder::open(&folder).unwrap();
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        fs::rename(&folder, place.path().join("away")).unwrap();
        symlink(&other, &folder).unwrap();
        fs::write(held.path().join("a"), "a").unwrap();
        assert!(place.path().join("away/a").exists());
        assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
        assert!(HeldFolder::open(&folder).is_err(), "a link is no folder");
    }

    #[test]
    fn of_a_folder_the_newest_files_stay_as_long_as_they_may() {
        let folder = tempfile::tempdir().unwrap();
        let day = Duration::from_secs(86_400);
        let now = WallTime(1_772_352_000_000_000_000);
        let dated = UNIX_EPOCH + Duration::from_nanos(now.0 as u64);
        for (name, days) in [("a.x", 1), ("b.x", 2), ("c.x", 3), ("d.x", 9), ("d.y", 9)] {
            let path = folder.path().join(name);
            fs::write(&path, "1234").unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(dated - days * day).unwrap();
        }
        let left = |bounds: Bounds| {
            thin(folder.path(), &["x"], bounds, now);
            let mut names: Vec<String> = fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let bounds = Bounds::of_age(8 * day);
        assert_eq!(left(bounds), ["a.x", "b.x", "c.x", "d.y"]);
        assert_eq!(left(Bounds { files: 2, ..bounds }), ["a.x", "b.x", "d.y"]);
        assert_eq!(left(Bounds { bytes: 7, ..bounds }), ["a.x", "d.y"]);
    }

    #[test]
    fn a_file_is_there_whole_or_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("new");
        let path = keep(&inner, "a", b"one").expect("kept");
        keep(&inner, "a", b"two").expect("kept again");
        assert_eq!(fs::read(&path).expect("there"), b"two");
        // A folder stands in the way: what was there stays, and nothing is left over.
        fs::create_dir(inner.join("b")).expect("a folder");
        fs::write(inner.join("b/in-it"), b"").expect("a file");
        keep(&inner, "b", b"three").expect_err("cannot be");
        assert_eq!(fs::read_dir(&inner).expect("there").count(), 2);
    }
}
