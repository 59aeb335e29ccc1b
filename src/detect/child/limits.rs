//! What the process of a model forbids itself, before it touches the model.
//!
//! On Linux it ends with the program that started it, and runs behind it. Other systems have none of
//! this here: a crash of a model is kept apart, and the time of a run is limited by who waits for it,
//! but not its memory.

use std::io;
use std::path::PathBuf;

use tracing::{info, warn};

use super::serve::Job;
use crate::base::confinement::{self, Kept, Limits, Reach};
use crate::detect::Provider;

/// No process of a model has more files open; those of a GPU's driver are among them.
const MOST_FILES: u64 = 256;
/// It writes none; what libraries of a GPU keep for the next time is larger.
const LONGEST_FILE: u64 = 16 << 20;
const LONGEST_FILE_OF_A_GPU: u64 = 4 << 30;
/// It runs so much behind the wall (`nice`).
#[cfg(target_os = "linux")]
const BEHIND: i32 = 5;

/// Sets the limits of this process for good: it cannot raise them again.
pub(super) fn set(job: &Job) -> io::Result<()> {
    let on_gpu = job.provider != Provider::Cpu;
    confinement::take_limits(&Limits {
        data_bytes: job.memory_bytes,
        file_bytes: if on_gpu {
            LONGEST_FILE_OF_A_GPU
        } else {
            LONGEST_FILE
        },
        files: MOST_FILES,
        processor: None,
        expendable: 600,
    })?;
    // Where the system does not let it, it goes with the wall's rank.
    #[cfg(target_os = "linux")]
    rustix::process::nice(BEHIND).ok();
    let reach = Reach {
        read: read_by(job),
        devices: on_gpu,
        shared_memory: on_gpu,
    };
    match confinement::keep_within(&reach) {
        Ok(Kept::Not) => info!("this system keeps the process from no file and no network"),
        Ok(_) => {}
        Err(error) => warn!(%error, "the process is kept from no file and no network"),
    }
    Ok(())
}

/// The folders of the model and of ONNX Runtime, also where they are led to by links, and where the
/// system was told to look for libraries.
fn read_by(job: &Job) -> Vec<PathBuf> {
    let files = [job.folder.join(&job.descriptor.file), job.runtime.clone()];
    let real = files.iter().filter_map(|file| file.canonicalize().ok());
    let mut folders = vec![job.folder.clone()];
    let all: Vec<PathBuf> = real.chain(files.iter().cloned()).collect();
    folders.extend(
        all.iter()
            .filter_map(|file| Some(file.parent()?.to_owned())),
    );
    let libraries = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&libraries));
    folders.retain(|folder| !folder.as_os_str().is_empty());
    folders
}

/// What the process is called in lists of processes.
pub(super) fn set_name(model: &str) {
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let name: String = model.chars().filter(plain).take(9).collect();
    confinement::set_name(&format!("model-{name}"));
}
