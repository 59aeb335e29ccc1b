//! What processes say goes into the wall's log, and cannot flood it.

use std::io::BufRead as _;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tracing::{debug, error, info, warn};

use crate::base::clock;

/// Lines of one process that are logged a second; a stream must not be able to flood the log.
const LINES_A_SECOND: u32 = 20;
/// No line is longer, bytes.
const LONGEST_LINE: usize = 500;

/// Logs what a process says.
pub(in crate::media) async fn relay(mut from: impl AsyncRead + Unpin, process: String) {
    let mut bytes = vec![0; 4096];
    let mut line = Vec::new();
    let mut second = clock::now();
    let mut lines = 0;
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
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
                say(&process, String::from_utf8_lossy(&line).trim());
            }
            line.clear();
        }
    }
}

/// Logs one line, at the level that it begins with.
fn say(process: &str, line: &str) {
    let (level, text) = line.split_once(' ').unwrap_or(("", line));
    match level {
        "ERROR" => error!(process, "{}", text.trim()),
        "INFO" => info!(process, "{}", text.trim()),
        "DEBUG" | "TRACE" => debug!(process, "{}", text.trim()),
        "WARN" => warn!(process, "{}", text.trim()),
        _ if line.is_empty() => {}
        _ => warn!(process, "{line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_child_says_to_the_log_is_cut() {
        let mut said = vec![b'x'; 9000];
        said.extend_from_slice("\n WARN häßlich\n".as_bytes());
        relay(said.as_slice(), "decode-1".to_owned()).await;
    }
}
