//! A child that lies, played by the other end of the socket.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;

use super::*;
use crate::base::clock::MediaTime;
use crate::media::live::options;
use crate::media::live::processes::ledger::Member;
use crate::media::live::processes::wire::PictureHead;
use crate::media::live::{FeedId, processes};
use crate::media::source::{Address, EncodedUnit, Parameters};
use crate::model::camera::{CameraId, StreamKind};
use crate::model::codec::Codec;
use crate::model::frame::{Colour, Integrity, Rotation};

/// The wall's end of a socket, with one feed that has one unit, and the other end.
struct Peer {
    keeper: Keeper,
    started: Started,
    feed: Arc<Feed>,
    other: StdStream,
}

impl Peer {
    fn new() -> Self {
        let shared = Arc::new(Shared {
            options: options::Processes::of("/nowhere".into()),
            discard: false,
            exact: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            wake: Arc::new(|| {}),
            buffers: Pool::new(4),
            epoch: clock::now(),
            handle: tokio::runtime::Handle::current(),
            places: Mutex::new(processes::Places::default()),
        });
        let desk = Arc::new(Desk::new(0, false, Arc::clone(&shared)));
        let id = FeedId {
            camera: CameraId::new("cam-1").unwrap(),
            stream: StreamKind::Sub,
        };
        let address = Address {
            url: "rtsp://192.0.2.1/sub".parse().unwrap(),
            credentials: None,
        };
        let feed = Arc::new(Feed::new(id, address));
        feed.begin_session();
        assert!(feed.offer(EncodedUnit {
            codec: Codec::H264,
            parameters: Parameters::default(),
            pts: MediaTime(5),
            arrival: clock::now(),
            capture: None,
            keyframe: true,
            recovers_after: 0,
            lost_packets: 0,
            is_damaged: false,
            bytes: bytes::Bytes::from_static(b"unit"),
        }));
        desk.add(Member::new(Arc::clone(&feed)));
        let (here, other) = StdStream::pair().unwrap();
        here.set_nonblocking(true).unwrap();
        Self {
            keeper: Keeper::new(desk, shared),
            started: Started {
                stream: Arc::new(UnixStream::from_std(here).unwrap()),
                memory: Memory::new().unwrap(),
                pid: std::process::id(),
            },
            feed,
            other,
        }
    }
}

fn ready() -> Vec<u8> {
    Answer::Ready { version: VERSION }.write()
}

fn done(change: impl FnOnce(&mut Done)) -> Vec<u8> {
    let mut done = Done {
        number: 1,
        frames: vec![(1, Integrity::Whole)],
        picture: Some(PictureHead {
            offset: 4096,
            source: (4, 2),
            halvings: 0,
            size: (4, 2),
            exact: (1, 1),
            colour: Colour::default(),
            rotation: Rotation::None,
        }),
        ..Done::default()
    };
    change(&mut done);
    Answer::Done(Box::new(done)).write()
}

#[tokio::test]
async fn a_picture_comes_across_with_its_times() {
    let mut peer = Peer::new();
    peer.started
        .memory
        .write(b"yyyyYYYYuvuvbgra", 4096)
        .unwrap();
    peer.other
        .write_all(&[ready(), done(|_| {})].concat())
        .unwrap();
    peer.other.shutdown(std::net::Shutdown::Write).unwrap();
    let death = peer.keeper.attend(&peer.started).await;
    assert!(matches!(death.end, End::HungUp), "{death:?}");
    assert!(death.was_ready);
    let picture = peer.feed.take_picture().unwrap();
    assert!(picture.is_sound());
    assert_eq!(
        (&*picture.y, &*picture.uv),
        (&b"yyyyYYYY"[..], &b"uvuv"[..])
    );
    assert_eq!(&*picture.exact.as_ref().unwrap().bgra, b"bgra");
    assert_eq!((picture.serial, picture.pts), (1, MediaTime(5)));
    assert_eq!(Some(picture.arrival), peer.feed.last_picture());
    // The unit went to it whole.
    peer.keeper.desk.state.lock().line = None;
    drop(peer.started);
    let mut got = Vec::new();
    peer.other.read_to_end(&mut got).unwrap();
    assert!(got.ends_with(b"unit"));
    assert_eq!(got[..4], (got.len() as u32 - 4).to_le_bytes());
}

#[tokio::test]
async fn a_child_that_lies_is_ended_and_nothing_else_happens() {
    fn head(done: &mut Done) -> &mut PictureHead {
        done.picture.as_mut().unwrap()
    }
    let answer = |change: fn(&mut Done)| [ready(), done(change)].concat();
    let mut overlong = ready();
    overlong.extend_from_slice(&1_000_000_u32.to_le_bytes());
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 3].to_vec();
    let cases: [(&str, Vec<u8>, &str); 13] = [
        ("garbage", vec![0xff; 5000], "no message"),
        ("nothing", vec![0; 64], "no message"),
        ("an overlong message", overlong, "no message"),
        ("an unknown kind", [1, 0, 0, 0, 77].to_vec(), "no message"),
        ("a cut message", cut(answer(|_| {})), "hung up"),
        (
            "another version",
            Answer::Ready { version: 99 }.write(),
            "version 99",
        ),
        ("ready twice", [ready(), ready()].concat(), "version"),
        ("an answer before it is ready", done(|_| {}), "out of turn"),
        ("another number", answer(|d| d.number = 2), "out of turn"),
        (
            "a frame of no unit",
            answer(|d| d.frames = vec![(7, Integrity::Whole)]),
            "a frame of unit 7",
        ),
        (
            "a slot outside",
            answer(|d| head(d).offset = 128 << 20),
            "outside its memory",
        ),
        (
            "a slot at the end",
            answer(|d| head(d).offset = u64::MAX - 3),
            "outside its memory",
        ),
        (
            "a size that cannot be",
            answer(|d| head(d).size.0 = 5),
            "cannot be",
        ),
    ];
    let mut ends = BTreeSet::new();
    for (name, bytes, expect) in cases {
        let mut peer = Peer::new();
        peer.other.write_all(&bytes).unwrap();
        peer.other.shutdown(std::net::Shutdown::Write).unwrap();
        let death = peer.keeper.attend(&peer.started).await;
        let text = death.end.to_string();
        assert!(text.contains(expect), "{name}: {text}");
        assert!(!peer.feed.has_picture(), "{name}");
        assert!(peer.feed.trouble.lock().is_none(), "{name}");
        peer.keeper.mourn(death);
        ends.insert(text);
    }
    assert!(ends.len() >= 9, "{ends:?}");
}
