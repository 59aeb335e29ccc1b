//! A seat whose store is full, locked, damaged or not there: what happens is seen and heard as with a
//! healthy one, and recorded once when it is back.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::super::super::state::State;
use super::super::SeatState;
use super::super::session::{Panel, Session};
use super::{Desk, Open, Opened};
use crate::base::clock::{self, WallTime};
use crate::model::act::Draft;
use crate::model::alarm::acts::{self, Deed, News};
use crate::model::alarm::alarm::{Alarm, KeptSpan, Past, Refusal};
use crate::model::alarm::class::ClassKey;
use crate::model::alarm::occurrence::Occurrence;
use crate::model::detection::fact::Stage;
use crate::model::id::Id;
use crate::store::database::{Kept, Link, Options, Outcome, Seal, Store, StoreError, StoreEvent};
use crate::store::settings::Settings;
use crate::store::spool::Spool;
use crate::words::{Language, Words};

/// The store's file in its folder.
const FILE: &str = crate::store::database::OWN_FILE;
/// The longest that a step of the store is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

struct Seat {
    desk: Desk,
    state: State,
    woken: Receiver<()>,
}

impl Seat {
    /// A seat with its store in `folder`; a store that cannot be opened is tried again.
    fn open(folder: &Path) -> Self {
        let (waker, woken) = bounded(1);
        let wake = waking(&waker);
        let mut state = State::new(Vec::new(), Settings::default());
        let nobody = Session::Nobody(Panel::default());
        state.seat = SeatState::new("s".into(), "c".into(), nobody);
        let mut desk = Desk::new(folder.join("pages"), "s".into(), Arc::clone(&wake));
        let place = folder.to_owned();
        let open: Open = Arc::new(move || {
            let options = Options {
                folder: place.clone(),
                centre: None,
                seat: "s".into(),
                centre_name: "c".into(),
                seal: Arc::new(Seal::none()),
            };
            let store = Store::open(options, Arc::clone(&wake))?;
            Ok(Opened { store, key: None })
        });
        match open() {
            Ok(opened) => desk.take_store(opened),
            Err(problem) => {
                state.seat.trouble = Some(problem.to_string());
                desk.open_later(open);
            }
        }
        let spool = Spool::open(&[folder.to_owned()]).expect("a spool");
        desk.spool_with(spool, &mut state, clock::wall_now());
        Self { desk, state, woken }
    }

    fn step(&mut self) {
        self.step_at(clock::now());
    }

    fn step_at(&mut self, now: std::time::Instant) {
        self.step_with((now, clock::wall_now()));
    }

    fn step_with(&mut self, times: (std::time::Instant, WallTime)) {
        let words = Words::new(Language::En);
        self.desk.step(&mut self.state, words, false, times);
    }

    /// Steps whenever the store has something to say, until `done`.
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let begun = clock::now();
        loop {
            self.step();
            if done(self) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{what} did not come");
            self.woken.recv_timeout(Duration::from_millis(200)).ok(); // a step is due in any case
        }
    }

    fn happens(&mut self, name: &str, stage: Stage) {
        self.desk
            .happens(news(name, stage), None, clock::wall_now());
    }

    fn shown(&self) -> Option<&Alarm> {
        let alarms = &self.state.seat.records.alarms;
        assert!(alarms.len() <= 1, "{alarms:?}");
        alarms.first().map(|kept| &kept.value)
    }

    fn recorded(&self) -> Option<&Alarm> {
        let records = &self.state.seat.records;
        let shown = records.alarms.first()?;
        records.recorded(shown.id).map(|kept| &kept.value)
    }

    fn is_recorded(&self) -> bool {
        let records = &self.state.seat.records;
        let mut alarms = records.alarms.iter();
        !records.alarms.is_empty() && alarms.all(|kept| records.is_recorded(kept.id))
    }

    fn leave(mut self) {
        self.desk.finish(&mut self.state);
    }
}

fn waking(waker: &Sender<()>) -> Arc<dyn Fn() + Send + Sync> {
    let waker = waker.clone();
    Arc::new(move || {
        waker.try_send(()).ok(); // one waits already
    })
}

fn news(name: &str, stage: Stage) -> News {
    let at = clock::wall_now();
    News {
        occurrence: Occurrence {
            id: Id::named(name),
            thing: Id::named("thing"),
            class: ClassKey::new("weapon.school").unwrap(),
            stage,
            at,
            heard: at,
            camera: None,
            place: "here".into(),
            position: None,
            subject: None,
            source: "test".into(),
            text: None,
            region: None,
            score: None,
            details: std::collections::BTreeMap::new(),
            still: None,
            seat: String::new(),
        },
        digest: None,
    }
}

/// Holds the store's file as another program does that writes to it.
fn lock(folder: &Path) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(folder.join(FILE)).expect("the store's file");
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    other
}

#[test]
fn an_alarm_calls_while_the_store_is_locked_and_is_recorded_once_after_that() {
    let folder = tempfile::tempdir().unwrap();
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    let held = lock(folder.path());
    seat.happens("a", Stage::Begun);
    seat.step();
    let number = seat.shown().expect("it is shown at once").number;
    assert_eq!(seat.state.alarms.sounding, [number], "and heard");
    assert_eq!(seat.recorded(), None);
    // It goes by the same rules as one that is recorded.
    seat.happens("b", Stage::Once);
    seat.step();
    assert_eq!(seat.shown().map(|alarm| alarm.count), Some(2));
    // What somebody says of it would be durable nowhere.
    let shown = seat.state.seat.records.alarms[0].id;
    assert!(seat.state.seat.records.recorded(shown).is_none());
    seat.until("the word of the store", |seat| {
        seat.state.seat.trouble.is_some()
    });
    seat.step();
    let waiting: usize = seat.state.alarms.waiting.iter().map(|one| one.count).sum();
    assert_eq!(waiting, 2, "it is told");
    drop(held);
    seat.until("the record", Seat::is_recorded);
    let recorded = seat.recorded().expect("it is recorded");
    assert_eq!((recorded.number, recorded.count), (number, 2));
    assert_eq!(seat.state.alarms.sounding, [number], "it sounds on");
    assert!(seat.state.alarms.waiting.is_empty() && seat.state.seat.trouble.is_none());
    seat.leave();
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| {
        seat.state.seat.ready && seat.shown().is_some()
    });
    assert_eq!(seat.shown().map(|alarm| alarm.count), Some(2));
    assert_eq!(seat.shown().map(|alarm| alarm.number), Some(number));
    seat.leave();
}

#[test]
fn what_a_damaged_store_does_not_take_is_there_after_a_restart_and_recorded_when_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), [b'x'; 4096]).unwrap();
    let mut seat = Seat::open(folder.path());
    assert!(seat.state.seat.trouble.is_some(), "it is told");
    seat.happens("a", Stage::Begun);
    seat.step();
    assert_eq!(seat.state.alarms.sounding.len(), 1);
    let waiting = &seat.state.alarms.waiting;
    assert_eq!(
        waiting.len(),
        1,
        "told at once: the store is known to be away"
    );
    seat.leave();
    // The program is started again, and the store is still what it was.
    let mut seat = Seat::open(folder.path());
    seat.step();
    assert_eq!(seat.state.alarms.sounding.len(), 1, "it calls again");
    seat.happens("b", Stage::Once);
    seat.step();
    assert_eq!(seat.shown().map(|alarm| alarm.count), Some(2));
    // Somebody puts it right.
    fs::remove_file(folder.path().join(FILE)).unwrap();
    let later = clock::now() + super::OPEN_AGAIN_AFTER;
    seat.step_at(later);
    seat.until("the record", |seat| {
        seat.state.seat.ready && seat.is_recorded()
    });
    assert_eq!(seat.recorded().map(|alarm| alarm.count), Some(2));
    assert_eq!(seat.state.seat.trouble, None);
    seat.leave();
    // Once, and nothing waits.
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| {
        seat.state.seat.ready && seat.shown().is_some()
    });
    assert!(seat.is_recorded() && seat.desk.alarms.waiting.is_empty());
    assert_eq!(seat.shown().map(|alarm| alarm.count), Some(2));
    seat.leave();
}

#[test]
fn nothing_can_be_done_to_an_alarm_that_is_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), [b'x'; 4096]).unwrap();
    let mut seat = Seat::open(folder.path());
    seat.happens("a", Stage::Begun);
    seat.step();
    let number = seat.shown().expect("it is shown").number;
    let wish = super::super::AlarmWish::Do(number, Deed::Acknowledge);
    let refused = super::alarms::draft(&seat.state, wish, clock::wall_now());
    assert_eq!(refused.err(), Some(Refusal::NotRecorded));
    seat.leave();
}

#[test]
fn a_sender_who_says_it_again_waits_once_and_hears_of_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    let held = lock(folder.path());
    let (told, heard) = bounded(8);
    for _ in 0..5 {
        let told = told.clone();
        let tell = Box::new(move |taken| told.send(taken).unwrap());
        let news = news("a", Stage::Once);
        seat.desk.happens(news, Some(tell), WallTime(1));
        seat.step();
    }
    let waiting: usize = seat.state.alarms.waiting.iter().map(|one| one.count).sum();
    assert_eq!(waiting, 1);
    assert!(heard.is_empty(), "nobody is told before it is recorded");
    drop(held);
    seat.until("the record", Seat::is_recorded);
    assert_eq!(seat.shown().map(|alarm| alarm.count), Some(1));
    let said: Vec<_> = heard.try_iter().collect();
    assert_eq!(said, [super::alarms::Taken::Kept]);
    seat.leave();
}

#[test]
fn what_is_critical_is_never_lost_and_the_least_urgent_is_told_to_be() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), [b'x'; 4096]).unwrap();
    let mut seat = Seat::open(folder.path());
    seat.step();
    let say = |seat: &mut Seat, name: &str, class: &str| {
        let mut news = news(name, Stage::Once);
        news.occurrence.class = ClassKey::new(class).unwrap();
        seat.desk.happens(news, None, WallTime(1));
    };
    for n in 0..20_000 {
        say(&mut seat, &format!("low {n}"), "traffic.violation");
    }
    say(&mut seat, "critical", "weapon.school");
    say(&mut seat, "high", "plate.hit");
    seat.step();
    assert_eq!(
        seat.state.alarms.lost, 1000,
        "of the least urgent, and it is told"
    );
    let shown = seat.state.seat.records.alarms.iter();
    let mut classes: Vec<&str> = shown.map(|kept| kept.value.class.as_str()).collect();
    classes.sort_unstable();
    assert_eq!(classes, ["plate.hit", "traffic.violation", "weapon.school"]);
    // Whoever can say it again is asked to, but for what is critical.
    for n in 0..998 {
        say(&mut seat, &format!("more {n}"), "traffic.violation");
    }
    let (told, heard) = bounded(2);
    for class in ["plate.hit", "weapon.school"] {
        let told = told.clone();
        let mut news = news(class, Stage::Once);
        news.occurrence.class = ClassKey::new(class).unwrap();
        let tell = Box::new(move |taken| told.send(taken).unwrap());
        seat.desk.happens(news, Some(tell), WallTime(1));
    }
    let said: Vec<_> = heard.try_iter().collect();
    assert_eq!(said, [super::alarms::Taken::Busy]);
    seat.leave();
}

#[test]
fn of_what_is_critical_repeats_go_before_any_alarm_does() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), [b'x'; 4096]).unwrap();
    let mut seat = Seat::open(folder.path());
    seat.step();
    for n in 0..20_000 {
        let news = news(&n.to_string(), Stage::Once);
        seat.desk.happens(news, None, WallTime(n));
    }
    let other = |name: &str| {
        let mut news = news(name, Stage::Once);
        news.occurrence.subject = Some("another".into());
        news
    };
    seat.desk.happens(other("other"), None, WallTime(1));
    let mut low = news("low", Stage::Once);
    low.occurrence.class = ClassKey::new("traffic.violation").unwrap();
    seat.step();
    let places = |seat: &Seat| seat.state.seat.records.alarms.len();
    assert_eq!(places(&seat), 2, "both call");
    assert_eq!(
        seat.state.alarms.lost, 1000,
        "the newest repeats, and it is told"
    );
    let groups = seat.desk.alarms.waiting.values();
    let oldest = groups
        .filter_map(|group| group.all.first())
        .map(|one| one.since);
    assert_eq!(oldest.min(), Some(WallTime(0)), "the first is there");
    // What is less urgent makes nothing critical go.
    for n in 0..999 {
        seat.desk
            .happens(other(&format!("more {n}")), None, WallTime(2));
    }
    seat.desk.happens(low, None, WallTime(3));
    seat.step();
    assert_eq!(places(&seat), 2);
    assert_eq!(seat.state.alarms.lost, 1001);
    seat.leave();
}

#[test]
fn what_was_lost_stands_in_the_log_when_the_store_takes_it_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    let held = lock(folder.path());
    let lost = news("lost", Stage::Once);
    seat.desk.lose(&lost);
    seat.step();
    assert_eq!(seat.state.alarms.lost, 1, "it is told");
    assert!(!seat.desk.pending.is_empty(), "its line is on its way");
    seat.until("the word of the store", |seat| {
        seat.state.seat.trouble.is_some()
    });
    assert_eq!(seat.state.alarms.lost, 1, "it still is");
    drop(held);
    seat.until("its line", |seat| {
        seat.state.alarms.lost == 0 && seat.desk.pending.is_empty()
    });
    let store = seat.desk.store.as_ref().unwrap();
    let lines = store.lines(0, 100).unwrap().wait().expect("the log");
    let of_it = lines.iter().filter(|line| line.text.contains(acts::LOST));
    assert_eq!(of_it.count(), 1, "once");
    seat.leave();
}

#[test]
fn what_waits_lies_in_the_spool_also_when_our_clock_is_set_back() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), [b'x'; 4096]).unwrap();
    let mut seat = Seat::open(folder.path());
    seat.happens("a", Stage::Begun);
    let back = clock::wall_now().plus_nanos(-3_600_000_000_000);
    seat.step_with((clock::now(), back));
    assert_eq!(seat.state.alarms.waiting.len(), 1, "it is told");
    let mut waiting = seat
        .desk
        .alarms
        .waiting
        .values()
        .flat_map(|group| &group.all);
    assert!(waiting.all(|one| one.spooled));
    seat.leave();
}

#[test]
fn what_was_said_before_is_answered_at_once_and_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    let say = |seat: &mut Seat, name: &str, digest: &str| {
        let (told, heard) = bounded(1);
        let tell = Box::new(move |taken| told.send(taken).unwrap());
        let mut news = news(name, Stage::Once);
        news.digest = Some(digest.to_owned());
        seat.desk.happens(news, Some(tell), WallTime(1));
        heard
    };
    let first: Vec<_> = (0..300)
        .map(|n| say(&mut seat, &n.to_string(), "d"))
        .collect();
    seat.until("the record", Seat::is_recorded);
    for heard in first {
        assert_eq!(heard.try_recv(), Ok(super::alarms::Taken::Kept));
    }
    let held = lock(folder.path());
    for n in 0..300 {
        let again = say(&mut seat, &n.to_string(), "d");
        assert_eq!(again.try_recv(), Ok(super::alarms::Taken::Repeat));
    }
    let other = say(&mut seat, "7", "something else");
    assert_eq!(other.try_recv(), Ok(super::alarms::Taken::Conflict));
    drop(held);
    seat.leave();
}

#[test]
fn what_was_said_before_a_restart_takes_few_turns_and_what_is_new_stands_behind_few() {
    let folder = tempfile::tempdir().unwrap();
    let say = |seat: &mut Seat, name: &str| {
        let (told, heard) = bounded(1);
        let tell = Box::new(move |taken| told.send(taken).unwrap());
        let mut news = news(name, Stage::Once);
        news.digest = Some(format!("digest of {name}"));
        seat.desk.happens(news, Some(tell), WallTime(1));
        heard
    };
    let waiting = |seat: &Seat| -> usize {
        let groups = seat.desk.alarms.waiting.values();
        groups.map(|group| group.all.len()).sum()
    };
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    let first: Vec<_> = (0..300).map(|n| say(&mut seat, &n.to_string())).collect();
    seat.until("the record", |seat| {
        waiting(seat) == 0 && seat.is_recorded()
    });
    seat.leave();
    for heard in first {
        assert_eq!(heard.try_recv(), Ok(super::alarms::Taken::Kept));
    }
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    let again: Vec<_> = (0..300).map(|n| say(&mut seat, &n.to_string())).collect();
    let new = say(&mut seat, "new");
    let begun = clock::now();
    let (mut left, mut turns) = (waiting(&seat), 0);
    assert_eq!(left, 301);
    while left > 0 {
        seat.step();
        let now = waiting(&seat);
        turns += usize::from(now < left);
        left = now;
        assert!(begun.elapsed() < PATIENCE, "{left} wait");
        seat.woken.recv_timeout(Duration::from_millis(200)).ok(); // a step is due in any case
    }
    for heard in again {
        assert_eq!(heard.try_recv(), Ok(super::alarms::Taken::Repeat));
    }
    assert_eq!(new.try_recv(), Ok(super::alarms::Taken::Kept));
    assert!(turns <= 4, "{turns} turns");
    seat.until("the record", Seat::is_recorded);
    assert_eq!(seat.shown().map(|alarm| alarm.count), Some(301));
    seat.leave();
}

#[test]
fn one_that_cannot_be_kept_takes_no_others_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    let told: Vec<_> = (0..9)
        .map(|n| {
            let (told, heard) = bounded(1);
            let tell = Box::new(move |taken| told.send(taken).unwrap());
            let mut news = news(&n.to_string(), Stage::Once);
            if n == 4 {
                // No sender can say it, for the form has no such letters; the store has none either.
                let zero = "\0".to_owned();
                news.occurrence.text = Some(crate::model::alarm::class::Texts {
                    kk: zero.clone(),
                    ru: zero.clone(),
                    en: zero,
                });
            }
            seat.desk.happens(news, Some(tell), WallTime(1));
            heard
        })
        .collect();
    seat.until("the record", |seat| {
        seat.desk.alarms.waiting.is_empty() && seat.is_recorded()
    });
    for (n, heard) in told.iter().enumerate() {
        let taken = heard.try_recv().expect("answered");
        let is_refused = matches!(taken, super::alarms::Taken::Refused(_));
        assert_eq!(is_refused, n == 4, "{n}: {taken:?}");
    }
    assert_eq!(seat.shown().map(|alarm| alarm.count), Some(8));
    seat.leave();
}

#[test]
fn what_this_seat_may_not_write_waits_and_is_not_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    // Another centre has the record.
    let theirs = news("theirs", Stage::Begun);
    let classes = &seat.state.alarms.classes;
    let class = classes.get(&theirs.occurrence.class).unwrap();
    let number = Id::named("number");
    let draft = acts::hear("c", None, &[theirs], class, number, WallTime(1)).unwrap();
    let act = crate::model::act::Act {
        id: number,
        at: WallTime(1),
        seat: "s".into(),
        centre: "another".into(),
        author: None,
        second: None,
        kind: draft.kind,
        about: draft.about,
        detail: draft.detail,
        changes: draft.changes,
    };
    let store = seat.desk.store.as_ref().unwrap();
    let kept = store.submit(act).unwrap().wait();
    let is_done = matches!(&kept, Ok(Kept::Settled(Outcome::Done { .. })));
    assert!(is_done, "{kept:?}");
    let (told, heard) = bounded(1);
    let tell = Box::new(move |taken| told.send(taken).unwrap());
    let ours = news("ours", Stage::Once);
    seat.desk.happens(ours, Some(tell), WallTime(1));
    seat.until("the word of the store", |seat| {
        seat.state.seat.trouble.is_some()
    });
    assert_eq!(heard.try_recv(), Ok(super::alarms::Taken::Busy));
    assert_eq!(seat.desk.alarms.waiting.len(), 1, "it waits");
    seat.leave();
}

#[test]
fn an_alarm_that_was_settled_at_once_gets_its_recording_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    seat.happens("a", Stage::Once);
    seat.until("the record", Seat::is_recorded);
    let (number, wall) = (seat.shown().unwrap().number, clock::wall_now());
    // Over, before the stream around it was whole.
    let kept = seat.state.seat.records.alarms[0].clone();
    let class = seat.state.alarms.class(&kept.value).cloned();
    let by = crate::model::alarm::Hand {
        person: None,
        seat: "s".into(),
        at: wall,
    };
    let found = class.as_ref().unwrap().verdicts[0];
    let deed = Deed::Judge(found, "seen".into());
    let centre = seat.state.seat.centre.clone();
    let draft = acts::done(&centre, &kept, &deed, class.as_ref(), by.clone()).unwrap();
    let draft = crate::model::act::Draft {
        kind: acts::REPEATED.into(), // nobody sits here, and the record is what counts
        ..draft
    };
    seat.desk
        .submit(&mut seat.state, draft, super::Then::Alarm("none".into()));
    seat.until("its end", |seat| seat.shown().is_none());
    let span = KeptSpan {
        file: "a.mkv".into(),
        sha256: "00".into(),
        from: wall.plus_nanos(-30_000_000_000),
        to: wall.plus_nanos(10_000_000_000),
        missing_s: 0.0,
    };
    seat.desk.keep_span(&mut seat.state, number, span, wall);
    seat.step();
    seat.until("nothing on its way", |seat| {
        seat.desk.pending.is_empty() && seat.desk.past.spans.is_empty()
    });
    seat.state.alarms.history.busy = true;
    seat.desk
        .search_past(crate::model::alarm::past::Query::default());
    seat.until("the history", |seat| {
        !seat.state.alarms.history.found.is_empty()
    });
    let found = &seat.state.alarms.history.found[0].value.alarm;
    assert_eq!(found.number, number);
    assert_eq!(
        found.span.as_ref().map(|span| span.file.as_str()),
        Some("a.mkv")
    );
    seat.leave();
}

#[test]
fn a_past_alarm_that_a_newer_program_wrote_is_named_in_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let mut seat = Seat::open(folder.path());
    seat.until("the store", |seat| seat.state.seat.ready);
    let said = news("a", Stage::Once).occurrence;
    let class = seat.state.alarms.classes.get(&said.class).unwrap().clone();
    for (name, is_newer) in [("one", false), ("two", true), ("three", false)] {
        let number = Id::named(name);
        let alarm = Alarm::raise(number, &said, &class);
        let past = Past::new(alarm, said.at, Some(&class));
        let mut draft = Draft::new(acts::RAISED).put(number, 0, &past);
        if is_newer {
            let body = draft.changes[0].body.as_mut().unwrap();
            let newer = body.replace(r#""critical""#, r#""catastrophic""#);
            assert_ne!(newer, *body);
            *body = newer;
        }
        let then = super::Then::Nothing;
        seat.desk.submit(&mut seat.state, draft, then);
    }
    seat.until("the records", |seat| seat.desk.pending.is_empty());
    seat.state.alarms.history.busy = true;
    let all = crate::model::alarm::past::Query::default();
    seat.desk.search_past(all);
    seat.until("the history", |seat| {
        !seat.state.alarms.history.found.is_empty()
    });
    let history = &seat.state.alarms.history;
    assert_eq!(history.found.len(), 2);
    assert_eq!(history.unreadable, [Id::named("two")]);
    seat.leave();
}

#[test]
fn what_lasts_a_while_lasts_no_longer_when_our_clock_is_set_back() {
    // Without a store, which tells the time of its own: it is simulated here.
    let (mut desk, mut state) = alone();
    let words = Words::new(Language::En);
    let second = 1_000_000_000;
    let (now, wall) = (clock::now(), clock::wall_now());
    let mut at = |seconds: i64, set_back_s: i64| {
        let now = now + Duration::from_secs(seconds as u64);
        let wall = wall.plus_nanos((seconds - set_back_s) * second);
        desk.step(&mut state, words, false, (now, wall));
        let steady = state.seat.steady_now(wall);
        (steady.nanos_since(wall.plus_nanos(set_back_s * second)) / second).abs()
    };
    at(1, 0);
    assert!(at(2, 3600) <= 2, "an hour back");
    assert!(at(60, 3600) <= 2);
    assert!(at(61, 0) <= 2, "and right again");
    assert_eq!(state.seat.clock_back_ns / second, 0);
}

/// A seat without a store.
fn alone() -> (Desk, State) {
    let desk = Desk::new("pages".into(), "s".into(), Arc::new(|| ()));
    let mut state = State::new(Vec::new(), Settings::default());
    let nobody = Session::Nobody(Panel::default());
    state.seat = SeatState::new("s".into(), "c".into(), nobody);
    (desk, state)
}

#[test]
fn a_clock_that_is_set_back_is_the_stores_where_it_is_ours_and_not_a_centres() {
    let (mut desk, mut state) = alone();
    let words = Words::new(Language::En);
    let (now, wall) = (clock::now(), clock::wall_now());
    let back = wall.plus_nanos(-3_600_000_000_000);
    desk.step(&mut state, words, false, (now, wall));
    desk.step(&mut state, words, false, (now, back));
    let state = &mut state.seat;
    let off = |at: WallTime, from: WallTime| at.nanos_since(from).abs() < 1_000_000_000;
    // A lesson at ten is at ten by the clock on the wall.
    assert!(off(state.store_now(back), back));
    state.link = Link::There;
    assert!(off(state.store_now(back), wall));
    let why = StoreError::Closed;
    state.link = Link::Away { why, waiting: 0 };
    assert!(
        off(state.store_now(back), wall),
        "it goes on while it is not heard of"
    );
    // What the centre says itself counts from then on.
    let seats = Vec::new();
    super::hear(
        state,
        StoreEvent::Presence { seats, now: wall },
        words,
        back,
    );
    assert!(off(state.store_now(back), wall));
    assert_eq!(state.clock_back_ns, 0);
}
