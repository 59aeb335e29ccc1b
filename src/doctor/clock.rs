//! Whether the machine's clock follows a reference: recordings and cases are dated by it.

use super::finding::{Finding, Section};
use crate::base::synchronised::Synchronised;
use crate::words::Words;

/// Looks at this machine.
pub(super) fn look(words: Words) -> Vec<Finding> {
    let zone = jiff::tz::TimeZone::system();
    let zone = zone.iana_name().unwrap_or("unknown").to_owned();
    vec![
        finding(Synchronised::look(), words),
        Finding::ok(Section::Clock, "time-zone", zone),
    ]
}

fn finding(synchronised: Synchronised, words: Words) -> Finding {
    let name = "synchronised";
    match synchronised {
        Synchronised::Yes(says) => Finding::ok(Section::Clock, name, format!("yes, says {says}")),
        Synchronised::No(says) => Finding::warn(
            Section::Clock,
            name,
            format!("no, says {says}"),
            words.get("doctor-hint-clock"),
        ),
        Synchronised::Unknown => Finding::warn(
            Section::Clock,
            name,
            "unknown",
            words.get("doctor-hint-clock-unknown"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn what_is_not_sure_has_a_hint() {
        let words = Words::new(Language::Kk);
        assert!(finding(Synchronised::Yes("x"), words).hint.is_empty());
        assert!(!finding(Synchronised::No("x"), words).hint.is_empty());
        assert!(!finding(Synchronised::Unknown, words).hint.is_empty());
    }
}
