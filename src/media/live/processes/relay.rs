//! What decoder processes say goes into the wall's log, and cannot flood it.

use std::io::{self, BufRead as _};
use std::time::Duration;

use tokio::net::unix::pipe;
use tracing::{debug, error, info, warn};

use crate::base::clock;

/// Lines of one process that are logged a second; a stream must not be able to flood the log.
const LINES_A_SECOND: u32 = 20;
/// No line is longer, bytes.
const LONGEST_LINE: usize = 500;

/// Logs what a process says.
pub(super) async fn relay(pipe: pipe::Receiver, decoder: u32) {
    let mut bytes = vec![0; 4096];
    let mut line = Vec::new();
    let mut second = clock::now();
    let mut lines = 0;
    loop {
        if pipe.readable().await.is_err() {
            return;
        }
        let count = match pipe.try_read(&mut bytes) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_gone) => return,
        };
        let mut here = &bytes[..count];
        while !here.is_empty() {
            // Reading from memory cannot fail.
            let taken = here.read_until(b'\n', &mut line).unwrap_or(0);
            if taken == 0 || line.last() != Some(&b'\n') && line.len() < LONGEST_LINE {
                break;
            }
            let now = clock::now();
            if now.saturating_duration_since(second) >= Duration::from_secs(1) {
                (second, lines) = (now, 0);
            }
            lines += 1;
            if lines <= LINES_A_SECOND {
                line.truncate(LONGEST_LINE);
                say(decoder, String::from_utf8_lossy(&line).trim());
            }
            line.clear();
        }
    }
}

/// Logs one line, at the level that it begins with.
fn say(decoder: u32, line: &str) {
    let (level, text) = line.split_once(' ').unwrap_or(("", line));
    match level {
        "ERROR" => error!(decoder, "{}", text.trim()),
        "INFO" => info!(decoder, "{}", text.trim()),
        "DEBUG" | "TRACE" => debug!(decoder, "{}", text.trim()),
        "WARN" => warn!(decoder, "{}", text.trim()),
        _ if line.is_empty() => {}
        _ => warn!(decoder, "{line}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::OwnedFd;

    use super::*;

    #[tokio::test]
    async fn what_a_child_says_to_the_log_is_cut() {
        let (reader, mut writer) = io::pipe().unwrap();
        let relay = tokio::spawn(relay(
            pipe::Receiver::from_owned_fd(OwnedFd::from(reader)).unwrap(),
            1,
        ));
        writer.write_all(&[b'x'; 9000]).unwrap();
        writer.write_all("\n WARN häßlich\n".as_bytes()).unwrap();
        drop(writer);
        relay.await.unwrap();
    }
}
