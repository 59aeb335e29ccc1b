//! An event as one text that is the same for the same content.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Detail, FORM, OutsideEvent, Place, Stage, Texts};

impl OutsideEvent {
    /// The event as a message of the form, in one line: members in the order of their names, times in
    /// UTC, numbers in their shortest form. [`Self::parse`] makes the same event of it, and every way
    /// to write the same content gives the same text.
    pub fn to_json(&self) -> String {
        Value::Object(self.members()).to_string()
    }

    /// SHA-256 of [`Self::to_json`]: what tells a repeat from another message under the same `id`.
    pub fn content(&self) -> [u8; 32] {
        Sha256::digest(self.to_json().as_bytes()).into()
    }

    /// As [`Self::to_json`], to put more beside.
    pub fn members(&self) -> Map<String, Value> {
        let Self {
            source,
            id,
            class,
            at,
            stage,
            camera,
            place,
            site,
            subject,
            text,
            score,
            region,
            details,
            still,
        } = self;
        // Every time that is parsed can be written; another is of the program's own making.
        let time = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
        let mut all = Map::new();
        let mut put = |name: &str, value: Value| {
            all.insert(name.to_owned(), value);
        };
        put("form", FORM.into());
        put("source", source.as_str().into());
        put("id", id.as_str().into());
        put("class", class.as_str().into());
        put("at", time.to_string().into());
        if *stage != Stage::Once {
            put("stage", stage.word().into());
        }
        if let Some(thing) = stage.thing() {
            put("thing", thing.into());
        }
        if let Some(camera) = camera {
            put("camera", camera.as_str().into());
        }
        if let Some(place) = place {
            put("place", place_json(place));
        }
        if let Some(site) = site {
            put("site", site.as_str().into());
        }
        if let Some(subject) = subject {
            put(
                "subject",
                json!({"kind": subject.kind, "text": subject.text}),
            );
        }
        if !text.is_empty() {
            put("text", texts_json(text));
        }
        if let Some(score) = score {
            put("score", (*score).into());
        }
        if let Some(share) = region {
            let [left, top, width, height] = [share.left, share.top, share.width, share.height];
            put(
                "region",
                json!({"left": left, "top": top, "width": width, "height": height}),
            );
        }
        if !details.is_empty() {
            let one = |(name, value): (&String, &Detail)| {
                let value = match value {
                    Detail::Text(text) => text.as_str().into(),
                    Detail::Number(number) => (*number).into(),
                };
                (name.clone(), value)
            };
            put("details", Value::Object(details.iter().map(one).collect()));
        }
        if let Some(still) = still {
            put("still", still.to_base64().into());
        }
        all
    }
}

fn some(members: [(&str, Option<Value>); 4]) -> Value {
    let there = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
    Value::Object(members.into_iter().filter_map(there).collect())
}

fn place_json(place: &Place) -> Value {
    let position = place.position;
    some([
        ("text", place.text.as_deref().map(Value::from)),
        ("lat", position.map(|position| position.lat_deg.into())),
        ("lon", position.map(|position| position.lon_deg.into())),
        ("accuracy_m", place.accuracy_m.map(Value::from)),
    ])
}

fn texts_json(texts: &Texts) -> Value {
    let Texts { kk, ru, en } = texts;
    some([
        ("kk", kk.as_deref().map(Value::from)),
        ("ru", ru.as_deref().map(Value::from)),
        ("en", en.as_deref().map(Value::from)),
        ("", None),
    ])
}
