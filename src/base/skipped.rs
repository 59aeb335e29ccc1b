//! For tests: what could not be looked at here is counted and told, and fails where everything must be
//! there.

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write as _;

/// The file in which skips are counted, a line each; `make test` names it.
const COUNTED_IN: &str = "QYRAN_SKIPPED";
/// Where this is set, what a test needs must be there.
const NOTHING_SKIPPED: &str = "QYRAN_SKIP_NOTHING";

/// The running test, or a part of it, looks at nothing, for want of something that this machine can be
/// given: `why`.
///
/// # Panics
/// Where nothing may be skipped, as in the CI.
pub fn skip(why: impl Display) {
    assert!(
        std::env::var_os(NOTHING_SKIPPED).is_none(),
        "nothing was looked at: {why}"
    );
    skip_in_any_case(why);
}

/// The same for want of what nobody can give: a feature of the kernel, a machine that is fast enough.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
pub fn skip_in_any_case(why: impl Display) {
    let thread = std::thread::current();
    let line = format!("{}: {why}", thread.name().unwrap_or("a test"));
    println!("skipped: {line}");
    let Some(file) = std::env::var_os(COUNTED_IN) else {
        return;
    };
    // One write a line: the binaries write side by side.
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    if let Err(error) = written {
        println!("a skip is not counted: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    /// In a process of its own: what is set there holds for nobody else.
    #[test]
    fn a_skip_is_counted_and_fails_where_nothing_may_be_skipped() {
        if std::env::var_os("QYRAN_TEST_SKIP").is_some() {
            super::skip("for want of something");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let counted = folder.path().join("skipped");
        let run = |strict: bool| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command
                .args(["--exact", "base::skipped::tests::a_skip_is_counted_and_fails_where_nothing_may_be_skipped"])
                .env("QYRAN_TEST_SKIP", "1")
                .env(super::COUNTED_IN, &counted)
                .env_remove(super::NOTHING_SKIPPED);
            if strict {
                command.env(super::NOTHING_SKIPPED, "1");
            }
            command.output().unwrap().status.success()
        };
        assert!(run(false));
        let text = std::fs::read_to_string(&counted).unwrap();
        assert!(text.ends_with(": for want of something\n"), "{text}");
        assert!(!run(true));
    }
}
