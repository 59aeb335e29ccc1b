//! From bytes to an event.

use std::collections::BTreeMap;

use super::fields::{Field, Fields, is_key};
use super::refusal::Refusal;
use super::still::Still;
use super::tree::{self, Tree};
use super::{
    Detail, FORM, LARGEST_NUMBER, LONGEST_ID, LONGEST_KEY, LONGEST_MESSAGE, LONGEST_PLACE,
    LONGEST_SITE, LONGEST_SUBJECT, LONGEST_TEXT, MOST_DETAILS, OutsideEvent, Place, Share, Stage,
    Subject, Texts,
};
use crate::base::clock::WallTime;
use crate::model::camera::{CameraId, Position};

impl OutsideEvent {
    /// Reads one message: a JSON object of the form in `docs/ref/events.md`, and nothing behind it.
    ///
    /// # Errors
    /// Where it is not of the form, and what was expected there.
    pub fn parse(message: &[u8]) -> Result<Self, Refusal> {
        event("", tree::read(whole(message)?)?)
    }
}

/// The message without a byte order mark, where it is not too long.
pub(super) fn whole(message: &[u8]) -> Result<&[u8], Refusal> {
    if message.len() > LONGEST_MESSAGE {
        let reason = format!(
            "expected at most {LONGEST_MESSAGE} bytes, found {}",
            message.len()
        );
        return Err(Refusal::new("", reason));
    }
    let mark = "\u{feff}".as_bytes();
    Ok(message.strip_prefix(mark).unwrap_or(message))
}

/// The event of `value`, which stands at `pointer`.
pub(super) fn event(pointer: &str, value: Tree) -> Result<OutsideEvent, Refusal> {
    let mut fields = Fields::of(pointer, value)?;
    // First of all, so that a message of a later form is told as that.
    form(fields.need("form")?)?;
    let source = fields.need("source")?.source()?;
    let id = fields.need("id")?.name(LONGEST_ID)?;
    let class = fields.need("class")?.class()?;
    let at = time(&fields.need("at")?)?;
    let stage = stage(pointer, fields.take("stage"), fields.take("thing"), &id)?;
    let camera = fields.take("camera").as_ref().map(camera).transpose()?;
    let place = fields.take("place").map(place).transpose()?;
    let site = fields
        .take("site")
        .map(|site| site.prose(LONGEST_SITE))
        .transpose()?;
    let subject = fields.take("subject").map(subject).transpose()?;
    let text = fields
        .take("text")
        .map(texts)
        .transpose()?
        .unwrap_or_default();
    let score = fields
        .take("score")
        .map(|score| score.number(0.0..=1.0))
        .transpose()?;
    let region = fields.take("region").map(share).transpose()?;
    let details = fields
        .take("details")
        .map(details)
        .transpose()?
        .unwrap_or_default();
    let still = fields.take("still").as_ref().map(still).transpose()?;
    fields.end()?;
    Ok(OutsideEvent {
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
    })
}

fn form(field: Field) -> Result<(), Refusal> {
    let own = f64::from(FORM);
    let later = field.wrong(format!(
        "expected {FORM}; the message is of a later form than this program knows"
    ));
    let other = field.refuse(&FORM.to_string());
    let number = field
        .number(f64::MIN..=f64::MAX)
        .map_err(|_kind| other.clone())?;
    if number == own {
        Ok(())
    } else if number > own && number.fract() == 0.0 {
        Err(later)
    } else {
        Err(other)
    }
}

/// RFC 3339 section 5.6, with capital letters, an offset, at most nine digits of a second, and a year
/// from 1970 to 2259; no leap second, which no clock of ours can tell.
fn time(field: &Field) -> Result<WallTime, Refusal> {
    let expected = "a time with an offset as in 2026-03-01T08:00:05+05:00";
    let text = field.any_text(expected)?;
    let time = is_time(text)
        .then(|| text.parse::<jiff::Timestamp>().ok())
        .flatten();
    let nanos = time.and_then(|time| i64::try_from(time.as_nanosecond()).ok());
    nanos.map(WallTime).ok_or_else(|| field.refuse(expected))
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(head), Some(rest)) = (bytes.get(..19), bytes.get(19..)) else {
        return false;
    };
    let number = |from: usize, to: usize| {
        let digits = head
            .get(from..to)
            .filter(|part| part.iter().all(u8::is_ascii_digit));
        let text = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        text.and_then(|text| text.parse::<u32>().ok())
    };
    let within = |from, to, range: std::ops::RangeInclusive<u32>| {
        number(from, to).is_some_and(|number| range.contains(&number))
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let fraction = rest.strip_prefix(b".").map_or(0, |digits| {
        1 + digits
            .iter()
            .take_while(|digit| digit.is_ascii_digit())
            .count()
    });
    let offset = match &rest[fraction..] {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            let digits = [h1, h2, m1, m2].iter().all(|digit| digit.is_ascii_digit());
            digits && [*h1, *h2] <= *b"23" && *m1 <= b'5'
        }
        _ => false,
    };
    marks.iter().all(|(at, mark)| head[*at] == *mark)
        && within(0, 4, 1970..=2259)
        && within(5, 7, 1..=12)
        && within(8, 10, 1..=31)
        && within(11, 13, 0..=23)
        && within(14, 16, 0..=59)
        && within(17, 19, 0..=59)
        && (fraction == 0 || (2..=10).contains(&fraction))
        && offset
}

fn stage(
    pointer: &str,
    word: Option<Field>,
    thing: Option<Field>,
    id: &str,
) -> Result<Stage, Refusal> {
    let expected = "`once`, `begun`, `updated` or `ended`";
    let told = match &word {
        None => "once",
        Some(field) => field.any_text(expected)?,
    };
    let missing = |told| {
        let reason = format!("expected with the stage `{told}`: the name of what lasts");
        Refusal::new(&format!("{pointer}/thing"), reason)
    };
    let named = |field: Option<Field>| field.map(|field| field.name(LONGEST_ID)).transpose();
    match told {
        "once" => match thing {
            Some(thing) => {
                Err(thing.wrong("expected only with the stage `begun`, `updated` or `ended`"))
            }
            None => Ok(Stage::Once),
        },
        "begun" => Ok(Stage::Begun {
            thing: named(thing)?.unwrap_or_else(|| id.to_owned()),
        }),
        "updated" => Ok(Stage::Updated {
            thing: named(thing)?.ok_or_else(|| missing("updated"))?,
        }),
        "ended" => Ok(Stage::Ended {
            thing: named(thing)?.ok_or_else(|| missing("ended"))?,
        }),
        _ => Err(word.map_or_else(|| missing("once"), |word| word.refuse(expected))),
    }
}

fn camera(field: &Field) -> Result<CameraId, Refusal> {
    let id = field.any_text("the id of a camera")?;
    CameraId::new(id)
        .map_err(|error| field.wrong(format!("expected the id of a camera: {error:?}")))
}

fn place(field: Field) -> Result<Place, Refusal> {
    let nothing = field.wrong("expected `text`, or `lat` and `lon`");
    let alone = field.wrong("expected `lat` and `lon` together, and `accuracy_m` with them only");
    let mut fields = field.fields()?;
    let text = fields
        .take("text")
        .map(|text| text.prose(LONGEST_PLACE))
        .transpose()?;
    let lat = fields
        .take("lat")
        .map(|lat| lat.number(-90.0..=90.0))
        .transpose()?;
    let lon = fields
        .take("lon")
        .map(|lon| lon.number(-180.0..=180.0))
        .transpose()?;
    let accuracy_m = fields
        .take("accuracy_m")
        .map(|far| far.number(0.0..=1e6))
        .transpose()?;
    fields.end()?;
    let position = match (lat, lon) {
        (Some(lat_deg), Some(lon_deg)) => Some(Position { lat_deg, lon_deg }),
        (None, None) if accuracy_m.is_none() => None,
        _ => return Err(alone),
    };
    if text.is_none() && position.is_none() {
        return Err(nothing);
    }
    Ok(Place {
        text,
        position,
        accuracy_m,
    })
}

fn subject(field: Field) -> Result<Subject, Refusal> {
    let mut fields = field.fields()?;
    let kind = fields.need("kind")?.key(LONGEST_KEY)?;
    let text = fields.need("text")?.words(LONGEST_SUBJECT)?;
    fields.end()?;
    Ok(Subject { kind, text })
}

fn texts(field: Field) -> Result<Texts, Refusal> {
    let nothing = field.wrong("expected `kk`, `ru` or `en`");
    let mut fields = field.fields()?;
    let mut text = |name| {
        fields
            .take(name)
            .map(|text| text.prose(LONGEST_TEXT))
            .transpose()
    };
    let texts = Texts {
        kk: text("kk")?,
        ru: text("ru")?,
        en: text("en")?,
    };
    fields.end()?;
    if texts.is_empty() {
        return Err(nothing);
    }
    Ok(texts)
}

fn share(field: Field) -> Result<Share, Refusal> {
    let mut fields = field.fields()?;
    let mut edge = |name, range| fields.need(name).and_then(|edge| edge.number(range));
    let share = Share {
        left: edge("left", 0.0..=0.999)?,
        top: edge("top", 0.0..=0.999)?,
        width: edge("width", 0.001..=1.0)?,
        height: edge("height", 0.001..=1.0)?,
    };
    fields.end()?;
    Ok(share)
}

fn details(field: Field) -> Result<BTreeMap<String, Detail>, Refusal> {
    let many = field.wrong(format!("expected at most {MOST_DETAILS} details"));
    let all = field.fields()?.rest();
    if all.len() > MOST_DETAILS {
        return Err(many);
    }
    let one = |(name, field): (String, Field)| {
        if name.len() > LONGEST_KEY || !is_key(&name) {
            let reason = format!("expected a name of 1 to {LONGEST_KEY} of a–z, 0–9 and _");
            return Err(field.wrong(reason));
        }
        let value = if field.is_text() {
            Detail::Text(field.prose(LONGEST_PLACE)?)
        } else {
            Detail::Number(field.number(-LARGEST_NUMBER..=LARGEST_NUMBER)?)
        };
        Ok((name, value))
    };
    all.into_iter().map(one).collect()
}

fn still(field: &Field) -> Result<Still, Refusal> {
    let text = field.any_text("a JPEG in base64")?;
    Still::from_base64(text).map_err(|error| field.wrong(format!("expected a JPEG: {error}")))
}
