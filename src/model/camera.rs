//! Cameras as the catalogue knows them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::condition::Administration;
use super::stream_url::StreamUrl;
use crate::words::Language;

/// A camera's id: stable, unique in a catalogue, never shown instead of a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CameraId(String);

/// What is wrong with an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CameraIdError {
    /// Nothing there.
    #[error("the id is empty")]
    Empty,
    /// Longer than [`CameraId::MAX_CHARS`].
    #[error("the id is longer than {} characters", CameraId::MAX_CHARS)]
    TooLong,
    /// Ids stand in file names and addresses.
    #[error("the id has the character {0:?}; letters, digits, '-', '_', '.' and ':' are allowed")]
    BadCharacter(char),
}

impl CameraId {
    /// The longest id.
    pub const MAX_CHARS: usize = 64;

    /// Checks and wraps.
    ///
    /// # Errors
    /// When the id is empty, too long or holds another character than letters, digits, `-_.:`.
    pub fn new(id: impl Into<String>) -> Result<Self, CameraIdError> {
        let id = id.into();
        if id.is_empty() {
            return Err(CameraIdError::Empty);
        }
        if id.chars().count() > Self::MAX_CHARS {
            return Err(CameraIdError::TooLong);
        }
        match id
            .chars()
            .find(|c| !(c.is_alphanumeric() || "-_.:".contains(*c)))
        {
            Some(bad) => Err(CameraIdError::BadCharacter(bad)),
            None => Ok(Self(id)),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CameraId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One name in three languages; an empty one falls back to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Names {
    /// The same name in every language.
    pub fn same(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            kk: name.clone(),
            ru: name.clone(),
            en: name,
        }
    }

    /// The name in `language`; where that is empty: Russian, Kazakh, English, in this order.
    pub fn get(&self, language: Language) -> &str {
        let wanted = match language {
            Language::Kk => &self.kk,
            Language::Ru => &self.ru,
            Language::En => &self.en,
        };
        [wanted, &self.ru, &self.kk, &self.en]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or("", String::as_str)
    }
}

/// What kind of place a camera watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// A street or square.
    #[default]
    Street,
    /// A road crossing.
    Intersection,
    /// A pedestrian crossing.
    Crosswalk,
    /// A school.
    School,
    /// A kindergarten.
    Kindergarten,
    /// A shopping mall or market.
    Mall,
    /// A park or embankment.
    Park,
    /// A station, airport or stop.
    Transport,
    /// The entrance of an apartment house.
    Entrance,
    /// An SOS street post.
    SosPost,
    /// Anything else.
    Other,
}

impl SiteKind {
    /// All kinds with the word used in camera files.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Street, "street"),
        (Self::Intersection, "intersection"),
        (Self::Crosswalk, "crosswalk"),
        (Self::School, "school"),
        (Self::Kindergarten, "kindergarten"),
        (Self::Mall, "mall"),
        (Self::Park, "park"),
        (Self::Transport, "transport"),
        (Self::Entrance, "entrance"),
        (Self::SosPost, "sos_post"),
        (Self::Other, "other"),
    ];

    /// The word used in camera files.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("other", |(_, word)| word)
    }

    /// From the word used in camera files.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, w)| w.eq_ignore_ascii_case(word))
            .map(|(kind, _)| *kind)
    }
}

/// How much a camera matters when the machine is short: 1 is the most important, 5 the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Priority(u8);

impl Priority {
    /// From 1 (most important) to 5 (least); `None` for anything else.
    pub fn new(level: u8) -> Option<Self> {
        (1..=5).contains(&level).then_some(Self(level))
    }

    /// 1 (most important) to 5.
    pub fn level(self) -> u8 {
        self.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self(3)
    }
}

/// Which of a camera's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// The small one, for tiles.
    Sub,
    /// The large one, for looking closely.
    Main,
}

impl StreamKind {
    /// The word used in logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sub => "sub",
            Self::Main => "main",
        }
    }
}

/// Which certificates of cameras count where the stream is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificates {
    /// The one that a camera shows the first time, whoever signed it; another later on is refused
    /// until somebody has taken the first away.
    #[default]
    FirstUse,
    /// Any, the camera's own too: protects from listeners, not from somebody in between.
    Any,
    /// Only those that this system's authorities vouch for.
    Verified,
}

/// A place on the globe, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Latitude, degrees, north positive.
    pub lat_deg: f64,
    /// Longitude, degrees, east positive.
    pub lon_deg: f64,
}

/// One camera of the catalogue. Where its password is kept is `store`'s affair.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    /// Stable id.
    pub id: CameraId,
    /// Name shown on the tile.
    pub name: Names,
    /// District (аудан).
    pub district: Names,
    /// The centre that owns the camera and answers its alarms.
    pub centre: String,
    /// Kind of place.
    pub site_kind: SiteKind,
    /// Name of the place, e.g. a school.
    pub site: Names,
    /// Phone of the place.
    pub phone: String,
    /// Where it stands.
    pub position: Option<Position>,
    /// Where it looks, degrees clockwise from north.
    pub heading_deg: Option<f32>,
    /// Width of the scene it sees, metres.
    pub scene_width_m: Option<f32>,
    /// 1 to 5.
    pub priority: Priority,
    /// Address of the large stream, without credentials.
    pub main_url: Option<StreamUrl>,
    /// Address of the small stream, without credentials.
    pub sub_url: Option<StreamUrl>,
    /// User name for both streams.
    pub user: String,
    /// The system it comes from (Sergek, KASKAD, Pelco, own …).
    pub system: String,
    /// The firm that looks after it.
    pub firm: String,
    /// What is ordered about it.
    pub service: Administration,
}

impl Camera {
    /// The address of a stream; where a camera has only one, that one.
    pub fn url(&self, kind: StreamKind) -> Option<&StreamUrl> {
        match kind {
            StreamKind::Sub => self.sub_url.as_ref().or(self.main_url.as_ref()),
            StreamKind::Main => self.main_url.as_ref().or(self.sub_url.as_ref()),
        }
    }

    /// True when the camera has a large stream besides the small one.
    pub fn has_both_streams(&self) -> bool {
        self.main_url.is_some() && self.sub_url.is_some() && self.main_url != self.sub_url
    }

    /// A camera with nothing but an id, a name and one address.
    pub fn from_url(id: CameraId, url: StreamUrl) -> Self {
        let name = url.host_str().unwrap_or("camera").to_owned();
        Self {
            id,
            name: Names::same(name),
            district: Names::default(),
            centre: String::new(),
            site_kind: SiteKind::default(),
            site: Names::default(),
            phone: String::new(),
            position: None,
            heading_deg: None,
            scene_width_m: None,
            priority: Priority::default(),
            main_url: Some(url),
            sub_url: None,
            user: String::new(),
            system: String::new(),
            firm: String::new(),
            service: Administration::default(),
        }
    }
}

/// A user name and a password. The password never shows in `Debug` or `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password; reach for it only to hand it to a server.
    pub password: Password,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// A password that cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Wraps.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// The password itself, for the server only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked() {
        let check = |id: &str, expect: Result<(), CameraIdError>| {
            assert_eq!(CameraId::new(id).map(|_| ()), expect, "{id:?}");
        };
        check("cam-001", Ok(()));
        check("мектеп.4:1", Ok(()));
        check("", Err(CameraIdError::Empty));
        check("a b", Err(CameraIdError::BadCharacter(' ')));
        check("../x", Err(CameraIdError::BadCharacter('/')));
        check(&"x".repeat(65), Err(CameraIdError::TooLong));
    }

    #[test]
    fn a_missing_name_falls_back() {
        let names = Names {
            kk: String::new(),
            ru: "Мост".into(),
            en: "Bridge".into(),
        };
        assert_eq!(names.get(Language::Kk), "Мост");
        assert_eq!(names.get(Language::En), "Bridge");
    }

    #[test]
    fn a_password_does_not_print() {
        let credentials = Credentials {
            user: "u".into(),
            password: Password::new("hunter2"),
        };
        assert!(!format!("{credentials:?} {:?}", credentials.password).contains("hunter2"));
    }

    #[test]
    fn site_words_round_trip() {
        for (kind, word) in SiteKind::ALL {
            assert_eq!(SiteKind::from_word(word), Some(kind));
            assert_eq!(kind.word(), word);
        }
    }
}
