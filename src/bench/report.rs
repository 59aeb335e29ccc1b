//! Figures with their promises, as a table and as JSON.
#![expect(clippy::print_stdout, reason = "this is a command's output")]

use serde::Serialize;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Small numbers.
    Less,
    /// Large numbers.
    More,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Its name in scripts.
    pub key: &'static str,
    /// Its value.
    pub value: f64,
    /// Its unit, or empty.
    pub unit: &'static str,
    /// The bound that must hold.
    pub must: Option<f64>,
    /// The bound that is aimed at.
    pub aim: Option<f64>,
    /// Which way is better.
    pub better: Better,
}

impl Figure {
    /// A figure without a promise.
    pub fn plain(key: &'static str, value: f64, unit: &'static str) -> Self {
        Self {
            key,
            value,
            unit,
            must: None,
            aim: None,
            better: Better::Less,
        }
    }

    /// A figure that must not be larger than `must`.
    pub fn at_most(key: &'static str, value: f64, unit: &'static str, must: f64, aim: f64) -> Self {
        Self {
            must: Some(must),
            aim: Some(aim),
            ..Self::plain(key, value, unit)
        }
    }

    /// A figure that must not be smaller than `must`.
    pub fn at_least(
        key: &'static str,
        value: f64,
        unit: &'static str,
        must: f64,
        aim: f64,
    ) -> Self {
        Self {
            better: Better::More,
            ..Self::at_most(key, value, unit, must, aim)
        }
    }

    fn keeps(&self, bound: Option<f64>) -> bool {
        bound.is_none_or(|bound| match self.better {
            Better::Less => self.value <= bound,
            Better::More => self.value >= bound,
        })
    }

    /// Whether what must hold holds.
    pub fn is_kept(&self) -> bool {
        self.keeps(self.must)
    }
}

/// What a bench found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Which bench.
    pub bench: &'static str,
    /// On what.
    pub machine: String,
    /// The figures.
    pub figures: Vec<Figure>,
}

impl Report {
    /// Prints it; true when every promise was kept.
    pub fn tell(&self, json: bool) -> bool {
        if json {
            println!("{}", serde_json::to_string_pretty(self).unwrap_or_default());
        } else {
            print!("{}", self.table());
        }
        self.figures.iter().all(Figure::is_kept)
    }

    fn table(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("bench {} on {}\n", self.bench, self.machine);
        let row = |text: &mut String, cells: [&str; 6]| {
            let [key, value, unit, must, aim, verdict] = cells;
            // Writing to a string cannot fail.
            writeln!(
                text,
                "  {key:<16} {value:>10} {unit:<6} {must:>9} {aim:>9}  {verdict}"
            )
            .ok();
        };
        row(&mut text, ["figure", "value", "", "must", "aim", ""]);
        for figure in &self.figures {
            let sign = if figure.better == Better::Less {
                "≤"
            } else {
                "≥"
            };
            let bound = |bound: Option<f64>| {
                bound
                    .map(|b| format!("{sign} {}", short(b)))
                    .unwrap_or_default()
            };
            let verdict = match (figure.must, figure.is_kept(), figure.keeps(figure.aim)) {
                (None, ..) => "",
                (_, false, _) => "MISSED",
                (_, true, false) => "kept",
                (_, true, true) => "aim reached",
            };
            let cells = [short(figure.value), bound(figure.must), bound(figure.aim)];
            row(
                &mut text,
                [
                    figure.key,
                    &cells[0],
                    figure.unit,
                    &cells[1],
                    &cells[2],
                    verdict,
                ],
            );
        }
        text
    }
}

/// Three figures that count.
fn short(number: f64) -> String {
    let digits = match number.abs() {
        n if n >= 100.0 => 0,
        n if n >= 10.0 => 1,
        n if n >= 1.0 => 2,
        _ => 4,
    };
    format!("{number:.digits$}")
}

/// Processor and memory of this machine in one line.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| {
            line.strip_prefix("model name")
                .and_then(|rest| rest.split_once(':'))
        })
        .map_or("unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{cores} cores of {model}, {}-{}",
        std::env::consts::ARCH,
        std::env::consts::OS
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_promise_is_told_and_fails_the_bench() {
        let report = |value| Report {
            bench: "test",
            machine: "here".into(),
            figures: vec![
                Figure::at_most("cores", value, "cores", 0.75, 0.6),
                Figure::at_least("share", 0.995, "", 0.99, 0.999),
                Figure::plain("free", 1e6, ""),
            ],
        };
        assert!(report(0.7).figures.iter().all(Figure::is_kept));
        assert!(report(0.7).table().contains("kept"));
        assert!(!report(0.8).figures.iter().all(Figure::is_kept));
        assert!(report(0.8).table().contains("MISSED"));
        let json = serde_json::to_value(report(0.5)).unwrap();
        assert_eq!(json["figures"][0]["must"], 0.75);
        assert_eq!(json["figures"][2]["must"], serde_json::Value::Null);
    }
}
