//! Cameras that cannot be relied on for long, as alarms: of those that are on the page and in service.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::state::State;
use crate::base::clock::WallTime;
use crate::model::alarm::acts::News;
use crate::model::alarm::class::ClassKey;
use crate::model::alarm::occurrence::Occurrence;
use crate::model::camera::CameraId;
use crate::model::condition::{Administration, Tone};
use crate::model::detection::fact::Stage;
use crate::model::id::Id;

/// The class of such alarms.
const CAMERA_FAULT: &str = "camera.fault";
/// A trouble that lasts for so long is told.
const LASTS: Duration = Duration::from_secs(60);
/// Cameras are looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Which troubles were told.
#[derive(Debug, Default)]
pub struct CameraWatch {
    told: BTreeMap<CameraId, Id>,
    /// Since when those that were told are fine again.
    fine: BTreeMap<CameraId, Instant>,
    looked: Option<Instant>,
}

impl CameraWatch {
    /// Looks at the cameras of the page; what is to be told.
    pub fn look(&mut self, state: &State, now: Instant, wall: WallTime) -> Vec<News> {
        let since_look = self.looked.map(|at| now.saturating_duration_since(at));
        if since_look.is_some_and(|passed| passed < LOOK_EVERY) {
            return Vec::new();
        }
        self.looked = Some(now);
        let mut news = Vec::new();
        let mut troubled = Vec::new();
        for trouble in state.troubles(now) {
            let camera = &state.cameras[trouble.index];
            if trouble.shown.tone != Tone::Warn || camera.service != Administration::InService {
                continue;
            }
            troubled.push(camera.id.clone());
            let lasted = now.saturating_duration_since(trouble.since);
            if lasted < LASTS || self.told.contains_key(&camera.id) {
                continue;
            }
            let began = wall.plus_nanos(-(lasted.as_nanos() as i64));
            let thing = Id::named(&format!("camera fault {} {}", camera.id, began.micros()));
            self.told.insert(camera.id.clone(), thing);
            news.extend(of(&camera.id, thing, Stage::Begun, began, wall));
        }
        self.take_up(state);
        let over: Vec<CameraId> = self
            .told
            .keys()
            .filter(|id| !troubled.contains(id))
            .cloned()
            .collect();
        self.fine.retain(|id, _| over.contains(id));
        for id in over {
            // One that is on no page now is neither fine nor not.
            let seen = state
                .page_range()
                .any(|index| state.cameras[index].id == id);
            if !seen {
                continue;
            }
            let since = *self.fine.entry(id.clone()).or_insert(now);
            if now.saturating_duration_since(since) >= LASTS
                && let Some(thing) = self.told.remove(&id)
            {
                news.extend(of(&id, thing, Stage::Ended, wall, wall));
            }
        }
        news
    }

    /// What was told before the program was started anew is told to its end by this one.
    fn take_up(&mut self, state: &State) {
        let own = |kept: &&crate::model::act::Kept<super::Alarm>| {
            kept.centre == state.seat.centre && kept.value.source == SOURCE
        };
        for kept in state.seat.records.alarms.iter().filter(own) {
            let thing = kept.value.lasting.last();
            if let (Some(camera), Some(thing)) = (&kept.value.camera, thing) {
                self.told.entry(camera.clone()).or_insert(*thing);
            }
        }
    }
}

/// Who says it.
const SOURCE: &str = "wall";

fn of(camera: &CameraId, thing: Id, stage: Stage, at: WallTime, heard: WallTime) -> Option<News> {
    let occurrence = Occurrence {
        id: Id::named(&format!("{thing} {stage:?}")),
        thing,
        class: ClassKey::new(CAMERA_FAULT)?,
        stage,
        at,
        heard,
        camera: Some(camera.clone()),
        place: String::new(),
        position: None,
        subject: None,
        source: SOURCE.to_owned(),
        text: None,
        region: None,
        score: None,
        details: std::collections::BTreeMap::new(),
        still: None,
        seat: String::new(),
    };
    Some(News {
        occurrence,
        digest: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::state::{Stream, feed_id};
    use super::*;
    use crate::base::clock;
    use crate::model::camera::{Camera, StreamKind};
    use crate::model::condition::{Link, Picture, Reason};
    use crate::store::settings::Settings;

    #[test]
    fn a_lost_camera_is_told_after_a_minute_and_its_return_after_another() {
        let camera = Camera::from_url(
            CameraId::new("c1").unwrap(),
            "rtsp://10.0.0.1/1".parse().unwrap(),
        );
        let mut state = State::new(vec![camera], Settings::default());
        let start = clock::now();
        let camera = state.cameras[0].clone();
        let id = feed_id(&camera, StreamKind::Sub);
        let stream = Stream::new(1, camera.service, start);
        state.streams.insert(id.clone(), stream);
        let set = |state: &mut State, link: Link, at: Instant| {
            let stream = state.streams.get_mut(&id).unwrap();
            stream.shown = Some(at);
            stream.condition.picture.set(Picture::Good, at);
            stream.condition.link.set(link, at);
        };
        let mut watch = CameraWatch::default();
        let wall = WallTime(1_700_000_000_000_000_000);
        let mut look = |state: &State, secs: u64| {
            let now = start + Duration::from_secs(secs);
            let at = wall.plus_nanos(secs as i64 * 1_000_000_000);
            let news = watch.look(state, now, at);
            news.iter()
                .map(|one| one.occurrence.stage)
                .collect::<Vec<_>>()
        };
        set(&mut state, Link::Lost(Reason::Silent), start);
        assert_eq!(look(&state, 30), []);
        assert_eq!(look(&state, 61), [Stage::Begun]);
        assert_eq!(look(&state, 90), [], "once");
        let back = start + Duration::from_secs(100);
        set(&mut state, Link::Live, back);
        let stream = state.streams.get_mut(&id).unwrap();
        stream.shown = Some(start + Duration::from_secs(10_000));
        assert_eq!(look(&state, 101), []);
        assert_eq!(look(&state, 150), [], "it may be lost again");
        assert_eq!(look(&state, 162), [Stage::Ended]);
        assert_eq!(look(&state, 300), []);
    }
}
