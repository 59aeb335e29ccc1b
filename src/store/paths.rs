//! Where things lie: the platform's own folders, unless the command line says otherwise.

use std::path::{Path, PathBuf};

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

    /// How the wall was left.
    pub fn wall_file(&self) -> PathBuf {
        self.data.join("wall.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_folders_win() {
        let paths = Paths::find(Some(Path::new("c")), Some(Path::new("d"))).unwrap();
        assert_eq!(paths.settings_file(), Path::new("c/settings.toml"));
        assert_eq!(paths.cache, Path::new("d/cache"));
    }
}
