//! The HTTP door on a real socket, with an app that keeps events in memory.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::sending::{Sent, Told, send};
use super::*;
use crate::base::clock::{SimulatedClock, SystemClock};
use crate::model::outside::{MOST_EVENTS, class, judge};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// 2026-03-01T08:00:00Z
const NOW: WallTime = WallTime(1_772_352_000_000_000_000);
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// A message whose id is `id`.
pub(super) fn event(id: &str) -> String {
    format!(
        r#"{{"form":1,"source":"lpr","id":"{id}","class":"plate.hit","at":"2026-03-01T08:00:00Z"}}"#
    )
}

/// What the app does: it judges, keeps by source and id, and answers.
pub(super) struct App {
    pub(super) offers: Offers,
    kept: BTreeMap<(String, String), [u8; 32]>,
    order: Vec<String>,
    /// From this many kept events on it is busy.
    pub(super) busy_from: Option<usize>,
}

impl App {
    pub(super) fn new(offers: Offers) -> Self {
        Self {
            offers,
            kept: BTreeMap::new(),
            order: Vec::new(),
            busy_from: None,
        }
    }

    /// Ids of kept events in the order in which they were kept.
    pub(super) fn ids(&self) -> Vec<String> {
        self.order.clone()
    }

    /// Answers one event that waits; whether one did.
    pub(super) fn answer_one(&mut self) -> bool {
        match self.offers.take() {
            Some(offered) => {
                self.answer(offered);
                true
            }
            None => false,
        }
    }

    /// Answers whatever comes.
    pub(super) async fn answer_all(&mut self) {
        while let Some(offered) = self.offers.0.recv().await {
            self.answer(offered);
        }
        std::future::pending::<()>().await;
    }

    fn answer(&mut self, offered: Offered) {
        let Offered { event, reply, .. } = offered;
        let key = (event.source.clone(), event.id.clone());
        let judged = judge(&event, NOW, &class::ALL, |_| false);
        let answer = match (judged, self.kept.get(&key)) {
            (Err(refusal), _) => Answer::Refused(refusal),
            (Ok(_), Some(content)) if *content == event.content() => Answer::Repeat,
            (Ok(_), Some(_)) => Answer::Conflict,
            (Ok(_), None)
                if self
                    .busy_from
                    .is_some_and(|from| self.kept.len() + 1 >= from) =>
            {
                Answer::Busy
            }
            (Ok(judged), None) => {
                self.order.push(event.id.clone());
                self.kept.insert(key, event.content());
                Answer::Kept(judged.remarks)
            }
        };
        reply.send(answer);
    }
}

/// A door on a free port, and an app behind it that answers on a thread of its own.
struct Seat {
    intake: Option<Intake>,
    address: SocketAddr,
    app: Option<JoinHandle<App>>,
}

/// The door alone.
fn door() -> (Intake, SocketAddr, Offers) {
    let clock = Arc::new(SimulatedClock::new(NOW));
    let (mut intake, offers) = Intake::new(clock, None, || {});
    let classes = || class::ALL.map(str::to_owned).to_vec();
    let token = Token::new(TOKEN).expect("a token");
    let address = intake.listen(0, token, classes).expect("a free port");
    assert!(address.ip().is_loopback());
    (intake, address, offers)
}

fn seat() -> Seat {
    let (intake, address, offers) = door();
    let app = threads::spawn("app", move || {
        let mut app = App::new(offers);
        while let Some(offered) = app.offers.0.blocking_recv() {
            app.answer(offered);
        }
        app
    });
    Seat {
        intake: Some(intake),
        address,
        app: Some(app.expect("a thread")),
    }
}

impl Seat {
    /// The status and the body of an answer to a POST.
    fn post(&self, body: impl AsRef<[u8]>) -> (u16, Value) {
        post(self.address, body.as_ref())
    }

    /// Ids that were kept, after the door has closed.
    fn close(mut self) -> (Vec<String>, Tally) {
        let intake = self.intake.take().expect("open");
        let tally = intake.tally();
        drop(intake);
        let app = self.app.take().expect("it runs").join();
        (app.expect("it did not fall").ids(), tally)
    }
}

fn post(address: SocketAddr, body: &[u8]) -> (u16, Value) {
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    ask(address, &[head.as_bytes(), body].concat())
}

/// Sends bytes; the status (0 where none came) and the body of the answer.
fn ask(address: SocketAddr, request: &[u8]) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("set");
    // It may answer and hang up before it has read all.
    stream.write_all(request).ok();
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_ne!(error.kind(), io::ErrorKind::WouldBlock, "no answer comes");
    }
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (
        status.unwrap_or(0),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

#[test]
fn one_event_is_kept_once() {
    let seat = seat();
    let (status, told) = seat.post(event("1"));
    assert_eq!(
        (status, told["outcome"].as_str()),
        (201, Some("kept")),
        "{told}"
    );
    assert_eq!(
        (told["source"].as_str(), told["id"].as_str()),
        (Some("lpr"), Some("1"))
    );
    let alarm = OutsideEvent::parse(event("1").as_bytes())
        .expect("of the form")
        .alarm_id();
    assert_eq!(told["alarm"], alarm.to_string());
    // The same in other words.
    let same = event("1").replace("08:00:00Z", "13:00:00+05:00");
    assert_eq!(seat.post(same).0, 200);
    let (status, told) = seat.post(event("1").replace("08:00", "09:00"));
    assert_eq!((status, told["outcome"].as_str()), (409, Some("conflict")));
    let (status, told) = seat.post(event("2").replace("plate.hit", "plate.hits"));
    assert_eq!((status, told["pointer"].as_str()), (422, Some("/class")));
    assert!(
        told["error"].as_str().expect("why").contains("plate.hit"),
        "{told}"
    );
    let (status, told) = seat.post(event("3").replace("\"at\"", "\"camera\":\"a b\",\"at\""));
    assert_eq!((status, told["pointer"].as_str()), (422, Some("/camera")));
    let (status, told) = seat.post(event("4").replace("\"at\"", "\"camera\":\"x\",\"at\""));
    assert_eq!(status, 201);
    assert!(
        told["remarks"][0]
            .as_str()
            .expect("a remark")
            .starts_with("/camera: x is not")
    );
    let (ids, tally) = seat.close();
    assert_eq!(ids, ["1", "4"]);
    let counts = (tally.kept, tally.repeats, tally.conflicts, tally.refused);
    assert_eq!(counts, (2, 1, 1, 2));
    let last = tally.last_refusal.expect("one");
    assert_eq!((last.at, last.way), (NOW, Way::Http));
    assert!(last.why.starts_with("/camera: "), "{}", last.why);
}

#[test]
fn bundles_are_answered_event_by_event_and_by_the_worst() {
    let seat = seat();
    let (status, told) = seat.post(format!("[{},{}]", event("1"), event("2")));
    assert_eq!(
        (status, told["events"].as_array().map(Vec::len)),
        (201, Some(2))
    );
    let lines = format!("{}\n\nnonsense\n{}\n", event("2"), event("3"));
    let (status, told) = seat.post(lines);
    assert_eq!(status, 422);
    let outcome = |index: usize| told["events"][index]["outcome"].as_str();
    assert_eq!(
        [outcome(0), outcome(1), outcome(2)],
        [Some("repeat"), Some("refused"), Some("kept")]
    );
    assert_eq!(
        (
            told["events"][1]["line"].as_u64(),
            told["events"][1]["index"].as_u64()
        ),
        (Some(3), Some(1))
    );
    assert_eq!(seat.post(format!("[{}", event("4"))).0, 422);
    let many: Vec<String> = (0..MOST_EVENTS).map(|n| event(&format!("m{n}"))).collect();
    assert_eq!(
        seat.post(many.join("\n")).0,
        201,
        "far more than the channel holds"
    );
    assert_eq!(
        seat.post(format!("{}\n{}", many.join("\n"), event("5"))).0,
        422
    );
    let (ids, tally) = seat.close();
    assert_eq!(
        (ids.len(), &ids[..4]),
        (
            MOST_EVENTS + 3,
            &["1", "2", "3", "m0"].map(str::to_owned)[..]
        )
    );
    assert!(
        ids[3..].iter().eq((0..MOST_EVENTS)
            .map(|n| format!("m{n}"))
            .collect::<Vec<_>>()
            .iter())
    );
    assert_eq!(tally.kept, MOST_EVENTS as u64 + 3);
}

#[test]
fn nobody_is_heard_without_the_token_and_nothing_but_events() {
    let seat = seat();
    let with = |line: &str| {
        let body = event("1");
        let length = body.len();
        let text = format!(
            "POST /v1/events HTTP/1.1\r\nHost: x\r\n{line}Content-Length: {length}\r\n\r\n{body}"
        );
        ask(seat.address, text.as_bytes())
    };
    for line in [
        String::new(),
        format!("Authorization: {TOKEN}\r\n"),
        format!("Authorization: Basic {TOKEN}\r\n"),
        format!("Authorization: Bearer {}\r\n", &TOKEN[1..]),
        format!("Authorization: Bearer {TOKEN}0\r\n"),
        format!("Cookie: token={TOKEN}\r\n"),
    ] {
        let (status, told) = with(&line);
        assert_eq!(status, 401, "{line:?}: {told}");
        assert!(told["error"].is_string());
    }
    let get = |method: &str, path: &str| {
        let text =
            format!("{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
        ask(seat.address, text.as_bytes())
    };
    let (status, told) = get("GET", "/v1/classes");
    assert_eq!((status, told["form"].as_u64()), (200, Some(1)));
    assert!(
        told["classes"]
            .as_array()
            .expect("a list")
            .contains(&"bracelet.strap".into())
    );
    assert_eq!(get("GET", "/v1/events").0, 405);
    assert_eq!(get("GET", "/").0, 404);
    assert_eq!(
        ask(seat.address, b"GET /v1/classes HTTP/1.1\r\nHost: x\r\n\r\n").0,
        401
    );
    let (ids, tally) = seat.close();
    assert_eq!((ids.len(), tally.without_token), (0, 7));
}

#[test]
fn requests_are_bounded_and_damaged_ones_harm_nobody() {
    let seat = seat();
    let head = format!("POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n");
    let send = |rest: &str| ask(seat.address, format!("{head}{rest}").as_bytes());
    assert_eq!(send("Content-Length: 1048577\r\n\r\n").0, 413);
    assert_eq!(send("Content-Length: 99999999999999999999\r\n\r\n").0, 400);
    // Without a length, until it is too much.
    let part = format!("{:x}\r\n{}\r\n", 65536, " ".repeat(65536));
    let endless = format!("Transfer-Encoding: chunked\r\n\r\n{}", part.repeat(17));
    assert!(
        matches!(send(&endless).0, 413 | 0),
        "0: hung up on before the answer was read"
    );
    let chunked = format!(
        "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        event("1").len(),
        event("1")
    );
    assert_eq!(send(&chunked).0, 201);
    for garbage in [
        &b"\r\n\r\n"[..],
        b"GET",
        b"\xff\xfe\0",
        b"POST /v1/events HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(seat.address).expect("it listens");
        stream.write_all(garbage).ok();
        // Half a request and gone.
    }
    let mut half = TcpStream::connect(seat.address).expect("it listens");
    half.write_all(format!("{head}Content-Length: 500\r\n\r\n{}", event("2")).as_bytes())
        .expect("sent");
    drop(half);
    assert_eq!(seat.post(event("3")).0, 201);
    let (ids, _) = seat.close();
    assert_eq!(ids, ["1", "3"]);
}

#[tokio::test]
async fn a_connection_that_does_not_go_on_ends_by_itself() {
    let (sender, _receiver) = mpsc::channel(1);
    let desk = Desk::new(sender, Arc::new(SystemClock), Box::new(|| {}), None);
    let token = Token::new(TOKEN).expect("a token");
    let rules = http::Rules::new(Arc::new(desk), token, Box::new(Vec::new));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("set");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(http::serve_for(listener, rules, Duration::from_millis(100)));
    // As many as it takes, none of which says anything; each is hung up on.
    let ends = tokio::task::spawn_blocking(move || {
        let connect = || TcpStream::connect(address).expect("it listens");
        let streams: Vec<TcpStream> = (0..listener::MOST_CONNECTIONS + 8)
            .map(|_| connect())
            .collect();
        let ended = |mut stream: TcpStream| {
            stream.set_read_timeout(Some(LONG)).expect("set");
            stream.write_all(b"POST /v1").ok();
            let mut rest = Vec::new();
            let end = stream.read_to_end(&mut rest);
            !matches!(end, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
        };
        streams.into_iter().all(ended)
    });
    assert!(ends.await.expect("it did not fall"));
}

#[test]
fn an_event_is_kept_before_it_is_told_so_and_a_full_queue_is_told() {
    let (intake, address, mut offers) = door();
    // Nobody answers yet: as many as the channel holds, and more.
    let asked: Vec<_> = (0..4)
        .map(|part| {
            let lines: Vec<String> = (0..20).map(|n| event(&format!("{part}-{n}"))).collect();
            threads::spawn("sender", move || post(address, lines.join("\n").as_bytes()))
        })
        .collect();
    let asked: Vec<_> = asked
        .into_iter()
        .map(|thread| thread.expect("a thread"))
        .collect();
    let mut waiting = Vec::new();
    while waiting.len() < 80 {
        match offers.0.blocking_recv() {
            Some(offered) => waiting.push(offered),
            None => panic!("the door is open"),
        }
    }
    assert!(
        asked.iter().all(|thread| !thread.is_finished()),
        "nothing was kept yet"
    );
    assert_eq!(intake.tally().kept, 0);
    for offered in waiting {
        // One is forgotten on the way: dropped without an answer.
        if offered.event.id != "2-7" {
            offered.reply.send(Answer::Kept(Vec::new()));
        }
    }
    let statuses: Vec<u16> = asked
        .into_iter()
        .map(|thread| thread.join().expect("it ran").0)
        .collect();
    assert_eq!(statuses, [201, 201, 429, 201]);
    // The app is gone.
    drop(offers);
    let (status, told) = post(address, event("9").as_bytes());
    assert_eq!((status, told["outcome"].as_str()), (429, Some("busy")));
    assert_eq!(intake.tally().busy, 2);
}

#[tokio::test]
async fn our_own_sender_understands_the_door() {
    let seat = seat();
    let url = format!("http://{}/", seat.address);
    let token = Token::new(TOKEN).expect("a token");
    let told = async |body: String| match send(&url, &token, body).await {
        Sent::Told(told) => told,
        other => panic!("{other:?}"),
    };
    let one = told(event("1")).await;
    assert!(matches!(&one[..], [Told { status: 201, .. }]), "{one:?}");
    let two = told(format!("[{},{}]", event("1"), event("2").replace('2', "ә"))).await;
    let words: Vec<&str> = two.iter().map(|told| told.outcome.as_str()).collect();
    assert_eq!(words, ["repeat", "refused"]);
    let whole = told("[".to_owned()).await;
    assert_eq!((whole.len(), whole[0].outcome.as_str()), (1, "refused"));
    let wrong = Token::new(&TOKEN.replace('0', "1")).expect("a token");
    assert!(
        matches!(send(&url, &wrong, event("3")).await, Sent::Refused(why) if why.contains("401"))
    );
    assert!(matches!(
        send("no address", &token, event("3")).await,
        Sent::Refused(_)
    ));
    seat.close();
    assert!(
        matches!(send(&url, &token, event("3")).await, Sent::Away(_)),
        "nobody is there"
    );
}
