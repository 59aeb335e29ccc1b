//! Files that are there whole or not at all, and whose they are.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

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

/// Removes files of a folder whose names end in one of `endings` and that were written longer ago than
/// `age`. What cannot be removed is tried again the next time.
pub fn remove_older(folder: &Path, endings: &[&str], age: Duration) {
    let Ok(files) = fs::read_dir(folder) else {
        return;
    };
    for file in files.flatten() {
        let path = file.path();
        let ending = path.extension().and_then(std::ffi::OsStr::to_str);
        let written = file.metadata().and_then(|about| about.modified());
        let passed = written.ok().and_then(|written| written.elapsed().ok());
        let is_one = ending.is_some_and(|ending| endings.contains(&ending));
        if is_one && passed.is_some_and(|passed| passed > age) {
            fs::remove_file(&path).ok();
        }
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
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
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
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "as it was");
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
