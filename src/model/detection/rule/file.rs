//! Rules as a file, TOML or JSON, with `format = 1`; the page `docs/ref/rules.md` describes it.
//!
//! What is not understood is refused by its place: nothing is guessed, nothing left out in silence.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Fault, Kind, Rule, What};
use crate::words::{Value as Word, Words};

/// The newest form that this program reads and the one it writes.
pub const FORMAT: u64 = 1;
/// The longest file, bytes.
pub const LONGEST: usize = 8 << 20;
/// The most rules of one file.
pub const MOST_RULES: usize = 20_000;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `[[rule]]` tables.
    Toml,
    /// An object with a list `rule`.
    Json,
}

impl Form {
    /// By the ending of the file's name: JSON for `.json`, else TOML.
    pub fn of(name: &str) -> Self {
        let json =
            name.len() >= 5 && name.as_bytes()[name.len() - 5..].eq_ignore_ascii_case(b".json");
        if json { Self::Json } else { Self::Toml }
    }
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFault {
    /// Which rule, from 1; 0 for the whole file.
    pub rule: usize,
    /// The rule's id, where it has one.
    pub id: String,
    /// The field, with a dot between a field and one within it; empty for the whole rule.
    pub field: String,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The text is no TOML or no JSON.
    Syntax {
        /// At which line, from 1; 0 when it is not known.
        line: usize,
        /// What the parser says, in English.
        why: String,
    },
    /// The file is too long.
    TooLong,
    /// Too many rules.
    TooMany,
    /// Written by a newer program.
    Newer {
        /// The form that it says.
        found: u64,
    },
    /// Something must be there and is not.
    Missing,
    /// A field that no rule has.
    Unknown,
    /// A kind that no rule has.
    UnknownKind {
        /// The word that stands there.
        word: String,
    },
    /// Something else must stand there.
    Wrong {
        /// What the reader says, in English.
        why: String,
    },
    /// Another rule of the camera has this id.
    Doubled,
    /// The rule cannot be carried out.
    Rule(Fault),
}

impl FileFault {
    /// In the words of who wrote the file.
    pub fn say(&self, words: Words) -> String {
        let problem = match &self.problem {
            Problem::Syntax { line, why } => words.with(
                "rules-syntax",
                &[("line", (*line).into()), ("why", why.as_str().into())],
            ),
            Problem::TooLong => words.with("rules-too-long", &[("most", LONGEST.into())]),
            Problem::TooMany => words.with("rules-too-many", &[("most", MOST_RULES.into())]),
            Problem::Newer { found } => words.with(
                "rules-newer",
                &[("found", (*found).into()), ("known", FORMAT.into())],
            ),
            Problem::Missing => words.get("rules-missing").into_owned(),
            Problem::Unknown => words.get("rules-unknown").into_owned(),
            Problem::UnknownKind { word } => {
                words.with("rules-unknown-kind", &[("kind", word.as_str().into())])
            }
            Problem::Wrong { why } => words.with("rules-wrong", &[("why", why.as_str().into())]),
            Problem::Doubled => words.get("rules-doubled").into_owned(),
            Problem::Rule(fault) => fault.say(words),
        };
        let values: [(&str, Word<'_>); 4] = [
            ("number", self.rule.into()),
            ("id", self.id.as_str().into()),
            ("field", self.field.as_str().into()),
            ("problem", problem.as_str().into()),
        ];
        match (self.rule, self.field.is_empty()) {
            (0, true) => problem,
            (0, false) => words.with("rules-at-field", &values[2..]),
            (_, true) => words.with("rules-at-rule", &values),
            (_, false) => words.with("rules-at-rule-field", &values),
        }
    }
}

/// What was read: the rules without fault, and what is wrong with the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// Rules that can be carried out.
    pub rules: Vec<Rule>,
    /// Everything that is wrong.
    pub faults: Vec<FileFault>,
}

/// Reads a file's text.
pub fn read(text: &str, form: Form) -> Loaded {
    let mut loaded = Loaded::default();
    match whole(text, form) {
        Ok(entries) => {
            let mut known = BTreeSet::new();
            for (index, entry) in entries.into_iter().enumerate() {
                let mut reader = Reader::new(index + 1);
                let rule = reader.rule(entry);
                if let Some(rule) = &rule
                    && !known.insert((rule.camera.clone(), rule.id.clone()))
                {
                    reader.fault("id", Problem::Doubled);
                }
                if reader.faults.is_empty() {
                    loaded.rules.extend(rule);
                }
                loaded.faults.append(&mut reader.faults);
            }
        }
        Err((field, problem)) => loaded.faults.push(FileFault {
            rule: 0,
            id: String::new(),
            field,
            problem,
        }),
    }
    loaded
}

/// The entries of a file whose form is known.
fn whole(text: &str, form: Form) -> Result<Vec<Value>, (String, Problem)> {
    let here = |problem| (String::new(), problem);
    if text.len() > LONGEST {
        return Err(here(Problem::TooLong));
    }
    let mut table = parsed(text.trim_start_matches('\u{feff}'), form).map_err(here)?;
    let at = |field: &str, problem| (field.to_owned(), problem);
    let wrong = |why: &str| Problem::Wrong {
        why: why.to_owned(),
    };
    match table.remove("format").as_ref().map(Value::as_u64) {
        None => return Err(at("format", Problem::Missing)),
        Some(Some(FORMAT)) => {}
        Some(Some(found)) if found > FORMAT => return Err(at("format", Problem::Newer { found })),
        Some(_) => return Err(at("format", wrong("expected 1"))),
    }
    let entries = match table.remove("rule") {
        None => Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(at("rule", wrong("expected a list of rules"))),
    };
    if let Some((field, _)) = table.into_iter().next() {
        return Err((field, Problem::Unknown));
    }
    if entries.len() > MOST_RULES {
        return Err(here(Problem::TooMany));
    }
    Ok(entries)
}

fn parsed(text: &str, form: Form) -> Result<Map<String, Value>, Problem> {
    match form {
        Form::Toml => {
            let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
                let line = error.span().map_or(0, |span| {
                    text[..text.floor_char_boundary(span.start)]
                        .matches('\n')
                        .count()
                        + 1
                });
                Problem::Syntax {
                    line,
                    why: error.message().to_owned(),
                }
            })?;
            let value = serde_json::to_value(table).map_err(|error| Problem::Wrong {
                why: error.to_string(),
            })?;
            match value {
                Value::Object(map) => Ok(map),
                _ => Ok(Map::new()),
            }
        }
        Form::Json => serde_json::from_str(text).map_err(|error| Problem::Syntax {
            line: error.line(),
            why: error.to_string(),
        }),
    }
}

/// The fields of a rule, besides `what`.
pub const FIELDS: [&str; 14] = [
    "id",
    "camera",
    "name",
    "enabled",
    "classes",
    "least_score",
    "least_height",
    "least_pixels",
    "schedule",
    "priority",
    "looks_per_s",
    "source",
    "confirm",
    "cooldown_s",
];

/// Reads one entry and remembers what is wrong with it.
struct Reader {
    number: usize,
    id: String,
    faults: Vec<FileFault>,
}

impl Reader {
    fn new(number: usize) -> Self {
        Self {
            number,
            id: String::new(),
            faults: Vec::new(),
        }
    }

    fn fault(&mut self, field: &str, problem: Problem) {
        self.faults.push(FileFault {
            rule: self.number,
            id: self.id.clone(),
            field: field.to_owned(),
            problem,
        });
    }

    /// The rule, as far as it can be read; with faults it is none to be carried out.
    fn rule(&mut self, entry: Value) -> Option<Rule> {
        let Value::Object(mut map) = entry else {
            let why = "expected a table".to_owned();
            self.fault("", Problem::Wrong { why });
            return None;
        };
        self.id = map
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .chars()
            .take(64)
            .collect();
        let unknown: Vec<String> = map
            .keys()
            .filter(|key| *key != "what" && !FIELDS.contains(&key.as_str()))
            .cloned()
            .collect();
        for key in unknown {
            self.fault(&key, Problem::Unknown);
            map.remove(&key);
        }
        let what = self.what(map.remove("what"))?;
        let (Some(id), Some(camera)) =
            (self.needed(&mut map, "id"), self.needed(&mut map, "camera"))
        else {
            return None;
        };
        let mut rule = Rule::new(id, camera, what);
        self.optional(&mut map, "enabled", &mut rule.enabled);
        self.optional(&mut map, "classes", &mut rule.classes);
        self.optional(&mut map, "least_score", &mut rule.least_score);
        self.optional(&mut map, "least_height", &mut rule.least_height);
        self.optional(&mut map, "least_pixels", &mut rule.least_pixels);
        self.optional(&mut map, "schedule", &mut rule.schedule);
        self.optional(&mut map, "priority", &mut rule.priority);
        self.optional(&mut map, "looks_per_s", &mut rule.looks_per_s);
        self.optional(&mut map, "source", &mut rule.source);
        self.optional(&mut map, "confirm", &mut rule.confirm);
        self.optional(&mut map, "cooldown_s", &mut rule.cooldown_s);
        if let Some(name) = map.remove("name") {
            match super::names(name) {
                Ok(name) => rule.name = name,
                Err(_no_names) => {
                    let why = "expected a text, or kk, ru and en".to_owned();
                    self.fault("name", Problem::Wrong { why });
                }
            }
        }
        if self.faults.is_empty() {
            for fault in rule.check() {
                let field = field_of(&fault, &rule.what);
                self.fault(field, Problem::Rule(fault));
            }
        }
        Some(rule)
    }

    fn what(&mut self, value: Option<Value>) -> Option<What> {
        let Some(value) = value else {
            self.fault("what", Problem::Missing);
            return None;
        };
        let Value::Object(map) = &value else {
            let why = "expected a table with a kind".to_owned();
            self.fault("what", Problem::Wrong { why });
            return None;
        };
        let Some(word) = map.get("kind") else {
            self.fault("what.kind", Problem::Missing);
            return None;
        };
        let Some(kind) = word.as_str().and_then(Kind::from_word) else {
            let text = word
                .as_str()
                .map_or_else(|| word.to_string(), str::to_owned);
            let word = text.chars().take(40).collect();
            self.fault("what.kind", Problem::UnknownKind { word });
            return None;
        };
        let before = self.faults.len();
        let (needed, optional) = kind.fields();
        for field in needed.iter().filter(|field| !map.contains_key(**field)) {
            self.fault(&format!("what.{field}"), Problem::Missing);
        }
        let is_known =
            |key: &str| key == "kind" || needed.contains(&key) || optional.contains(&key);
        for key in map.keys().filter(|key| !is_known(key)) {
            self.fault(&format!("what.{key}"), Problem::Unknown);
        }
        if self.faults.len() > before {
            return None;
        }
        match serde_json::from_value(value) {
            Ok(what) => Some(what),
            Err(error) => {
                let why = error.to_string();
                self.fault("what", Problem::Wrong { why });
                None
            }
        }
    }

    fn needed<T: DeserializeOwned>(
        &mut self,
        map: &mut Map<String, Value>,
        field: &str,
    ) -> Option<T> {
        let Some(value) = map.remove(field) else {
            self.fault(field, Problem::Missing);
            return None;
        };
        self.value(field, value)
    }

    fn optional<T: DeserializeOwned>(
        &mut self,
        map: &mut Map<String, Value>,
        field: &str,
        into: &mut T,
    ) {
        if let Some(value) = map.remove(field)
            && let Some(value) = self.value(field, value)
        {
            *into = value;
        }
    }

    fn value<T: DeserializeOwned>(&mut self, field: &str, value: Value) -> Option<T> {
        match serde_json::from_value(value) {
            Ok(value) => Some(value),
            Err(error) => {
                let why = error.to_string();
                self.fault(field, Problem::Wrong { why });
                None
            }
        }
    }
}

/// In which field a fault lies.
fn field_of(fault: &Fault, what: &What) -> &'static str {
    let shape = if what.zone().is_none() {
        "what.line"
    } else if what.zone().is_some_and(|zone| zone.check().contains(fault)) {
        "what.zone"
    } else {
        "what.line"
    };
    match fault {
        Fault::Id => "id",
        Fault::Camera => "camera",
        Fault::LongName { .. } => "name",
        Fault::TooFewPoints { .. }
        | Fault::TooManyPoints { .. }
        | Fault::PointNoNumber { .. }
        | Fault::PointOutside { .. }
        | Fault::SamePoint { .. }
        | Fault::Crosses { .. }
        | Fault::NoArea
        | Fault::LineTooShort => match what {
            What::WrongWay { .. } => "what.way",
            _ => shape,
        },
        Fault::NoDirection => "what.way",
        Fault::Part => "source",
        Fault::TooManyClasses { .. } | Fault::BadClass { .. } => "classes",
        Fault::TooManySpans { .. } | Fault::EmptySpan { .. } => "schedule",
        Fault::Range { field, .. } => field.word(),
    }
}

/// A file as it is written.
#[derive(Serialize)]
struct Written<'a> {
    format: u64,
    rule: &'a [Rule],
}

/// The text of a file with these rules.
///
/// # Errors
/// When a number of a rule is none; rules without fault are always written.
pub fn write(rules: &[Rule], form: Form) -> Result<String, String> {
    let file = Written {
        format: FORMAT,
        rule: rules,
    };
    match form {
        Form::Toml => toml::to_string(&file).map_err(|error| error.to_string()),
        Form::Json => serde_json::to_string_pretty(&file).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    /// The examples of the page, one of every kind.
    fn page() -> &'static str {
        let page = include_str!("../../../../docs/ref/rules.md");
        let start = page.find("```toml\n").expect("an example") + 8;
        page[start..].split("```").next().unwrap_or_default()
    }

    #[test]
    fn the_page_has_an_example_of_every_kind_and_every_field() {
        let loaded = read(page(), Form::Toml);
        assert_eq!(loaded.faults, []);
        let kinds: BTreeSet<Kind> = loaded.rules.iter().map(Rule::kind).collect();
        assert_eq!(kinds, Kind::ALL.into());
        let text = include_str!("../../../../docs/ref/rules.md");
        let words = Kind::ALL.map(Kind::word);
        let missing: Vec<_> = FIELDS
            .iter()
            .chain(&words)
            .filter(|word| !text.contains(&format!("`{word}`")))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let rules = read(page(), Form::Toml).rules;
        for form in [Form::Toml, Form::Json] {
            let text = write(&rules, form).expect("a text");
            let again = read(&text, form);
            assert_eq!(again.faults, [], "{text}");
            assert_eq!(again.rules, rules);
        }
        // The same JSON is the record of the store.
        for rule in &rules {
            let json = serde_json::to_string(rule).expect("JSON");
            assert_eq!(&serde_json::from_str::<Rule>(&json).expect("a rule"), rule);
        }
        assert_eq!(
            (Form::of("a.JSON"), Form::of("json")),
            (Form::Json, Form::Toml)
        );
    }

    #[test]
    fn what_is_not_understood_is_named_by_its_place() {
        let rule = |rest: &str| format!("format = 1\n[[rule]]\nid = \"a\"\ncamera = \"c\"\n{rest}");
        let zone = "{ kind = \"zone\", zone = { points = [[0.1,0.1],[0.9,0.1],[0.5,0.9]] } }";
        let check = |text: &str, expect: &str| {
            let loaded = read(text, Form::Toml);
            assert!(loaded.rules.is_empty(), "{text}");
            let english = Words::new(Language::En);
            let said: Vec<String> = loaded
                .faults
                .iter()
                .map(|fault| fault.say(english))
                .collect();
            assert!(said.join("; ").starts_with(expect), "{said:?} for {text}");
            for language in Language::ALL {
                let said = loaded.faults[0].say(Words::new(language));
                assert!(
                    !said.contains(['{', '}']) && !said.starts_with('['),
                    "{said}"
                );
            }
        };
        check("", "format: must be there");
        check(
            "format = 2\n[[thing]]",
            "format: the file was written by a newer program (format 2; this one knows 1)",
        );
        check("format = \"1\"", "format: cannot be understood");
        check("format = 1\nrule = 3", "rule: cannot be understood");
        check("format = 1\nrules = []", "rules: is not known");
        check("format = 1\n[[rule]\n", "line 2: ");
        check(&rule(""), "Rule 1 (a), what: must be there");
        check(
            &rule("what = { zone = 1 }"),
            "Rule 1 (a), what.kind: must be there",
        );
        check(
            &rule("what = { kind = \"gun\" }"),
            "Rule 1 (a), what.kind: there is no rule of the kind “gun”",
        );
        check(
            &rule("what = { kind = \"zone\" }"),
            "Rule 1 (a), what.zone: must be there",
        );
        check(
            &rule("what = { kind = \"dwell\", zone = 1, seconds = 2, size = 3 }"),
            "Rule 1 (a), what.size: is not known",
        );
        check(
            &rule("what = { kind = \"zone\", zone = { points = [[0.1]] } }"),
            "Rule 1 (a), what: cannot be understood",
        );
        check(
            &rule(&format!("what = {zone}\ncolour = 3")),
            "Rule 1 (a), colour: is not known",
        );
        check(
            &rule(&format!("what = {zone}\nleast_score = \"high\"")),
            "Rule 1 (a), least_score: cannot be understood",
        );
        check(
            &rule(&format!("what = {zone}\nleast_score = 3")),
            "Rule 1 (a), least_score: Least certainty must be from 0.05 to 1",
        );
        check(
            &rule(&format!("what = {zone}\npriority = 9")),
            "Rule 1 (a), priority: Priority must be from 1 to 5",
        );
        check(
            &rule(&format!(
                "what = {zone}\nschedule = [{{ from = \"8\", to = \"9:00\" }}]"
            )),
            "Rule 1 (a), schedule: cannot be understood",
        );
        check(
            &rule(
                "what = { kind = \"zone\", zone = { points = [[0.1,0.1],[0.9,0.9],[0.9,0.1],[0.1,0.9]] } }",
            ),
            "Rule 1 (a), what.zone: The edge from point 1 crosses the edge from point 3",
        );
        check(
            &rule("what = { kind = \"line\", line = { from = [0.1,0.1], to = [0.1,0.1] } }"),
            "Rule 1 (a), what.line: The line's ends lie in the same place",
        );
        check(
            "format = 1\n[[rule]]\nid = \"\"",
            "Rule 1 (), what: must be there",
        );
    }

    #[test]
    fn a_rule_with_a_fault_leaves_the_others() {
        let text = page().replacen("kind = \"zone\"", "kind = \"zones\"", 1);
        let loaded = read(&text, Form::Toml);
        assert_eq!(
            (loaded.rules.len(), loaded.faults.len()),
            (Kind::ALL.len(), 1)
        );
        let twice = format!("{}\n{}", page(), page().replacen("format = 1", "", 1));
        let loaded = read(&twice, Form::Toml);
        assert!(
            loaded
                .faults
                .iter()
                .all(|fault| fault.problem == Problem::Doubled)
        );
        assert_eq!(loaded.faults.len(), loaded.rules.len());
    }

    #[test]
    fn a_file_cut_anywhere_is_survived() {
        let text = page();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            read(&text[..end], Form::Toml);
        }
        let json = write(&read(text, Form::Toml).rules, Form::Json).expect("JSON");
        for end in (0..json.len())
            .step_by(7)
            .filter(|end| json.is_char_boundary(*end))
        {
            assert!(!read(&json[..end], Form::Json).faults.is_empty());
        }
    }
}
