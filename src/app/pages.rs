//! Which cameras the wall shows: pages of the list, the sets of the posts that are held before the
//! rest, cameras put in the place of others, masks that are lifted for a while.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::state::{Notice, State};
use crate::model::camera::{Camera, CameraId};
use crate::model::condition::Administration;
use crate::model::history::History;

/// A lifted mask falls back after this time.
pub const MASK_LIFTED_FOR: Duration = Duration::from_secs(300);

impl State {
    /// Number of pages, at least one. A set has pages of its own, before those of the rest.
    pub fn pages(&self) -> usize {
        let rest = self.cameras.len() - self.set;
        (self.set_pages() + rest.div_ceil(self.settings.tiles_per_page.max(1))).max(1)
    }

    /// Tiles on a page of the set.
    fn set_per_page(&self) -> usize {
        let most = self.settings.tiles_per_page.max(1);
        match usize::from(self.set_at_once) {
            0 => most,
            at_once => at_once.min(most),
        }
    }

    fn set_pages(&self) -> usize {
        self.set.div_ceil(self.set_per_page())
    }

    /// The cameras of the page: a range of indices.
    pub fn page_range(&self) -> std::ops::Range<usize> {
        let set_pages = self.set_pages();
        let (first, page, per_page, end) = if self.page < set_pages {
            (0, self.page, self.set_per_page(), self.set)
        } else {
            let per_page = self.settings.tiles_per_page.max(1);
            (
                self.set,
                self.page - set_pages,
                per_page,
                self.cameras.len(),
            )
        };
        let start = (first + page * per_page).min(end);
        start..(start + per_page).min(end)
    }

    /// The page on which a camera is.
    pub fn page_of(&self, index: usize) -> usize {
        if index < self.set {
            index / self.set_per_page()
        } else {
            self.set_pages() + (index - self.set) / self.settings.tiles_per_page.max(1)
        }
    }

    pub(super) fn select(&mut self, index: usize) {
        self.selected = index;
        self.page = self.page_of(index);
    }

    pub(super) fn turn(&mut self, by: usize) {
        self.page = (self.page + by) % self.pages();
        self.enlarged = false;
        self.selected = self.page_range().start;
    }

    /// Takes another list of cameras, as it was read.
    pub fn list(&mut self, cameras: Vec<Camera>) {
        self.listed = cameras.iter().map(|camera| camera.id.clone()).collect();
        self.cameras = cameras.into_iter().map(Arc::new).collect();
        self.show_set(&[], 0);
    }

    /// How many of the cameras, from the first on, are the sets that are watched here.
    pub fn set_len(&self) -> usize {
        self.set
    }

    /// The next page of the set, where one of them is shown and nothing is looked at closely.
    pub fn turn_set(&mut self) {
        let pages = self.set_pages();
        if pages > 1 && self.page < pages && !self.enlarged {
            self.page = (self.page + 1) % pages;
            self.selected = self.page_range().start;
        }
    }

    /// Puts these cameras before the others, in this order, and shows the first of them, `at_once`
    /// on a page (0: as many as on any); without any the list is as it was read. Those that are not
    /// in the list are left out.
    pub fn show_set(&mut self, set: &[CameraId], at_once: u16) {
        self.set_at_once = at_once;
        let large = self.enlarged_camera().map(|camera| camera.id.clone());
        let mut rest = self.listed.clone();
        let mut front = Vec::with_capacity(set.len());
        for id in set {
            if let Some(at) = rest.iter().position(|listed| listed == id) {
                front.push(rest.remove(at));
            }
        }
        self.set = front.len();
        front.extend(rest);
        let place = |id: &CameraId| front.iter().position(|one| one == id);
        self.cameras
            .sort_by_key(|camera| place(&camera.id).unwrap_or(usize::MAX));
        self.swaps.clear();
        // Whoever looks at one camera closely goes on looking.
        let large = large.and_then(|id| self.index_of(&id));
        self.enlarged = large.is_some();
        self.select(large.unwrap_or(0));
    }

    /// The selected camera changes places with the most important one of the other pages: of those
    /// that may be seen, were not put aside before, and were not bad when they were last watched.
    pub(super) fn replace_by_next(&mut self) {
        let page = self.page_range();
        if !page.contains(&self.selected) {
            return;
        }
        let put_aside: BTreeSet<usize> = self.swaps.iter().map(|(_, there)| *there).collect();
        let next = (0..self.cameras.len())
            .filter(|index| !page.contains(index) && !put_aside.contains(index))
            .filter(|index| self.cameras[*index].service == Administration::InService)
            .min_by_key(|index| {
                let camera = &self.cameras[*index];
                let was_bad = self
                    .histories
                    .get(&camera.id)
                    .is_some_and(History::was_bad_last);
                (was_bad, self.priority(camera), *index)
            });
        match next {
            Some(next) => {
                self.cameras.swap(self.selected, next);
                self.swaps.push((self.selected, next));
            }
            None => self.notices.push(Notice::NoOtherCamera),
        }
    }

    /// Shows a masked camera until [`MASK_LIFTED_FOR`] after `now`; whether it was masked.
    pub(super) fn lift_mask(&mut self, id: &CameraId, now: Instant) -> bool {
        let masked = self.index_of(id).map(|index| &mut self.cameras[index]);
        match masked {
            Some(camera) if camera.service == Administration::Masked => {
                Arc::make_mut(camera).service = Administration::InService;
                self.lifted.insert(id.clone(), now + MASK_LIFTED_FOR);
                true
            }
            _ => false,
        }
    }

    /// Masks a camera again; whether its mask was lifted.
    pub(super) fn lower_mask(&mut self, id: &CameraId) -> bool {
        let lifted = self.lifted.remove(id).is_some();
        if lifted && let Some(index) = self.index_of(id) {
            Arc::make_mut(&mut self.cameras[index]).service = Administration::Masked;
        }
        lifted
    }

    /// The cameras whose masks are to fall back at `now`; all where nobody sits any more.
    pub(super) fn masks_due(&self, now: Instant) -> Vec<CameraId> {
        let operated = self.seat.session.is_operated();
        let due = self.lifted.iter();
        due.filter(|(_, until)| now >= **until || !operated)
            .map(|(id, _)| id.clone())
            .collect()
    }

    pub(super) fn index_of(&self, id: &CameraId) -> Option<usize> {
        self.cameras.iter().position(|camera| camera.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::*;
    use crate::store::settings::Settings;

    fn id(n: usize) -> CameraId {
        CameraId::new(format!("c{n}")).unwrap()
    }

    fn wall(cameras: usize, per_page: usize) -> State {
        let camera = |n| Camera::from_url(id(n), format!("rtsp://10.0.0.1/{n}").parse().unwrap());
        let mut settings = Settings::default();
        settings.tiles_per_page = per_page;
        State::new((0..cameras).map(camera).collect(), settings)
    }

    fn page(state: &State) -> Vec<&str> {
        let page = &state.cameras[state.page_range()];
        page.iter().map(|camera| camera.id.as_str()).collect()
    }

    #[test]
    fn a_set_has_pages_of_its_own_and_the_rest_follows() {
        let mut state = wall(7, 3);
        state.show_set(&[5, 2, 9, 6, 0].map(id), 0);
        let mut seen = Vec::new();
        for _ in 0..state.pages() {
            seen.push(page(&state).join(" "));
            state.apply(Command::NextPage);
        }
        assert_eq!(seen, ["c5 c2 c6", "c0", "c1 c3 c4"]);
        assert_eq!(state.page, 0, "the pages go round");
        for index in 0..7 {
            state.select(index);
            assert!(state.page_range().contains(&index), "{index}");
        }
        state.show_set(&[5, 2, 6].map(id), 2);
        assert_eq!((page(&state), state.pages()), (vec!["c5", "c2"], 4));
        state.turn_set();
        assert_eq!(page(&state), ["c6"]);
        state.turn_set();
        assert_eq!(page(&state), ["c5", "c2"]);
        state.apply(Command::PreviousPage);
        state.turn_set();
        assert_eq!(page(&state), ["c4"], "who looks at the rest goes on");
        state.show_set(&[], 0);
        assert_eq!(page(&state), ["c0", "c1", "c2"]);
        assert_eq!(state.pages(), 3);
    }

    #[test]
    fn whoever_looks_at_one_camera_goes_on_when_the_set_changes() {
        let mut state = wall(7, 3);
        state.apply(Command::Enlarge(Some(id(4))));
        state.show_set(&[5, 4].map(id), 0);
        assert!(state.enlarged);
        assert_eq!(state.selected_camera().unwrap().id, id(4));
        state.show_set(&[6].map(id), 0);
        assert_eq!(state.selected_camera().unwrap().id, id(4));
        assert!(state.page_range().contains(&state.selected));
    }

    #[test]
    fn a_lifted_mask_falls_back_in_time_and_when_nobody_sits_there() {
        use super::super::seat::session::{Panel, Session};
        let mut state = wall(2, 2);
        Arc::make_mut(&mut state.cameras[1]).service = Administration::Masked;
        let now = crate::base::clock::now();
        assert!(!state.lift_mask(&id(0), now), "it has none");
        assert_eq!(state.wanted_streams().len(), 1);
        assert!(state.lift_mask(&id(1), now));
        assert_eq!(state.wanted_streams().len(), 2);
        assert!(state.masks_due(now + MASK_LIFTED_FOR / 2).is_empty());
        assert_eq!(state.masks_due(now + MASK_LIFTED_FOR), [id(1)]);
        state.seat.session = Session::Nobody(Panel::default());
        assert_eq!(state.masks_due(now), [id(1)], "at once");
        assert!(state.lower_mask(&id(1)) && !state.lower_mask(&id(1)));
        assert_eq!(state.wanted_streams().len(), 1);
    }
}
