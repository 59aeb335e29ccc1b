//! `qyran roles`: who may do what, as one table.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::roles::{Answer, Right, Role, cell};
use crate::words::{Language, Words};

/// Print the table of roles and rights
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Args {
    /// Output language: kk, ru or en [default: system language, else en]
    #[arg(long)]
    pub lang: Option<Language>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    language: &'static str,
    roles: Vec<Named>,
    rights: Vec<Row>,
}

#[derive(Serialize)]
struct Named {
    key: &'static str,
    name: String,
}

#[derive(Serialize)]
struct Row {
    key: &'static str,
    name: String,
    answers: BTreeMap<&'static str, Answer>,
}

/// Prints the table.
///
/// # Errors
/// When the JSON cannot be written, which does not happen.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let words = Words::new(args.lang.unwrap_or_else(Language::of_the_system));
    let text = if args.json {
        serde_json::to_string_pretty(&report(words))?
    } else {
        table(words)
    };
    print(&text);
    Ok(())
}

fn report(words: Words) -> Report {
    let answers = |right| {
        Role::ALL
            .into_iter()
            .map(|role| (role.key(), cell(role, right)))
            .collect()
    };
    Report {
        language: words.language().tag(),
        roles: Role::ALL
            .into_iter()
            .map(|role| Named {
                key: role.key(),
                name: role.word(words).into_owned(),
            })
            .collect(),
        rights: Right::ALL
            .into_iter()
            .map(|right| Row {
                key: right.key(),
                name: right.word(words).into_owned(),
                answers: answers(right),
            })
            .collect(),
    }
}

/// The roles with their short names, then a line for each right, then what the marks mean.
fn table(words: Words) -> String {
    let wide = |text: &str| text.chars().count();
    let short = Role::ALL.map(|role| role.short_word(words));
    let column = short.iter().map(|text| wide(text)).max().unwrap_or(0) + 2;
    let names = Right::ALL.map(|right| right.word(words));
    let first = names.iter().map(|text| wide(text)).max().unwrap_or(0);

    let mut out = format!("{}\n\n", words.get("roles-title"));
    for (role, short) in Role::ALL.into_iter().zip(&short) {
        out.push_str(&format!("  {short:<column$}{}\n", role.word(words)));
    }
    out.push_str(&format!("\n{:first$}", ""));
    for short in &short {
        out.push_str(&format!("{short:>column$}"));
    }
    out.push('\n');
    for (right, name) in Right::ALL.into_iter().zip(&names) {
        out.push_str(&format!("{name:<first$}"));
        for role in Role::ALL {
            out.push_str(&format!("{:>column$}", cell(role, right).mark()));
        }
        out.push('\n');
    }
    for (answer, meaning) in [
        (Answer::Yes, words.get("roles-yes")),
        (Answer::WithSecond, words.get("roles-with-second")),
        (Answer::No, words.get("roles-no")),
    ] {
        out.push_str(&format!("\n  {}  {meaning}", answer.mark()));
    }
    out.push('\n');
    out
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
fn print(text: &str) {
    println!("{}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned_and_whole_in_every_language() {
        for language in Language::ALL {
            let words = Words::new(language);
            let table = table(words);
            for role in Role::ALL {
                assert!(table.contains(&*role.word(words)), "{role:?}");
            }
            let name = |right: Right| right.word(words).into_owned();
            let lines: Vec<&str> = Right::ALL
                .into_iter()
                .map(|right| {
                    table
                        .lines()
                        .find(|line| line.starts_with(&name(right)))
                        .expect("its line")
                })
                .collect();
            let widths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
            assert!(widths.iter().all(|width| *width == widths[0]), "{table}");
            assert!(widths[0] <= 120, "{} columns", widths[0]);
            // The last column is the administrator's.
            let last: Vec<char> = lines
                .iter()
                .filter_map(|line| line.chars().last())
                .collect();
            let expect: Vec<char> = Right::ALL
                .into_iter()
                .map(|right| cell(Role::Administrator, right).mark())
                .collect();
            assert_eq!(last, expect);
        }
    }

    #[test]
    fn the_json_has_every_cell() {
        let text = serde_json::to_string(&report(Words::new(Language::Kk))).expect("JSON");
        let read: serde_json::Value = serde_json::from_str(&text).expect("it parses");
        assert_eq!(read["language"], "kk");
        let rights = read["rights"].as_array().expect("a list");
        assert_eq!(rights.len(), Right::ALL.len());
        for right in rights {
            assert_eq!(
                right["answers"].as_object().expect("answers").len(),
                Role::ALL.len()
            );
        }
        let export = rights
            .iter()
            .find(|right| right["key"] == "export-evidence")
            .expect("it");
        assert_eq!(export["answers"]["senior"], "with-second");
        assert_eq!(export["answers"]["guest"], "no");
    }
}
