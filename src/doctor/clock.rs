//! Whether the machine's clock follows a reference: recordings and cases are dated by it.

use std::path::Path;
use std::process::{Command, Stdio};

use super::finding::{Finding, Section};
use crate::words::Words;

/// What is known about the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Synchronised {
    Yes(&'static str),
    No(&'static str),
    Unknown,
}

/// Looks at this machine.
pub(super) fn look(words: Words) -> Vec<Finding> {
    let flag = Path::new("/run/systemd/timesync/synchronized").exists();
    let chrony = printed("chronyc", &["-n", "tracking"]);
    let timedate = printed("timedatectl", &["show", "-p", "NTPSynchronized", "--value"]);
    let zone = jiff::tz::TimeZone::system();
    let zone = zone.iana_name().unwrap_or("unknown").to_owned();
    vec![
        finding(judge(flag, chrony.as_deref(), timedate.as_deref()), words),
        Finding::ok(Section::Clock, "time-zone", zone),
    ]
}

/// What a program printed, where it is there and succeeded.
fn printed(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

fn judge(flag: bool, chrony: Option<&str>, timedate: Option<&str>) -> Synchronised {
    if flag {
        return Synchronised::Yes("systemd-timesyncd");
    }
    if let Some(text) = chrony {
        let leap = text.lines().find(|line| line.starts_with("Leap status"));
        match leap
            .and_then(|line| line.split_once(':'))
            .map(|(_, v)| v.trim())
        {
            Some("Not synchronised") => return Synchronised::No("chrony"),
            Some(_) => return Synchronised::Yes("chrony"),
            None => {}
        }
    }
    match timedate.map(str::trim) {
        Some("yes") => Synchronised::Yes("timedatectl"),
        Some("no") => Synchronised::No("timedatectl"),
        _ => Synchronised::Unknown,
    }
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
    fn each_witness_is_believed_in_turn() {
        let good = "Stratum : 3\nLeap status     : Normal\n";
        let bad = "Leap status     : Not synchronised\n";
        let check = |flag, chrony, timedate, expect| {
            assert_eq!(judge(flag, chrony, timedate), expect);
        };
        check(
            true,
            Some(bad),
            None,
            Synchronised::Yes("systemd-timesyncd"),
        );
        check(false, Some(good), Some("no\n"), Synchronised::Yes("chrony"));
        check(false, Some(bad), Some("yes\n"), Synchronised::No("chrony"));
        check(false, None, Some("yes\n"), Synchronised::Yes("timedatectl"));
        check(false, None, Some("no\n"), Synchronised::No("timedatectl"));
        check(false, Some("garbage"), None, Synchronised::Unknown);
        check(false, None, None, Synchronised::Unknown);
    }

    #[test]
    fn what_is_not_sure_has_a_hint() {
        let words = Words::new(Language::Kk);
        assert!(finding(Synchronised::Yes("x"), words).hint.is_empty());
        assert!(!finding(Synchronised::No("x"), words).hint.is_empty());
        assert!(!finding(Synchronised::Unknown, words).hint.is_empty());
    }
}
