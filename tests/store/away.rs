//! The link to the centre goes and comes back.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use parking_lot::{Condvar, Mutex};
use qyran::base::{clock, threads};
use qyran::bench::postgres::{Server, Stop};
use qyran::store::database::{Kept, Link, Outcome};

use crate::harness::{PATIENCE, Place, Seat, new_database, new_key, open_to_all, put, server};

#[test]
fn a_seat_works_on_while_the_centre_is_away_and_catches_up_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    open_to_all(folder.path());
    let mut server = Server::start(&folder.path().join("pg"), true).expect("PostgreSQL");
    server.new_database("q").expect("a database");
    let place = Place::at(&server.url("postgres", "q"));
    let (mut one, other) = (place.seat().settled(), place.seat().settled());
    let keys: Vec<_> = (0..4).map(|_| new_key()).collect();
    let made = one.act("made", keys.iter().map(|key| put(key, 0, "{}")).collect());
    one.must(&made);
    other.until("told", |known| known.version(&keys[3]) == 1);

    for (round, how) in [Stop::Fast, Stop::Kill].into_iter().enumerate() {
        let version = 1 + 2 * round as u32;
        let waiting_rows = one.with(|known| known.provisional);
        server.stop(how).expect("stopped");
        for seat in [&one, &other] {
            seat.until("told that it is away", |known| {
                matches!(known.link, Some(Link::Away { .. }))
            });
        }
        // Both change the first record; one goes on from its own change.
        let body = |who: &str| format!(r#"{{"by":"{who}","round":{round}}}"#);
        let acts = [
            one.act("changed", vec![put(&keys[0], version, &body("one"))]),
            one.act(
                "changed",
                vec![put(&keys[0], version + 1, &body("one again"))],
            ),
            one.act("changed", vec![put(&keys[1], version, &body("one"))]),
        ];
        for act in &acts {
            assert_eq!(one.submit(act), Ok(Kept::Queued));
        }
        one.until("its own doing shown", |known| {
            known.body(&keys[0]) == Some(&body("one again")) && known.provisional > waiting_rows
        });
        let stale = one.act("changed", vec![put(&keys[0], version, &body("stale"))]);
        assert!(
            matches!(one.submit(&stale), Ok(Kept::Settled(Outcome::Conflict(_)))),
            "what cannot come true is refused at once"
        );
        // One is closed and opened again without the centre: nothing is forgotten.
        let options = one.options.clone();
        drop(one);
        let again = Seat::open(options);
        again.until("its own doing shown again", |known| {
            known.ready && known.body(&keys[0]) == Some(&body("one again"))
        });
        one = again;
        server.go_on().expect("started");
        one.until("there again", |known| known.link == Some(Link::There));
        other.until("there again", |known| known.link == Some(Link::There));
        other.until("told what one did", |known| {
            known.body(&keys[0]) == Some(&body("one again"))
                && known.body(&keys[1]) == Some(&body("one"))
        });
        // The other was away too, and comes with what is outdated.
        other.until("all told", |known| known.version(&keys[0]) == version + 2);
        let next = one.act("changed", vec![put(&keys[1], version + 1, &body("even"))]);
        one.must(&next);
    }
    let log = one.log();
    assert_eq!(log.len(), 1 + 2 * 4, "each once: {log:?}");
    assert_eq!(log[0], made.id);
}

#[test]
fn what_two_did_apart_is_shown_to_who_came_second() {
    let gate = Gate::before(server().port());
    let database = new_database();
    let direct = Place::at(&server().url("postgres", &database));
    let through = Place::at(&format!(
        "postgres://postgres@127.0.0.1:{}/{database}",
        gate.port
    ));
    let here = direct.seat().settled();
    let key = new_key();
    here.must(&here.act("made", vec![put(&key, 0, "{}")]));
    let far = through.seat().settled();
    far.until("told", |known| known.version(&key) == 1);

    gate.shut(true);
    far.until("away", |known| {
        matches!(known.link, Some(Link::Away { .. }))
    });
    let lost = far.act("changed", vec![put(&key, 1, r#"{"by":"far"}"#)]);
    assert_eq!(far.submit(&lost), Ok(Kept::Queued));
    let kept = far.act("noted", vec![put(&new_key(), 0, "{}")]);
    assert_eq!(far.submit(&kept), Ok(Kept::Queued));
    here.must(&here.act("changed", vec![put(&key, 1, r#"{"by":"here"}"#)]));
    gate.shut(false);
    far.until("told of the conflict", |known| {
        known.link == Some(Link::There)
            && known.conflicts.len() == 1
            && known.body(&key) == Some(r#"{"by":"here"}"#)
    });
    far.with(|known| {
        let refused = &known.conflicts[0];
        assert_eq!(refused.act.id, lost.id);
        assert_eq!(refused.body.as_deref(), Some(r#"{"by":"here"}"#));
    });
    assert!(far.log().contains(&kept.id) && !far.log().contains(&lost.id));
    // It stays until somebody has seen it, also after a restart.
    let far = Seat::open(far.close()).settled();
    far.until("told again", |known| known.conflicts.len() == 1);
    far.store().settle(lost.id).expect("taken");
    far.until("settled", |known| known.conflicts.is_empty());
}

#[test]
fn a_line_that_breaks_at_any_byte_neither_loses_nor_doubles() {
    let gate = Gate::before(server().port());
    let database = new_database();
    let place = Place::at(&format!(
        "postgres://postgres@127.0.0.1:{}/{database}",
        gate.port
    ));
    let seat = place.seat().settled();
    let mut done = Vec::new();
    let mut budget = 40;
    for n in 0..60 {
        if n % 5 == 0 {
            seat.until("there", |known| known.link == Some(Link::There));
            // The next cut falls somewhere within the coming transactions.
            gate.cut_after(budget);
            budget = (budget * 7 + 131) % 2600;
        }
        let act = seat.act("made", vec![put(&new_key(), 0, "{}")]);
        match seat.submit(&act) {
            Ok(Kept::Queued | Kept::Settled(Outcome::Done { .. })) => done.push(act.id),
            other => panic!("{other:?}"),
        }
    }
    gate.cut_after(u64::MAX);
    seat.until("there", |known| known.link == Some(Link::There));
    let mut log = seat.log();
    // What was done while the line was whole and what waited may come in another order.
    log.sort_unstable();
    done.sort_unstable();
    assert_eq!(log, done);
    let cuts = gate.cuts.load(SeqCst);
    assert!(cuts >= 8, "{cuts} cuts");
}

#[test]
fn a_seat_that_freezes_in_mid_transaction_does_not_hold_up_the_others() {
    let gate = Gate::before(server().port());
    let database = new_database();
    let direct = Place::at(&server().url("postgres", &database));
    let here = direct.seat().settled();
    let through = Place::at(&format!(
        "postgres://postgres@127.0.0.1:{}/{database}",
        gate.port
    ));
    let far = through.seat().settled();
    let first = far.act("made", vec![put(&new_key(), 0, "{}")]);
    far.must(&first);
    far.until("its own", |known| known.rows.len() == 1);
    // It has nothing on its way any more.
    let head = far.store().head().expect("asked");
    far.answered("the head", head).expect("an answer");
    // What the server says to it does not come any more, and nobody hangs up.
    *gate.state.frozen.lock() = true;
    let frozen = far.act("made", Vec::new());
    let mut answer = far.store().submit(frozen.clone()).expect("taken");
    let held = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' \
                AND datname = current_database()";
    let deadline = clock::now() + PATIENCE;
    while server().sql(&database, held).expect("told") != "1" {
        assert!(clock::now() < deadline, "it never held the log");
    }
    let act = here.act("made", Vec::new());
    here.must(&act);
    assert_eq!(answer.poll(), None, "the frozen one still waits");
    *gate.state.frozen.lock() = false;
    gate.state.thawed.notify_all();
    far.until("there again", |known| known.link == Some(Link::There));
    assert!(far.answered("kept", answer).is_ok());
    let deadline = clock::now() + PATIENCE;
    while here.log() != [first.id, act.id, frozen.id] {
        assert!(clock::now() < deadline, "{:?}", here.log());
    }
}

/// A way to the server that can be shut, or breaks after so many bytes.
pub(crate) struct Gate {
    pub(crate) port: u16,
    state: Arc<State>,
    cuts: Arc<AtomicU64>,
}

struct State {
    shut: AtomicBool,
    /// What the server says does not come through, and the line does not break.
    frozen: Mutex<bool>,
    thawed: Condvar,
    left: AtomicU64,
    cuts: Arc<AtomicU64>,
}

impl Gate {
    pub(crate) fn before(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let cuts = Arc::new(AtomicU64::new(0));
        let state = Arc::new(State {
            shut: AtomicBool::new(false),
            frozen: Mutex::new(false),
            thawed: Condvar::new(),
            left: AtomicU64::new(u64::MAX),
            cuts: Arc::clone(&cuts),
        });
        let shared = Arc::clone(&state);
        let accept = move || {
            for stream in listener.incoming().flatten() {
                if shared.shut.load(SeqCst) {
                    continue;
                }
                let Ok(there) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                for (from, to, says) in [(&stream, &there, false), (&there, &stream, true)] {
                    let from = from.try_clone().expect("a clone");
                    let to = to.try_clone().expect("a clone");
                    let shared = Arc::clone(&shared);
                    threads::spawn("gate-carry", move || carry(from, to, says, &shared))
                        .expect("a thread");
                }
            }
        };
        threads::spawn("gate", accept).expect("a thread");
        Self { port, state, cuts }
    }

    pub(crate) fn shut(&self, shut: bool) {
        self.state.shut.store(shut, SeqCst);
        self.state
            .left
            .store(if shut { 0 } else { u64::MAX }, SeqCst);
    }

    fn cut_after(&self, bytes: u64) {
        self.state.left.store(bytes, SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, says: bool, state: &State) {
    use std::net::Shutdown;
    from.set_read_timeout(Some(std::time::Duration::from_millis(20)))
        .expect("a time-out");
    let mut buffer = [0; 4096];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(_nothing_yet) if !state.shut.load(SeqCst) => continue,
            Err(_shut) => break,
        };
        let mut frozen = state.frozen.lock();
        while says && *frozen {
            state.thawed.wait(&mut frozen);
        }
        drop(frozen);
        let left = state.left.load(SeqCst);
        let passed = (read as u64).min(left) as usize;
        if left != u64::MAX {
            state.left.store(left - passed as u64, SeqCst);
        }
        if to.write_all(&buffer[..passed]).is_err() {
            break;
        }
        if passed < read {
            state.cuts.fetch_add(1, SeqCst);
            // The next connection has its way.
            if !state.shut.load(SeqCst) {
                state.left.store(u64::MAX, SeqCst);
            }
            break;
        }
    }
    for stream in [&from, &to] {
        // It may be closed already.
        stream.shutdown(Shutdown::Both).ok();
    }
}
