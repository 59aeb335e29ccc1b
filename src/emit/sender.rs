//! Sends events and sends again what was not kept yet.

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::SmallRng;

use crate::base::backoff::{Backoff, Policy};
use crate::base::clock;
use crate::link::intake::sending::{Sent, Told, send};
use crate::link::token::Token;
use crate::model::outside::OutsideEvent;

/// The first wait is short: a wall that is busy has room soon.
const WAITS: Policy = Policy {
    first: Duration::from_millis(200),
    most: Duration::from_secs(5),
    factor: 1.8,
    jitter: 0.3,
};

/// How events fared.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fared {
    /// Kept, now or before.
    pub(super) kept: u64,
    /// Refused, or in conflict with another.
    pub(super) refused: u64,
}

/// The way to one door.
pub(super) struct Sender {
    url: String,
    token: Token,
    wait: Duration,
    chance: SmallRng,
}

impl Sender {
    /// To the door at `url`, trying for as long as `wait`.
    pub(super) fn new(url: String, token: Token, wait: Duration) -> Self {
        Self {
            url,
            token,
            wait,
            chance: SmallRng::from_os_rng(),
        }
    }

    /// Sends events in their order until each is answered; says a line of each. Whether all were
    /// answered before the wait ended; what was not is said to be unsent.
    ///
    /// # Errors
    /// When the door does not take this sender.
    pub(super) async fn send(
        &mut self,
        mut events: Vec<OutsideEvent>,
        fared: &mut Fared,
        say: &mut dyn FnMut(&str),
    ) -> anyhow::Result<bool> {
        let begun = clock::now();
        let mut backoff = Backoff::new(WAITS);
        while !events.is_empty() {
            let why = self.once(&mut events, fared, say).await?;
            if events.is_empty() {
                break;
            }
            let wait = backoff.next_wait(&mut self.chance);
            if clock::now().saturating_duration_since(begun) + wait > self.wait {
                for event in &events {
                    say(&format!("unsent {} {}: {why}", event.source, event.id));
                }
                return Ok(false);
            }
            tracing::debug!(why, unsent = events.len(), "sent again soon");
            tokio::time::sleep(wait).await;
        }
        Ok(true)
    }

    /// One request; leaves what has to be sent again, and says why.
    async fn once(
        &self,
        events: &mut Vec<OutsideEvent>,
        fared: &mut Fared,
        say: &mut dyn FnMut(&str),
    ) -> anyhow::Result<String> {
        let lines: Vec<String> = events.iter().map(OutsideEvent::to_json).collect();
        let told = match send(&self.url, &self.token, lines.join("\n")).await {
            Sent::Away(why) => return Ok(why),
            Sent::Refused(why) => anyhow::bail!(why),
            Sent::Told(told) => told,
        };
        let whole = told.first().map_or("no answer", |told| told.error.as_str());
        anyhow::ensure!(
            told.len() == events.len(),
            "the door answers {} of {} events: {whole}",
            told.len(),
            events.len()
        );
        let mut why = String::new();
        let mut answers = told.into_iter();
        events.retain(|event| {
            answers.next().is_none_or(|told| {
                let busy = told.outcome == "busy";
                if busy {
                    why.clone_from(&told.error);
                } else {
                    say(&sentence(event, &told));
                    match told.outcome.as_str() {
                        "kept" | "repeat" => fared.kept += 1,
                        _ => fared.refused += 1,
                    }
                }
                busy
            })
        });
        Ok(why)
    }
}

/// What became of an event, in one line.
fn sentence(event: &OutsideEvent, told: &Told) -> String {
    let mut line = format!("{} {} {}", told.outcome, event.source, event.id);
    for more in told.remarks.iter().chain(Some(&told.error)) {
        if !more.is_empty() {
            // Another program may be at the port: nothing of it reaches the terminal as a command.
            let plain: String = more.chars().filter(|c| !c.is_control()).take(500).collect();
            line.push_str(&format!(": {plain}"));
        }
    }
    line
}
