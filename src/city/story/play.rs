//! Lets a story happen: scenes and faults on the cameras, events at the wall's door.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinHandle;

use super::plan::What;
use super::scenes::Workshop;
use super::{Beat, Story, plan};
use crate::base::clock::{self, WallTime};
use crate::city::fault::Target;
use crate::city::shared::Shared;
use crate::city::shelf::Shelf;
use crate::city::stage;
use crate::link::intake::sending::{self, Sent};
use crate::link::token::Token;
use crate::model::camera::Names;

/// Who tells the events of a story where it names nobody.
pub(crate) const SOURCE: &str = "demo-city";
/// A door that is away is tried again after so long.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// The most events that wait for the wall: more than a step may have.
const MOST_WAITING: usize = 32_768;
/// The most events told at once.
const MOST_AT_ONCE: usize = 100;

/// The wall's door for events.
#[derive(Clone, Debug)]
pub struct Door {
    /// Such as `http://127.0.0.1:8710`.
    pub url: String,
    /// The file with what is shown there; the wall makes it.
    pub token: PathBuf,
}

/// How far a story is.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Progress {
    /// Its name; none is told when this is empty.
    pub(crate) story: String,
    /// What it is called.
    pub(crate) title: Names,
    /// When it began, microseconds since 1970; nothing while it waits for the wall.
    pub(crate) began_us: Option<i64>,
    /// How long it lasts, seconds.
    pub(crate) seconds: f64,
    /// It has come to its end.
    pub(crate) over: bool,
    /// Events that the wall has kept.
    pub(crate) kept: u64,
    /// Events that wait for the wall.
    pub(crate) waiting: usize,
    /// Events that the wall refused, with its words: the last of them.
    pub(crate) refused: Vec<String>,
    /// What does not work: scenes that cannot be made, a door that does not answer.
    pub(crate) troubles: Vec<String>,
}

/// Tells one story at a time.
#[derive(Debug)]
pub(crate) struct Director {
    shared: Arc<Shared>,
    door: Option<Door>,
    progress: Arc<Mutex<Progress>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Director {
    pub(crate) fn new(shared: Arc<Shared>, door: Option<Door>) -> Self {
        Self {
            shared,
            door,
            progress: Arc::default(),
            task: Mutex::default(),
        }
    }

    /// Begins `story`, and ends what was told before. On a tokio runtime.
    pub(crate) fn start(&self, story: Story) {
        let teller = self.teller(story);
        *self.task.lock() = Some(tokio::spawn(async move {
            teller.dress().await;
            teller.tell().await;
        }));
    }

    /// The same, and returns when its cameras have their clips: who connects then never saw another view.
    pub(crate) async fn start_dressed(&self, story: Story) {
        let teller = self.teller(story);
        teller.dress().await;
        *self.task.lock() = Some(tokio::spawn(teller.tell()));
    }

    fn teller(&self, story: Story) -> Teller {
        self.stop();
        let teller = Teller {
            shared: Arc::clone(&self.shared),
            door: self.door.clone(),
            progress: Arc::clone(&self.progress),
            story,
        };
        teller.begin_anew();
        teller
    }

    /// Ends what is told; the cameras go back to their usual footage.
    pub(crate) fn stop(&self) {
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
        *self.progress.lock() = Progress::default();
        self.shared.cast(std::iter::empty());
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.lock().clone()
    }
}

struct Teller {
    shared: Arc<Shared>,
    door: Option<Door>,
    progress: Arc<Mutex<Progress>>,
    story: Story,
}

impl Teller {
    async fn tell(self) {
        loop {
            let beats = plan(&self.story);
            if let Some(door) = &self.door {
                self.wait_for(door).await;
            } else if beats.iter().any(|beat| matches!(beat.what, What::Event(_))) {
                self.trouble("events are told to nobody: no door was named".to_owned());
            }
            self.perform(beats).await;
            self.progress.lock().over = true;
            if !self.story.again {
                return;
            }
            self.begin_anew();
        }
    }

    fn begin_anew(&self) {
        *self.progress.lock() = Progress {
            story: self.story.name.clone(),
            title: self.story.title.clone(),
            seconds: self.story.seconds,
            ..Progress::default()
        };
    }

    fn trouble(&self, text: String) {
        tracing::warn!(story = self.story.name, "{text}");
        let mut progress = self.progress.lock();
        if progress.troubles.last() != Some(&text) {
            progress.troubles.push(text);
        }
    }

    /// Makes the clips of the scenes; the cameras whose clips are there play them.
    async fn dress(&self) {
        if self.story.cast.is_empty() {
            return;
        }
        let workshop = match Workshop::find() {
            Ok(workshop) => Arc::new(workshop),
            Err(error) => return self.trouble(error.to_string()),
        };
        let mut parts = Vec::new();
        for part in &self.story.cast {
            let (shop, scene) = (Arc::clone(&workshop), part.scene.clone());
            let made = tokio::task::spawn_blocking(move || shop.make(&scene)).await;
            match made {
                Ok(Ok(())) => parts.push((part.camera, part.scene.clone())),
                Ok(Err(error)) => self.trouble(error.to_string()),
                Err(error) => self.trouble(error.to_string()),
            }
        }
        self.shared.set_scenes(Shelf::new(workshop.folder.clone()));
        self.shared.cast(parts.into_iter());
    }

    /// Waits until the door answers: what happens before a wall is there, nobody would see.
    async fn wait_for(&self, door: &Door) {
        loop {
            let answer = match Token::read(&door.token) {
                Ok(token) => sending::answers(&door.url, &token).await,
                Err(error) => Err(error.to_string()),
            };
            let Err(why) = answer else { return };
            tracing::debug!(%why, "the wall does not listen yet");
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    async fn perform(&self, beats: Vec<Beat>) {
        let began = clock::now();
        let began_us = clock::wall_now().micros();
        self.progress.lock().began_us = Some(began_us);
        // Whatever was played while the wall was waited for.
        self.shared.restart_scenes(began);
        tracing::info!(story = self.story.name, "a story begins");
        let (tell, told) = mpsc::channel(MOST_WAITING);
        let teller = self.door.clone().map(|door| {
            let progress = Arc::clone(&self.progress);
            tokio::spawn(deliver(door, told, progress))
        });
        // Aborted with this task, or at its own end.
        let _guard = teller.as_ref().map(|teller| Aborted(teller.abort_handle()));
        let mut ends: VecDeque<(Instant, usize, Instant)> = VecDeque::new();
        for beat in beats {
            self.wait_until(began + beat.at, &mut ends).await;
            match beat.what {
                What::Scene(camera, scene) => {
                    let since = clock::now();
                    if self.shared.begin_scene(camera, since) {
                        let length = self.length(&stage::happens(&scene));
                        ends.push_back((since + length, camera, since));
                        ends.make_contiguous().sort();
                    }
                }
                What::Fault(camera, fault, lasting) => {
                    // Made before, so that it begins when it is set.
                    if let Err(error) = self.shared.prepare(camera, fault).await {
                        self.trouble(format!("{} on camera {camera}: {error}", fault.word()));
                    }
                    self.shared
                        .set_fault(Target::Camera(camera), fault, Some(lasting));
                }
                What::Event(event) => {
                    let id = format!("{}.{began_us}.{}.{}", self.story.name, beat.step, beat.time);
                    // Counted first: it may be told before this goes on.
                    self.progress.lock().waiting += 1;
                    if let Err(refused) = tell.try_send(whole(event, &id, clock::wall_now())) {
                        self.progress.lock().waiting -= 1;
                        // Closed: there is no door, which was said.
                        if matches!(refused, TrySendError::Full(_)) {
                            let text = "too many events wait for the wall: some are not told";
                            self.trouble(text.to_owned());
                        }
                    }
                }
            }
        }
        self.wait_until(
            began + Duration::from_secs_f64(self.story.seconds),
            &mut ends,
        )
        .await;
        for (_, camera, since) in ends {
            self.shared.end_scene(camera, since);
        }
        drop(tell);
        // What waits for the wall is told before the story is over.
        if let Some(teller) = teller {
            teller.await.ok(); // it was aborted: so is this
        }
    }

    /// Waits, and ends the scenes that are over meanwhile.
    async fn wait_until(&self, at: Instant, ends: &mut VecDeque<(Instant, usize, Instant)>) {
        while let Some((end, camera, since)) = ends.front().copied()
            && end <= at
        {
            ends.pop_front();
            tokio::time::sleep_until(end.into()).await;
            self.shared.end_scene(camera, since);
        }
        tokio::time::sleep_until(at.into()).await;
    }

    fn length(&self, clip: &str) -> Duration {
        let meta = self.shared.shelf_of(clip).meta(clip);
        meta.map_or(Duration::ZERO, |meta| {
            let seconds =
                f64::from(meta.frames) * f64::from(meta.fps_den) / f64::from(meta.fps_num);
            Duration::from_secs_f64(seconds)
        })
    }
}

/// A task that ends with this.
struct Aborted(tokio::task::AbortHandle);

impl Drop for Aborted {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An event of a story as it is sent at `now`.
pub(super) fn whole(mut event: Map<String, Value>, id: &str, now: WallTime) -> Value {
    let at = jiff::Timestamp::from_microsecond(now.micros()).unwrap_or_default();
    for (key, value) in [
        ("form", Value::from(crate::model::outside::FORM)),
        ("source", SOURCE.into()),
        ("id", id.into()),
        ("at", at.to_string().into()),
    ] {
        event.entry(key).or_insert(value);
    }
    Value::Object(event)
}

/// Tells everything to the door in its order, again and again while it is away; ends when nothing more
/// comes and all was told.
async fn deliver(door: Door, mut told: Receiver<Value>, progress: Arc<Mutex<Progress>>) {
    let mut waiting: Vec<Value> = Vec::new();
    loop {
        if waiting.is_empty() && told.recv_many(&mut waiting, MOST_AT_ONCE).await == 0 {
            return;
        }
        while waiting.len() < MOST_AT_ONCE
            && let Ok(event) = told.try_recv()
        {
            waiting.push(event);
        }
        let body = Value::Array(waiting.clone()).to_string();
        let sent = match Token::read(&door.token) {
            Ok(token) => sending::send(&door.url, &token, body).await,
            Err(error) => Sent::Away(error.to_string()),
        };
        match sent {
            Sent::Told(judged) if judged.len() == waiting.len() => {
                let mut progress = progress.lock();
                let mut again = Vec::new();
                for (event, told) in waiting.drain(..).zip(judged) {
                    match told.outcome.as_str() {
                        "kept" | "repeat" => progress.kept += 1,
                        "busy" => {
                            again.push(event);
                            continue;
                        }
                        outcome => {
                            let text = format!("{}: {outcome}: {}", told.id, told.error);
                            tracing::warn!("{text}");
                            progress.refused.push(text);
                        }
                    }
                    progress.waiting = progress.waiting.saturating_sub(1);
                }
                waiting = again;
            }
            Sent::Told(judged) => {
                let (of, have) = (waiting.len(), judged.len());
                tracing::warn!("the wall answered {have} of {of} events: they are told again");
            }
            Sent::Away(why) => tracing::debug!(%why, "the wall does not listen"),
            Sent::Refused(why) => {
                tracing::warn!(%why, "events are refused");
                let mut progress = progress.lock();
                progress.waiting = progress.waiting.saturating_sub(waiting.len());
                waiting.clear();
                progress.refused.push(why);
                continue;
            }
        }
        if !waiting.is_empty() {
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }
}
