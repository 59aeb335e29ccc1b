//! Alarms at this seat: what the UI reads of them, and what somebody may wish.
//!
//! What there is stands in the records; here is how it is looked at: the queue, which alarm is chosen,
//! what is asked of whoever chose it, what was looked for, and what is on its way to the store.

mod cameras;
mod command;
mod figures;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

pub use cameras::CameraWatch;
pub use command::{
    ASK_REASONS, Across, AlarmTab, AlarmsCommand, Asking, PASS_TO, REASONS, SHELF_MINUTES,
};
pub use figures::Figures;

use super::state::State;
use crate::base::clock::WallTime;
use crate::model::act::Kept;
use crate::model::alarm::alarm::{Alarm, Past, State as Stands};
use crate::model::alarm::aside::Aside;
use crate::model::alarm::between::{Between, Papers, Standing};
use crate::model::alarm::class::{Class, ClassKey, Classes};
use crate::model::alarm::past::Query;
use crate::model::alarm::queue::{self, Part, Queue};
use crate::model::camera::{Camera, CameraId};
use crate::model::id::Id;
use crate::model::near::near;

/// The queue is looked through at least so often: floods end by themselves.
const LOOK_EVERY_NS: i64 = 1_000_000_000;

/// What was said and is not kept yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Of which class.
    pub class: ClassKey,
    /// On which camera.
    pub camera: Option<CameraId>,
    /// Since when.
    pub since: WallTime,
    /// How many.
    pub count: usize,
}

/// Alarms that are over, as they were looked for.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What was looked for.
    pub query: Query,
    /// What was found, the newest first.
    pub found: Vec<Kept<Past>>,
    /// What was found and cannot be read: a newer program wrote it.
    pub unreadable: Vec<Id>,
    /// The store is still looking.
    pub busy: bool,
    /// Why nothing was found, where the store could not look.
    pub trouble: Option<String>,
}

/// What is kept of the stream around an alarm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// The file; nothing before there is one.
    pub path: Option<std::path::PathBuf>,
    /// It has what came after, too.
    pub whole: bool,
    /// The time of its first picture.
    pub from: WallTime,
    /// The time of its last picture.
    pub to: WallTime,
    /// No container could be made of it: its units stand one behind the other as they came.
    pub as_it_came: bool,
    /// Why there is none.
    pub trouble: Option<String>,
}

/// What is held in memory of all open streams, so that what was before an alarm can be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InMemory {
    /// Bytes that are held.
    pub held_bytes: u64,
    /// The most bytes.
    pub cap_bytes: u64,
    /// Streams of which something is held.
    pub streams: usize,
    /// How much is held of the one with least, whole seconds.
    pub least_s: u64,
}

/// What a detector noticed, as a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crop {
    /// The number of its alarm.
    pub alarm: Id,
    /// Width and height, pixels.
    pub size: [usize; 2],
    /// Red, green and blue of each pixel, row after row from above.
    pub rgb: Arc<[u8]>,
    /// When the picture was taken.
    pub at: WallTime,
}

/// What the sounds of this seat do.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Sound {
    /// Nothing is known yet.
    #[default]
    Unknown,
    /// They can be heard.
    Ready,
    /// Nothing can be heard: why, and since when.
    Missing(String, WallTime),
}

/// Alarms as they are looked at here.
#[derive(Debug)]
pub struct Alarms {
    /// Their classes.
    pub classes: Arc<Classes>,
    /// Those that are open, in the order in which they want an answer.
    pub queue: Queue,
    /// How open alarms stand between centres, by their numbers.
    pub between: BTreeMap<Id, Between>,
    /// Which one is looked at, by its number.
    pub chosen: Option<Id>,
    /// What is shown of them.
    pub tab: AlarmTab,
    /// What is asked of whoever sits here.
    pub asking: Option<Asking>,
    /// What is not kept yet, for longer than it takes.
    pub waiting: Vec<Waiting>,
    /// How many occurrences wait besides.
    pub waiting_more: usize,
    /// How many occurrences there was no room for, since the store took something last.
    pub lost: u64,
    /// No disk takes what waits: when the program ends it is lost.
    pub only_in_memory: bool,
    /// Alarms that are over.
    pub history: History,
    /// How much it all is.
    pub figures: Figures,
    /// What the sounds do.
    pub sound: Sound,
    /// How many of the cameras near the chosen alarm were looked at.
    pub neighbour: usize,
    /// The numbers of the alarms that sound here, the most urgent first.
    pub sounding: Vec<Id>,
    /// What is kept of the streams around alarms of this seat, by their numbers.
    pub recordings: BTreeMap<Id, Recording>,
    /// The picture of the chosen alarm.
    pub crop: Option<Crop>,
    /// Who tested the sounds last at this seat, when, and whether all of them were played.
    pub tested: Option<(Id, WallTime, bool)>,
    /// What is held in memory of the streams.
    pub in_memory: InMemory,
    /// Which alarms began to sound, and when: for whoever measures it.
    pub began: Vec<(Id, Instant)>,
    /// Which news came in, by their identity, and when: for whoever measures it.
    pub came: Vec<(Id, Instant)>,
    looked: Option<(u64, WallTime)>,
    /// What counts as one place in a flood, by camera.
    areas: BTreeMap<CameraId, String>,
}

impl Default for Alarms {
    fn default() -> Self {
        Self {
            classes: Arc::new(Classes::default()),
            queue: Queue::default(),
            between: BTreeMap::new(),
            chosen: None,
            tab: AlarmTab::Queue,
            asking: None,
            waiting: Vec::new(),
            waiting_more: 0,
            lost: 0,
            only_in_memory: false,
            history: History::default(),
            figures: Figures::default(),
            sound: Sound::Unknown,
            neighbour: 0,
            sounding: Vec::new(),
            recordings: BTreeMap::new(),
            crop: None,
            tested: None,
            in_memory: InMemory::default(),
            began: Vec::new(),
            came: Vec::new(),
            looked: None,
            areas: BTreeMap::new(),
        }
    }
}

impl Alarms {
    /// Somebody else sits here: nothing is left of what the last person chose, asked or looked for.
    pub(super) fn forget(&mut self) {
        self.chosen = None;
        self.tab = AlarmTab::default();
        self.asking = None;
        self.history = History::default();
        self.neighbour = 0;
        self.crop = None;
    }

    /// The class of an alarm, where it is still known.
    pub fn class(&self, alarm: &Alarm) -> Option<&Class> {
        self.classes.get(&alarm.class)
    }
}

impl State {
    /// The open alarm of a number.
    pub fn alarm(&self, number: Id) -> Option<&Kept<Alarm>> {
        let alarms = &self.seat.records.alarms;
        alarms.iter().find(|kept| kept.value.number == number)
    }

    /// Whether an alarm, or the last of what was heard of it, has not been recorded for longer than
    /// that takes.
    pub fn waits_for_record(&self, kept: &Kept<Alarm>, wall: WallTime) -> bool {
        // In whichever direction: our clock may have been set back.
        let waited = wall.nanos_since(kept.value.last).unsigned_abs() >= 1_000_000_000;
        !self.seat.records.is_recorded(kept.id) && (waited || self.seat.trouble.is_some())
    }

    /// The alarm that is looked at.
    pub fn chosen_alarm(&self) -> Option<&Kept<Alarm>> {
        self.alarm(self.alarms.chosen?)
    }

    /// Why an alarm is aside.
    pub fn aside(&self, alarm: &Alarm, wall: WallTime) -> Option<Aside<'_>> {
        let now = self.seat.store_now(wall);
        self.seat.records.asides.of(alarm, now)
    }

    /// The camera of an alarm, where it is on this wall.
    pub fn camera_of(&self, alarm: &Alarm) -> Option<&Arc<Camera>> {
        let id = alarm.camera.as_ref()?;
        self.cameras.iter().find(|camera| camera.id == *id)
    }

    /// The most urgent alarm of a camera that nobody has seen.
    pub fn calling_of(&self, camera: &CameraId) -> Option<&Alarm> {
        // In the order of the queue: the first is the most urgent.
        let entries = self.alarms.queue.entries.iter();
        let alarms = &self.seat.records.alarms;
        entries
            .filter(|entry| entry.part == Part::Own)
            .flat_map(|entry| &entry.alarms)
            .filter_map(|index| alarms.get(*index))
            .map(|kept| &kept.value)
            .find(|alarm| alarm.camera.as_ref() == Some(camera) && alarm.state().calls())
    }

    /// How many alarms call, without those that are aside.
    pub fn num_calling(&self) -> usize {
        let alarms = &self.seat.records.alarms;
        let entries = self.alarms.queue.entries.iter();
        entries
            .filter(|entry| entry.part == Part::Own)
            .flat_map(|entry| &entry.alarms)
            .filter(|index| {
                alarms
                    .get(**index)
                    .is_some_and(|kept| kept.value.state().calls())
            })
            .count()
    }

    /// Whether an alarm is another centre's.
    pub fn is_elsewhere(&self, kept: &Kept<Alarm>) -> bool {
        kept.centre != self.seat.centre
    }

    /// The open alarms of this centre; those of others are not for it to answer.
    pub fn own_alarms(&self) -> impl Iterator<Item = &Kept<Alarm>> {
        let alarms = self.seat.records.alarms.iter();
        alarms.filter(|kept| !self.is_elsewhere(kept))
    }

    /// How an alarm stands between centres, where one asked for it.
    pub fn between(&self, alarm: &Alarm) -> Option<&Between> {
        self.alarms.between.get(&alarm.number)
    }

    /// Alarms that wait for an answer between centres: those of this centre that another asks for, and
    /// those of others that this one may take over now.
    pub fn between_waiting(&self) -> impl Iterator<Item = (&Kept<Alarm>, &Between)> {
        let alarms = self.seat.records.alarms.iter();
        alarms.filter_map(|kept| {
            let between = self.between(&kept.value)?;
            let waits = match between.standing {
                Standing::Asked => !self.is_elsewhere(kept),
                Standing::Granted => self.is_elsewhere(kept),
                _ => false,
            };
            waits.then_some((kept, between))
        })
    }

    /// What may be done about an alarm between this centre and another, with the key of each.
    pub fn across(&self, kept: &Kept<Alarm>) -> Vec<(&'static str, Across)> {
        let standing = self.between(&kept.value).map(|between| between.standing);
        if self.is_elsewhere(kept) {
            return match standing {
                Some(Standing::Asked) => vec![("G", Across::Withdraw)],
                Some(Standing::Granted) => {
                    vec![("Enter", Across::Take), ("G", Across::Withdraw)]
                }
                Some(Standing::Taken) => Vec::new(),
                Some(Standing::GivenBack | Standing::Recalled | Standing::Kept) | None => {
                    vec![("Enter", Across::Ask)]
                }
            };
        }
        if kept.value.origin.is_some() {
            let taken = matches!(standing, Some(Standing::Taken | Standing::Recalled));
            return taken
                .then_some(("G", Across::GiveBack))
                .into_iter()
                .collect();
        }
        match standing {
            Some(Standing::Asked) => vec![("G", Across::Grant), ("K", Across::Keep)],
            Some(Standing::Granted | Standing::Taken) => vec![("K", Across::Recall)],
            _ => Vec::new(),
        }
    }

    fn num_asked_of_us(&self) -> usize {
        let asked = |between: &&Between| {
            between.standing == Standing::Asked && between.request.value.owner == self.seat.centre
        };
        self.alarms.between.values().filter(asked).count()
    }

    /// Looks through the alarms where something changed; true when it did.
    pub fn look_through_alarms(&mut self, wall: WallTime) -> bool {
        let changed = self.seat.records.alarms_changed;
        let now = self.seat.store_now(wall);
        if let Some((seen, at)) = self.alarms.looked
            && seen == changed
            && (0..LOOK_EVERY_NS).contains(&now.nanos_since(at))
        {
            return false;
        }
        self.alarms.looked = Some((changed, now));
        let alarms = std::mem::take(&mut self.seat.records.alarms);
        let over = self.alarms.figures.over_within(now, queue::FLOOD_WITHIN_S);
        let areas = self.areas_of(&alarms);
        let area = |alarm: &Alarm| {
            let area = alarm.camera.as_ref().and_then(|camera| areas.get(camera));
            area.unwrap_or(&alarm.place).clone()
        };
        let records = &self.seat.records;
        let papers = Papers {
            claims: &records.claims,
            requests: &records.requests,
            answers: &records.answers,
        };
        let between = papers.between(&alarms, &self.seat.centre);
        // What this centre took over, by its number at its owner.
        let own = alarms.iter().filter(|kept| kept.centre == self.seat.centre);
        let copies: BTreeMap<Id, Id> = own
            .filter_map(|kept| Some((kept.value.origin.as_ref()?.number, kept.value.number)))
            .collect();
        // How often what others took over had happened by then, by the request.
        let theirs = alarms.iter().filter(|kept| kept.centre != self.seat.centre);
        let taken: BTreeMap<Id, u32> = theirs
            .filter_map(|kept| Some((kept.value.origin.as_ref()?.request, kept.value.count)))
            .collect();
        let part = |kept: &Kept<Alarm>| {
            // What happens again is told to its owner only, so the owner hears it.
            let with_another = || {
                let between = between.get(&kept.value.number)?;
                let known = taken.get(&between.request.id)?;
                let open = between.standing == Standing::Taken && kept.value.origin.is_none();
                Some(open && kept.value.count <= *known)
            };
            let elsewhere = kept.centre != self.seat.centre;
            let number = kept.value.number;
            if elsewhere && (kept.value.origin.is_some() || copies.contains_key(&number)) {
                Part::Nowhere
            } else if elsewhere || with_another() == Some(true) {
                Part::Elsewhere
            } else if records.asides.of(&kept.value, now).is_some() {
                Part::Aside
            } else {
                Part::Own
            }
        };
        let queue = Queue::of(&alarms, now, over, part, area);
        let sounding: Vec<Id> = queue::sounding(&alarms, part)
            .into_iter()
            .filter(|index| self.rings_here(&alarms[*index], wall))
            .map(|index| alarms[index].value.number)
            .collect();
        if let Some(copy) = self.alarms.chosen.and_then(|number| copies.get(&number)) {
            self.alarms.chosen = Some(*copy);
        }
        self.seat.records.alarms = alarms;
        let fresh = sounding
            .iter()
            .find(|number| !self.alarms.sounding.contains(number))
            .copied();
        self.alarms.areas = areas;
        self.alarms.queue = queue;
        self.alarms.sounding = sounding;
        let asked_before = self.num_asked_of_us();
        self.alarms.between = between;
        let free = self.side.is_none() && !self.is_drawing() && self.seat.session.is_operated();
        if free && self.num_asked_of_us() > asked_before {
            self.side = Some(super::command::Side::Alarms);
        }
        let own = self.seat.records.alarms.iter();
        let own = own.filter(|kept| kept.centre == self.seat.centre);
        self.alarms.figures.note_open(own.map(|kept| &kept.value));
        self.tell_alarmed_cameras();
        self.keep_chosen();
        if let Some(number) = fresh {
            self.call_for(number);
        }
        true
    }

    /// What counts as one place in a flood: the site of a camera, or its district.
    fn areas_of(&mut self, alarms: &[Kept<Alarm>]) -> BTreeMap<CameraId, String> {
        let mut areas = std::mem::take(&mut self.alarms.areas);
        for kept in alarms {
            let Some(id) = &kept.value.camera else {
                continue;
            };
            if areas.contains_key(id) {
                continue;
            }
            let camera = self.cameras.iter().find(|camera| camera.id == *id);
            let area = camera.map_or_else(String::new, |camera| {
                let names = [&camera.site, &camera.district];
                let named = names.map(|names| names.get(crate::words::Language::En));
                let first = named.into_iter().find(|name| !name.is_empty());
                first.unwrap_or_default().to_owned()
            });
            areas.insert(id.clone(), area);
        }
        areas
    }

    /// Whether an alarm sounds at this seat: it is of this centre, and its camera is in nobody else's
    /// sets who is there.
    fn rings_here(&self, kept: &Kept<Alarm>, wall: WallTime) -> bool {
        if kept.centre != self.seat.centre {
            return false;
        }
        let Some(camera) = &kept.value.camera else {
            return true;
        };
        let posts = self.seat.records.posts.iter();
        let answers = |classes: &[String]| {
            classes.is_empty() || classes.iter().any(|key| key == kept.value.class.as_str())
        };
        let mut holders = posts
            .filter(|post| answers(&post.value.alarms))
            .filter(|post| {
                post.value
                    .cameras
                    .iter()
                    .any(|watched| watched.camera == *camera)
            })
            .filter_map(|post| post.value.holder.as_ref())
            .peekable();
        if holders.peek().is_none() {
            return true;
        }
        let known = self.seat.known(wall);
        let mut elsewhere = false;
        for holder in holders {
            if holder.seat == self.seat.name {
                return true;
            }
            elsewhere |= known.is_there(holder.person);
        }
        !elsewhere
    }

    /// The cameras of open alarms are received, and never slowed.
    fn tell_alarmed_cameras(&mut self) {
        for duties in self.duties.values_mut() {
            duties.alarm = false;
        }
        let alarms = &self.seat.records.alarms;
        let wanted = alarms
            .iter()
            .filter(|kept| kept.centre == self.seat.centre)
            .filter(|kept| {
                // All alarms of a flood would open half the city.
                kept.value.state().calls() || Some(kept.value.number) == self.alarms.chosen
            })
            .filter_map(|kept| kept.value.camera.clone())
            .take(MOST_RECEIVED);
        for camera in wanted.collect::<Vec<_>>() {
            self.duties.entry(camera).or_default().alarm = true;
        }
        self.duties
            .retain(|_, duties| *duties != crate::model::quality::Duties::default());
    }

    /// What was chosen may be over.
    fn keep_chosen(&mut self) {
        let gone = self
            .alarms
            .chosen
            .is_some_and(|number| self.alarm(number).is_none());
        if gone {
            self.alarms.asking = None;
            self.alarms.chosen = self.first_calling();
            self.alarms.neighbour = 0;
        }
    }

    /// The alarm that wants an answer before all others.
    fn first_calling(&self) -> Option<Id> {
        let alarms = &self.seat.records.alarms;
        let mut entries = self.alarms.queue.entries.iter();
        entries.find_map(|entry| {
            let kept = alarms.get(*entry.alarms.first()?)?;
            (entry.part == Part::Own && kept.value.state().calls()).then_some(kept.value.number)
        })
    }

    /// A new alarm: the panel opens where nothing else stands, and shows it where nobody is at
    /// another.
    fn call_for(&mut self, number: Id) {
        use super::command::Side;
        let Some(kept) = self.alarm(number) else {
            return;
        };
        let urgent = kept.value.priority;
        if !self.seat.session.is_operated() {
            return;
        }
        if self.side.is_none() && !self.is_drawing() {
            self.side = Some(Side::Alarms);
        }
        let at_work = self.chosen_alarm().is_some_and(|chosen| {
            chosen.value.state() != Stands::Ended && chosen.value.priority >= urgent
        });
        if !at_work && self.alarms.asking.is_none() {
            self.alarms.chosen = Some(number);
            self.alarms.neighbour = 0;
        }
    }

    /// The camera of the alarm that is looked at: it is shown large beside the wall.
    pub fn hotspot(&self) -> Option<&CameraId> {
        if self.side != Some(super::command::Side::Alarms) {
            return None;
        }
        self.chosen_alarm()?.value.camera.as_ref()
    }

    /// Cameras near the place of an alarm, the nearest first; without the alarm's own.
    pub fn neighbours(&self, alarm: &Alarm) -> Vec<usize> {
        let own = self.camera_of(alarm);
        let place = alarm
            .position
            .or_else(|| own.and_then(|camera| camera.position));
        let Some(place) = place else {
            return Vec::new();
        };
        let cameras = self.cameras.iter().enumerate();
        near(
            cameras
                .filter(|(_, camera)| own.is_none_or(|own| own.id != camera.id))
                .filter(|(_, camera)| camera.service.may_be_seen())
                .map(|(index, camera)| (index, &**camera)),
            place,
        )
    }
}

/// So many cameras of alarms are received at once beside the page.
const MOST_RECEIVED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// A new field does not compile before it is decided whether it is somebody's.
    #[test]
    fn what_somebody_chose_and_looked_for_is_forgotten_and_what_there_is_stays() {
        let mut alarms = Alarms {
            chosen: Some(Id::named("alarm")),
            tab: AlarmTab::Aside,
            asking: Some(Asking::Shelve),
            neighbour: 2,
            crop: Some(Crop {
                alarm: Id::named("alarm"),
                size: [1, 1],
                rgb: vec![0; 3].into(),
                at: WallTime(0),
            }),
            sounding: vec![Id::named("alarm")],
            lost: 7,
            ..Alarms::default()
        };
        alarms.history.query.words = "123 ABC 02".into();
        alarms.history.busy = true;
        alarms.forget();
        let Alarms {
            // What there is, what calls and what the seat does about it.
            classes: _,
            queue: _,
            between: _,
            waiting: _,
            waiting_more: _,
            lost,
            only_in_memory: _,
            figures: _,
            sound: _,
            sounding,
            recordings: _,
            in_memory: _,
            began: _,
            came: _,
            looked: _,
            areas: _,
            // Who tested the sounds of the seat: asked for by who sits there.
            tested: _,
            chosen,
            tab,
            asking,
            history,
            neighbour,
            crop,
        } = alarms;
        assert_eq!((lost, sounding.len()), (7, 1));
        assert_eq!((chosen, tab), (None, AlarmTab::Queue));
        assert_eq!((asking, crop, neighbour), (None, None, 0));
        assert!(history.found.is_empty() && !history.busy);
        assert_eq!(history.query, Query::default());
    }
}
