//! The state of the program as plain data, and how commands and events change it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::command::Command;
use crate::media::live::{Fact, FeedEvent, FeedId};
use crate::model::camera::{Camera, CameraId, StreamKind};
use crate::model::condition::{Administration, Condition, Picture as PictureState};
use crate::model::layout::Grid;
use crate::pixels::Picture;
use crate::store::cameras::RowError;
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
    /// Arrival of the picture on the screen.
    pub shown: Option<Instant>,
    /// Width / height of the picture on the screen.
    pub aspect: f32,
    /// Size of the decoded frame.
    pub size: (u32, u32),
}

impl Stream {
    /// Just opened.
    pub fn new(key: u64, service: Administration, now: Instant) -> Self {
        Self {
            key,
            condition: Condition::new(service, now),
            picture: None,
            shown: None,
            aspect: 16.0 / 9.0,
            size: (0, 0),
        }
    }

    /// A new picture goes to the screen.
    pub fn take(&mut self, picture: Arc<Picture>, now: Instant) {
        let (width, height) = picture.upright_size();
        if width > 0 && height > 0 {
            self.aspect = width as f32 / height as f32;
            self.size = (width, height);
        }
        self.shown = Some(picture.arrival);
        if self.condition.picture.value == PictureState::None {
            self.condition.picture.set(PictureState::Good, now);
        }
        self.picture = Some(picture);
    }
}

/// Something the operator should know that belongs to no tile.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Rows of the camera file that were left out.
    CameraRows(Vec<RowError>),
    /// A message already in the operator's language or from the system.
    Text(String),
}

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write the settings.
    SaveSettings,
    /// Tell the window.
    FullScreen(bool),
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
    /// Waiting to be read.
    pub notices: Vec<Notice>,
    /// Figures of the last second.
    pub figures: Figures,
    /// The grid of the page as it was last drawn.
    pub grid: Option<Grid>,
}

impl State {
    /// A wall of these cameras.
    pub fn new(cameras: Vec<Camera>, settings: Settings) -> Self {
        Self {
            cameras: cameras.into_iter().map(Arc::new).collect(),
            streams: BTreeMap::new(),
            settings,
            page: 0,
            selected: 0,
            enlarged: false,
            help: false,
            full_screen: false,
            notices: Vec::new(),
            figures: Figures::default(),
            grid: None,
        }
    }

    /// Language of the program.
    pub fn language(&self) -> Language {
        self.settings.language
    }

    /// Number of pages, at least one.
    pub fn pages(&self) -> usize {
        self.cameras
            .len()
            .div_ceil(self.settings.tiles_per_page.max(1))
            .max(1)
    }

    /// The cameras of the page: a range of indices.
    pub fn page_range(&self) -> std::ops::Range<usize> {
        let per_page = self.settings.tiles_per_page.max(1);
        let start = (self.page * per_page).min(self.cameras.len());
        start..(start + per_page).min(self.cameras.len())
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

    /// The streams that must be open: small ones of the page, the large one of the enlarged camera.
    pub fn wanted_streams(&self) -> Vec<(FeedId, Arc<Camera>)> {
        let mut wanted: Vec<(FeedId, Arc<Camera>)> = self.cameras[self.page_range()]
            .iter()
            .filter(|camera| camera.service.may_be_seen())
            .map(|camera| (feed_id(camera, StreamKind::Sub), Arc::clone(camera)))
            .collect();
        if let Some(camera) = self
            .enlarged_camera()
            .filter(|camera| camera.has_both_streams() && camera.service.may_be_seen())
        {
            wanted.push((feed_id(camera, StreamKind::Main), Arc::clone(camera)));
        }
        wanted
    }

    /// A camera's stream, if it is open.
    pub fn stream(&self, camera: &Camera, kind: StreamKind) -> Option<&Stream> {
        self.streams.get(&feed_id(camera, kind))
    }

    /// The stream to show of a camera: when it is large its main stream as soon as that has a
    /// picture and is no worse than the small one.
    pub fn best_stream(&self, camera: &Camera) -> Option<(StreamKind, &Stream)> {
        use crate::model::condition::Link;
        let sub = self.stream(camera, StreamKind::Sub);
        if self
            .enlarged_camera()
            .is_some_and(|large| large.id == camera.id)
            && let Some(main) = self.stream(camera, StreamKind::Main)
            && main.shown.is_some()
            && (main.condition.link.value == Link::Live
                || sub.is_none_or(|sub| sub.condition.link.value != Link::Live))
        {
            return Some((StreamKind::Main, main));
        }
        sub.map(|sub| (StreamKind::Sub, sub))
    }

    /// Feeds of the page that are live and whose picture can be believed.
    pub fn num_live(&self) -> usize {
        self.cameras[self.page_range()]
            .iter()
            .filter_map(|camera| self.stream(camera, StreamKind::Sub))
            .filter(|stream| stream.condition.is_live())
            .count()
    }

    /// A feed has something to say.
    pub fn hear(&mut self, event: FeedEvent) {
        if let Some(stream) = self.streams.get_mut(&event.feed) {
            match event.fact {
                Fact::Link(link) => stream.condition.link.set(link, event.at),
                Fact::Picture(picture) => stream.condition.picture.set(picture, event.at),
            };
        }
    }

    /// Does what is wished; returns what is to be done outside.
    pub fn apply(&mut self, command: Command) -> Vec<Effect> {
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
            Command::DismissNotice => {
                if !self.notices.is_empty() {
                    self.notices.remove(0);
                }
            }
            Command::Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }

    fn index_of(&self, id: &CameraId) -> Option<usize> {
        self.cameras.iter().position(|camera| camera.id == *id)
    }

    fn select(&mut self, index: usize) {
        self.selected = index;
        self.page = index / self.settings.tiles_per_page.max(1);
    }

    fn turn(&mut self, by: usize) {
        self.page = (self.page + by) % self.pages();
        self.enlarged = false;
        self.selected = self.page_range().start;
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
        assert_eq!(wanted(&state), ["c0Sub", "c1Sub", "c2Sub", "c1Main"]);
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
