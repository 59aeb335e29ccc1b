//! From the fields of one row to a camera, and back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use url::Url;

use crate::model::camera::{Camera, CameraId, CameraIdError, Names, Position, Priority, SiteKind};
use crate::model::condition::Administration;
use crate::model::redact;
use crate::model::stream_url::StreamUrl;

/// All columns, in the order they are written.
pub const COLUMNS: [&str; 24] = [
    "id",
    "name_kk",
    "name_ru",
    "name_en",
    "district_kk",
    "district_ru",
    "district_en",
    "centre",
    "site_kind",
    "site_kk",
    "site_ru",
    "site_en",
    "phone",
    "lat",
    "lon",
    "heading_deg",
    "scene_width_m",
    "priority",
    "main_url",
    "sub_url",
    "user",
    "system",
    "firm",
    "service",
];

/// Columns without which a file is no camera file.
pub const REQUIRED: [&str; 1] = ["id"];

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// Nothing there, where something must be.
    Empty,
    /// Too many characters.
    TooLong {
        /// The most.
        most: usize,
    },
    /// A character that must not be there.
    BadCharacter(char),
    /// No number.
    NotANumber(String),
    /// A number too large or too small.
    OutOfRange {
        /// As written.
        value: String,
        /// Least.
        least: f64,
        /// Most.
        most: f64,
    },
    /// A word that is none of the known.
    UnknownWord {
        /// As written.
        value: String,
        /// The known ones.
        known: String,
    },
    /// The same id as in an earlier row.
    Doubled(String),
    /// No address of a stream.
    BadAddress(String),
    /// The address holds a password, which belongs into the password file. It is not repeated.
    AddressHasPassword,
    /// A required column is missing.
    MissingColumn,
    /// A column that is not known.
    UnknownColumn,
    /// Two columns have this name; the first counts.
    DoubledColumn,
    /// A quotation mark opens on this line and is not closed.
    OpenQuote,
    /// More cells than the table has columns: a separator stands in a cell, or a cell too many.
    TooManyCells {
        /// So many columns.
        most: usize,
    },
    /// The row or file cannot be taken apart.
    Syntax(String),
}

impl Problem {
    /// Whether it is a matter of a column, and no row is left out for it.
    pub fn is_of_column(&self) -> bool {
        matches!(
            self,
            Self::MissingColumn | Self::UnknownColumn | Self::DoubledColumn
        )
    }
}

/// The fields of one row, by the names of their columns.
pub(super) type Cells<'a> = BTreeMap<&'a str, Cow<'a, str>>;

/// The longest text of any field but ids.
const MOST_CHARS: usize = 300;

/// Builds a camera; the first thing wrong ends it.
pub(super) fn camera_of(row: &Cells<'_>) -> Result<Camera, (String, Problem)> {
    let fields = Fields(row);
    let id = CameraId::new(fields.text("id")?).map_err(|error| {
        let problem = match error {
            CameraIdError::Empty => Problem::Empty,
            CameraIdError::TooLong => Problem::TooLong {
                most: CameraId::MAX_CHARS,
            },
            CameraIdError::BadCharacter(c) => Problem::BadCharacter(c),
        };
        ("id".to_owned(), problem)
    })?;
    let mut name = fields.names("name")?;
    if name == Names::default() {
        name = Names::same(id.as_str());
    }
    let site_kind = fields.word(
        "site_kind",
        SiteKind::from_word,
        &SiteKind::ALL.map(|(_, word)| word),
    )?;
    let service = fields.word(
        "service",
        Administration::from_word,
        &Administration::ALL.map(|(_, word)| word),
    )?;
    let lat = fields.number("lat", -90.0, 90.0)?;
    let lon = fields.number("lon", -180.0, 180.0)?;
    let position = match (lat, lon) {
        (Some(lat_deg), Some(lon_deg)) => Some(Position { lat_deg, lon_deg }),
        (None, None) => None,
        (None, Some(_)) => return Err(("lat".into(), Problem::Empty)),
        (Some(_), None) => return Err(("lon".into(), Problem::Empty)),
    };
    let priority =
        fields
            .number("priority", 1.0, 5.0)?
            .map_or(Some(Priority::default()), |level| {
                (level.fract() == 0.0)
                    .then(|| Priority::new(level as u8))
                    .flatten()
            });
    let priority = priority.ok_or_else(|| {
        (
            "priority".to_owned(),
            Problem::OutOfRange {
                value: shown(fields.raw("priority")),
                least: 1.0,
                most: 5.0,
            },
        )
    })?;
    let main_url = fields.address("main_url")?;
    let sub_url = fields.address("sub_url")?;
    if main_url.is_none() && sub_url.is_none() {
        return Err(("main_url".into(), Problem::Empty));
    }
    Ok(Camera {
        id,
        name,
        district: fields.names("district")?,
        centre: fields.text("centre")?,
        site_kind,
        site: fields.names("site")?,
        phone: fields.text("phone")?,
        position,
        heading_deg: fields.number("heading_deg", 0.0, 360.0)?.map(|n| n as f32),
        scene_width_m: fields
            .number("scene_width_m", 0.1, 10_000.0)?
            .map(|n| n as f32),
        priority,
        main_url,
        sub_url,
        user: fields.text("user")?,
        system: fields.text("system")?,
        firm: fields.text("firm")?,
        service,
    })
}

/// The fields of a camera, in the order of [`COLUMNS`].
pub(super) fn fields_of(camera: &Camera) -> [String; COLUMNS.len()] {
    let number = |n: Option<f32>| n.map(|n| n.to_string()).unwrap_or_default();
    let degrees = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
    // The file is where addresses are kept.
    let address = |url: &Option<StreamUrl>| url.as_ref().map(|url| url.reveal().to_string());
    let address = |url| address(url).unwrap_or_default();
    [
        camera.id.to_string(),
        camera.name.kk.clone(),
        camera.name.ru.clone(),
        camera.name.en.clone(),
        camera.district.kk.clone(),
        camera.district.ru.clone(),
        camera.district.en.clone(),
        camera.centre.clone(),
        camera.site_kind.word().to_owned(),
        camera.site.kk.clone(),
        camera.site.ru.clone(),
        camera.site.en.clone(),
        camera.phone.clone(),
        degrees(camera.position.map(|p| p.lat_deg)),
        degrees(camera.position.map(|p| p.lon_deg)),
        number(camera.heading_deg),
        number(camera.scene_width_m),
        camera.priority.level().to_string(),
        address(&camera.main_url),
        address(&camera.sub_url),
        camera.user.clone(),
        camera.system.clone(),
        camera.firm.clone(),
        camera.service.word().to_owned(),
    ]
}

struct Fields<'a>(&'a Cells<'a>);

type Wrong = (String, Problem);

impl Fields<'_> {
    fn raw(&self, field: &str) -> &str {
        self.0
            .get(field)
            .map(|text| text.trim())
            .unwrap_or_default()
    }

    /// A text. Lines within a cell are one line.
    fn text(&self, field: &str) -> Result<String, Wrong> {
        let text = self.raw(field);
        let text = if text.contains(['\r', '\n']) {
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        } else {
            text.to_owned()
        };
        if text.chars().count() > MOST_CHARS {
            return Err((field.to_owned(), Problem::TooLong { most: MOST_CHARS }));
        }
        match text.chars().find(|c| c.is_control()) {
            Some(c) => Err((field.to_owned(), Problem::BadCharacter(c))),
            None => Ok(text),
        }
    }

    fn names(&self, field: &str) -> Result<Names, Wrong> {
        Ok(Names {
            kk: self.text(&format!("{field}_kk"))?,
            ru: self.text(&format!("{field}_ru"))?,
            en: self.text(&format!("{field}_en"))?,
        })
    }

    /// A number; a decimal comma is understood.
    fn number(&self, field: &str, least: f64, most: f64) -> Result<Option<f64>, Wrong> {
        let value = self.text(field)?;
        if value.is_empty() {
            return Ok(None);
        }
        let number: f64 = value
            .replace(',', ".")
            .parse()
            .map_err(|_error| (field.to_owned(), Problem::NotANumber(shown(&value))))?;
        if (least..=most).contains(&number) {
            Ok(Some(number))
        } else {
            let value = shown(&value);
            Err((field.to_owned(), Problem::OutOfRange { value, least, most }))
        }
    }

    /// One of some known words; nothing is the default.
    fn word<T: Default>(
        &self,
        field: &str,
        from_word: impl Fn(&str) -> Option<T>,
        known: &[&str],
    ) -> Result<T, Wrong> {
        let value = self.text(field)?;
        if value.is_empty() {
            return Ok(T::default());
        }
        from_word(&value).ok_or_else(|| {
            let (value, known) = (shown(&value), known.join(", "));
            (field.to_owned(), Problem::UnknownWord { value, known })
        })
    }

    fn address(&self, field: &str) -> Result<Option<StreamUrl>, Wrong> {
        let value = self.raw(field);
        if value.is_empty() {
            return Ok(None);
        }
        let wrong = |problem| Err((field.to_owned(), problem));
        // Looked for before parsing: what does not parse may still hold a password.
        let authority = value.split_once("://").map_or("", |(_, rest)| rest);
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return wrong(Problem::AddressHasPassword);
        }
        // Within an address they would be left out, and it would be another.
        if value.chars().any(char::is_control) {
            return wrong(Problem::BadAddress(redact::address(value)));
        }
        match Url::parse(value) {
            Ok(url) if matches!(url.scheme(), "file" | "test") => Ok(Some(url.into())),
            Ok(url)
                if RTSP_SCHEMES.contains(&url.scheme())
                    && url.host_str().is_some_and(|host| !host.is_empty()) =>
            {
                Ok(Some(url.into()))
            }
            _ => wrong(Problem::BadAddress(redact::address(value))),
        }
    }
}

/// RTSP over TCP, UDP, TLS, and through HTTP and HTTPS.
const RTSP_SCHEMES: [&str; 6] = ["rtsp", "rtspt", "rtspu", "rtsps", "rtsph", "rtspsh"];

/// A value that is told. Where a row has a cell too many it may be an address.
fn shown(value: &str) -> String {
    redact::text(value)
}
