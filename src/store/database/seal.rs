//! Who signs the log at this seat, and the second place that hears of it.

use std::path::PathBuf;
use std::time::Duration;

use parking_lot::Mutex;
use tracing::{info, warn};

use super::rows::Checkpoint;
use crate::store::log::checkpoint::origin;
use crate::store::log::note::Note;
use crate::store::log::signer::Signer;
use crate::store::log::tree::Frontier;
use crate::store::log::witness::{Pace, Told, Witness};

/// How long the program's end waits for the second place.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Signs the right edge of the log with each group of acts, and copies what was kept to a second place.
#[derive(Default)]
pub struct Seal {
    signer: Option<Signer>,
    /// The folder of the second place.
    folder: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Signed, and not yet known to be kept.
    signed: Option<Note>,
    /// By the store's identity.
    witness: Option<(String, Witness)>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seal({:?})", self.signer)
    }
}

impl Seal {
    /// Signs with a key, and copies to a folder where one is given.
    pub fn new(signer: Signer, folder: Option<PathBuf>) -> Self {
        Self {
            signer: Some(signer),
            folder,
            state: Mutex::default(),
        }
    }

    /// Signs nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// The signed right edge, to be written with it.
    pub(super) fn sign(&self, store: &str, edge: &Frontier) -> Option<Checkpoint> {
        let signer = self.signer.as_ref()?;
        let note = match signer.sign(&origin(store), edge) {
            Ok(note) => note,
            Err(problem) => {
                warn!("the log is not signed: {problem}");
                return None;
            }
        };
        let checkpoint = Checkpoint {
            size: edge.size(),
            signer: signer.key().name().to_owned(),
            text: note.to_string(),
        };
        self.state.lock().signed = Some(note);
        Some(checkpoint)
    }

    /// What was signed last is kept; only then does the second place hear of it.
    pub(super) fn kept(&self, store: &str) {
        let mut state = self.state.lock();
        let (Some(note), Some(signer), Some(folder)) =
            (state.signed.take(), &self.signer, &self.folder)
        else {
            return;
        };
        if state
            .witness
            .as_ref()
            .is_none_or(|(known, _)| known != store)
        {
            let tell = |told: Told| match told {
                Told::Written => info!("the log's second place has the latest checkpoint"),
                failed @ Told::Failed { .. } => warn!("the log's second place: {failed:?}"),
            };
            let key = signer.key().clone();
            match Witness::start(folder, &origin(store), key, Pace::default(), tell) {
                Ok(witness) => state.witness = Some((store.to_owned(), witness)),
                Err(problem) => warn!("the log has no second place: {problem}"),
            }
        }
        if let Some((_, witness)) = &state.witness {
            witness.put(note);
        }
    }

    /// Nothing more will be kept: the second place gets what it has not yet.
    pub(super) fn finish(&self) {
        if let Some((_, witness)) = self.state.lock().witness.take() {
            witness.finish(LAST_WORDS);
        }
    }
}
