//! Seeded mutation fuzzing, on stable, of every parser of outside bytes.
//!
//! Each test starts from good input, damages it in many ways, and asks for the same: no panic, no
//! hang, and whatever is let through is sound. A failure prints the seed and the number of the
//! input; `QYRAN_SEED` starts from another seed, `QYRAN_FUZZ` sets how many inputs there are.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail, and say why they skip, as tests do"
)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use qyran::base::clock::{self, MediaTime, WallTime};
use qyran::base::threads;
use qyran::city::clip::{self, Clip, MAX_PAYLOAD_BYTES};
use qyran::city::{self, roster};
use qyran::link::intake::{Answer, Intake};
use qyran::link::token::Token;
use qyran::media::live::{DecodeRequest, Decoder};
use qyran::media::source::{EncodedUnit, Parameters};
use qyran::model::codec::Codec;
use qyran::model::frame::Memory;
use qyran::model::outside::{self, OutsideEvent};
use qyran::model::stamp::{self, Stamp};
use qyran::pixels;
use qyran::store::cameras;
use qyran::store::secrets::{Secrets, SecretsError};
use qyran::store::settings::Settings;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

// Damage.

fn number_of(variable: &str, default: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.map_or(default, |text| text.parse().expect("a whole number"))
}

/// Runs `check` on many inputs, in a thread of its own with a limit of time. What it is given is the
/// source of all chance.
fn fuzz(name: &'static str, mut check: impl FnMut(&mut SmallRng) + Send + 'static) {
    // A fresh one in each run waits until the decoder refuses a set of H.265 that says 9 bits a sample:
    // seed 10 with 600 inputs ends the process in the decoder's library.
    let seed = number_of("QYRAN_SEED", 2026);
    let inputs = number_of("QYRAN_FUZZ", 300);
    let (tell, told) = crossbeam_channel::bounded(16);
    let work = move || {
        for input in 0..inputs {
            // Each input can be made again without those before it.
            let mut rng = SmallRng::seed_from_u64(seed ^ input.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            tell.send(input).expect("the test is there");
            check(&mut rng);
        }
    };
    let thread = threads::spawn(name, work).unwrap();
    let mut at = 0;
    let mut in_vain = 0;
    loop {
        match told.recv_timeout(Duration::from_secs(5)) {
            Ok(input) => (at, in_vain) = (input, 0),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => {
                // Many short waits, since a process that was stopped for a while does not hang.
                in_vain += 1;
                assert!(in_vain < 20, "{name}: QYRAN_SEED={seed}, input {at}: hangs");
            }
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => break,
        }
    }
    let good = thread.join().is_ok();
    assert!(good, "{name}: QYRAN_SEED={seed}, input {at}: see above");
}

/// A range of `bytes`, seldom long.
fn span(rng: &mut SmallRng, bytes: &[u8]) -> std::ops::Range<usize> {
    let from = rng.random_range(0..=bytes.len());
    let most = if rng.random_ratio(1, 8) { 4096 } else { 24 };
    from..bytes.len().min(from + rng.random_range(0..=most))
}

/// Damages `bytes` in one to six places.
fn damage(rng: &mut SmallRng, bytes: &mut Vec<u8>) {
    const LOUD: [&[u8]; 14] = [
        &[0],
        &[0xff],
        &[0, 0, 1],
        &[0, 0, 0, 1],
        &[0xff, 0xd8],
        &[0xff, 0xd9],
        b"\r\n",
        b"\"",
        b",",
        b"[[",
        b"=",
        b"99999999999999999999",
        b"-1",
        "\u{feff}Ә".as_bytes(),
    ];
    for _ in 0..rng.random_range(1..=6) {
        let at = span(rng, bytes);
        match rng.random_range(0..8) {
            0 | 1 => {
                if let Some(byte) = bytes.get_mut(at.start) {
                    *byte ^= 1 << rng.random_range(0..8);
                }
            }
            2 => {
                let fill = rng.random();
                bytes[at].fill(fill);
            }
            3 => drop(bytes.drain(at)),
            4 => {
                let copy = bytes[at.clone()].to_vec();
                bytes.splice(at.end..at.end, copy);
            }
            5 => {
                let loud = LOUD[rng.random_range(0..LOUD.len())];
                bytes.splice(at.start..at.start, loud.iter().copied());
            }
            6 => {
                let other = span(rng, bytes);
                let copy = bytes[other].to_vec();
                bytes.splice(at, copy);
            }
            _ => {
                if rng.random_ratio(1, 3) {
                    bytes.truncate(at.start);
                }
            }
        }
    }
}

/// A damaged text.
fn damaged_text(rng: &mut SmallRng, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    damage(rng, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clips")
}

// Files.

/// What was read of a damaged camera file can be written and read again.
fn check_cameras(loaded: cameras::Loaded) {
    let text = String::from_utf8(cameras::to_csv(&loaded.cameras)).unwrap();
    let again = cameras::parse_csv(&text);
    assert_eq!(again.errors, vec![], "{text}");
    assert_eq!(again.cameras, loaded.cameras, "{text}");
}

#[test]
fn camera_tables() {
    let list = roster::cameras(SocketAddr::from(([127, 0, 0, 1], 8554)));
    let text = String::from_utf8(cameras::to_csv(&list[..6])).unwrap();
    assert_eq!(cameras::parse_csv(&text).cameras.len(), 6);
    fuzz("camera-csv", move |rng| {
        check_cameras(cameras::parse_csv(&damaged_text(rng, &text)));
    });
}

#[test]
fn camera_entries() {
    let text = "[[camera]]\nid = \"a\"\nname_kk = \"Көпір\"\nname_ru = \"Мост\"\nlat = 50.28\n\
        lon = 57.2\nheading_deg = 350\nscene_width_m = 24.5\npriority = 2\nsite_kind = \"school\"\n\
        main_url = \"rtsp://10.0.0.1/main\"\nsub_url = \"rtsp://10.0.0.1:5554/sub?x=1\"\n\
        user = \"viewer\"\n\n[[camera]]\nid = \"b-2\"\nsub_url = \"test:smpte\"\n";
    let good = cameras::parse_toml(text);
    assert_eq!((good.cameras.len(), good.errors.len()), (2, 0), "{good:?}");
    fuzz("camera-toml", |rng| {
        check_cameras(cameras::parse_toml(&damaged_text(rng, text)));
    });
}

#[test]
fn settings() {
    let text = format!(
        "{}\nlater = [1, {{ x = \"y\" }}]\n",
        Settings::default().to_text()
    );
    assert_eq!(Settings::parse(&text).1, vec![]);
    fuzz("settings", move |rng| {
        let (settings, _) = Settings::parse(&damaged_text(rng, &text));
        assert!((0.8..=2.0).contains(&settings.scale));
        assert!((1..=400).contains(&settings.tiles_per_page));
        assert!((1..=64).contains(&settings.connections_per_host));
        let (again, warnings) = Settings::parse(&settings.to_text());
        assert_eq!(warnings, vec![]);
        assert_eq!(again.to_text(), settings.to_text());
    });
}

#[test]
fn passwords() {
    const SECRET: &str = "Zn8-only-here";
    let text = format!(
        "[cameras.a]\nuser = \"u\"\npassword = \"{SECRET}\"\n[hosts.\"10.0.0.1:554\"]\n\
         user = \"v\"\npassword = \"{SECRET}\"\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passwords.toml");
    Secrets::default().write(&path).unwrap();
    fs::write(&path, &text).unwrap();
    Secrets::read(&path).unwrap();
    fuzz("passwords", move |rng| {
        let mut bytes = text.as_bytes().to_vec();
        damage(rng, &mut bytes);
        // Written into the file that is there, whose mode stays 600.
        fs::write(&path, bytes).unwrap();
        let told = match Secrets::read(&path) {
            Ok(secrets) => {
                let copy = folder.path().join("copy.toml");
                secrets.write(&copy).unwrap();
                Secrets::read(&copy).unwrap();
                format!("{secrets:?}")
            }
            Err(error @ (SecretsError::Shape { .. } | SecretsError::Io { .. })) => {
                format!("{error} {error:?}")
            }
            Err(error @ SecretsError::TooOpen { .. }) => panic!("{error}"),
        };
        // A whole password that was damaged into a key is no longer one.
        let as_value = format!("{SECRET}\"");
        assert!(!told.contains(&as_value), "{told}");
    });
}

// Streams.

/// The fixture clips: codec, name, ending.
const CLIPS: [(Codec, &str, &str); 3] = [
    (Codec::H264, "sub-01", "h264"),
    (Codec::H265, "sub-02", "h265"),
    (Codec::Jpeg, "sub-03", "mjpeg"),
];

/// A fixture clip cut into its access units.
fn units(codec: Codec) -> Vec<Vec<u8>> {
    let (_, name, ending) = CLIPS[CLIPS.iter().position(|(c, ..)| *c == codec).unwrap()];
    let bytes = fs::read(fixtures().join(format!("{name}.{ending}"))).unwrap();
    let start: &[u8] = match codec {
        Codec::H264 => &[0, 0, 0, 1, 0x09],
        Codec::H265 => &[0, 0, 0, 1, 0x46],
        Codec::Jpeg => &[0xff, 0xd8, 0xff],
    };
    let found = bytes.windows(start.len()).enumerate();
    let mut cuts: Vec<usize> = found
        .filter(|(_, w)| *w == start)
        .map(|(at, _)| at)
        .collect();
    cuts.push(bytes.len());
    let units: Vec<Vec<u8>> = cuts
        .windows(2)
        .map(|w| bytes[w[0]..w[1]].to_vec())
        .collect();
    assert_eq!(units.len(), 30);
    units
}

#[test]
fn capture_stamps() {
    let stamp = Stamp {
        wall: WallTime(1_795_000_000_000_000_000),
        number: 77,
    };
    let inputs: Vec<(Codec, Vec<u8>)> = [Codec::H264, Codec::H265]
        .into_iter()
        .map(|codec| {
            let mut bytes = vec![0, 0, 0, 1];
            stamp::append_nal(&mut bytes, codec, stamp);
            bytes.extend_from_slice(&units(codec)[1][..60]);
            assert_eq!(stamp::find_in_annexb(&bytes, codec), Some(stamp));
            (codec, bytes)
        })
        .collect();
    fuzz("stamps", move |rng| {
        for (codec, bytes) in &inputs {
            let mut bytes = bytes.clone();
            damage(rng, &mut bytes);
            stamp::find_in_annexb(&bytes, *codec);
            stamp::find_in_annexb(&bytes, Codec::Jpeg);
        }
    });
}

/// Whatever a clip holds can be sent.
fn check_clip(clip: &Clip) {
    assert!(clip.num_units() > 0);
    for number in 0..clip.num_units() as u64 + 2 {
        let unit = clip.unit(number);
        assert!(clip.keyframe_at_or_before(number) <= number);
        let mut packets = 0;
        for (header, body) in clip.payloads(unit) {
            assert!(header.len() + body.len() <= MAX_PAYLOAD_BYTES);
            packets += 1;
        }
        assert!(packets > 0 && unit.stamp_before < packets);
    }
}

#[test]
fn clips_of_the_city() {
    let folder = tempfile::tempdir().unwrap();
    let clips = CLIPS.map(|(_, name, ending)| {
        let read = |file: String| fs::read(fixtures().join(file)).unwrap();
        let (stream, text) = (
            read(format!("{name}.{ending}")),
            read(format!("{name}.json")),
        );
        (name, ending, stream, text)
    });
    fuzz("clips", move |rng| {
        for (name, ending, stream, text) in &clips {
            let (mut stream, mut text) = (stream.clone(), text.clone());
            damage(rng, &mut stream);
            if rng.random_ratio(1, 4) {
                damage(rng, &mut text);
            }
            fs::write(folder.path().join(format!("{name}.{ending}")), stream).unwrap();
            fs::write(folder.path().join(format!("{name}.json")), text).unwrap();
            match clip::load(folder.path(), name) {
                Ok(clip) => check_clip(&clip),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    });
}

// Decoding.

fn encoded(codec: Codec, number: u64, keyframe: bool, bytes: Vec<u8>) -> EncodedUnit {
    EncodedUnit {
        codec,
        parameters: Parameters::default(),
        pts: MediaTime(number as i64 * 66_666_667),
        arrival: clock::now(),
        capture: None,
        keyframe,
        recovers_after: 0,
        lost_packets: 0,
        is_damaged: false,
        bytes: Bytes::from(bytes),
    }
}

/// The NAL units of an access unit, start codes included.
fn nals(unit: &[u8]) -> Vec<Vec<u8>> {
    let starts = unit.windows(3).enumerate();
    let mut cuts: Vec<usize> = starts
        .filter(|(_, w)| *w == [0, 0, 1])
        .map(|(at, _)| at)
        .collect();
    cuts.push(unit.len());
    cuts.windows(2).map(|w| unit[w[0]..w[1]].to_vec()).collect()
}

/// One damaged access unit.
fn damaged_unit(rng: &mut SmallRng, codec: Codec, clean: &[Vec<u8>], foreign: &[u8]) -> Vec<u8> {
    let mut unit = clean[rng.random_range(0..clean.len())].clone();
    if rng.random_ratio(1, 3) {
        unit.clone_from(&clean[0]);
    }
    match rng.random_range(0..6) {
        // Units of the camera next door: other parameter sets, another size, another codec even.
        0 => foreign.to_vec(),
        // NAL units left out, doubled or in the wrong order; parameter sets alone damaged.
        1 | 2 if codec != Codec::Jpeg => {
            let mut parts = nals(&unit);
            let (a, b) = (
                rng.random_range(0..parts.len()),
                rng.random_range(0..parts.len()),
            );
            match rng.random_range(0..4) {
                0 => drop(parts.remove(a)),
                1 => parts.swap(a, b),
                2 => parts.insert(a, parts[b].clone()),
                _ => damage(rng, &mut parts[a]),
            }
            parts.concat()
        }
        3 => {
            unit.truncate(rng.random_range(0..=unit.len()));
            unit
        }
        _ => {
            damage(rng, &mut unit);
            unit
        }
    }
}

/// The first picture of a clip as it should be.
fn first_picture(
    decoder: &mut Decoder,
    codec: Codec,
    number: &mut u64,
    clean: &[Vec<u8>],
) -> Vec<u8> {
    let pool = pixels::Pool::new(2);
    let mut key = MediaTime(-1);
    // Damage may have taught the decoder to hold pictures back, or led it astray for good; then it
    // has to be replaced, and the key picture after the next is the one that counts.
    for (index, bytes) in clean.iter().enumerate().cycle().take(3 * clean.len()) {
        *number += 1;
        let keyframe = index == 0 || codec == Codec::Jpeg;
        let unit = encoded(codec, *number, keyframe, bytes.clone());
        if index == 0 {
            key = unit.pts;
        }
        let frames = decoder.push(&unit).expect("clean units decode");
        if let Some(frame) = frames.iter().find(|frame| frame.pts == key) {
            let picture = pixels::reduce(frame, 0, &pool).expect("a sound frame");
            assert_eq!((frame.width, frame.height), (160, 96));
            return picture.y.to_vec();
        }
    }
    panic!("a clean key picture does not decode");
}

fn decoding(name: &'static str, codec: Codec) {
    qyran::media::init().unwrap();
    let clean = units(codec);
    let others: Vec<Vec<u8>> = CLIPS
        .iter()
        .filter(|(other, ..)| *other != codec)
        .map(|(other, ..)| units(*other)[0].clone())
        .collect();
    let new = move || Decoder::new(DecodeRequest { codec }).expect("a decoder");
    let mut decoder = new();
    let mut number = 0;
    let good = first_picture(&mut new(), codec, &mut 0, &clean);
    let (mut inputs, mut astray) = (0, 0);
    fuzz(name, move |rng| {
        let foreign = &others[rng.random_range(0..others.len())];
        for _ in 0..rng.random_range(1..=4) {
            let bytes = damaged_unit(rng, codec, &clean, foreign);
            number += 1;
            let unit = encoded(codec, number, rng.random_ratio(1, 2), bytes);
            if let Ok(frames) = decoder.push(&unit) {
                for frame in &frames {
                    check_frame(frame);
                }
            }
        }
        if rng.random_ratio(1, 4) {
            decoder.wait_for_keyframe();
        }
        // Damage may also have brought in a conversion that rounds otherwise, or pictures that are
        // held back; within a few key pictures the right one must be there.
        let comes_right = (0..4).any(|_| {
            let picture = first_picture(&mut decoder, codec, &mut number, &clean);
            difference(&picture, &good) <= 2.0
        });
        inputs += 1;
        if !comes_right {
            // The next session has another decoder.
            astray += 1;
            decoder = new();
            let picture = first_picture(&mut decoder, codec, &mut number, &clean);
            assert_eq!(picture, good, "a new session is clean");
        }
        assert!(
            astray <= 1 + inputs / 500,
            "{astray} of {inputs} led it astray"
        );
    });
}

/// Mean absolute difference of two planes, codes.
fn difference(a: &[u8], b: &[u8]) -> f32 {
    let sum: u32 = a
        .iter()
        .zip(b)
        .map(|(a, b)| u32::from(a.abs_diff(*b)))
        .sum();
    sum as f32 / a.len().max(1) as f32
}

/// Whatever comes out can be shown, or is refused.
fn check_frame(frame: &qyran::model::frame::Frame) {
    assert!(matches!(frame.memory, Memory::System(_)));
    let pool = pixels::Pool::new(2);
    let halvings = pixels::halvings_for((frame.width, frame.height), (160, 96));
    if let Ok(picture) = pixels::reduce(frame, halvings, &pool) {
        assert!(picture.is_sound());
    }
}

#[test]
fn decoding_h264() {
    decoding("h264", Codec::H264);
}

#[test]
fn decoding_h265() {
    decoding("h265", Codec::H265);
}

#[test]
fn decoding_jpeg() {
    decoding("jpeg", Codec::Jpeg);
}

// Requests.

#[test]
fn requests_to_the_city() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let options = city::Options {
        footage: fixtures(),
        rtsp_port: 0,
        control_port: 0,
        cameras: 8,
        door: None,
    };
    let city = runtime.block_on(city::serve(options)).unwrap();
    let at = city.rtsp_addr;
    let text = format!(
        "DESCRIBE rtsp://{at}/cam-001/sub RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\
         Authorization: Digest username=\"operator\", realm=\"x\", nonce=\"00ff\", \
         uri=\"rtsp://{at}/cam-001/sub\", response=\"0123456789abcdef0123456789abcdef\"\r\n\r\n\
         SETUP rtsp://{at}/cam-001/sub/trackID=1 RTSP/1.0\r\nCSeq: 2\r\n\
         Authorization: Basic b3BlcmF0b3I6eA==\r\n\
         Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n$\u{1}\u{0}\u{4}abcd\
         GET_PARAMETER rtsp://{at}/cam-001/sub RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\nabcd"
    );
    /// Sends bytes; returns all that comes back.
    fn ask(at: SocketAddr, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(at).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_mins(1)))
            .unwrap();
        // The city may hang up before it has read all; then what follows fails too.
        stream.write_all(bytes).ok();
        stream.shutdown(Shutdown::Write).ok();
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("no end comes"),
            _ => answer,
        }
    }
    fuzz("requests", move |rng| {
        let mut bytes = text.as_bytes().to_vec();
        damage(rng, &mut bytes);
        let answer = ask(at, &bytes);
        assert!(
            answer.is_empty() || answer.starts_with(b"RTSP/1.0 "),
            "{:?}",
            String::from_utf8_lossy(&answer)
        );
        let good = ask(at, b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n");
        assert!(good.starts_with(b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n"));
    });
    runtime.block_on(city.shutdown());
}

// Events of the outside world.

const EVENT: &str = r#"{"form":1,"source":"probation.pavlodar","id":"EV-1","class":"bracelet.strap",
"at":"2026-03-01T12:59:30.25+05:00","stage":"begun","thing":"BR-0042","camera":"ak-017",
"place":{"text":"Қайырбаев көшесі","lat":52.2873,"lon":76.9674,"accuracy_m":15},"site":"№ 12",
"subject":{"kind":"bracelet","text":"BR 0042"},"text":{"kk":"Белдік ашылды","ru":"Ремень"},
"score":0.93,"region":{"left":0.25,"top":0.5,"width":0.125,"height":0.25},
"details":{"battery_percent":64,"firmware":"2.1.7"},"still":"/9j/wAALCAAIABABAREA/9k="}"#;
const LINE: &str =
    r#"{"form":1,"source":"lpr","id":"7","class":"plate.hit","at":"2026-03-01T08:00:00Z"}"#;
const JPEG: [u8; 17] = [
    0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0, 0xff, 0xd9,
];

/// Whatever is read is within its limits, and reads back from its own text.
fn check_event(event: &OutsideEvent) {
    assert!(event.source.len() <= outside::LONGEST_SOURCE);
    assert!((1..=outside::LONGEST_ID).contains(&event.id.chars().count()));
    assert!(outside::class::is_class(&event.class));
    assert!(event.details.len() <= outside::MOST_DETAILS);
    assert!(event.region.is_none_or(|share| share.region().is_sound()));
    let json = event.to_json();
    let turns = |c| ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!json.chars().any(|c| c.is_control() || turns(c)));
    let again = OutsideEvent::parse(json.as_bytes()).expect("its own text is of the form");
    assert_eq!(again.content(), event.content());
    assert_eq!(&again, event);
}

#[test]
fn events_of_the_outside_world() {
    let list = format!("[{EVENT},{LINE}]");
    let lines = format!("{LINE}\n\n{LINE}\n{}\n", EVENT.replace('\n', " "));
    fuzz("events", move |rng| {
        for good in [EVENT, LINE, &list, &lines] {
            let mut bytes = good.as_bytes().to_vec();
            damage(rng, &mut bytes);
            match OutsideEvent::parse(&bytes) {
                Ok(event) => check_event(&event),
                Err(refusal) => assert!(refusal.to_string().len() < 2000),
            }
            let all = outside::bundle(&bytes).unwrap_or_default();
            all.iter().flatten().for_each(check_event);
        }
        let mut jpeg = JPEG.to_vec();
        damage(rng, &mut jpeg);
        if let Ok(still) = outside::Still::new(&jpeg) {
            assert!((1..=outside::MOST_PIXELS).contains(&still.width()));
        }
    });
}

#[test]
fn requests_that_tell_events() {
    let (wake, woken) = crossbeam_channel::bounded(1);
    let clock = std::sync::Arc::new(clock::SystemClock);
    let (mut intake, mut offers) = Intake::new(clock, None, move || {
        // One call that waits is enough.
        wake.try_send(()).ok();
    });
    let secret = "0123456789abcdef0123456789abcdef";
    let token = Token::new(secret).unwrap();
    let at = intake.listen(0, token, Vec::new).unwrap();
    let app = threads::spawn("app", move || {
        while woken.recv().is_ok() {
            while let Some(offered) = offers.take() {
                check_event(&offered.event);
                offered.reply.send(Answer::Kept(Vec::new()));
            }
        }
    });
    let head = format!("POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n");
    let length = LINE.len();
    let whole = format!("{head}Content-Length: {length}\r\n\r\n{LINE}");
    let chunked =
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{LINE}\r\n0\r\n\r\n");
    let ask = move |bytes: &[u8]| {
        let mut stream = TcpStream::connect(at).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_mins(1)))
            .unwrap();
        // The door may hang up before it has read all; then what follows fails too.
        stream.write_all(bytes).ok();
        stream.shutdown(Shutdown::Write).ok();
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("no end comes"),
            _ => answer,
        }
    };
    fuzz("event-requests", move |rng| {
        for request in [&whole, &chunked] {
            let mut bytes = request.as_bytes().to_vec();
            damage(rng, &mut bytes);
            let answer = ask(&bytes);
            let shown = String::from_utf8_lossy(&answer);
            assert!(answer.is_empty() || shown.starts_with("HTTP/1."), "{shown}");
        }
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        // As a whole and not half-closed, which would look like a sender that has gone.
        let mut stream = TcpStream::connect(at).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_mins(1)))
            .unwrap();
        write!(stream, "{head}\r\n\r\n{body}").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 201 "));
    });
    drop(intake);
    app.unwrap().join().expect("what came through was sound");
}
