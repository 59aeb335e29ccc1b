//! Lines by themselves, and adapters on real sockets.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};
use proptest::prelude::*;

use super::*;
use crate::base::clock::{SimulatedClock, WallTime};
use crate::link::token::Token;

/// 2026-03-01T08:00:00Z
const NOW: WallTime = WallTime(1_772_352_000_000_000_000);
const GOOD: &str =
    r#"{"person":"04A1","seat":"seat-7","event":"arrived","at":"2026-03-01T08:00:05Z"}"#;
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn read(line: &str) -> Result<DoorEvent, LineProblem> {
    event(line.as_bytes(), "seat-7", NOW)
}

#[test]
fn lines_are_read() {
    let found = read(GOOD).expect("an event");
    assert_eq!(
        found,
        DoorEvent {
            person: "04A1".into(),
            seat: "seat-7".into(),
            event: What::Arrived,
            at: NOW.plus_nanos(5_000_000_000),
        }
    );
    let local = GOOD
        .replace("08:00:05Z", "13:00:05+05:00")
        .replace("arrived", "left");
    let found = read(&local).expect("an event");
    assert_eq!(
        (found.event, found.at.0 - NOW.0),
        (What::Left, 5_000_000_000)
    );
    assert_eq!(
        read(&GOOD.replace("04A1", "әбіл"))
            .expect("an event")
            .person,
        "әбіл"
    );
}

#[test]
fn hostile_lines_are_refused() {
    for end in 0..GOOD.len() {
        assert!(read(&GOOD[..end]).is_err(), "cut at {end}");
        assert!(
            event(&GOOD.as_bytes()[end + 1..], "seat-7", NOW).is_err(),
            "begun at {end}"
        );
    }
    let check = |from: &str, to: &str, expect: fn(&LineProblem) -> bool| {
        let problem = read(&GOOD.replace(from, to)).expect_err(to);
        assert!(expect(&problem), "{to}: {problem:?}");
    };
    let shape = |problem: &LineProblem| matches!(problem, LineProblem::Shape { .. });
    check("\"04A1\"", "7", shape);
    check("\"04A1\"", "null", shape);
    check("\"04A1\"", "[\"04A1\"]", shape);
    check("arrived", "Arrived", shape);
    check("\"arrived\"", "true", shape);
    check("{", "{\"face\":\"…\",", shape);
    check("{", "{\"person\":\"x\",", shape);
    check("}", "} {}", shape);
    check("\"2026-03-01T08:00:05Z\"", "1772352005", shape);
    check("04A1", "", |problem| {
        *problem == LineProblem::Name("person")
    });
    check("04A1", "a\\u0000b", |problem| {
        *problem == LineProblem::Name("person")
    });
    check("seat-7", "", |problem| {
        *problem == LineProblem::Name("seat")
    });
    check("seat-7", "seat-8", |problem| *problem == LineProblem::Seat);
    for time in [
        "2026-13-01T08:00:05Z",
        "2026-03-01",
        "2026-03-01T08:00:05",
        "",
        "9999-12-31T08:00:00Z",
    ] {
        check("2026-03-01T08:00:05Z", time, |problem| {
            *problem == LineProblem::Time
        });
    }
    let clock = |problem: &LineProblem| matches!(problem, LineProblem::Clock { .. });
    check("08:00:05", "07:00:05", clock);
    check("08:00:05", "09:00:05", clock);
    check("2026", "1999", clock);
    let long = GOOD.replace("04A1", &"9".repeat(1 << 20));
    assert_eq!(read(&long), Err(LineProblem::Name("person")));
    let deep = "[".repeat(1 << 20);
    assert!(matches!(read(&deep), Err(LineProblem::Shape { .. })));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fall(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..GOOD.len()) {
        prop_assert!(event(&bytes, "seat-7", NOW).is_err());
        let mut mixed = GOOD.as_bytes().to_vec();
        mixed.splice(at..at, bytes);
        // Whatever comes out belongs to this seat and this time.
        if let Ok(found) = event(&mixed, "seat-7", NOW) {
            prop_assert_eq!(found.seat, "seat-7");
        }
    }
}

#[test]
fn addresses_are_of_this_machine_only() {
    for good in [
        "unix:/run/qyran/door",
        "tcp:127.0.0.1:4100",
        "tcp:[::1]:4100",
    ] {
        let address: Address = good.parse().expect(good);
        assert_eq!(address.to_string(), good);
    }
    for bad in [
        "",
        "door",
        "unix:door",
        "tcp:10.0.0.1:4100",
        "tcp:0.0.0.0:4100",
        "tcp:localhost:1",
        "http://127.0.0.1:1",
    ] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
}

/// A door on a free port, with room for two events.
fn door() -> (Door, Receiver<DoorEvent>) {
    let (events, received) = bounded(2);
    let door = Door::open(
        &"tcp:127.0.0.1:0".parse().expect("an address"),
        Token::new(TOKEN).expect("a token"),
        "seat-7",
        events,
        Arc::new(SimulatedClock::new(NOW)),
        || {},
    )
    .expect("a free port");
    (door, received)
}

/// An adapter: what it sends and what it is told.
struct Adapter(BufReader<TcpStream>);

impl Adapter {
    fn connect(door: &Door) -> Self {
        let Address::Tcp(address) = door.address() else {
            panic!("a port")
        };
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("set");
        Self(BufReader::new(stream))
    }

    fn send(&mut self, bytes: &[u8]) {
        // It may have hung up, which the answer shows.
        self.0.get_mut().write_all(bytes).ok();
    }

    /// The next answer; empty when hung up on.
    fn told(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).map_or(String::new(), |_| line)
    }

    fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\n").as_bytes());
        self.told()
    }
}

const OK: &str = "{\"ok\":true}\n";

#[test]
fn an_adapter_with_the_token_is_heard_and_one_without_is_not() {
    let (door, received) = door();
    let mut adapter = Adapter::connect(&door);
    assert_eq!(adapter.say(TOKEN), OK);
    assert_eq!(adapter.say(&format!("{GOOD}\r")), OK);
    assert_eq!(
        received.recv_timeout(LONG).expect("an event").person,
        "04A1"
    );

    let mut other = Adapter::connect(&door);
    other.send(format!("{GOOD}\n{GOOD}\n").as_bytes());
    assert!(other.told().contains("token"));
    assert_eq!(other.told(), "", "hung up on");

    // A bad line is told and does not end it; no event came of the one without the token.
    assert!(adapter.say("{}").contains("not as described"));
    assert!(
        adapter
            .say(&GOOD.replace("seat-7", "seat-8"))
            .contains("another seat")
    );
    assert_eq!(adapter.say(GOOD), OK);
    assert!(received.recv_timeout(LONG).is_ok());
    assert!(received.is_empty());
}

#[test]
fn a_full_channel_is_told_and_a_megabyte_ends_it() {
    let (door, received) = door();
    let mut adapter = Adapter::connect(&door);
    assert_eq!(adapter.say(TOKEN), OK);
    assert_eq!(adapter.say(GOOD), OK);
    assert_eq!(adapter.say(GOOD), OK);
    assert!(adapter.say(GOOD).contains("busy"));
    assert!(received.recv_timeout(LONG).is_ok());
    assert_eq!(adapter.say(GOOD), OK);
    adapter.send(&vec![b'x'; 1 << 20]);
    let mut rest = Vec::new();
    // Hung up on with bytes unread, the system may say so instead of the last line.
    adapter.0.read_to_end(&mut rest).ok();
    assert_eq!(received.try_iter().count(), 2);
    // Others go on.
    let mut next = Adapter::connect(&door);
    assert_eq!(next.say(TOKEN), OK);
    // A line that is cut off by the end is none.
    next.send(GOOD.as_bytes());
    drop(next);
    let mut last = Adapter::connect(&door);
    assert_eq!(last.say(TOKEN), OK);
    assert_eq!(last.say(GOOD), OK);
    assert_eq!(received.try_iter().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_socket_is_the_owners_and_left_ones_are_taken_away() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::{UnixListener, UnixStream};
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("door");
    let open = || {
        let (events, received) = bounded(2);
        let clock = Arc::new(SimulatedClock::new(NOW));
        let token = Token::new(TOKEN).expect("a token");
        Door::open(
            &Address::Unix(path.clone()),
            token,
            "seat-7",
            events,
            clock,
            || {},
        )
        .map(|door| (door, received))
    };
    drop(UnixListener::bind(&path).expect("bound")); // An earlier run's.
    let (door, received) = open().expect("it listens");
    let mode = fs::metadata(&path).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        matches!(open(), Err(DoorError::Listen { .. })),
        "one is enough"
    );
    let mut stream = UnixStream::connect(&path).expect("it listens");
    stream
        .write_all(format!("{TOKEN}\n{GOOD}\n").as_bytes())
        .expect("sent");
    assert!(received.recv_timeout(LONG).is_ok());
    drop(door);
    assert!(!path.exists());
    fs::write(&path, "a file of somebody's").expect("written");
    assert!(matches!(open(), Err(DoorError::Listen { .. })));
    assert!(path.exists(), "what is no socket stays");
}
