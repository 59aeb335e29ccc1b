//! The wall as the operator left it: brought back at the start, kept while it runs.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use eframe::egui;

use super::state::State;
use crate::base::threads;
use crate::store::wall::{WallState, Window};

/// Written no oftener than this.
const WRITES_APART: Duration = Duration::from_secs(1);

/// Brings page, selection and the large camera back. Where a camera is gone, its page is shown, or
/// the last page there is.
pub(super) fn bring_back(state: &mut State, left: &WallState) {
    let index = left
        .selected
        .as_ref()
        .and_then(|id| state.cameras.iter().position(|camera| camera.id == *id));
    if let Some(index) = index {
        state.selected = index;
        state.page = state.page_of(index);
        state.enlarged = left.enlarged;
    } else {
        state.page = left.page.min(state.pages() - 1);
        state.selected = state.page_range().start;
    }
}

/// What there is to remember of `state` and its window; `before` is what was known of the window.
fn snapshot(state: &State, window: &egui::ViewportInfo, before: &WallState) -> WallState {
    let mut left = WallState {
        page: state.page,
        selected: state.selected_camera().map(|camera| camera.id.clone()),
        enlarged: state.enlarged,
        full_screen: state.full_screen,
        maximised: window.maximized.unwrap_or(before.maximised),
        window: before.window,
    };
    let plain = !left.full_screen
        && !left.maximised
        && window.fullscreen != Some(true)
        && window.minimized != Some(true);
    if plain && let Some(inner) = window.inner_rect {
        let outer = window.outer_rect.map(|outer| outer.min);
        left.window = Some(Window {
            x: outer.map(|at| at.x.round()),
            y: outer.map(|at| at.y.round()),
            width: inner.width().round(),
            height: inner.height().round(),
        });
    }
    left
}

/// Writes the wall's state to its file when it changes, behind the main thread's back: a disk may
/// take its time.
pub(super) struct Keeper {
    known: WallState,
    is_written: bool,
    looked: Option<Instant>,
    writer: Option<(Sender<WallState>, JoinHandle<()>)>,
}

impl Keeper {
    /// Keeps `file`, which says `known` so far.
    pub(super) fn new(file: PathBuf, known: WallState) -> Self {
        let (writer, states) = crossbeam_channel::bounded::<WallState>(1);
        let thread = threads::spawn("wall-state", move || {
            for state in states {
                if let Err(error) = state.write(&file) {
                    tracing::error!(%error, file = %file.display(), "the wall's state was not kept");
                }
            }
        });
        if let Err(error) = &thread {
            tracing::error!(%error, "the wall's state is kept when the window closes, not before");
        }
        Self {
            known,
            is_written: true,
            looked: None,
            writer: thread.ok().map(|thread| (writer, thread)),
        }
    }

    /// Once in each turn of the main loop.
    pub(super) fn step(&mut self, now: Instant, state: &State, ctx: &egui::Context) {
        let due = self
            .looked
            .is_none_or(|at| now.saturating_duration_since(at) >= WRITES_APART);
        if !due {
            return;
        }
        self.looked = Some(now);
        let left = ctx.input(|input| snapshot(state, input.viewport(), &self.known));
        self.is_written &= left == self.known;
        self.known = left;
        if !self.is_written
            && let Some((writer, _)) = &self.writer
        {
            // When the writer is still at the last one, this one is tried again.
            self.is_written = writer.try_send(self.known.clone()).is_ok();
        }
    }

    /// The window closes: what was not written yet is, and nothing is written after it.
    pub(super) fn finish(&mut self, state: &State) {
        let page = WallState {
            page: state.page,
            selected: state.selected_camera().map(|camera| camera.id.clone()),
            enlarged: state.enlarged,
            ..self.known.clone()
        };
        self.is_written &= page == self.known;
        self.known = page;
        let Some((writer, thread)) = self.writer.take() else {
            return;
        };
        if !self.is_written
            && writer
                .send_timeout(self.known.clone(), WRITES_APART)
                .is_err()
        {
            tracing::error!("the wall's state was not kept: its file takes no end to write");
            return;
        }
        drop(writer);
        thread.join().ok(); // a panic in it was logged
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::camera::{Camera, CameraId};
    use crate::store::settings::Settings;

    fn wall(ids: &[&str]) -> State {
        let cameras = ids.iter().map(|id| {
            let url = format!("rtsp://10.0.0.1/{id}").parse().unwrap();
            Camera::from_url(CameraId::new(*id).unwrap(), url)
        });
        let mut settings = Settings::default();
        settings.tiles_per_page = 3;
        State::new(cameras.collect(), settings)
    }

    fn left(page: usize, selected: &str) -> WallState {
        WallState {
            page,
            selected: Some(CameraId::new(selected).unwrap()),
            enlarged: true,
            ..WallState::default()
        }
    }

    #[test]
    fn the_same_camera_is_shown_again_wherever_it_stands_now() {
        let check = |ids: &[&str], left: &WallState, expect: (usize, usize, bool)| {
            let mut state = wall(ids);
            bring_back(&mut state, left);
            let found = (state.page, state.selected, state.enlarged);
            assert_eq!(found, expect, "{ids:?} {left:?}");
            assert!(state.selected < ids.len().max(1));
        };
        let seven = ["a", "b", "c", "d", "e", "f", "g"];
        check(&seven, &left(1, "e"), (1, 4, true));
        // It moved to the first page; it is gone; so is its page; so is everything.
        check(&["e", "a", "b", "c"], &left(1, "e"), (0, 0, true));
        check(&seven, &left(1, "z"), (1, 3, false));
        check(&["a", "b"], &left(1, "z"), (0, 0, false));
        check(&[], &left(1, "e"), (0, 0, false));
        check(&seven, &WallState::default(), (0, 0, false));
    }

    #[test]
    fn the_window_is_remembered_as_it_was_before_it_filled_the_screen() {
        let rect =
            |x: f32, side: f32| egui::Rect::from_min_size([x, 20.0].into(), [side, 600.0].into());
        let mut info = egui::ViewportInfo {
            inner_rect: Some(rect(10.4, 800.0)),
            outer_rect: Some(rect(9.6, 810.0)),
            ..egui::ViewportInfo::default()
        };
        let mut state = wall(&["a", "b"]);
        state.selected = 1;
        let plain = snapshot(&state, &info, &WallState::default());
        let window = plain.window.unwrap();
        assert_eq!((window.x, window.y), (Some(10.0), Some(20.0)));
        assert_eq!((window.width, window.height), (800.0, 600.0));
        assert_eq!(plain.selected, Some(CameraId::new("b").unwrap()));
        state.full_screen = true;
        info.inner_rect = Some(rect(0.0, 1920.0));
        let full = snapshot(&state, &info, &plain);
        assert!(full.full_screen);
        assert_eq!(full.window, plain.window);
        state.full_screen = false;
        info.maximized = Some(true);
        assert_eq!(snapshot(&state, &info, &full).window, plain.window);
    }

    #[test]
    fn what_changes_is_written_and_what_does_not_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wall.toml");
        let ctx = egui::Context::default();
        let mut state = wall(&["a", "b"]);
        let mut keeper = Keeper::new(file.clone(), WallState::default());
        let start = crate::base::clock::now();
        keeper.step(start, &state, &ctx);
        state.selected = 1;
        keeper.step(start + Duration::from_millis(500), &state, &ctx);
        assert_eq!(keeper.known.selected, Some(CameraId::new("a").unwrap()));
        keeper.step(start + Duration::from_millis(1500), &state, &ctx);
        assert_eq!(keeper.known.selected, Some(CameraId::new("b").unwrap()));
        state.enlarged = true;
        keeper.finish(&state);
        assert!(keeper.known.enlarged);
        assert_eq!(WallState::read(&file).unwrap(), keeper.known);
    }
}
