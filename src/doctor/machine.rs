//! Processor, memory and the versions of what the program stands on.

use super::finding::{Finding, Section};
use crate::words::Words;

/// Cores that 45 feeds want: receive, decode and draw in software take about one.
const FEWEST_CORES: usize = 2;
/// Memory that 45 feeds want beside a desktop, in kB.
const LEAST_MEMORY_KB: u64 = 3_500_000;

/// The versions of the program and of the system.
pub(super) fn programs() -> Vec<Finding> {
    let system = std::fs::read_to_string("/etc/os-release")
        .ok()
        .and_then(|text| field(&text, "PRETTY_NAME", '=').map(|name| name.replace('"', "")))
        .unwrap_or_else(|| std::env::consts::OS.to_owned());
    vec![
        Finding::ok(Section::Programs, "qyran", env!("CARGO_PKG_VERSION")),
        Finding::ok(
            Section::Programs,
            "system",
            format!("{system}, {}", std::env::consts::ARCH),
        ),
    ]
}

/// Cores and memory of this machine.
pub(super) fn look(words: Words) -> Vec<Finding> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| field(&text, "model name", ':'))
        .unwrap_or_else(|| "processor".to_owned());
    let memory_kb = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| field(&text, "MemTotal", ':'))
        .and_then(|text| text.split_whitespace().next()?.parse().ok());
    findings(cores, &model, memory_kb, words)
}

fn findings(cores: usize, model: &str, memory_kb: Option<u64>, words: Words) -> Vec<Finding> {
    let value = format!("{cores} × {model}");
    let processor = if cores < FEWEST_CORES {
        let hint = words.with("doctor-hint-cores", &[("cores", FEWEST_CORES.into())]);
        Finding::warn(Section::Machine, "processor", value, hint)
    } else {
        Finding::ok(Section::Machine, "processor", value)
    };
    let value = memory_kb.map_or_else(
        || "unknown".to_owned(),
        |kb| format!("{:.1} GB", kb as f64 * 1024.0 / 1e9),
    );
    let memory = if memory_kb.is_some_and(|kb| kb >= LEAST_MEMORY_KB) {
        Finding::ok(Section::Machine, "memory", value)
    } else {
        let hint = words.with("doctor-hint-memory", &[("memory", "4 GB".into())]);
        Finding::warn(Section::Machine, "memory", value, hint)
    };
    vec![processor, memory]
}

/// What stands after `mark` on the first line whose name is `name`.
fn field(text: &str, name: &str, mark: char) -> Option<String> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(mark)?;
        (found.trim() == name).then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::words::Language;

    #[test]
    fn fields_of_the_kernel_are_read() {
        let text = "processor\t: 0\nmodel name\t: Fast One\nmodel name\t: Second\n";
        assert_eq!(field(text, "model name", ':').as_deref(), Some("Fast One"));
        assert_eq!(field("A=\"b c\"\n", "A", '=').as_deref(), Some("\"b c\""));
        assert_eq!(field("", "A", '='), None);
    }

    #[test]
    fn a_small_machine_is_warned_of() {
        let check = |cores, memory_kb, expect: [State; 2]| {
            let said = findings(cores, "model", memory_kb, Words::new(Language::En));
            assert_eq!([said[0].state, said[1].state], expect);
            assert!(
                said.iter()
                    .all(|f| f.hint.is_empty() == (f.state == State::Ok))
            );
        };
        check(8, Some(16_000_000), [State::Ok, State::Ok]);
        check(1, Some(2_000_000), [State::Warn, State::Warn]);
        check(2, None, [State::Ok, State::Warn]);
    }
}
