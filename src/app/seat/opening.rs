//! The seat's store is opened with the wall; without it the wall shows, and nobody can sign in.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Map;
use tracing::{error, warn};

use super::super::pacer::Pacer;
use super::super::start::Args;
use super::super::state::{Notice, State};
use super::SeatState;
use super::desk::{Desk, Heard, Joined, Open, Opened};
use super::session::{Panel, Session};
use crate::base::clock::{self, SystemClock};
use crate::link::door::{Door, DoorError};
use crate::link::intake::Intake;
use crate::link::token::Token;
use crate::model::alarm::class::{Classes, ClassesError};
use crate::store::database::{Address, Link, Options, Seal, Store, StoreError};
use crate::store::log::signer::Signer;
use crate::store::login;
use crate::store::paths::Paths;
use crate::store::spool::Spool;
use crate::words::Words;

/// The file of the key that this seat signs the log with, in the settings folder.
pub(crate) const KEY_FILE: &str = "seat-key";

/// The file of the token that the door's adapter shows, in the settings folder.
const DOOR_TOKEN: &str = "door.token";
/// Events of the door that wait; an adapter sends more of them again.
const DOOR_WAITS: usize = 16;

/// Opens the store of the seat and puts the seat into `state`.
pub(crate) fn open(
    args: &Args,
    paths: &Paths,
    state: &mut State,
    words: Words,
    pacer: &Arc<Pacer>,
) -> Option<Desk> {
    if args.open_seat {
        return None;
    }
    read_classes(paths, state);
    let settings = &state.settings;
    let name = args
        .seat
        .clone()
        .or_else(|| settings.seat.clone())
        .unwrap_or_else(name_of_machine);
    let centre = settings.centre.clone();
    let witness = settings.log_witness.clone();
    let address = args.store.clone().or_else(|| settings.store.clone());
    state.seat = SeatState::new(
        name.clone(),
        centre.clone(),
        Session::Nobody(Panel::default()),
    );
    if address.is_some() {
        state.seat.link = Link::Away {
            why: StoreError::Away {
                place: words.get("seat-store-of-the-centre").into_owned(),
                why: words.get("seat-not-reached-yet").into_owned(),
            },
            waiting: 0,
        };
    }
    let waker = Arc::clone(pacer);
    let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || waker.wake());
    let mut desk = Desk::new(paths.data.join("pages"), name.clone(), Arc::clone(&wake));
    let place = Place {
        address,
        paths: paths.clone(),
        seat: name,
        centre,
        witness,
        wake,
    };
    let open: Open = Arc::new(move || place.open());
    match open() {
        Ok(opened) => desk.take_store(opened),
        Err(problem) => {
            error!("{problem}");
            let problem = problem.say(words);
            let text = words.with("seat-no-store", &[("problem", problem.as_str().into())]);
            if let Some(panel) = state.seat.session.panel_mut() {
                panel.said = Some(text.clone());
            }
            state.seat.trouble = Some(problem);
            state.notices.push(Notice::Text(text));
            desk.open_later(open);
        }
    }
    let kind = if args.restarted.is_some() {
        "wall-restarted"
    } else {
        "wall-opened"
    };
    let mut detail = Map::new();
    if let Some(cause) = args.restarted {
        detail.insert("cause".to_owned(), cause.to_string().into());
    }
    desk.note(state, kind, None, detail);
    desk.know_settings(&[
        ("settings.toml", paths.settings_file()),
        ("alarms.toml", paths.classes_file()),
        ("sounds.toml", paths.config.join("sounds.toml")),
    ]);
    match Spool::open(&paths.spools()) {
        Ok(spool) => desk.spool_with(spool, state, clock::wall_now()),
        Err(problem) => error!("no thread for what is not recorded: {problem}"),
    }
    join_door(&mut desk, paths, state, pacer);
    hear_outside(&mut desk, paths, state, pacer);
    if args.demo_people {
        desk.make_demo_people();
    }
    Some(desk)
}

/// Events of the outside world come in over HTTP on this machine and as files, as the settings say.
fn hear_outside(desk: &mut Desk, paths: &Paths, state: &mut State, pacer: &Arc<Pacer>) {
    let waker = Arc::clone(pacer);
    let clock = Arc::new(SystemClock);
    let (mut intake, offers) = Intake::new(clock, Some(paths.stills()), move || waker.wake());
    let port = state.settings.events_port;
    if port != 0 {
        let keys = state.alarms.classes.iter().map(|(key, _)| key.to_string());
        let classes: Vec<String> = keys.filter(|key| !key.starts_with("seen.")).collect();
        let listens = Token::read_or_make(&paths.events_token())
            .map_err(|problem| problem.to_string())
            .and_then(|token| {
                let listens = intake.listen(port, token, move || classes.clone());
                listens.map_err(|problem| problem.to_string())
            });
        match listens {
            Ok(address) => tracing::info!(%address, "events are heard"),
            Err(problem) => {
                error!("{problem}");
                state.notices.push(Notice::Text(problem));
            }
        }
    }
    if let Some(folder) = &state.settings.events_folder {
        let folder = paths.config.join(folder);
        if let Err(problem) = intake.watch(&folder) {
            error!("{problem}");
            state.notices.push(Notice::Text(problem.to_string()));
        }
    }
    desk.hear_outside(Heard {
        _listening: intake,
        offers,
    });
}

/// The centre's own classes of alarms, where it has a file of them; a wrong one is told, and the
/// classes that come with the program hold.
fn read_classes(paths: &Paths, state: &mut State) {
    let file = paths.classes_file();
    let read = match fs::read_to_string(&file) {
        Ok(text) => Classes::default().with_file(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => Err(ClassesError::Syntax(error.to_string())),
    };
    match read {
        Ok(classes) => state.alarms.classes = Arc::new(classes),
        Err(problem) => {
            let text = format!("{}: {problem}", file.display());
            error!("{text}");
            state.notices.push(Notice::Text(text));
        }
    }
}

/// The door signs people in at this seat, where the settings say where its adapter connects.
fn join_door(desk: &mut Desk, paths: &Paths, state: &mut State, pacer: &Arc<Pacer>) {
    let Some(address) = &state.settings.door else {
        return;
    };
    let listen = || -> Result<Joined, DoorError> {
        let (sender, events) = crossbeam_channel::bounded(DOOR_WAITS);
        let waker = Arc::clone(pacer);
        let door = Door::open(
            &address.parse()?,
            Token::read(&paths.config.join(DOOR_TOKEN))?,
            &state.seat.name,
            sender,
            Arc::new(SystemClock),
            move || waker.wake(),
        )?;
        Ok(Joined { door, events })
    };
    match listen() {
        Ok(joined) => desk.join(joined),
        Err(problem) => {
            error!("the door is not joined: {problem}");
            state.notices.push(Notice::Text(problem.to_string()));
        }
    }
}

/// Where the seat's store is.
struct Place {
    address: Option<String>,
    paths: Paths,
    seat: String,
    centre: String,
    witness: Option<PathBuf>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Place {
    fn open(&self) -> Result<Opened, StoreError> {
        let config = &self.paths.config;
        let centre = match &self.address {
            None => None,
            Some(address) => {
                let password = login::password(config).map_err(|error| StoreError::Engine {
                    place: config.display().to_string(),
                    why: error.to_string(),
                })?;
                Some(Address::parse(address, password.as_ref())?)
            }
        };
        let (seal, key) = match Signer::open_or_make(&config.join(KEY_FILE), &self.seat) {
            Ok(signer) => {
                let key = signer.key().to_string();
                (Seal::new(signer, self.witness.clone()), Some(key))
            }
            Err(problem) => {
                error!("the log is not signed at this seat: {problem}");
                (Seal::none(), None)
            }
        };
        let options = Options {
            folder: self.paths.data.clone(),
            centre,
            seat: self.seat.clone(),
            centre_name: self.centre.clone(),
            seal: Arc::new(seal),
        };
        let store = Store::open(options, Arc::clone(&self.wake))?;
        Ok(Opened { store, key })
    }
}

fn name_of_machine() -> String {
    let said = fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("COMPUTERNAME").ok());
    let name: String = said
        .unwrap_or_default()
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(60)
        .collect();
    if name.is_empty() {
        warn!("this machine has no name; the seat is called “seat”");
        return "seat".to_owned();
    }
    name
}
