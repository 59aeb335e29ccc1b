//! The calm part: one event about every half second, each an alarm of its own that somebody answers.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::colleague::Colleague;
use super::events::{Answered, CALM, Event, answered, class, event};
use super::loudspeaker::Loudspeaker;
use super::rota::Rota;
use super::wall::Wall;
use crate::app::measure::AlarmsMeasured;
use crate::base::clock;
use crate::bench::seat::{Seat, pause};
use crate::link::intake::sending::{Sent, send};
use crate::model::alarm::class::Classes;
use crate::sound::Description;

/// Who tells the events.
const SOURCE: &str = "bench.calm";
/// An event comes no sooner after the one before.
const APART: Duration = Duration::from_millis(500);
/// How long an event that finds no room is sent again.
const PATIENCE: Duration = Duration::from_secs(30);
/// What was told last has been shown, heard and answered after that.
const SETTLES: Duration = Duration::from_secs(4);

/// What the calm part found.
pub(super) struct Calm {
    /// Events that were told and kept.
    pub(super) told: usize,
    /// Alarms that were answered meanwhile.
    pub(super) answered: usize,
    /// What the wall measured.
    pub(super) alarms: AlarmsMeasured,
}

/// Tells events for so many seconds to a wall of its own.
pub(super) fn run(
    seat: &Seat,
    speaker: &Loudspeaker,
    folder: &Path,
    (tiles, seconds): (usize, f64),
) -> anyhow::Result<Calm> {
    let wall = Wall::open(seat, speaker, folder, tiles)?;
    let colleague = Colleague::start(folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let told = runtime.block_on(tell(&wall, Duration::from_secs_f64(seconds)))?;
    pause(SETTLES);
    let answered = colleague.stop()?;
    let measured = wall.leave()?;
    Ok(Calm {
        told,
        answered,
        alarms: measured.alarms,
    })
}

async fn tell(wall: &Wall, length: Duration) -> anyhow::Result<usize> {
    let classes = Classes::default();
    let mut rota = Rota::new(Description::own()?);
    let begun = clock::now();
    let mut due = Duration::ZERO;
    for n in 0.. {
        let key = CALM[n % CALM.len()];
        let of = class(&classes, key).context("a class of the program's own")?;
        let at = rota.place(of.family, of.priority, due);
        if at >= length {
            return Ok(n);
        }
        tokio::time::sleep_until((begun + at).into()).await;
        let camera = &wall.cameras[n * 7 % wall.cameras.len()];
        let (id, subject) = (format!("calm-{n}"), format!("T-{n:04}"));
        let event = event(
            (SOURCE, &id),
            (key, camera),
            Some(&subject),
            clock::wall_now(),
        )?;
        tell_one(wall, &event).await?;
        // It came when it was told, which may have been later than it was due.
        due = (clock::now() - begun).max(at + APART);
    }
    Ok(0)
}

/// Sends one event until it is kept.
async fn tell_one(wall: &Wall, event: &Event) -> anyhow::Result<()> {
    let until = clock::now() + PATIENCE;
    let mut last = String::new();
    while clock::now() < until {
        match send(&wall.events, &wall.token, event.message.to_string()).await {
            Sent::Told(told) => {
                let one = told.first().context("the door says nothing of it")?;
                match answered(&one.outcome) {
                    Some(Answered::Kept | Answered::Repeat) => return Ok(()),
                    Some(_) => bail!("an event is not taken: {}", one.error),
                    None => last.clone_from(&one.error),
                }
            }
            Sent::Away(why) => last = why,
            Sent::Refused(why) => bail!("{why}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("an event was not kept in time: {last}")
}
