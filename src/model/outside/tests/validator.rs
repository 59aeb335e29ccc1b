//! As much of JSON Schema (draft 2020-12) as the schema of events uses; a keyword that is not known
//! here fails, so that none is left out silently.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};

/// A schema.
pub(super) struct Validator {
    root: Value,
    patterns: RefCell<BTreeMap<String, Regex>>,
}

impl Validator {
    pub(super) fn new(root: Value) -> Self {
        Self {
            root,
            patterns: RefCell::default(),
        }
    }

    /// What `value` breaks, as the keyword and where it stands.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        self.by(&self.root, value)
    }

    fn by(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let keywords = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Bool(false) => return Err("a schema of nothing".to_owned()),
            other => other
                .as_object()
                .expect("a schema is an object or a truth value"),
        };
        for (keyword, by) in keywords {
            if !self.keyword(keyword, by, keywords, value)? {
                return Err(format!("{keyword}: {by}, of {value}"));
            }
        }
        Ok(())
    }

    fn keyword(
        &self,
        keyword: &str,
        by: &Value,
        beside: &Map<String, Value>,
        value: &Value,
    ) -> Result<bool, String> {
        let list = || by.as_array().expect("a list").iter();
        let members = || by.as_object().expect("an object").iter();
        let limit = || by.as_f64().expect("a number");
        let count = || by.as_u64().expect("a whole number") as usize;
        // Keywords of one type of value hold for every other.
        let text = value.as_str();
        let length = text.map(|text| text.chars().count());
        let number = value.as_f64();
        let object = value.as_object();
        let size = object.map(Map::len);
        let has = |name: &Value| {
            let name = name.as_str().expect("a name");
            object.is_none_or(|object| object.contains_key(name))
        };
        Ok(match keyword {
            "$schema" | "title" | "description" | "$defs" | "then" | "contentEncoding"
            | "contentMediaType" => true,
            "$ref" => {
                let place = by.as_str().and_then(|by| by.strip_prefix('#'));
                let target = self.root.pointer(place.expect("a place in this schema"));
                self.by(target.expect("it leads somewhere"), value)?;
                true
            }
            "type" => match by.as_str() {
                Some("object") => object.is_some(),
                Some("string") => text.is_some(),
                Some("number") => number.is_some(),
                other => panic!("type {other:?}"),
            },
            "const" => same(by, value),
            "enum" => list().any(|one| same(one, value)),
            "pattern" => text.is_none_or(|text| self.matches(by.as_str().expect("text"), text)),
            "format" => {
                assert_eq!(by, "date-time");
                text.is_none_or(is_day_of_its_month)
            }
            "minLength" => length.is_none_or(|length| length >= count()),
            "maxLength" => length.is_none_or(|length| length <= count()),
            "minimum" => number.is_none_or(|number| number >= limit()),
            "maximum" => number.is_none_or(|number| number <= limit()),
            "minProperties" => size.is_none_or(|size| size >= count()),
            "maxProperties" => size.is_none_or(|size| size <= count()),
            "required" => list().all(has),
            "dependentRequired" => members().all(|(name, needs)| {
                let there = object.is_some_and(|object| object.contains_key(name));
                !there || needs.as_array().expect("a list").iter().all(has)
            }),
            "propertyNames" => {
                for (name, _) in object.into_iter().flatten() {
                    self.by(by, &name.as_str().into())?;
                }
                true
            }
            "properties" => {
                for (name, schema) in members() {
                    if let Some(member) = object.and_then(|object| object.get(name)) {
                        self.by(schema, member)?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = beside.get("properties").and_then(Value::as_object);
                for (name, member) in object.into_iter().flatten() {
                    if !known.is_some_and(|known| known.contains_key(name)) {
                        self.by(by, member)?;
                    }
                }
                true
            }
            "anyOf" => list().any(|schema| self.by(schema, value).is_ok()),
            "allOf" => {
                for schema in list() {
                    self.by(schema, value)?;
                }
                true
            }
            "if" => {
                if self.by(by, value).is_ok() {
                    self.by(&beside["then"], value)?;
                }
                true
            }
            other => panic!("the keyword {other} is not known here"),
        })
    }

    fn matches(&self, pattern: &str, text: &str) -> bool {
        let mut patterns = self.patterns.borrow_mut();
        let compile = || Regex::new(pattern).expect("a pattern");
        let compiled = patterns.entry(pattern.to_owned()).or_insert_with(compile);
        compiled.is_match(text)
    }
}

/// Numbers are the same however they are written.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// What the pattern of a time cannot say: the month is one and the day is one of it.
fn is_day_of_its_month(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}
