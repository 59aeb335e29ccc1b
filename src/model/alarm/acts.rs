//! Alarms as acts: what is kept of each step, in the log and as records.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Hand;
use super::alarm::{Alarm, KeptSpan, Past, Refusal, State, Step};
use super::aside::{Lesson, OutOfService, Shelf, shelf_id};
use super::class::Class;
use super::occurrence::Occurrence;
use super::verdict::Verdict;
use crate::base::clock::WallTime;
use crate::model::act::{Draft, Kept, Record};
use crate::model::id::Id;

/// An alarm was raised.
pub const RAISED: &str = "alarm-raised";
/// It happened again, or goes on.
pub const REPEATED: &str = "alarm-repeated";
/// Its cause is gone.
pub const RETURNED: &str = "alarm-returned";
/// Somebody has seen it.
pub const ACKNOWLEDGED: &str = "alarm-acknowledged";
/// Somebody said what it is.
pub const JUDGED: &str = "alarm-judged";
/// It was passed on.
pub const PASSED: &str = "alarm-passed";
/// Somebody took it over.
pub const TAKEN_OVER: &str = "alarm-taken-over";
/// The stream around it was kept.
pub const SPAN_KEPT: &str = "alarm-span-kept";
/// Its repeats were put on a shelf.
pub const SHELVED: &str = "alarm-shelved";
/// They were taken from the shelf.
pub const UNSHELVED: &str = "alarm-unshelved";
/// A lesson was planned.
pub const LESSON_PLANNED: &str = "lesson-planned";
/// A planned lesson was cancelled.
pub const LESSON_CANCELLED: &str = "lesson-cancelled";
/// Something is out of service.
pub const OUT_OF_SERVICE: &str = "alarms-out-of-service";
/// It is in service again.
pub const IN_SERVICE: &str = "alarms-in-service";
/// Something was said that asks nobody for anything.
pub const EVENT_KEPT: &str = "event-kept";
/// The sounds were tried out.
pub const SOUND_TESTED: &str = "sound-tested";

/// More waited to be recorded than there is room for.
pub const LOST: &str = "occurrences-lost";

/// Somebody looked through alarms that are over.
pub const SEARCHED: &str = "history-searched";

/// Each kind with the key of its words.
pub const WORDS: &[(&str, &str)] = &[
    (RAISED, "act-alarm-raised"),
    (REPEATED, "act-alarm-repeated"),
    (RETURNED, "act-alarm-returned"),
    (ACKNOWLEDGED, "act-alarm-acknowledged"),
    (JUDGED, "act-alarm-judged"),
    (PASSED, "act-alarm-passed"),
    (TAKEN_OVER, "act-alarm-taken-over"),
    (SPAN_KEPT, "act-alarm-span-kept"),
    (SHELVED, "act-alarm-shelved"),
    (UNSHELVED, "act-alarm-unshelved"),
    (LESSON_PLANNED, "act-lesson-planned"),
    (LESSON_CANCELLED, "act-lesson-cancelled"),
    (OUT_OF_SERVICE, "act-alarms-out-of-service"),
    (IN_SERVICE, "act-alarms-in-service"),
    (EVENT_KEPT, "act-event-kept"),
    (SOUND_TESTED, "act-sound-tested"),
    (LOST, "act-occurrences-lost"),
    (SEARCHED, "act-history-searched"),
];

/// What was said from outside, so that it is taken once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// SHA-256 of what was said, hexadecimal.
    pub digest: String,
    /// The alarm that it raised or repeated, where it did.
    #[serde(default)]
    pub alarm: Option<Id>,
}

impl Record for Said {
    const KIND: &'static str = "said";
}

/// News, and what is to be remembered of them where they come from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// What happens.
    pub occurrence: Occurrence,
    /// SHA-256 of what was said from outside. Nothing for what we saw ourselves, or its identity where
    /// it may be said again after a restart.
    pub digest: Option<String>,
}

/// The identity of the record of the open alarm of a key: of several seats that raise the same, one
/// is the first.
pub fn record_id(centre: &str, key: &str) -> Id {
    Id::named(&format!("alarm {centre} {key}"))
}

/// The identity of the record of what was said outside: each centre that was told keeps it for itself.
pub fn said_id(centre: &str, news: Id) -> Id {
    Id::named(&format!("said {centre} {news}"))
}

/// How far a group of news brought an alarm.
fn urgency(step: Step) -> u8 {
    match step {
        Step::Known => 0,
        Step::Changed => 1,
        Step::Returned => 2,
        Step::Repeated => 3,
        Step::Again => 4,
        Step::Raised => 5,
    }
}

/// The same alarm with what was heard, and how far the news brought it.
pub fn heard<'a>(
    kept: Option<Alarm>,
    news: impl IntoIterator<Item = &'a Occurrence>,
    class: &Class,
    number: Id,
) -> (Option<Alarm>, Step) {
    let mut alarm = kept;
    let mut most = Step::Known;
    for occurrence in news {
        let step = match &mut alarm {
            Some(alarm) => alarm.hear(occurrence, class.window_s),
            // The end of what nobody has open is no alarm.
            None if occurrence.stage == crate::model::detection::fact::Stage::Ended => Step::Known,
            None => {
                alarm = Some(Alarm::raise(number, occurrence, class));
                Step::Raised
            }
        };
        if urgency(step) > urgency(most) {
            most = step;
        }
    }
    (alarm, most)
}

/// The act that takes news of one key. Nothing when there is nothing to keep.
pub fn hear(
    centre: &str,
    kept: Option<&Kept<Alarm>>,
    news: &[News],
    class: &Class,
    number: Id,
    now: WallTime,
) -> Option<Draft> {
    let open = kept.map(|kept| kept.value.clone());
    let occurrences = news.iter().map(|one| &one.occurrence);
    let (alarm, most) = heard(open, occurrences, class, number);
    if news.is_empty() {
        return None;
    }
    let outside = |draft: Draft, alarm: Option<Id>| {
        news.iter().fold(draft, |draft, one| match &one.digest {
            None => draft,
            Some(digest) => {
                let said = Said {
                    digest: digest.clone(),
                    alarm,
                };
                draft.put(said_id(centre, one.occurrence.id), 0, &said)
            }
        })
    };
    let Some(alarm) = alarm.filter(|_| most != Step::Known) else {
        // Of what we saw ourselves nothing is left to say.
        let draft = outside(Draft::new(EVENT_KEPT), None);
        return (!draft.changes.is_empty()).then(|| told(draft, news));
    };
    let kind = match most {
        Step::Raised => RAISED,
        Step::Returned => RETURNED,
        _ => REPEATED,
    };
    let draft = told(about(Draft::new(kind), &alarm), news)
        .with("count", alarm.count)
        .with("again", most == Step::Again);
    let draft = outside(draft, Some(alarm.number));
    Some(put(draft, centre, kept, alarm, Some(class), now))
}

/// The act that keeps what asks nobody for anything: its class is switched off.
pub fn event(centre: &str, news: &[News]) -> Option<Draft> {
    let draft = news.iter().fold(Draft::new(EVENT_KEPT), |draft, one| {
        let Some(digest) = &one.digest else {
            return draft;
        };
        let said = Said {
            digest: digest.clone(),
            alarm: None,
        };
        draft.put(said_id(centre, one.occurrence.id), 0, &said)
    });
    (!news.is_empty()).then(|| told(draft, news))
}

/// What one of the news says, as the log keeps it.
fn line_of(news: &News) -> Value {
    let said = &news.occurrence;
    json!({
        "id": said.id, "source": said.source, "stage": said.stage, "at": said.at,
        "place": said.place, "score": said.score, "text": said.text,
    })
}

/// How many bytes news take in the log's line; less than a fourth of what a line may have.
pub fn bytes_in_log(news: &News) -> usize {
    line_of(news).to_string().len()
}

/// What was said, as the log keeps it.
fn told(draft: Draft, news: &[News]) -> Draft {
    // A line of the log is short; the newest say most.
    let list: Vec<Value> = news.iter().rev().take(20).map(line_of).collect();
    let draft = match news.first() {
        Some(first) if draft.about.is_none() => {
            let said = &first.occurrence;
            let draft = draft.with("class", said.class.as_str());
            match &said.camera {
                Some(camera) => draft.about(camera),
                None => draft,
            }
        }
        _ => draft,
    };
    draft.with("news", news.len()).with("said", list)
}

fn about(draft: Draft, alarm: &Alarm) -> Draft {
    let draft = draft
        .with("alarm", alarm.number.to_string())
        .with("class", alarm.class.as_str())
        .with("priority", alarm.priority.word());
    match (&alarm.camera, &alarm.subject) {
        (Some(camera), _) => draft.about(camera),
        (None, Some(subject)) => draft.about(subject),
        (None, None) => draft.about(&alarm.class),
    }
}

/// The alarm as it is now: open, or among those that are over.
fn put(
    draft: Draft,
    centre: &str,
    kept: Option<&Kept<Alarm>>,
    alarm: Alarm,
    class: Option<&Class>,
    now: WallTime,
) -> Draft {
    let id = kept.map_or_else(|| record_id(centre, &alarm.key), |kept| kept.id);
    let version = kept.map_or(0, |kept| kept.version);
    if alarm.state() != State::Ended {
        return draft.put(id, version, &alarm);
    }
    let number = alarm.number;
    let past = Past::new(alarm, now, class);
    let draft = match kept {
        Some(_) => draft.remove::<Alarm>(id, version),
        None => draft,
    };
    draft.with("ended", true).put(number, 0, &past)
}

/// What somebody does to an alarm.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Says to have seen it.
    Acknowledge,
    /// Says what it is.
    Judge(super::verdict::Judgement, String),
    /// Passes it on to somebody.
    Pass(String),
    /// Takes it from whoever has it.
    TakeOver,
}

/// The act of somebody's deed.
///
/// # Errors
/// When it cannot be done.
pub fn done(
    centre: &str,
    kept: &Kept<Alarm>,
    deed: &Deed,
    class: Option<&Class>,
    by: Hand,
) -> Result<Draft, Refusal> {
    let mut alarm = kept.value.clone();
    let now = by.at;
    let from = alarm.owner.as_ref().and_then(|owner| owner.person);
    let draft = match deed {
        Deed::Acknowledge => {
            alarm.acknowledge(by)?;
            Draft::new(ACKNOWLEDGED)
        }
        Deed::Judge(found, note) => {
            let note = note.trim().to_owned();
            let draft = Draft::new(JUDGED)
                .with("found", found.word())
                .with("note", note.as_str());
            let found = *found;
            alarm.judge(Verdict { found, by, note }, class)?;
            draft
        }
        Deed::Pass(to) => {
            alarm.pass(to, by)?;
            Draft::new(PASSED).with("to", to.trim())
        }
        Deed::TakeOver => {
            alarm.take_over(by)?;
            Draft::new(TAKEN_OVER).with("from", from.map(|person| person.to_string()))
        }
    };
    let draft = about(draft, &alarm);
    Ok(put(draft, centre, Some(kept), alarm, class, now))
}

/// The stream around an open alarm is kept.
pub fn span_kept(centre: &str, kept: &Kept<Alarm>, span: KeptSpan, now: WallTime) -> Draft {
    let mut alarm = kept.value.clone();
    let draft = about(Draft::new(SPAN_KEPT), &alarm)
        .with("file", span.file.as_str())
        .with("sha256", span.sha256.as_str());
    alarm.span = Some(span);
    put(draft, centre, Some(kept), alarm, None, now)
}

/// The stream around an alarm that is over by now.
pub fn past_span_kept(kept: &Kept<Past>, span: KeptSpan) -> Draft {
    let mut past = kept.value.clone();
    let draft = about(Draft::new(SPAN_KEPT), &past.alarm)
        .with("file", span.file.as_str())
        .with("sha256", span.sha256.as_str());
    past.alarm.span = Some(span);
    draft.put(kept.id, kept.version, &past)
}

/// Puts repeats on a shelf; `known` is the shelf that there was.
pub fn shelved(centre: &str, shelf: &Shelf, known: Option<&Kept<Shelf>>) -> Draft {
    Draft::new(SHELVED)
        .about(&shelf.key)
        .with("class", shelf.class.as_str())
        .with("until", shelf.until.micros())
        .with("reason", shelf.reason.as_str())
        .put(
            known.map_or_else(|| shelf_id(centre, &shelf.key), |kept| kept.id),
            known.map_or(0, |kept| kept.version),
            shelf,
        )
}

/// Takes them from the shelf before the time.
pub fn unshelved(kept: &Kept<Shelf>) -> Draft {
    Draft::new(UNSHELVED)
        .about(&kept.value.key)
        .remove::<Shelf>(kept.id, kept.version)
}

/// Plans a lesson.
pub fn planned(id: Id, lesson: &Lesson) -> Draft {
    Draft::new(LESSON_PLANNED)
        .about(&lesson.camera)
        .with("class", lesson.class.as_str())
        .with("from", lesson.from.micros())
        .with("until", lesson.until.micros())
        .with("reason", lesson.reason.as_str())
        .put(id, 0, lesson)
}

/// Cancels one.
pub fn cancelled(kept: &Kept<Lesson>) -> Draft {
    Draft::new(LESSON_CANCELLED)
        .about(&kept.value.camera)
        .with("class", kept.value.class.as_str())
        .remove::<Lesson>(kept.id, kept.version)
}

/// Takes something out of service.
pub fn out_of_service(id: Id, out: &OutOfService) -> Draft {
    let draft = Draft::new(OUT_OF_SERVICE)
        .with("class", out.class.as_ref().map(ToString::to_string))
        .with("reason", out.reason.as_str())
        .put(id, 0, out);
    match &out.camera {
        Some(camera) => draft.about(camera),
        None => draft,
    }
}

/// Takes it into service again.
pub fn in_service(kept: &Kept<OutOfService>) -> Draft {
    Draft::new(IN_SERVICE)
        .with("reason", kept.value.reason.as_str())
        .remove::<OutOfService>(kept.id, kept.version)
}
