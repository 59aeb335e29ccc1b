//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Keeps `bytes` as the file `name` of `folder`, which is made where it is missing: on the disk when this
/// returns, in the place of a file of that name.
///
/// # Errors
/// What the system says; nothing of it is left then.
pub fn keep(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    fs::create_dir_all(folder)?;
    let path = folder.join(name);
    let number = NUMBER.fetch_add(1, Relaxed);
    let new = folder.join(format!("{name}.{}-{number}.new", std::process::id()));
    let written = File::create_new(&new).and_then(|mut file| {
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

#[cfg(test)]
mod tests {
    use super::*;

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
