//! Addresses that are given to the wall itself instead of a camera file.
//!
//! What stands on a command line can be read by everybody on the machine (`/proc/*/cmdline`), and an
//! address may hold a password or a token. So a wall that finds addresses there starts itself anew in
//! the same process, without them, and reads them from its standard input; the watchdog hands them on
//! to each wall that it starts in the same way.

use std::ffi::OsString;
use std::io::{self, BufRead};

use super::start::Args;
use crate::model::redact;
use crate::model::stream_url::StreamUrl;

/// The switch for it.
const ON_STDIN: &str = "--addresses-on-stdin";
/// No more are read, bytes.
const MAX_BYTES: u64 = 4 << 20;

/// An address that is none.
#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    /// The standard input.
    #[error("the addresses cannot be read from the standard input: {0}")]
    Read(#[source] io::Error),
    /// This is no address. What it hides is left out.
    #[error("{shown} is no address: {source}")]
    Address {
        /// What may be told of it.
        shown: String,
        /// Why not.
        source: url::ParseError,
    },
    /// This program cannot be started anew.
    #[error("the addresses cannot be taken off the command line: {0}")]
    Hide(#[source] io::Error),
}

/// Reads the addresses that are to come on the standard input, one a line, up to an empty line or its
/// end; what follows is for others. Returns them as they were written.
///
/// # Errors
/// When it cannot be read, or one is no address.
pub fn read(args: &mut Args) -> Result<Vec<String>, GivenError> {
    if !args.addresses_on_stdin {
        return Ok(Vec::new());
    }
    let lines = lines(&mut io::stdin().lock()).map_err(GivenError::Read)?;
    for line in &lines {
        let address: StreamUrl = line.parse().map_err(|source| GivenError::Address {
            shown: redact::address(line),
            source,
        })?;
        args.addresses.push(address);
    }
    Ok(lines)
}

/// As [`read`] finds them.
pub fn written(addresses: &[String]) -> String {
    let lines = addresses.iter().map(|address| format!("{address}\n"));
    lines.chain(["\n".to_owned()]).collect()
}

fn lines(input: &mut impl BufRead) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut left = MAX_BYTES;
    loop {
        let mut line = String::new();
        let mut limited = io::Read::take(&mut *input, left);
        let read = limited.read_line(&mut line)?;
        left -= read as u64;
        let line = line.trim();
        if line.is_empty() {
            return Ok(lines);
        }
        lines.push(line.to_owned());
    }
}

/// Takes the addresses off the command line of this process. Returns when there are none.
///
/// # Errors
/// When the system refuses.
#[cfg(target_os = "linux")]
pub fn hide() -> Result<(), GivenError> {
    use std::fs::File;
    use std::io::{Seek as _, Write as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    let (kept, addresses) = apart(std::env::args_os());
    if addresses.is_empty() {
        return Ok(());
    }
    // Memory, since a pipe holds 64 KB and nobody reads it before this process is another.
    let memory = rustix::fs::memfd_create("qyran-addresses", rustix::fs::MemfdFlags::CLOEXEC);
    let start = || -> io::Result<io::Error> {
        let mut file = File::from(memory?);
        file.write_all(written(&addresses).as_bytes())?;
        file.rewind()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(kept.iter().skip(1)).arg(ON_STDIN).stdin(file);
        if let Some(name) = kept.first() {
            command.arg0(name);
        }
        Ok(command.exec())
    };
    Err(GivenError::Hide(start().unwrap_or_else(|error| error)))
}

/// Other systems show a command line to the same user alone.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn hide() -> Result<(), GivenError> {
    Ok(())
}

/// The command line without addresses of cameras, and these.
fn apart(arguments: impl Iterator<Item = OsString>) -> (Vec<OsString>, Vec<String>) {
    let mut addresses = Vec::new();
    let mut kept = Vec::new();
    for argument in arguments {
        let address = argument.to_str().filter(|text| {
            let scheme = text.split_once("://").map(|(scheme, _)| scheme);
            scheme.is_some_and(|scheme| scheme.to_ascii_lowercase().starts_with("rtsp"))
        });
        match address {
            Some(address) => addresses.push(address.trim().to_owned()),
            None => kept.push(argument),
        }
    }
    (kept, addresses)
}

/// What the reading of the command line says, without what the arguments hide.
pub fn discreet(said: &str, arguments: impl Iterator<Item = OsString>) -> String {
    let mut said = said.to_owned();
    for argument in arguments.filter_map(|argument| argument.into_string().ok()) {
        let may_hide = argument.contains("://") || argument.contains(['@', '=', '?']);
        if may_hide && !argument.starts_with('-') {
            said = said.replace(&argument, &redact::address(&argument));
        }
    }
    redact::addresses(&said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<OsString> {
        text.iter().map(OsString::from).collect()
    }

    #[test]
    fn addresses_go_off_the_command_line_and_come_back() {
        let given = [
            "qyran",
            "wall",
            "RTSP://h/T0ken",
            "--tiles",
            "4",
            "test:ball",
        ];
        let (kept, addresses) = apart(words(&given).into_iter());
        assert_eq!(kept, words(&["qyran", "wall", "--tiles", "4", "test:ball"]));
        assert_eq!(addresses, ["RTSP://h/T0ken"]);
        let text = written(&addresses) + "quit\n";
        let mut input = text.as_bytes();
        assert_eq!(lines(&mut input).unwrap(), addresses);
        assert_eq!(input, b"quit\n");
        assert_eq!(lines(&mut &b"rtsp://h/x"[..]).unwrap(), ["rtsp://h/x"]);
    }

    #[test]
    fn what_is_said_of_the_command_line_repeats_no_secret() {
        let arguments = ["rtsp://h:x/T0ken", "10.0.0.1/pwd=S3cret", "/srv/a.csv"];
        let said =
            "invalid value 'rtsp://h:x/T0ken', '10.0.0.1/pwd=S3cret', '/srv/a.csv', rtsp://i/T0ken";
        let told = discreet(said, words(&arguments).into_iter());
        assert_eq!(
            told,
            "invalid value 'rtsp://h:x/…', '10.0.0.1/…', '/srv/a.csv', rtsp://i/…"
        );
    }
}
