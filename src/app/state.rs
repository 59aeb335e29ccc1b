//! The state of the program as plain data, and how commands and events change it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::alarms::Alarms;
use super::camera_file::Refused;
use super::command::{Command, Side, Tab};
use super::eyes::Eyes;
use super::rules::{Drawing, RulesCommand};
use super::seat::permit::{Permit, permit};
use super::seat::session::Panel;
use super::seat::{FourEyes, SeatState, Wish};
use super::spans::is_recording;
use crate::base::clock::{self, WallTime};
use crate::base::synchronised::Synchronised;
use crate::media::live::{Fact, FeedEvent, FeedId, FeedReport};
use crate::model::ages::Ages;
use crate::model::camera::{Camera, CameraId, Priority, StreamKind};
use crate::model::camera_clock::{ClockJudgement, ClockOffset};
use crate::model::condition::{
    self, Administration, Condition, Face, Link, Load, Picture as Seen, Shown, Tone,
};
use crate::model::history::{self, History, Trust};
use crate::model::layout::Grid;
use crate::model::quality::Duties;
use crate::model::roles::Right;
use crate::pixels::Picture;
use crate::store::cameras::{Encoding, RowError};
use crate::store::settings::{Fit, Settings};
use crate::words::Language;

/// One stream of a camera on the wall.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The texture's key.
    pub key: u64,
    /// What is known about it.
    pub condition: Condition,
    /// The newest picture, until it is painted.
    pub picture: Option<Arc<Picture>>,
    /// Arrival of the picture on the screen, earlier by what the network lags behind.
    pub shown: Option<Instant>,
    /// Arrival of the picture on the screen, as the detectors know it.
    pub arrival: Option<Instant>,
    /// Width / height of the picture on the screen.
    pub aspect: f32,
    /// Size of the decoded frame.
    pub size: (u32, u32),
    /// How old its pictures were when they were drawn.
    pub ages: Ages,
    /// The camera's clock against ours.
    pub clock_offset: Option<ClockOffset>,
    /// How it is decoded.
    pub report: FeedReport,
}

impl Stream {
    /// Just opened.
    pub fn new(key: u64, service: Administration, now: Instant) -> Self {
        Self {
            key,
            condition: Condition::new(service, now),
            picture: None,
            shown: None,
            arrival: None,
            aspect: 16.0 / 9.0,
            size: (0, 0),
            ages: Ages::default(),
            clock_offset: None,
            report: FeedReport::default(),
        }
    }

    /// A new picture goes to the screen; what arrives lies `lag` behind.
    pub fn take(&mut self, picture: Arc<Picture>, lag: Duration, now: Instant) {
        let (width, height) = picture.upright_size();
        if width > 0 && height > 0 {
            self.aspect = width as f32 / height as f32;
            self.size = (width, height);
        }
        self.ages
            .note(now.saturating_duration_since(picture.arrival));
        self.arrival = Some(picture.arrival);
        self.shown = Some(picture.arrival.checked_sub(lag).unwrap_or(picture.arrival));
        if self.condition.picture.value == Seen::None {
            self.condition.picture.set(Seen::Good, now);
        }
        self.picture = Some(picture);
    }
}

/// Something the operator should know that belongs to no tile.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Rows of the camera file that were left out.
    CameraRows(Vec<RowError>),
    /// There is no camera that could replace another.
    NoOtherCamera,
    /// Whoever sits here may not do that.
    NotAllowed(Right),
    /// A message already in the operator's language or from the system.
    Text(String),
}

/// A camera that cannot be relied on.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// Index into the cameras.
    pub index: usize,
    /// What its tile shows.
    pub shown: Shown,
    /// Since when.
    pub since: Instant,
    /// Its clock, where that is wrong.
    pub offset: Option<ClockOffset>,
}

/// A fault of the picture is seen within this time on any stream that has it.
const FAULT_SEEN_IN: Duration = Duration::from_secs(6);

/// Figures of the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Frames due.
    pub due: u64,
    /// Frames shown.
    pub shown: u64,
    /// Frames dropped since the start.
    pub dropped: u64,
    /// Processor share of this process, in cores.
    pub cores: Option<f32>,
}

/// What must be done outside after a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Write the settings.
    SaveSettings,
    /// Tell the window.
    FullScreen(bool),
    /// Read the camera file anew.
    ReadCameras(Encoding),
    /// Tell the camera's feeds.
    AcceptPicture(CameraId),
    /// What the seat is to do.
    Seat(Wish),
    /// A mask was lifted, or fell back.
    Mask(CameraId, bool),
    /// Close the window.
    Quit,
}

/// The state.
pub struct State {
    /// All cameras, in the order of the wall.
    pub cameras: Vec<Arc<Camera>>,
    /// Open streams.
    pub streams: BTreeMap<FeedId, Stream>,
    /// The person's choices.
    pub settings: Settings,
    /// Page shown, from 0.
    pub page: usize,
    /// Selected camera: index into `cameras`.
    pub selected: usize,
    /// Shown large.
    pub enlarged: bool,
    /// The list of keys is shown.
    pub help: bool,
    /// The window fills the screen.
    pub full_screen: bool,
    /// The camera file, where nothing of it is used.
    pub refused: Option<Refused>,
    /// Waiting to be read.
    pub notices: Vec<Notice>,
    /// Figures of the last second.
    pub figures: Figures,
    /// The grid of the page as it was last drawn.
    pub grid: Option<Grid>,
    /// What stands beside the wall.
    pub side: Option<Side>,
    /// The rule that is being drawn.
    pub drawing: Option<Drawing>,
    /// What else hangs on cameras than their tiles.
    pub duties: BTreeMap<CameraId, Duties>,
    /// Cameras whose tiles are so large that they show the large stream.
    pub mains: BTreeSet<CameraId>,
    /// How many steps quality is taken back.
    pub shed_steps: usize,
    /// The last day of every camera that was watched.
    pub histories: BTreeMap<CameraId, History>,
    /// Whether our own clock follows a reference.
    pub synchronised: Synchronised,
    /// Who sits here, and what is kept.
    pub seat: SeatState,
    /// Replacements that can be taken back: pairs of indices into `cameras`.
    pub(super) swaps: Vec<(usize, usize)>,
    /// So many of `cameras` are the sets that are watched here.
    pub(super) set: usize,
    /// So many of them on a page; 0: as many as on any.
    pub(super) set_at_once: u16,
    /// The cameras in the order in which they were read.
    pub(super) listed: Vec<CameraId>,
    /// Until when masks are lifted.
    pub lifted: BTreeMap<CameraId, Instant>,
    /// What the detectors see.
    pub eyes: Eyes,
    /// Alarms, as they are looked at.
    pub alarms: Alarms,
}

impl State {
    /// A wall of these cameras.
    pub fn new(cameras: Vec<Camera>, settings: Settings) -> Self {
        Self {
            listed: cameras.iter().map(|camera| camera.id.clone()).collect(),
            set: 0,
            set_at_once: 0,
            lifted: BTreeMap::new(),
            eyes: Eyes::default(),
            alarms: Alarms::default(),
            cameras: cameras.into_iter().map(Arc::new).collect(),
            streams: BTreeMap::new(),
            settings,
            page: 0,
            selected: 0,
            enlarged: false,
            help: false,
            full_screen: false,
            refused: None,
            notices: Vec::new(),
            figures: Figures::default(),
            grid: None,
            side: None,
            drawing: None,
            duties: BTreeMap::new(),
            mains: BTreeSet::new(),
            shed_steps: 0,
            histories: BTreeMap::new(),
            synchronised: Synchronised::Unknown,
            seat: SeatState::open_to_all(),
            swaps: Vec::new(),
        }
    }

    /// What a camera is worth at this seat.
    pub fn priority(&self, camera: &Camera) -> Priority {
        let own = self.settings.priorities.get(&camera.id);
        own.copied().unwrap_or(camera.priority)
    }

    /// Indices of the cameras whose streams are received: those of the page, and those on which
    /// something else hangs.
    pub fn watched(&self) -> Vec<usize> {
        let page = self.page_range();
        let mut others: BTreeSet<&CameraId> = self
            .duties
            .iter()
            .filter(|(_, duties)| duties.keep_receiving())
            .map(|(camera, _)| camera)
            .collect();
        for camera in &self.cameras[page.clone()] {
            others.remove(&camera.id);
        }
        // There may be thousands of cameras, and this is asked at every paint.
        if others.is_empty() {
            return page.collect();
        }
        let others = (0..self.cameras.len())
            .filter(|index| !page.contains(index) && others.contains(&self.cameras[*index].id));
        page.clone().chain(others).collect()
    }

    /// Language of the program.
    pub fn language(&self) -> Language {
        self.settings.language
    }

    /// The selected camera.
    pub fn selected_camera(&self) -> Option<&Arc<Camera>> {
        self.cameras.get(self.selected)
    }

    /// The camera that is shown large.
    pub fn enlarged_camera(&self) -> Option<&Arc<Camera>> {
        if self.enlarged {
            self.selected_camera()
        } else {
            None
        }
    }

    /// The streams that must be open: the small ones of the cameras that are watched, the large
    /// ones of large tiles.
    pub fn wanted_streams(&self) -> Vec<(FeedId, Arc<Camera>)> {
        let mut wanted = Vec::new();
        let large = self.enlarged_camera().map(|camera| &camera.id);
        let hotspot = self.hotspot();
        let watched = self.watched();
        let watched = watched.iter().map(|index| &self.cameras[*index]);
        for camera in watched.filter(|camera| camera.service.may_be_seen()) {
            wanted.push((feed_id(camera, StreamKind::Sub), Arc::clone(camera)));
            let is_large = large == Some(&camera.id)
                || self.mains.contains(&camera.id)
                || self.eyes.large.contains(&camera.id)
                || hotspot == Some(&camera.id);
            if is_large && camera.has_both_streams() {
                wanted.push((feed_id(camera, StreamKind::Main), Arc::clone(camera)));
            }
        }
        wanted.extend(self.recording_stream());
        wanted
    }

    /// A camera's stream, if it is open.
    pub fn stream(&self, camera: &Camera, kind: StreamKind) -> Option<&Stream> {
        self.streams.get(&feed_id(camera, kind))
    }

    /// Whether a camera is shown so large that its large stream is wanted: on its tile, alone on the wall,
    /// or beside the alarm that is looked at.
    pub fn is_large(&self, camera: &Camera) -> bool {
        self.mains.contains(&camera.id)
            || self.hotspot() == Some(&camera.id)
            || self
                .enlarged_camera()
                .is_some_and(|large| large.id == camera.id)
    }

    /// The stream to show of a camera: its large one where that is wanted, has a picture and is no
    /// worse than the small one. A fault that the small one shows stands until the large one has
    /// been looked at for as long as it takes to see it there.
    pub fn best_stream(&self, camera: &Camera, now: Instant) -> Option<(StreamKind, &Stream)> {
        let sub = self.stream(camera, StreamKind::Sub);
        if self.is_large(camera)
            && let Some(main) = self.stream(camera, StreamKind::Main)
            && main.shown.is_some()
        {
            let is_live = |stream: &Stream| stream.condition.link.value == Link::Live;
            let no_worse = match sub {
                None => true,
                Some(sub) if !is_live(sub) => true,
                Some(_) if !is_live(main) => false,
                Some(sub) => {
                    // What is disturbed is so on its own way here, which the other stream may not share.
                    let is_good = matches!(
                        sub.condition.picture.value,
                        Seen::None | Seen::Good | Seen::Disturbed
                    );
                    let judged = &main.condition.picture;
                    is_good
                        || judged.value != Seen::Good
                        || now.saturating_duration_since(judged.since) >= FAULT_SEEN_IN
                }
            };
            if no_worse {
                return Some((StreamKind::Main, main));
            }
        }
        sub.map(|sub| (StreamKind::Sub, sub))
    }

    /// The cameras of the page that cannot be relied on, worst first: what their tiles show.
    pub fn troubles(&self, now: Instant) -> Vec<Trouble> {
        let mut troubles: Vec<Trouble> = self
            .page_range()
            .filter_map(|index| {
                let camera = &self.cameras[index];
                let condition = match self.best_stream(camera, now) {
                    Some((_, stream)) => (stream.condition.clone(), stream.shown),
                    None => (Condition::new(camera.service, now), None),
                };
                let shown = condition::shown(&condition.0, condition.1, now);
                let offset = self
                    .stream(camera, StreamKind::Sub)
                    .and_then(|stream| stream.clock_offset)
                    .filter(|offset| offset.judge() != ClockJudgement::Fine);
                let is_trouble = shown.tone == Tone::Warn
                    || shown.face == Face::Hidden
                    || camera.service != Administration::InService;
                (is_trouble || offset.is_some()).then(|| Trouble {
                    index,
                    since: condition.0.since_of_trouble(),
                    shown,
                    offset,
                })
            })
            .collect();
        troubles.sort_by_key(|trouble| {
            let priority = self.priority(&self.cameras[trouble.index]);
            (
                std::cmp::Reverse(trouble.shown.tone),
                priority,
                trouble.index,
            )
        });
        troubles
    }

    /// Feeds of the page that are live and whose picture can be believed.
    pub fn num_live(&self) -> usize {
        self.cameras[self.page_range()]
            .iter()
            .filter_map(|camera| self.stream(camera, StreamKind::Sub))
            .filter(|stream| stream.condition.is_live())
            .count()
    }

    /// Tiles of the page that are slowed because the machine is short.
    pub fn num_slowed(&self) -> usize {
        self.cameras[self.page_range()]
            .iter()
            .filter(|_| self.shed_steps > 0 && !self.enlarged)
            .filter_map(|camera| self.stream(camera, StreamKind::Sub))
            .filter(|stream| stream.condition.load.value < Load::Full)
            .count()
    }

    /// A feed has something to say.
    pub fn hear(&mut self, event: FeedEvent, at: WallTime) {
        let Some(stream) = self.streams.get_mut(&event.feed) else {
            return;
        };
        match event.fact {
            Fact::Link(link) => stream.condition.link.set(link, event.at),
            Fact::Picture(picture) => stream.condition.picture.set(picture, event.at),
            Fact::IsSlow(is_slow) => {
                stream.condition.is_slow = is_slow;
                return;
            }
        };
        if event.feed.stream == StreamKind::Sub && !is_recording(&event.feed.camera) {
            let condition = &stream.condition;
            let trust = history::trust(
                &condition.link.value,
                condition.picture.value,
                condition.administration.value,
            );
            self.note_trust(event.feed.camera, at, trust);
        }
    }

    /// From `at` on a camera could be relied on so far.
    pub fn note_trust(&mut self, camera: CameraId, at: WallTime, trust: Trust) {
        let history = self.histories.entry(camera).or_default();
        history.note(at, trust);
        history.forget_before(at.plus_nanos(-(history::DAY.as_nanos() as i64)));
    }

    /// Does what is wished, where whoever sits here may wish it; returns what is to be done outside.
    pub fn apply(&mut self, command: Command) -> Vec<Effect> {
        match permit(&self.seat, &command) {
            Permit::Yes => {}
            // The panel over the wall says it already.
            Permit::NobodyHere => return Vec::new(),
            Permit::WantsSecond(right) => {
                self.seat.four_eyes = Some(FourEyes {
                    right,
                    command: Box::new(command),
                    panel: Panel::default(),
                });
                return Vec::new();
            }
            Permit::NotAllowed(right) => {
                self.notices
                    .retain(|notice| *notice != Notice::NotAllowed(right));
                self.notices.insert(0, Notice::NotAllowed(right));
                return Vec::new();
            }
        }
        match command {
            Command::Select(id) => {
                if let Some(index) = self.index_of(&id) {
                    self.select(index);
                }
            }
            Command::MoveSelection(step) => {
                let range = self.page_range();
                if let Some(grid) = &self.grid
                    && !range.is_empty()
                {
                    let here = self.selected.clamp(range.start, range.end - 1) - range.start;
                    let there = grid.step(here, range.len(), step.right, step.down);
                    self.selected = range.start + there;
                }
            }
            Command::Enlarge(id) => {
                if let Some(index) = id.and_then(|id| self.index_of(&id)) {
                    self.select(index);
                }
                self.enlarged = self.selected < self.cameras.len();
            }
            Command::Back => {
                if self.help {
                    self.help = false;
                } else if self.is_drawing() {
                    return self.rules_command(RulesCommand::Leave);
                } else if self.alarms.asking.take().is_some() {
                    // What was asked is not done.
                } else if self.side.is_some() {
                    self.side = None;
                } else if self.enlarged {
                    self.enlarged = false;
                } else {
                    self.notices.clear();
                }
            }
            Command::ToggleEnlarged => {
                self.enlarged = !self.enlarged && self.selected < self.cameras.len();
            }
            Command::NextPage => self.turn(1),
            Command::PreviousPage => self.turn(self.pages() - 1),
            Command::SetLanguage(language) => {
                self.settings.language = language;
                return vec![Effect::SaveSettings];
            }
            Command::ToggleBoxes => {
                let boxes = &mut self.settings.detectors.boxes;
                *boxes = !*boxes;
                return vec![Effect::SaveSettings];
            }
            Command::ToggleFit => {
                self.settings.fit = match self.settings.fit {
                    Fit::Letterbox => Fit::Crop,
                    Fit::Crop => Fit::Letterbox,
                };
                return vec![Effect::SaveSettings];
            }
            Command::ToggleFullScreen => {
                self.full_screen = !self.full_screen;
                return vec![Effect::FullScreen(self.full_screen)];
            }
            Command::ToggleHelp => self.help = !self.help,
            Command::ToggleSide(side) => {
                self.side = (self.side != Some(side)).then_some(side);
            }
            Command::ToggleCentre => {
                let open = matches!(self.side, Some(Side::Centre(_)));
                let may = |tab: &Tab| {
                    let command = Command::ToggleSide(Side::Centre(*tab));
                    permit(&self.seat, &command) == Permit::Yes
                };
                // What was refused wants to be seen first.
                let first = if self.seat.conflicts.is_empty() {
                    Tab::ALL.into_iter().find(may)
                } else {
                    Some(Tab::Conflicts)
                };
                self.side = first.filter(|_| !open).map(Side::Centre);
            }
            Command::LiftMask(id) => {
                if self.lift_mask(&id, clock::now()) {
                    return vec![Effect::Mask(id, true)];
                }
            }
            Command::LowerMask(id) => {
                if self.lower_mask(&id) {
                    return vec![Effect::Mask(id, false)];
                }
            }
            Command::ReplaceByNext => self.replace_by_next(),
            Command::UndoReplace => {
                if let Some((a, b)) = self.swaps.pop() {
                    self.cameras.swap(a, b);
                    self.select(a);
                }
            }
            Command::AcceptPicture(id) => return vec![Effect::AcceptPicture(id)],
            Command::SetPriority(id, priority) => {
                self.settings.priorities.insert(id, priority);
                return vec![Effect::SaveSettings];
            }
            Command::ReadCamerasAs(encoding) => return vec![Effect::ReadCameras(encoding)],
            Command::DismissNotice => {
                if !self.notices.is_empty() {
                    self.notices.remove(0);
                }
            }
            Command::Rules(command) => return self.rules_command(command),
            Command::Alarms(command) => return self.alarms_command(command),
            Command::Seat(wish) => {
                if matches!(wish, Wish::Rule(_)) {
                    self.rule_goes_out();
                }
                return vec![Effect::Seat(wish)];
            }
            Command::Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }
}

/// The id of a camera's stream.
pub fn feed_id(camera: &Camera, stream: StreamKind) -> FeedId {
    FeedId {
        camera: camera.id.clone(),
        stream,
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::Step;
    use super::*;
    use crate::model::layout::Rect;

    fn wall(cameras: usize, per_page: usize) -> State {
        let cameras = (0..cameras)
            .map(|n| {
                let mut camera = Camera::from_url(
                    CameraId::new(format!("c{n}")).unwrap(),
                    format!("rtsp://10.0.0.1/{n}/main").parse().unwrap(),
                );
                camera.sub_url = Some(format!("rtsp://10.0.0.1/{n}/sub").parse().unwrap());
                camera
            })
            .collect();
        let mut settings = Settings::default();
        settings.tiles_per_page = per_page;
        let mut state = State::new(cameras, settings);
        let area = Rect {
            x: 0.0,
            y: 0.0,
            w: 1920.0,
            h: 1056.0,
        };
        state.grid = Some(Grid::arrange(
            per_page.min(state.cameras.len()),
            area,
            16.0 / 9.0,
            2.0,
        ));
        state
    }

    fn wanted(state: &State) -> Vec<String> {
        state
            .wanted_streams()
            .iter()
            .map(|(id, _)| format!("{}{:?}", id.camera, id.stream))
            .collect()
    }

    #[test]
    fn only_the_page_and_the_enlarged_camera_are_open() {
        let mut state = wall(5, 3);
        assert_eq!(wanted(&state), ["c0Sub", "c1Sub", "c2Sub"]);
        state.apply(Command::Enlarge(Some(CameraId::new("c1").unwrap())));
        assert_eq!(wanted(&state), ["c0Sub", "c1Sub", "c1Main", "c2Sub"]);
        state.apply(Command::Back);
        state.apply(Command::NextPage);
        assert_eq!(wanted(&state), ["c3Sub", "c4Sub"]);
        state.apply(Command::NextPage);
        assert_eq!(state.page, 0);
        state.apply(Command::PreviousPage);
        assert_eq!((state.page, state.selected), (1, 3));
    }

    #[test]
    fn the_selection_moves_over_the_grid_and_no_further() {
        let mut state = wall(45, 45);
        state.apply(Command::MoveSelection(Step { right: 1, down: 1 }));
        assert_eq!(state.selected, 8);
        state.apply(Command::MoveSelection(Step { right: 0, down: -9 }));
        assert_eq!(state.selected, 1);
    }

    #[test]
    fn the_next_by_priority_takes_the_place_and_gives_it_back() {
        let mut state = wall(6, 2);
        let set = |state: &mut State, index: usize, level| {
            Arc::make_mut(&mut state.cameras[index]).priority = Priority::new(level).unwrap();
        };
        set(&mut state, 3, 1);
        set(&mut state, 5, 2);
        Arc::make_mut(&mut state.cameras[2]).service = Administration::InRepair;
        let bad = state.cameras[3].id.clone();
        state.note_trust(bad.clone(), WallTime(1), Trust::Bad);
        state.note_trust(bad, WallTime(2), Trust::Unwatched);
        let page = |state: &State| {
            state.cameras[..2]
                .iter()
                .map(|c| c.id.to_string())
                .collect::<Vec<_>>()
        };
        state.apply(Command::ReplaceByNext);
        assert_eq!(page(&state), ["c5", "c1"], "c3 matters more, but was bad");
        state.apply(Command::ReplaceByNext);
        assert_eq!(
            page(&state),
            ["c4", "c1"],
            "who was put aside does not come back"
        );
        state.apply(Command::ReplaceByNext);
        assert_eq!(page(&state), ["c3", "c1"], "better than none");
        state.apply(Command::ReplaceByNext);
        assert_eq!(state.notices, [Notice::NoOtherCamera]);
        for expect in [["c4", "c1"], ["c5", "c1"], ["c0", "c1"], ["c0", "c1"]] {
            state.apply(Command::UndoReplace);
            assert_eq!(page(&state), expect);
        }
    }

    #[test]
    fn a_fault_of_the_small_stream_stands_until_the_large_one_was_looked_at() {
        let mut state = wall(1, 1);
        let start = crate::base::clock::now();
        let camera = Arc::clone(&state.cameras[0]);
        for kind in [StreamKind::Sub, StreamKind::Main] {
            let mut stream = Stream::new(1, camera.service, start);
            stream.condition.link.set(Link::Live, start);
            stream.condition.picture.set(Seen::Good, start);
            stream.shown = Some(start);
            state.streams.insert(feed_id(&camera, kind), stream);
        }
        state.apply(Command::ToggleEnlarged);
        let kind = |state: &State, seconds| {
            let now = start + Duration::from_secs(seconds);
            state.best_stream(&camera, now).map(|(kind, _)| kind)
        };
        assert_eq!(kind(&state, 0), Some(StreamKind::Main));
        let sub = state.streams.get_mut(&feed_id(&camera, StreamKind::Sub));
        sub.unwrap().condition.picture.set(Seen::Frozen, start);
        assert_eq!(kind(&state, 1), Some(StreamKind::Sub), "frozen, as it was");
        assert_eq!(kind(&state, 7), Some(StreamKind::Main), "it lives there");
        let main = state.streams.get_mut(&feed_id(&camera, StreamKind::Main));
        main.unwrap().condition.picture.set(Seen::Frozen, start);
        assert_eq!(kind(&state, 1), Some(StreamKind::Main), "frozen there too");
    }

    #[test]
    fn what_something_hangs_on_is_received_on_every_page() {
        let mut state = wall(5, 2);
        let alarm = Duties {
            alarm: true,
            ..Duties::default()
        };
        state.duties.insert(CameraId::new("c4").unwrap(), alarm);
        assert_eq!(wanted(&state), ["c0Sub", "c1Sub", "c4Sub"]);
        Arc::make_mut(&mut state.cameras[1]).service = Administration::AccessClosed;
        assert_eq!(wanted(&state), ["c0Sub", "c4Sub"], "closed to this seat");
    }

    #[test]
    fn back_closes_one_thing_at_a_time() {
        let mut state = wall(3, 3);
        state.apply(Command::ToggleEnlarged);
        state.apply(Command::ToggleHelp);
        state.apply(Command::Back);
        assert!(!state.help && state.enlarged);
        state.apply(Command::Back);
        assert!(!state.enlarged);
    }

    #[test]
    fn an_empty_wall_survives_every_command() {
        let mut state = wall(0, 45);
        let commands = [
            Command::MoveSelection(Step { right: 1, down: 0 }),
            Command::ToggleEnlarged,
            Command::Enlarge(None),
            Command::NextPage,
            Command::PreviousPage,
            Command::Back,
            Command::DismissNotice,
        ];
        for command in commands {
            state.apply(command);
            assert!(!state.enlarged && state.wanted_streams().is_empty());
        }
    }
}
