//! The whole of a store without a seat: read as it stands at one moment, written into an empty one,
//! and a centre made ready. For the administrator's command; walls use [`super::Store`].
//!
//! ```text
//! View  ──walk──► Item, Item, …            of a running store, in one snapshot, nothing changed
//! Target ◄──put── Item, Item, …  ─finish─► all of it, or nothing
//! ```
//!
//! Both engines give and take the same items in the same order: records, checkpoints, lines of the
//! log, tasks, logins. So what was read from one can be written into the other.

mod centre;
mod file;
mod item;
mod logins;
mod mark;
mod waiting;

use std::path::Path;

pub use item::{CheckpointItem, Columns, Item, LineItem, LoginItem, Made, RecordItem, TaskItem};
pub use logins::{Login, LoginState, Logins};
pub use mark::Restored;
pub use waiting::Waiting;

use super::{Address, StoreError};
use crate::store::log::tree::Frontier;

/// What a store says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The file or the server.
    pub place: String,
    /// `sqlite` or `postgresql`.
    pub engine: &'static str,
    /// The step that its schema is at.
    pub schema: u32,
    /// Its identity.
    pub store: String,
    /// Lines of the log, as the head says.
    pub size: u64,
    /// The right edge of the log as it is kept, which may be none.
    pub edge: Vec<u8>,
}

impl About {
    /// The right edge of the log; nothing where what is kept is none.
    pub fn head(&self) -> Option<Frontier> {
        Frontier::from_bytes(&self.edge)
            .ok()
            .filter(|edge| edge.size() == self.size)
    }
}

/// A store as it stands at one moment. Nothing of it is changed, and nobody waits for it.
pub struct View(Engine);

enum Engine {
    File(file::FileView),
    Centre(centre::CentreView),
}

impl View {
    /// The store in a file.
    ///
    /// # Errors
    /// When it is not there, not a store, or newer than this program.
    pub fn of_file(path: &Path) -> Result<Self, StoreError> {
        file::FileView::open(path).map(|view| Self(Engine::File(view)))
    }

    /// The store of a centre.
    ///
    /// # Errors
    /// When it cannot be reached, holds no store, is newer, or this login sees a part of it only.
    pub fn of_centre(address: &Address) -> Result<Self, StoreError> {
        centre::CentreView::open(address).map(|view| Self(Engine::Centre(view)))
    }

    /// What it says of itself.
    pub fn about(&self) -> &About {
        match &self.0 {
            Engine::File(view) => view.about(),
            Engine::Centre(view) => view.about(),
        }
    }

    /// What the engine finds wrong with its own file, a line each; of a server nothing.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn damage(&self) -> Result<Vec<String>, StoreError> {
        match &self.0 {
            Engine::File(view) => view.damage(),
            // Its pages are the server's own care.
            Engine::Centre(_) => Ok(Vec::new()),
        }
    }

    /// Hands everything over, in the order of the module's text.
    ///
    /// # Errors
    /// When it cannot be read, or `take` says so.
    pub fn walk<E: From<StoreError>>(
        &self,
        mut take: impl FnMut(Item) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.0 {
            Engine::File(view) => view.walk(&mut take),
            Engine::Centre(view) => view.walk(&mut take),
        }
    }
}

/// An empty store that is being filled. Dropped before [`Target::finish`], nothing of it stays.
pub struct Target(Filling);

enum Filling {
    File(file::FileTarget),
    Centre(centre::CentreTarget),
}

impl Target {
    /// A new file at `path`.
    ///
    /// # Errors
    /// When something lies there already, or it cannot be written.
    pub fn file(path: &Path) -> Result<Self, StoreError> {
        file::FileTarget::open(path).map(|target| Self(Filling::File(target)))
    }

    /// The empty store of a centre; where there is no schema it is made.
    ///
    /// # Errors
    /// When something is kept there already, seats are connected, or this login does not own it.
    pub fn centre(address: &Address) -> Result<Self, StoreError> {
        centre::CentreTarget::open(address).map(|target| Self(Filling::Centre(target)))
    }

    /// Whether it has logins: those of a centre go with it, a machine alone has none.
    pub fn has_logins(&self) -> bool {
        matches!(self.0, Filling::Centre(_))
    }

    /// Puts items into it, in the order in which they were handed over.
    ///
    /// # Errors
    /// When they cannot be written; then nothing of all will stay.
    pub fn put(&mut self, items: &[Item]) -> Result<(), StoreError> {
        match &mut self.0 {
            Filling::File(target) => target.put(items),
            Filling::Centre(target) => target.put(items),
        }
    }

    /// All has been put: from now on it is there. `mark` tells seats that know the store from before.
    ///
    /// # Errors
    /// When it cannot be written; then nothing stays.
    pub fn finish(self, about: &About, mark: &Restored) -> Result<(), StoreError> {
        match self.0 {
            Filling::File(target) => target.finish(about, mark),
            Filling::Centre(target) => target.finish(about, mark),
        }
    }
}
