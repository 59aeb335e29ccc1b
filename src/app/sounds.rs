//! What sounds at this seat: the alarms that call here, each from the side on which its tile is.

use std::fs;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use tracing::error;

use super::alarms::Sound;
use super::pacer::Pacer;
use super::state::{Notice, State};
use crate::base::clock::WallTime;
use crate::model::alarm::alarm::Alarm;
use crate::model::alarm::{Family, Priority};
use crate::model::camera::CameraId;
use crate::sound::{Description, Options, Player, Ring, SoundEvent, State as Device};
use crate::store::paths::Paths;

/// So many alarms at most are handed to the sounds: two sound at once, and the rest in their turn.
const MOST: usize = 16;

/// The sounds of the program.
#[derive(Debug)]
pub(super) struct Sounds {
    player: Player,
    events: Receiver<SoundEvent>,
    told: Vec<(Ring, bool)>,
    volume: f32,
}

impl Sounds {
    /// Starts them; what is wrong with the centre's own description is told, and the program's holds.
    pub(super) fn start(paths: &Paths, state: &mut State, pacer: &Arc<Pacer>) -> Option<Self> {
        let own = Description::own();
        let file = paths.config.join("sounds.toml");
        let read = match fs::read_to_string(&file) {
            Ok(text) => Description::read(&text),
            Err(_none) => own.clone(),
        };
        let description = read.or_else(|problem| {
            let text = format!("{}: {problem}", file.display());
            error!("{text}");
            state.notices.push(Notice::Text(text));
            own
        });
        let volume = state.settings.sound_volume;
        let options = Options {
            description: description.ok()?,
            volume,
        };
        let waker = Arc::clone(pacer);
        match Player::start(options, Arc::new(move || waker.wake())) {
            Ok((player, events)) => Some(Self {
                player,
                events,
                told: Vec::new(),
                volume,
            }),
            Err(problem) => {
                error!(%problem, "no thread for the sounds");
                let now = crate::base::clock::wall_now();
                state.alarms.sound = Sound::Missing(problem.to_string(), now);
                None
            }
        }
    }

    /// Plays every sound once.
    pub(super) fn test(&self) {
        self.player.test();
    }

    /// Says what sounds now, and hears what the device does; how a test of the sounds ended.
    pub(super) fn step(&mut self, state: &mut State, wall: WallTime) -> Option<bool> {
        let volume = state.settings.sound_volume;
        if volume.to_bits() != self.volume.to_bits() {
            self.volume = volume;
            self.player.set_volume(volume);
        }
        let wanted = wanted(state);
        if wanted != self.told {
            self.player.set(wanted.clone());
            self.told = wanted;
        }
        let mut tested = None;
        while let Ok(event) = self.events.try_recv() {
            match event {
                SoundEvent::State(Device::Ready) => state.alarms.sound = Sound::Ready,
                SoundEvent::State(Device::Missing(why)) => {
                    // Since when is told from the first time on.
                    let since = match &state.alarms.sound {
                        Sound::Missing(_, since) => *since,
                        _ => wall,
                    };
                    state.alarms.sound = Sound::Missing(why, since);
                }
                SoundEvent::Began(alarm, at) => state.alarms.began.push((alarm, at)),
                SoundEvent::Tested(whole) => tested = Some(whole),
            }
        }
        tested
    }
}

/// The alarms that sound, and whether somebody has seen them: what is critical sounds on, quieter,
/// until somebody has said what it is.
fn wanted(state: &State) -> Vec<(Ring, bool)> {
    let alarms = &state.seat.records.alarms;
    let calling = state
        .alarms
        .sounding
        .iter()
        .filter_map(|number| state.alarm(*number))
        .map(|kept| (&kept.value, false));
    let seen = alarms
        .iter()
        .filter(|kept| kept.centre == state.seat.centre)
        .map(|kept| &kept.value)
        .filter(|alarm| alarm.priority == Priority::Critical && !alarm.state().calls())
        .filter(|alarm| alarm.settled().is_none() && alarm.passed.is_none())
        .filter(|alarm| owned_here(state, alarm))
        .map(|alarm| (alarm, true));
    calling
        .chain(seen)
        .take(MOST)
        .map(|(alarm, seen)| (ring(state, alarm), seen))
        .collect()
}

/// Whether the one who has it sits here: others need not be reminded.
fn owned_here(state: &State, alarm: &Alarm) -> bool {
    let owner = alarm.owner.as_ref();
    owner.is_some_and(|owner| owner.seat == state.seat.name)
}

fn ring(state: &State, alarm: &Alarm) -> Ring {
    // A class that is not known here sounds all the same.
    let class = state.alarms.class(alarm);
    Ring {
        alarm: alarm.number,
        family: class.map_or(Family::Equipment, |class| class.family),
        priority: alarm.priority,
        pan: alarm
            .camera
            .as_ref()
            .map_or(0.0, |camera| pan(state, camera)),
    }
}

/// Where on the desk the tile of a camera is: -1 left, 1 right; in the middle where it is on no page.
fn pan(state: &State, camera: &CameraId) -> f32 {
    let range = state.page_range();
    let Some(index) = range
        .clone()
        .find(|index| state.cameras[*index].id == *camera)
    else {
        return 0.0;
    };
    let Some(grid) = &state.grid else { return 0.0 };
    let columns = grid.columns.max(1);
    if columns == 1 {
        return 0.0;
    }
    let column = (index - range.start) % columns;
    column as f32 / (columns - 1) as f32 * 2.0 - 1.0
}
