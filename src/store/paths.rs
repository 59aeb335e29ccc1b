//! Where things lie: the platform's own folders, unless the command line says otherwise.

use std::path::{Path, PathBuf};

use crate::model::id::Id;

/// The folders of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `settings.toml`, `passwords.toml`.
    pub config: PathBuf,
    /// What must survive: layouts, later the database and recordings.
    pub data: PathBuf,
    /// What can be made again: demo footage, models.
    pub cache: PathBuf,
}

/// There is no home folder to put anything in.
#[derive(Debug, thiserror::Error)]
#[error("this user has no home folder; name the folders with --config and --data")]
pub struct NoHome;

impl Paths {
    /// The platform's folders; `config` and `data` where given. With `--data` the cache lies in it.
    ///
    /// # Errors
    /// When a folder is neither given nor known.
    pub fn find(config: Option<&Path>, data: Option<&Path>) -> Result<Self, NoHome> {
        let own = directories::ProjectDirs::from("kz", "", "qyran");
        let own = own.as_ref();
        let config = config
            .map(Path::to_owned)
            .or_else(|| own.map(|d| d.config_dir().to_owned()));
        let cache = data
            .map(|d| d.join("cache"))
            .or_else(|| own.map(|d| d.cache_dir().to_owned()));
        let data = data
            .map(Path::to_owned)
            .or_else(|| own.map(|d| d.data_dir().to_owned()));
        match (config, data, cache) {
            (Some(config), Some(data), Some(cache)) => Ok(Self {
                config,
                data,
                cache,
            }),
            _ => Err(NoHome),
        }
    }

    /// The settings file.
    pub fn settings_file(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// The folder of the journal of states.
    pub fn journal(&self) -> PathBuf {
        self.data.join("journal")
    }

    /// The password file.
    pub fn passwords_file(&self) -> PathBuf {
        self.config.join("passwords.toml")
    }

    /// The token that whoever sends events of the outside world shows.
    pub fn events_token(&self) -> PathBuf {
        self.config.join("events.token")
    }

    /// The rules of the cameras, where no store keeps them.
    pub fn rules_file(&self) -> PathBuf {
        self.config.join("rules.toml")
    }

    /// The centre's own classes of alarms.
    pub fn classes_file(&self) -> PathBuf {
        self.config.join("alarms.toml")
    }

    /// The folder of the spans of streams that are kept with alarms.
    pub fn spans(&self) -> PathBuf {
        self.data.join("spans")
    }

    /// The folder of the pictures of what was noticed.
    pub fn stills(&self) -> PathBuf {
        self.data.join("stills")
    }

    /// Folders in which what is not recorded may wait, the first that takes it: beside the store, with
    /// the settings, and in the memory that the system lends this user until the machine is restarted.
    pub fn spools(&self) -> Vec<PathBuf> {
        let runtime = directories::BaseDirs::new();
        // Walls with other folders are other seats.
        let seat = Id::named(&self.data.display().to_string()).to_string();
        let runtime = runtime.and_then(|dirs| Some(dirs.runtime_dir()?.join("qyran").join(seat)));
        let disks = [self.data.clone(), self.config.clone()];
        disks.into_iter().chain(runtime).collect()
    }

    /// Where models may be, the first found counts: `own` where it is set, the data folder, what
    /// set-up brings.
    pub fn model_folders(&self, own: Option<&Path>) -> Vec<PathBuf> {
        let own = own.map(|folder| self.config.join(folder));
        own.into_iter()
            .chain([self.data.join("models")])
            .chain(self.caches().map(|cache| cache.join(MODELS)))
            .collect()
    }

    /// The library that runs models, where it is; else where set-up puts it.
    pub fn model_runtime(&self) -> PathBuf {
        let folders = [self.data.join("runtime")]
            .into_iter()
            .chain(self.caches().map(|cache| cache.join("runtime")));
        let found = folders.clone().filter_map(|folder| library_in(&folder));
        let missing = || folders.last().unwrap_or_default().join(RUNTIME);
        found.into_iter().next().unwrap_or_else(missing)
    }

    /// Of these folders and of this user, whatever data folder was named.
    fn caches(&self) -> impl Iterator<Item = PathBuf> + Clone {
        let user = directories::ProjectDirs::from("kz", "", "qyran");
        let user = user.map(|dirs| dirs.cache_dir().to_owned());
        [Some(self.cache.clone()), user].into_iter().flatten()
    }

    /// How the wall was left.
    pub fn wall_file(&self) -> PathBuf {
        self.data.join("wall.toml")
    }
}

/// The folder of models in the cache; its name changes with its form.
const MODELS: &str = "models-v1";
/// How the library that runs models is called on this system.
const RUNTIME: &str = if cfg!(windows) {
    "onnxruntime.dll"
} else if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// The library in `folder`: of several versions the last by name.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?;
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let newest = names.filter(|name| name.starts_with(RUNTIME)).max()?;
    Some(folder.join(newest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_looked_for_in_the_nearest_folder_first() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::find(Some(Path::new("c")), Some(folder.path())).unwrap();
        let folders = paths.model_folders(Some(Path::new("own")));
        assert_eq!(folders[0], Path::new("c/own"));
        assert_eq!(folders[1], folder.path().join("models"));
        assert_eq!(folders[2], folder.path().join("cache/models-v1"));
        let runtime = folder.path().join("runtime");
        std::fs::create_dir(&runtime).unwrap();
        for name in [format!("{RUNTIME}.1.31.1"), "LICENSE".to_owned()] {
            std::fs::write(runtime.join(name), "").unwrap();
        }
        let expected = runtime.join(format!("{RUNTIME}.1.31.1"));
        assert_eq!(paths.model_runtime(), expected);
    }

    #[test]
    fn given_folders_win() {
        let paths = Paths::find(Some(Path::new("c")), Some(Path::new("d"))).unwrap();
        assert_eq!(paths.settings_file(), Path::new("c/settings.toml"));
        assert_eq!(paths.cache, Path::new("d/cache"));
    }
}
