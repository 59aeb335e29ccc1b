//! Whether this machine's clock follows a reference, as the services that care for it say.

use std::path::Path;
use std::process::{Command, Stdio};

/// What is known about the clock, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronised {
    /// It follows a reference.
    Yes(&'static str),
    /// It follows none.
    No(&'static str),
    /// Nobody says.
    Unknown,
}

impl Synchronised {
    /// Looks at this machine. Starts small programs: not for the thread that draws.
    pub fn look() -> Self {
        let flag = Path::new("/run/systemd/timesync/synchronized").exists();
        let chrony = printed("chronyc", &["-n", "tracking"]);
        let timedate = printed("timedatectl", &["show", "-p", "NTPSynchronized", "--value"]);
        judge(flag, chrony.as_deref(), timedate.as_deref())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
