//! Where all ways meet: events go to the app in their order, and answers come back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::stills::Stills;
use super::tally::Tally;
use super::{Answer, Offered, Reply, Way};
use crate::base::clock::Clock;
use crate::model::id::Id;
use crate::model::outside::{OutsideEvent, Refusal};

/// How long the events of one bundle wait for room in the channel.
const ROOM_PATIENCE: Duration = Duration::from_secs(5);
/// How long they wait for their answers after that.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// What became of one event of a bundle.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Source, id and the alarm's identity, where it could be read.
    pub(super) named: Option<(String, String, Id)>,
    /// The answer.
    pub(super) answer: Answer,
}

/// The way to the app.
pub(super) struct Desk {
    offers: mpsc::Sender<Offered>,
    clock: Arc<dyn Clock>,
    wake: Box<dyn Fn() + Send + Sync>,
    tally: Mutex<Tally>,
    stills: Stills,
    room_patience: Duration,
}

impl Desk {
    pub(super) fn new(
        offers: mpsc::Sender<Offered>,
        clock: Arc<dyn Clock>,
        wake: Box<dyn Fn() + Send + Sync>,
        stills: Option<PathBuf>,
    ) -> Self {
        Self {
            offers,
            clock,
            wake,
            tally: Mutex::new(Tally::default()),
            stills: Stills(stills),
            room_patience: ROOM_PATIENCE,
        }
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally.lock().clone()
    }

    /// Removes pictures that are too old or too many, at the start.
    pub(super) fn sweep_stills(&self) {
        self.stills.sweep();
    }

    /// Somebody without the token.
    pub(super) fn count_unknown_sender(&self) {
        self.tally.lock().without_token += 1;
    }

    /// A whole bundle that is not of the form.
    pub(super) fn count_refused(&self, way: Way, refusal: &Refusal) {
        let (at, now) = (self.clock.wall(), self.clock.now());
        let answer = Answer::Refused(refusal.clone());
        self.tally.lock().count(way, &answer, at, now);
    }

    /// Offers the events of one bundle in their order and waits for the answers. When one finds no
    /// room, those behind it are busy as well: no end is kept before its beginning.
    pub(super) async fn offer(
        &self,
        events: impl IntoIterator<Item = Result<OutsideEvent, Refusal>>,
        way: Way,
    ) -> Vec<Outcome> {
        let (arrived, came) = (self.clock.wall(), self.clock.now());
        let until = Instant::now() + self.room_patience;
        let mut asked = Vec::new();
        let mut full = false;
        for event in events {
            let event = match event {
                Err(refusal) => {
                    asked.push((None, None, Err(Answer::Refused(refusal))));
                    continue;
                }
                Ok(event) => event,
            };
            let id = event.alarm_id();
            let named = Some((event.source.clone(), event.id.clone(), id));
            let room = if full {
                None
            } else {
                // No room in time, or no app any more.
                let room = timeout_at(until, self.offers.reserve()).await;
                room.ok().and_then(Result::ok)
            };
            let Some(room) = room else {
                full = true;
                asked.push((named, None, Err(Answer::Busy)));
                continue;
            };
            let (reply, answer) = oneshot::channel();
            let (still, new) = self.stills.keep(&event);
            room.send(Offered {
                still,
                event,
                arrived,
                came,
                way,
                reply: Reply(reply),
            });
            (self.wake)();
            asked.push((named, new, Ok(answer)));
        }
        let until = Instant::now() + ANSWER_PATIENCE;
        let mut outcomes = Vec::with_capacity(asked.len());
        for (named, picture, answer) in asked {
            let answer = match answer {
                Err(known) => known,
                // Nobody said anything: whether it was kept is not known, and sending again tells.
                Ok(answer) => timeout_at(until, answer)
                    .await
                    .ok()
                    .and_then(Result::ok)
                    .unwrap_or(Answer::Busy),
            };
            if matches!(answer, Answer::Refused(_) | Answer::Conflict)
                && let Some(picture) = picture
            {
                picture.remove();
            }
            outcomes.push(Outcome { named, answer });
        }
        let (at, now) = (self.clock.wall(), self.clock.now());
        let mut tally = self.tally.lock();
        for outcome in &outcomes {
            tally.count(way, &outcome.answer, at, now);
        }
        outcomes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::SystemClock;
    use crate::link::intake::tests::event;

    #[tokio::test]
    async fn behind_one_that_finds_no_room_none_is_offered() {
        let (sender, mut offers) = mpsc::channel(1);
        let mut desk = Desk::new(sender, Arc::new(SystemClock), Box::new(|| {}), None);
        desk.room_patience = Duration::from_millis(1);
        let mut taken = Vec::new();
        // Room is made just before the third is offered, when the second has waited in vain.
        let bundle = ["1", "2", "3"].into_iter().map(|id| {
            if id == "3" {
                taken.extend(offers.try_recv().map(|offered| offered.event.id));
            }
            OutsideEvent::parse(event(id).as_bytes())
        });
        let outcomes = desk.offer(bundle, Way::Http).await;
        // The first is taken and forgotten, so all are busy.
        assert!(outcomes.iter().all(|one| one.answer == Answer::Busy));
        assert_eq!(taken, ["1"]);
        assert!(offers.try_recv().is_err(), "nothing else came");
    }

    #[tokio::test]
    async fn the_picture_of_an_event_that_is_not_taken_does_not_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let (sender, mut offers) = mpsc::channel::<Offered>(4);
        let stills = Some(folder.path().to_owned());
        let desk = Desk::new(sender, Arc::new(SystemClock), Box::new(|| {}), stills);
        let event = |id: &str| {
            let mut json: serde_json::Value = serde_json::from_str(&event(id)).expect("JSON");
            json["still"] = "/9j/wAALCAAIABABAREA/9k=".into();
            OutsideEvent::parse(json.to_string().as_bytes())
        };
        let answers = [
            Answer::Refused(Refusal::new("/class", "none".to_owned())),
            Answer::Conflict,
            Answer::Kept(Vec::new()),
            // Whoever hears that sends it again, and finds its picture there.
            Answer::Busy,
        ];
        let mut seen = Vec::new();
        let app = async {
            for answer in answers.clone() {
                let offered = offers.recv().await.expect("an event");
                seen.push(std::fs::read_dir(folder.path()).expect("there").count());
                offered.reply.send(answer);
            }
        };
        let events = ["1", "2", "3", "4"].map(event);
        let (outcomes, ()) = tokio::join!(desk.offer(events, Way::Http), app);
        let told: Vec<Answer> = outcomes.into_iter().map(|one| one.answer).collect();
        assert_eq!(told, answers);
        assert!(
            seen.iter().all(|there| *there > 0),
            "on the disk before: {seen:?}"
        );
        let left = std::fs::read_dir(folder.path()).expect("there");
        assert_eq!(left.count(), 2);
        // One of an earlier run whose event never came again goes at the next start.
        let old = folder.path().join("old.jpg");
        let file = std::fs::File::create(&old).expect("made");
        file.set_modified(std::time::UNIX_EPOCH).expect("dated");
        desk.sweep_stills();
        assert!(!old.exists());
    }
}
