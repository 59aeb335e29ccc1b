//! The stream around an alarm of this seat: kept on disk, and played in a loop on the alarm's card.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::Receiver;
use tracing::error;

use super::alarms::Recording;
use super::command::Side;
use super::pacer::Pacer;
use super::state::{State, feed_id};
use crate::base::clock::{self, WallTime};
use crate::media::apart::Workers;
use crate::media::live::{Feed, FeedId};
use crate::media::ring::{Kept, Muxer, SpanKeeper, Wanted};
use crate::model::alarm::alarm::KeptSpan;
use crate::model::camera::{Camera, CameraId, Names, StreamKind};
use crate::model::id::Id;
use crate::words::{Language, Words};

/// An alarm older than this when it is first seen was raised before this program ran, seconds.
const FRESH_S: i64 = 60;
/// So many recordings are remembered.
const REMEMBERED: usize = 500;
/// What the id of a recording's feed begins with.
const LOOP: &str = "loop:";

/// What keeps spans at this seat.
#[derive(Debug)]
pub(super) struct Spans {
    keeper: SpanKeeper,
    folder: PathBuf,
    told: Receiver<Kept>,
    asked: BTreeSet<Id>,
}

impl Spans {
    /// Keeps them in `folder`.
    pub(super) fn start(folder: &Path, pacer: &Arc<Pacer>) -> Option<Self> {
        let waker = Arc::clone(pacer);
        let muxer = Workers::of_this_program().map_or(Muxer::Here, Muxer::Apart);
        match SpanKeeper::start(folder, muxer, move || waker.wake()) {
            Ok((keeper, told)) => Some(Self {
                keeper,
                folder: folder.to_owned(),
                told,
                asked: BTreeSet::new(),
            }),
            Err(problem) => {
                error!(folder = %folder.display(), %problem, "no stream is kept with alarms");
                None
            }
        }
    }

    /// Asks for the spans of new alarms, and hears which are there: those that are whole are to be
    /// kept with their alarm.
    pub(super) fn step(
        &mut self,
        state: &mut State,
        feeds: &BTreeMap<FeedId, Arc<Feed>>,
        wall: WallTime,
    ) -> Vec<(Id, KeptSpan)> {
        self.ask(state, feeds, wall);
        recall(&self.folder, state);
        let mut whole = Vec::new();
        while let Ok(kept) = self.told.try_recv() {
            let recordings = &mut state.alarms.recordings;
            match kept.file {
                Ok(file) => {
                    let name = file.path.file_name().unwrap_or_default();
                    let span = KeptSpan {
                        file: name.to_string_lossy().into_owned(),
                        sha256: file.sha256,
                        from: file.from,
                        to: file.to,
                        missing_s: file.missing.as_secs_f32(),
                    };
                    let recording = Recording {
                        as_it_came: file.as_it_came.is_some(),
                        path: Some(file.path),
                        whole: kept.whole,
                        from: file.from,
                        to: file.to,
                        trouble: None,
                    };
                    recordings.insert(kept.alarm, recording);
                    if kept.whole {
                        whole.push((kept.alarm, span));
                    }
                }
                Err(problem) => {
                    let recording = recordings.entry(kept.alarm).or_default();
                    recording.trouble = Some(problem.to_string());
                }
            }
            while recordings.len() > REMEMBERED {
                recordings.pop_first();
            }
        }
        whole
    }

    fn ask(&mut self, state: &State, feeds: &BTreeMap<FeedId, Arc<Feed>>, wall: WallTime) {
        for kept in &state.seat.records.alarms {
            let alarm = &kept.value;
            let own = kept.centre == state.seat.centre && alarm.seat == state.seat.name;
            if !own || alarm.span.is_some() || self.asked.contains(&alarm.number) {
                continue;
            }
            let age = wall.nanos_since(alarm.raised) / 1_000_000_000;
            let Some(camera) = alarm.camera.clone().filter(|_| age < FRESH_S) else {
                self.asked.insert(alarm.number);
                continue;
            };
            let id = FeedId {
                camera,
                stream: StreamKind::Sub,
            };
            // A camera that is only now received has no past; what comes is kept all the same.
            let Some(feed) = feeds.get(&id) else { continue };
            let passed = wall.nanos_since(alarm.raised).max(0) as u64;
            let now = clock::now();
            let at = now.checked_sub(std::time::Duration::from_nanos(passed));
            let wanted = Wanted {
                alarm: alarm.number,
                feed: Arc::clone(feed),
                at: at.unwrap_or(now),
            };
            if self.keeper.keep(wanted) {
                self.asked.insert(alarm.number);
            }
        }
        let open = &state.seat.records.alarms;
        if self.asked.len() > 2 * open.len() + REMEMBERED {
            let still: BTreeSet<Id> = open.iter().map(|kept| kept.value.number).collect();
            self.asked.retain(|number| still.contains(number));
        }
    }
}

/// What an earlier run of this seat kept of the alarm that is looked at.
fn recall(folder: &Path, state: &mut State) {
    let chosen = state.chosen_alarm().map(|kept| &kept.value);
    let Some((number, span)) = chosen.and_then(|alarm| Some((alarm.number, alarm.span.clone()?)))
    else {
        return;
    };
    if state.alarms.recordings.contains_key(&number) {
        return;
    }
    // A name in a record must not lead elsewhere.
    let name = Path::new(&span.file).file_name().unwrap_or_default();
    let path = folder.join(name);
    let recording = Recording {
        as_it_came: path.extension().is_some_and(is_of_a_codec),
        // That of another seat is there, and not here.
        path: path.is_file().then_some(path),
        whole: true,
        from: span.from,
        to: span.to,
        trouble: None,
    };
    state.alarms.recordings.insert(number, recording);
}

/// Whether a span's file with this ending is in no container.
fn is_of_a_codec(ending: &OsStr) -> bool {
    ["h264", "h265", "mjpeg"]
        .iter()
        .any(|codec| ending == *codec)
}

/// Whether a feed is a recording that is played, and no camera.
pub(super) fn is_recording(camera: &CameraId) -> bool {
    camera.as_str().starts_with(LOOP)
}

impl State {
    /// The recording of the alarm that is looked at, as something that can be played.
    pub fn recording(&self) -> Option<(Arc<Camera>, &Recording)> {
        if self.side != Some(Side::Alarms) {
            return None;
        }
        let number = self.chosen_alarm()?.value.number;
        let recording = self.alarms.recordings.get(&number)?;
        let path: &PathBuf = recording.path.as_ref()?;
        // Another file is another feed.
        let id = format!("{LOOP}{number}:{}", u8::from(recording.whole));
        let url = url::Url::from_file_path(path).ok()?;
        let mut camera = Camera::from_url(CameraId::new(id).ok()?, url.into());
        let name = |language| Words::new(language).get("alarm-recording").into_owned();
        camera.name = Names {
            kk: name(Language::Kk),
            ru: name(Language::Ru),
            en: name(Language::En),
        };
        Some((Arc::new(camera), recording))
    }

    /// The stream of the recording, where one is played.
    pub(super) fn recording_stream(&self) -> Option<(FeedId, Arc<Camera>)> {
        let (camera, _) = self.recording()?;
        Some((feed_id(&camera, StreamKind::Sub), camera))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alarm::alarm::Alarm;
    use crate::model::alarm::class::Classes;
    use crate::model::alarm::occurrence::Occurrence;
    use crate::store::settings::Settings;

    #[test]
    fn what_an_earlier_run_kept_is_found_again_and_no_other_file() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["a.mkv", "c.h264"] {
            std::fs::write(folder.path().join(file), b"a recording").expect("written");
        }
        let mut state = State::new(Vec::new(), Settings::default());
        let now = WallTime::from_micros(1_800_000_000_000_000);
        let occurrence: Occurrence = serde_json::from_value(serde_json::json!({
            "id": Id::named("1"), "thing": Id::named("1"), "class": "plate.hit", "stage": "once",
            "at": now, "heard": now, "source": "test",
        }))
        .expect("an occurrence");
        let classes = Classes::default();
        let class = classes.get(&occurrence.class).expect("a class");
        let span = |file: &str| KeptSpan {
            file: file.to_owned(),
            sha256: String::new(),
            from: now,
            to: now.plus_nanos(20_000_000_000),
            missing_s: 0.0,
        };
        for (name, file, there) in [
            ("kept", "a.mkv", true),
            ("of another seat", "b.mkv", false),
            ("as it came", "c.h264", true),
            ("leading elsewhere", "../../etc/hostname", false),
        ] {
            let mut alarm = Alarm::raise(Id::named(name), &occurrence, class);
            alarm.span = Some(span(file));
            state.alarms.chosen = Some(alarm.number);
            state.seat.records.alarms = vec![crate::model::act::Kept {
                id: Id::named("record"),
                version: 1,
                seq: 0,
                centre: String::new(),
                value: alarm,
            }];
            recall(folder.path(), &mut state);
            let recording = &state.alarms.recordings[&Id::named(name)];
            assert_eq!(recording.path.is_some(), there, "{name}");
            assert_eq!(recording.to, span(file).to);
            assert_eq!(recording.as_it_came, file.ends_with("h264"), "{name}");
        }
    }
}
