//! What is said from outside: judged, and on its way to the alarms; whoever said it hears what became
//! of it when it is kept.

use std::time::{Duration, Instant};

use tracing::error;

use super::super::super::state::State;
use super::Desk;
use super::alarms::Taken;
use crate::base::clock::{self, WallTime};
use crate::base::hex::hex;
use crate::link::intake::{Answer, Intake, Offered, Offers, Sent};
use crate::model::alarm::acts::News;
use crate::model::alarm::class::{ClassKey, Texts};
use crate::model::alarm::occurrence::Occurrence;
use crate::model::detection::fact::Stage;
use crate::model::outside::{self, Judged, OutsideEvent, Refusal, Remark, judge};

/// How long the thread that draws is kept at taking events in, in one turn.
const A_TURN: Duration = Duration::from_millis(3);
/// So long a store may take to tell what it has.
const WAIT_FOR_STORE: Duration = Duration::from_secs(2);

/// The ways by which events come in, while they are listened to.
pub(crate) struct Heard {
    /// Listens for as long as it is there.
    pub(crate) _listening: Intake,
    /// What came in.
    pub(crate) offers: Offers,
}

impl Desk {
    /// From now on events of the outside world are heard.
    pub(crate) fn hear_outside(&mut self, heard: Heard) {
        self.outside = Some(heard);
    }

    /// Takes what came in, as soon as it is known what is open already; a store that does not come or
    /// is in trouble keeps nobody waiting.
    pub(super) fn take_events(&mut self, state: &mut State, (now, wall): (Instant, WallTime)) {
        let waited = now.saturating_duration_since(self.begun) >= WAIT_FOR_STORE;
        if !state.seat.ready && !waited && state.seat.trouble.is_none() {
            return;
        }
        let until = clock::now() + A_TURN;
        while let Some(offered) = self.outside.as_mut().and_then(|heard| heard.offers.take()) {
            self.take_event(state, offered, wall);
            // Whoever sends without end fills the room again as fast as it is emptied.
            if clock::now() >= until {
                (self.wake)();
                return;
            }
        }
    }

    fn take_event(&mut self, state: &mut State, offered: Offered, wall: WallTime) {
        let Offered {
            event,
            still,
            arrived,
            came,
            reply,
            ..
        } = offered;
        let classes: Vec<&str> = state
            .alarms
            .classes
            .iter()
            .map(|(key, _)| key.as_str())
            .collect();
        let knows = |id: &_| state.cameras.iter().any(|camera| camera.id == *id);
        let judged = match judge(&event, arrived, &classes, knows) {
            Ok(judged) => judged,
            Err(refusal) => return reply.send(Answer::Refused(refusal)),
        };
        let Some(mut occurrence) = occurrence(&event, &judged, arrived) else {
            let why = Refusal::new("/class", "expected the key of a class".to_owned());
            return reply.send(Answer::Refused(why));
        };
        state.alarms.came.push((occurrence.id, came));
        let digest = hex(&event.content());
        let rings = judged.may_ring || occurrence.stage != Stage::Once;
        let mut remarks = judged.remarks;
        match still {
            Sent::None => {}
            Sent::Kept(still) => occurrence.still = Some(still),
            // What it tells is worth more than its picture.
            Sent::Lost(why) => {
                error!(source = %event.source, id = %event.id, %why, "a picture is not kept");
                remarks.push(Remark::StillLost);
            }
        }
        let answer = move |taken| {
            reply.send(match taken {
                Taken::Kept => Answer::Kept(remarks),
                Taken::Repeat => Answer::Repeat,
                Taken::Conflict => Answer::Conflict,
                Taken::Refused(why) => Answer::Refused(Refusal::new("", why)),
                Taken::Busy => Answer::Busy,
            });
        };
        let news = News {
            occurrence,
            digest: Some(digest),
        };
        // What is too old to answer is kept, and calls nobody.
        if rings && !ancient(&event, arrived) {
            self.happens(news, Some(Box::new(answer)), wall);
        } else {
            self.is_kept(news, Some(Box::new(answer)), wall);
        }
    }
}

/// Whether its beginning is too long ago for anybody to answer it.
fn ancient(event: &OutsideEvent, arrived: WallTime) -> bool {
    let begins = matches!(
        event.stage,
        outside::Stage::Once | outside::Stage::Begun { .. }
    );
    begins && arrived.nanos_since(event.at) > 7 * 86_400 * 1_000_000_000
}

fn occurrence(event: &OutsideEvent, judged: &Judged, heard: WallTime) -> Option<Occurrence> {
    let place = event.place.as_ref().and_then(|place| place.text.clone());
    let places = [event.site.clone(), place].into_iter().flatten();
    let stage = match event.stage {
        outside::Stage::Once => Stage::Once,
        outside::Stage::Begun { .. } => Stage::Begun,
        outside::Stage::Updated { .. } => Stage::Updated,
        outside::Stage::Ended { .. } => Stage::Ended,
    };
    Some(Occurrence {
        id: event.alarm_id(),
        thing: event.thing_id().unwrap_or_else(|| event.alarm_id()),
        class: ClassKey::new(event.class.as_str())?,
        stage,
        at: judged.at,
        heard,
        camera: judged.camera.clone(),
        place: places.collect::<Vec<_>>().join(" · "),
        position: judged.position,
        subject: event.subject.as_ref().map(|subject| subject.text.clone()),
        source: event.source.clone(),
        text: texts(&event.text),
        region: event.region.as_ref().map(outside::Share::region),
        score: event.score.map(|score| score as f32),
        details: event
            .details
            .iter()
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect(),
        still: None,
        seat: String::new(),
    })
}

/// A language that was not said has the words of one that was.
fn texts(said: &outside::Texts) -> Option<Texts> {
    let any = [&said.ru, &said.kk, &said.en]
        .into_iter()
        .flatten()
        .next()?;
    let of = |text: &Option<String>| text.as_ref().unwrap_or(any).clone();
    Some(Texts {
        kk: of(&said.kk),
        ru: of(&said.ru),
        en: of(&said.en),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alarm::alarm::Alarm;
    use crate::model::alarm::class::Classes;
    use crate::model::id::Id;

    #[test]
    fn what_a_source_says_besides_stands_on_the_alarm_as_it_was_said_last() {
        let now = WallTime::from_micros(1_772_352_000_000_000);
        let said = |id: &str, details: serde_json::Value| {
            let json = serde_json::json!({
                "form": 1, "source": "radar", "id": id, "class": "traffic.violation",
                "at": "2026-03-01T08:00:00Z", "details": details,
            });
            let event = OutsideEvent::parse(json.to_string().as_bytes()).expect("an event");
            let judged = judge(&event, now, &["traffic.violation"], |_| true).expect("known");
            occurrence(&event, &judged, now).expect("an occurrence")
        };
        let first = said("1", serde_json::json!({"speed_kmh": 92.5, "lane": "2"}));
        let second = said("2", serde_json::json!({"speed_kmh": 104}));
        let classes = Classes::default();
        let class = classes.get(&first.class).expect("a class");
        let mut alarm = Alarm::raise(Id::named("a"), &first, class);
        alarm.hear(&second, class.window_s);
        let details: Vec<(&str, &str)> = alarm
            .details
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(details, [("lane", "2"), ("speed_kmh", "104")]);
    }
}
