//! When everything happens: a story's steps laid out in time. Pure; the same seed gives the same times.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value};

use super::{Happening, Story};
use crate::city::fault::Fault;

/// One thing that happens once.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    /// When, from the beginning.
    pub at: Duration,
    /// Which step of the story, from 1.
    pub step: usize,
    /// Which time of that step, from 1.
    pub time: u32,
    /// What.
    pub what: What,
}

/// What happens once.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The camera with this number plays the clip of this scene in which something happens.
    Scene(usize, String),
    /// The camera with this number has this fault for so long.
    Fault(usize, Fault, Duration),
    /// This is told from outside.
    Event(Map<String, Value>),
}

/// The beats of a story in their order. Times are whole milliseconds.
pub fn plan(story: &Story) -> Vec<Beat> {
    let mut rng = SmallRng::seed_from_u64(story.seed);
    let mut beats = Vec::new();
    for (index, step) in story.steps.iter().enumerate() {
        let (from, to) = step.at;
        // Drawn for every step, so that another step's times do not hang on whether this has room.
        let share: f64 = rng.random();
        let first = from + (to - from) * share;
        for time in 1..=step.times {
            let at = first + step.every * f64::from(time - 1);
            let what = match &step.what {
                Happening::Scene { camera, scene } => What::Scene(*camera, scene.clone()),
                Happening::Fault {
                    camera,
                    fault,
                    seconds,
                } => What::Fault(*camera, *fault, Duration::from_secs_f64(*seconds)),
                Happening::Event(events) => {
                    let turn = (time - 1) as usize;
                    let round = turn / events.len() + 1;
                    What::Event(numbered(&events[turn % events.len()], time as usize, round))
                }
            };
            beats.push(Beat {
                at: Duration::from_millis((at * 1000.0).round() as u64),
                step: index + 1,
                time,
                what,
            });
        }
    }
    beats.sort_by_key(|beat| (beat.at, beat.step, beat.time));
    beats
}

/// The event with `{n}` in its texts replaced by which time it is, `{n:03}` by the same in three digits,
/// and `{round}` by which time the list of events is gone through.
fn numbered(event: &Map<String, Value>, n: usize, round: usize) -> Map<String, Value> {
    fn put(value: &Value, n: usize, round: usize) -> Value {
        match value {
            Value::String(text) => text
                .replace("{n:03}", &format!("{n:03}"))
                .replace("{n}", &n.to_string())
                .replace("{round}", &round.to_string())
                .into(),
            Value::Object(map) => Value::Object(numbered(map, n, round)),
            Value::Array(list) => list.iter().map(|value| put(value, n, round)).collect(),
            other => other.clone(),
        }
    }
    event
        .iter()
        .map(|(key, value)| (key.clone(), put(value, n, round)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::story::read;

    const TALE: &str = r#"
        form = 1
        seed = 7
        seconds = 100
        title = { kk = "а", ru = "б", en = "c" }
        [[step]]
        at = [10, 20]
        camera = "cam-003"
        fault = "black"
        seconds = 5
        [[step]]
        at = 1
        times = 4
        every = 0.5
        event = [
            { class = "plate.hit", camera = "cam-{n:03}", subject = { text = "{n}" } },
            { class = "plate.hit", thing = "t{round}" },
        ]
    "#;

    #[test]
    fn the_same_seed_gives_the_same_times_and_another_one_others() {
        let story = read("tale", TALE).unwrap();
        let beats = plan(&story);
        assert_eq!(beats, plan(&story));
        let fault = |beats: &[Beat]| beats.iter().find(|beat| beat.step == 1).unwrap().at;
        assert!((Duration::from_secs(10)..=Duration::from_secs(20)).contains(&fault(&beats)));
        let other = read("tale", &TALE.replace("seed = 7", "seed = 8")).unwrap();
        assert_ne!(fault(&plan(&other)), fault(&beats));
        assert!(beats.is_sorted_by_key(|beat| beat.at));
    }

    #[test]
    fn repeated_events_take_turns_and_have_numbers() {
        let beats = plan(&read("tale", TALE).unwrap());
        let events: Vec<_> = beats
            .iter()
            .filter_map(|beat| match &beat.what {
                What::Event(event) => Some((beat.at.as_millis(), event)),
                _ => None,
            })
            .collect();
        let at: Vec<_> = events.iter().map(|(at, _)| *at).collect();
        assert_eq!(at, [1000, 1500, 2000, 2500]);
        assert_eq!(events[0].1["camera"], "cam-001");
        assert_eq!(events[2].1["camera"], "cam-003");
        assert_eq!(events[2].1["subject"]["text"], "3");
        assert_eq!(events[1].1["thing"], "t1");
        assert_eq!(events[3].1["thing"], "t2");
    }
}
