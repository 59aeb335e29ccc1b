//! One event of the command line.

use std::path::PathBuf;

use anyhow::Context as _;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use serde_json::{Map, Value, json};

use crate::base::clock;
use crate::model::id::Id;
use crate::model::outside::{FORM, OutsideEvent, Still};

/// What an event says; `docs/ref/events.md` tells more.
#[derive(clap::Args, Clone, Debug, Default)]
pub(super) struct EventArgs {
    /// Event class, e.g. sos.call
    #[arg(long, value_name = "CLASS", required_unless_present_any = ["input", "file"])]
    class: Option<String>,
    /// Name of the source system [default: emit]
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Unique event ID, used to drop duplicates [default: random]
    #[arg(long, value_name = "NAME")]
    id: Option<String>,
    /// Event time, e.g. 2026-03-01T08:00:05+05:00 [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Stage: once, begun, updated or ended
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// ID of the lasting condition (for begun, updated, ended)
    #[arg(long, value_name = "NAME")]
    thing: Option<String>,
    /// Camera ID
    #[arg(long, value_name = "CAMERA")]
    camera: Option<String>,
    /// Place in words
    #[arg(long, value_name = "TEXT")]
    place: Option<String>,
    /// Latitude, degrees
    #[arg(
        long,
        value_name = "DEGREES",
        allow_negative_numbers = true,
        requires = "lon"
    )]
    lat: Option<f64>,
    /// Longitude, degrees
    #[arg(
        long,
        value_name = "DEGREES",
        allow_negative_numbers = true,
        requires = "lat"
    )]
    lon: Option<f64>,
    /// Site, e.g. a school
    #[arg(long, value_name = "TEXT")]
    site: Option<String>,
    /// Subject, e.g. plate=123ABC14
    #[arg(long, value_name = "KIND=TEXT", value_parser = pair)]
    subject: Option<(String, String)>,
    /// Text in Kazakh
    #[arg(long, value_name = "TEXT")]
    text_kk: Option<String>,
    /// Text in Russian
    #[arg(long, value_name = "TEXT")]
    text_ru: Option<String>,
    /// Text in English
    #[arg(long, value_name = "TEXT")]
    text_en: Option<String>,
    /// Confidence, 0 to 1
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    score: Option<f64>,
    /// Extra detail NAME=VALUE (numbers are sent as numbers); repeatable
    #[arg(long = "detail", value_name = "NAME=VALUE", value_parser = pair)]
    details: Vec<(String, String)>,
    /// Picture to attach (JPEG file)
    #[arg(long, value_name = "FILE")]
    still: Option<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl EventArgs {
    /// The event, of now and with an id of chance where none is told.
    ///
    /// # Errors
    /// When it is not of the form, or the picture cannot be read.
    pub(super) fn build(&self) -> anyhow::Result<OutsideEvent> {
        let now = clock::wall_now();
        let mut chance = [0; 10];
        OsRng.try_fill_bytes(&mut chance).context("no chance")?;
        let id = || Id::new(now, chance).to_string();
        let time =
            || jiff::Timestamp::from_nanosecond(i128::from(now.0)).map(|now| now.to_string());
        let mut all = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            all.extend(value.map(|value| (name.to_owned(), value)));
        };
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        put("form", Some(FORM.into()));
        put(
            "source",
            Some(self.source.as_deref().unwrap_or("emit").into()),
        );
        put("id", Some(self.id.clone().unwrap_or_else(id).into()));
        put("class", text(&self.class));
        let at = match &self.at {
            Some(at) => at.clone(),
            None => time().context("the clock of this machine")?,
        };
        put("at", Some(at.into()));
        put("stage", text(&self.stage));
        put("thing", text(&self.thing));
        put("camera", text(&self.camera));
        let place = [
            ("text", text(&self.place)),
            ("lat", self.lat.map(Value::from)),
            ("lon", self.lon.map(Value::from)),
        ];
        put("place", object(place));
        put("site", text(&self.site));
        let subject = self.subject.as_ref();
        put(
            "subject",
            subject.map(|(kind, text)| json!({"kind": kind, "text": text})),
        );
        let texts = [
            ("kk", text(&self.text_kk)),
            ("ru", text(&self.text_ru)),
            ("en", text(&self.text_en)),
        ];
        put("text", object(texts));
        put("score", self.score.map(Value::from));
        put("details", self.details_json()?);
        put("still", self.still_json()?);
        let message = Value::Object(all).to_string();
        OutsideEvent::parse(message.as_bytes()).context("this is no event")
    }

    fn details_json(&self) -> anyhow::Result<Option<Value>> {
        let mut all = Map::new();
        for (name, value) in &self.details {
            // Only what is a number in JSON: a phone or a card with zeros in front stays a text.
            let number = serde_json::from_str::<serde_json::Number>(value);
            let value = number.map_or_else(|_text| Value::from(value.as_str()), Value::from);
            let before = all.insert(name.clone(), value);
            anyhow::ensure!(before.is_none(), "the detail {name:?} is there twice");
        }
        Ok((!all.is_empty()).then_some(all.into()))
    }

    fn still_json(&self) -> anyhow::Result<Option<Value>> {
        let Some(path) = &self.still else {
            return Ok(None);
        };
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let still = Still::new(&bytes).with_context(|| path.display().to_string())?;
        Ok(Some(still.to_base64().into()))
    }
}

/// An object of what is there; nothing where nothing is.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Option<Value> {
    let there = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
    let all: Map<String, Value> = members.into_iter().filter_map(there).collect();
    (!all.is_empty()).then_some(all.into())
}
