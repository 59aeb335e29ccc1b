//! Asking drivers from a child process.
//!
//! ALSA and graphics drivers print to standard error as they please, and a broken one takes the
//! process with it. So doctor starts itself once more for these questions, reads the answer from
//! the child's standard output, drops what it prints besides, and waits no longer than it must.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde::{Serialize, de::DeserializeOwned};

use super::{audio, graphics};
use crate::base::threads;

/// A driver that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a child is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Probe {
    /// Graphics adapters.
    Graphics,
    /// Sound outputs.
    Sound,
}

impl Probe {
    fn word(self) -> &'static str {
        match self {
            Self::Graphics => "graphics",
            Self::Sound => "sound",
        }
    }

    /// In the child: the answer as JSON.
    pub(super) fn answer(self) -> anyhow::Result<String> {
        fn json<T: Serialize>(answer: anyhow::Result<T>) -> anyhow::Result<String> {
            // The reason for a failure is an answer too.
            Ok(serde_json::to_string(
                &answer.map_err(|error| format!("{error:#}")),
            )?)
        }
        match self {
            Self::Graphics => json(Ok(graphics::adapters())),
            Self::Sound => json(audio::outputs()),
        }
    }

    /// In the parent: starts the child and reads its answer.
    pub(super) fn ask<T: DeserializeOwned>(self) -> anyhow::Result<T> {
        let program = std::env::current_exe().context("where this program lies")?;
        let mut child = Command::new(program)
            .args(["doctor", "--probe", self.word()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("a child process cannot be started")?;
        let mut pipe = child.stdout.take().context("the child has no output")?;
        let (answered, answer) = crossbeam_channel::bounded(1);
        threads::spawn("doctor-probe", move || {
            let text = std::io::read_to_string(&mut pipe);
            // The parent may have stopped waiting.
            answered.send(text).ok();
        })?;
        let Ok(text) = answer.recv_timeout(PATIENCE) else {
            // Already gone is as good as killed.
            child.kill().ok();
            child.wait()?;
            bail!("no answer from the driver in {} s", PATIENCE.as_secs());
        };
        let text = text?;
        let status = child.wait()?;
        read_answer(&text).with_context(|| format!("the child ended with {status}"))
    }
}

fn read_answer<T: DeserializeOwned>(text: &str) -> anyhow::Result<T> {
    // Drivers may print to standard output as well; the answer is the last line.
    let line = text.lines().last().ok_or_else(|| anyhow!("no answer"))?;
    let answer: Result<T, String> = serde_json::from_str(line)?;
    answer.map_err(anyhow::Error::msg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_failures_come_through() {
        let good: Vec<String> = read_answer("chatter\n{\"Ok\":[\"front\"]}\n").expect("an answer");
        assert_eq!(good, ["front"]);
        let bad = read_answer::<Vec<String>>("{\"Err\":\"no card\"}\n").expect_err("a failure");
        assert_eq!(bad.to_string(), "no card");
        assert!(read_answer::<Vec<String>>("").is_err());
        assert!(read_answer::<Vec<String>>("Segmentation fault").is_err());
    }

    #[test]
    fn each_probe_answers_in_json() {
        // Neither a card nor a loudspeaker need be there for an answer.
        let sound = Probe::Sound.answer().expect("an answer");
        assert!(
            sound.starts_with("{\"Ok\":") || sound.starts_with("{\"Err\":"),
            "{sound}"
        );
    }
}
