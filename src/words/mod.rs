//! Every word the program shows, in Kazakh, Russian and English.
//!
//! The messages are Fluent files in `assets/words`, embedded and parsed once per language.
//! Here belong translations, plural forms, the writing of numbers and dates, the order of names,
//! and the fonts. Names of cameras and places are data and live in `model`.
//! Everything here may be called from any thread and never panics on a missing message.

#[cfg(test)]
mod checks;
mod collate;
mod date;
pub mod font;
mod language;
mod number;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::{FluentNumber, FluentNumberOptions};
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use parking_lot::Mutex;
use unic_langid::LanguageIdentifier;

pub use collate::{SortKey, sort_key};
pub use date::{date, date_time, time};
pub use language::Language;
pub use number::number;

type Bundle = FluentBundle<FluentResource>;

static KK: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Kk));
static RU: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Ru));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::En));

/// Faults already logged, so that a message drawn sixty times a second is reported once.
static REPORTED: Mutex<BTreeSet<(Language, String)>> = Mutex::new(BTreeSet::new());

/// Longer than any list of real faults; a bound against keys made at run time.
const MOST_REPORTED: usize = 1000;

/// The messages of one language. Copying costs nothing.
#[derive(Clone, Copy)]
pub struct Words {
    language: Language,
    bundle: &'static Bundle,
}

/// What a message's variable is filled with.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Words or names, shown as they are.
    Text(Cow<'a, str>),
    /// A whole number; it chooses the plural form.
    Whole(i64),
    /// A number with exactly so many digits after the decimal mark.
    Decimal {
        /// The number.
        value: f64,
        /// Digits after the mark.
        digits: u8,
    },
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

macro_rules! whole_from {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Value<'_> {
            fn from(number: $kind) -> Self {
                Self::Whole(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
    )*};
}
whole_from!(u8, u16, u32, i32, u64, i64, usize);

impl Words {
    /// The messages of `language`; parsed when first asked for.
    pub fn new(language: Language) -> Self {
        let bundle = match language {
            Language::Kk => &*KK,
            Language::Ru => &*RU,
            Language::En => &*EN,
        };
        Self { language, bundle }
    }

    /// The language spoken.
    pub fn language(self) -> Language {
        self.language
    }

    /// The message `key`, which has no variables.
    ///
    /// An unknown key comes back in brackets and is logged once.
    pub fn get(self, key: &str) -> Cow<'static, str> {
        self.formatted(key, None)
    }

    /// The message `key` with its variables filled in.
    ///
    /// An unknown key comes back in brackets, an unknown variable as `{$name}`; both are logged once.
    pub fn with(self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, fluent_value(value));
        }
        self.formatted(key, Some(&args)).into_owned()
    }

    /// Whether there is such a message.
    pub fn has(self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// A number with `digits` digits after the decimal mark, as this language writes it.
    pub fn number(self, value: f64, digits: usize) -> String {
        number(self.language, value, digits)
    }

    fn formatted(self, key: &str, args: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let bundle: &'static Bundle = self.bundle;
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            self.report(key, "no such message");
            return Cow::Owned(format!("[{key}]"));
        };
        let mut errors: Vec<FluentError> = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors);
        if let Some(error) = errors.first() {
            self.report(key, &error.to_string());
        }
        text
    }

    fn report(self, key: &str, problem: &str) {
        let mut reported = REPORTED.lock();
        if reported.len() < MOST_REPORTED && reported.insert((self.language, key.to_owned())) {
            tracing::warn!(
                language = self.language.tag(),
                key,
                problem,
                "a message is faulty"
            );
        }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Words").field(&self.language).finish()
    }
}

/// How many different messages were found faulty or missing since the start.
pub fn faults() -> usize {
    REPORTED.lock().len()
}

/// The embedded file of a language.
fn source(language: Language) -> &'static str {
    match language {
        Language::Kk => include_str!("../../assets/words/kk.ftl"),
        Language::Ru => include_str!("../../assets/words/ru.ftl"),
        Language::En => include_str!("../../assets/words/en.ftl"),
    }
}

/// Parses a language's file. A faulty message is left out and logged; the tests let none pass.
fn bundle(language: Language) -> Bundle {
    // Our own tags parse; the tests of plural forms would see it if one did not.
    let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![identifier]);
    // The marks that isolate directions of writing are for mixed scripts; fonts draw them as boxes.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match language {
        Language::Kk => |value, _| formatted_number(Language::Kk, value),
        Language::Ru => |value, _| formatted_number(Language::Ru, value),
        Language::En => |value, _| formatted_number(Language::En, value),
    }));
    let resource = FluentResource::try_new(source(language).to_owned()).unwrap_or_else(
        |(readable, errors)| {
            tracing::error!(
                language = language.tag(),
                ?errors,
                "messages cannot be read"
            );
            readable
        },
    );
    if let Err(errors) = bundle.add_resource(resource) {
        tracing::error!(language = language.tag(), ?errors, "messages are doubled");
    }
    bundle
}

fn fluent_value<'a>(value: &'a Value<'_>) -> FluentValue<'a> {
    match value {
        Value::Text(text) => FluentValue::String(Cow::Borrowed(text.as_ref())),
        Value::Whole(number) => FluentValue::Number(FluentNumber::new(
            *number as f64,
            FluentNumberOptions {
                minimum_fraction_digits: Some(0),
                ..FluentNumberOptions::default()
            },
        )),
        Value::Decimal { value, digits } => FluentValue::Number(FluentNumber::new(
            *value,
            FluentNumberOptions {
                minimum_fraction_digits: Some(usize::from(*digits)),
                ..FluentNumberOptions::default()
            },
        )),
    }
}

/// The bundle's formatter: only numbers need one.
fn formatted_number(language: Language, value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::Number(n) => Some(number(
            language,
            n.value,
            n.options.minimum_fraction_digits.unwrap_or(0),
        )),
        _ => None,
    }
}
