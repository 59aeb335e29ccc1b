//! What doctor says about one thing, and the whole report.

use serde::Serialize;

use crate::words::Words;

/// How well a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// As it should be.
    Ok,
    /// The wall runs, with something less.
    Warn,
    /// The wall cannot run without it.
    Missing,
}

impl State {
    /// The message that names it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Ok => "doctor-state-ok",
            Self::Warn => "doctor-state-warn",
            Self::Missing => "doctor-state-missing",
        }
    }
}

/// Under which heading a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Section {
    /// Versions of the program and what it stands on.
    Programs,
    /// Graphics adapters.
    Graphics,
    /// Monitors.
    Display,
    /// GStreamer.
    Media,
    /// Loudspeakers.
    Sound,
    /// Processor and memory.
    Machine,
    /// Time.
    Clock,
    /// Folders and footage.
    Folders,
}

impl Section {
    /// All, in the order they are shown.
    pub(crate) const ALL: [Self; 8] = [
        Self::Programs,
        Self::Graphics,
        Self::Display,
        Self::Media,
        Self::Sound,
        Self::Machine,
        Self::Clock,
        Self::Folders,
    ];

    /// The message that names it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Programs => "doctor-section-programs",
            Self::Graphics => "doctor-section-graphics",
            Self::Display => "doctor-section-display",
            Self::Media => "doctor-section-media",
            Self::Sound => "doctor-section-sound",
            Self::Machine => "doctor-section-machine",
            Self::Clock => "doctor-section-clock",
            Self::Folders => "doctor-section-folders",
        }
    }
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// Its heading.
    pub(crate) section: Section,
    /// A stable name for scripts, e.g. "h264parse".
    pub(crate) name: String,
    /// How well it is.
    pub(crate) state: State,
    /// What was found, in English or in the machine's own words.
    pub(crate) value: String,
    /// What to do, in the reader's language; empty where all is well.
    pub(crate) hint: String,
}

impl Finding {
    /// All is well.
    pub(crate) fn ok(section: Section, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            section,
            name: name.into(),
            state: State::Ok,
            value: value.into(),
            hint: String::new(),
        }
    }

    /// The wall runs, but `hint` says what would help.
    pub(crate) fn warn(
        section: Section,
        name: impl Into<String>,
        value: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Warn,
            hint: hint.into(),
            ..Self::ok(section, name, value)
        }
    }

    /// The wall cannot run until `hint` is followed.
    pub(crate) fn missing(
        section: Section,
        name: impl Into<String>,
        value: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Missing,
            hint: hint.into(),
            ..Self::ok(section, name, value)
        }
    }
}

/// All findings. As JSON it is the object that `qyran doctor --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Whether the wall can run on this seat.
    pub(crate) ready: bool,
    /// Version of the program.
    pub(crate) version: &'static str,
    /// Language of the hints.
    pub(crate) language: &'static str,
    /// One entry per thing looked at.
    pub(crate) findings: Vec<Finding>,
}

impl Report {
    /// The report over `findings`: ready unless something is missing.
    pub(crate) fn new(words: Words, findings: Vec<Finding>) -> Self {
        Self {
            ready: findings.iter().all(|f| f.state != State::Missing),
            version: env!("CARGO_PKG_VERSION"),
            language: words.language().tag(),
            findings,
        }
    }

    /// Names of what is missing.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &str> {
        let missing = |f: &&Finding| f.state == State::Missing;
        self.findings
            .iter()
            .filter(missing)
            .map(|f| f.name.as_str())
    }

    /// The table for people.
    pub(crate) fn table(&self, words: Words) -> String {
        let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let state = |f: &Finding| words.get(f.state.key());
        let states = width(&mut self.findings.iter().map(|f| state(f).chars().count()));
        let names = width(&mut self.findings.iter().map(|f| f.name.chars().count()));
        let mut out = format!("{}\n", words.get("doctor-title"));
        for section in Section::ALL {
            let findings: Vec<&Finding> = self
                .findings
                .iter()
                .filter(|f| f.section == section)
                .collect();
            if findings.is_empty() {
                continue;
            }
            out.push_str(&format!("\n{}\n", words.get(section.key())));
            for finding in findings {
                let line = format!(
                    "  {:<states$}  {:<names$}  {}",
                    state(finding),
                    finding.name,
                    finding.value
                );
                out.push_str(line.trim_end());
                out.push('\n');
                if !finding.hint.is_empty() {
                    out.push_str(&format!("  {:<states$}  → {}\n", "", finding.hint));
                }
            }
        }
        let verdict = if self.ready {
            words.get("doctor-ready")
        } else {
            words.get("doctor-not-ready")
        };
        out.push_str(&format!("\n{verdict}\n"));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn only_what_is_missing_stops_the_wall() {
        let words = Words::new(Language::En);
        let ok = Finding::ok(Section::Sound, "output", "card");
        let warn = Finding::warn(Section::Sound, "output", "none", "attach one");
        let missing = Finding::missing(Section::Media, "appsrc", "not found", "install it");
        let ready = |findings: &[&Finding]| {
            Report::new(words, findings.iter().map(|f| (*f).clone()).collect()).ready
        };
        assert!(ready(&[&ok, &warn]));
        assert!(!ready(&[&ok, &missing]));
    }

    #[test]
    fn the_table_is_aligned_and_says_what_to_do() {
        for language in Language::ALL {
            let words = Words::new(language);
            let report = Report::new(
                words,
                vec![
                    Finding::ok(Section::Media, "a", "value one"),
                    Finding::missing(Section::Media, "longer", "value two", "do this"),
                ],
            );
            let table = report.table(words);
            let column = |text: &str| {
                let line = table.lines().find(|l| l.contains(text)).expect("the line");
                line.split(text).next().expect("before").chars().count()
            };
            assert_eq!(column("value one"), column("value two"), "{table}");
            assert!(table.contains("→ do this"));
            assert!(table.contains(&*words.get("doctor-not-ready")));
            assert!(
                !table.contains("doctor-"),
                "every heading has words: {table}"
            );
        }
    }
}
