//! Real streams through every decoder of this machine: pictures as soon as they have come, with the
//! times of their own units, and told apart when they are not whole.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::base::clock;
use crate::media::source::Parameters;
use crate::model::stamp::Nals;

/// Hold so many pictures back, whatever they are told: they have no way to be told otherwise. They
/// are tried when libav's own have failed.
const HOLD_BACK: [(&str, usize); 2] = [("openh264dec", 1), ("libde265dec", 2)];
/// Decoders that say what they conceal.
const SPEAKS: [&str; 2] = ["avdec_h264", "avdec_h265"];

/// Units of a stream of `tests/fixtures/streams`, without their delimiters.
fn units(name: &str) -> Vec<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/streams");
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let is_delimiter = |nal: &[u8]| match codec_of(name) {
        Codec::H264 => nal[0] & 31 == 9,
        _ => nal[0] >> 1 & 63 == 35,
    };
    let mut units: Vec<Vec<Vec<u8>>> = Vec::new();
    for nal in Nals::new(&bytes) {
        let nal = &bytes[nal];
        if is_delimiter(nal) {
            units.push(Vec::new());
        } else {
            units.last_mut().unwrap().push(nal.to_vec());
        }
    }
    units
}

fn codec_of(name: &str) -> Codec {
    if std::path::Path::new(name)
        .extension()
        .is_some_and(|ending| ending == "h265")
    {
        Codec::H265
    } else {
        Codec::H264
    }
}

fn is_slice(codec: Codec, nal: &[u8]) -> bool {
    match codec {
        Codec::H264 => matches!(nal[0] & 31, 1 | 5),
        _ => nal[0] >> 1 & 63 < 32,
    }
}

fn is_key(codec: Codec, unit: &[Vec<u8>]) -> bool {
    unit.iter().any(|nal| match codec {
        Codec::H264 => nal[0] & 31 == 5,
        _ => matches!(nal[0] >> 1 & 63, 16..=21),
    })
}

struct Player {
    decoder: Decoder,
    codec: Codec,
    start: std::time::Instant,
    number: u32,
}

/// A frame: the number of its unit, what is thought of it, and a sum of its luma.
type Out = (u32, Integrity, u64);

impl Player {
    fn new(codec: Codec, factory: &gst::ElementFactory) -> Self {
        let mut decoder = Decoder::new(Request { codec }).unwrap();
        decoder.candidates = [factory.clone()].into();
        Self {
            decoder,
            codec,
            start: clock::now(),
            number: 0,
        }
    }

    fn push(&mut self, unit: &[Vec<u8>]) -> Vec<Out> {
        self.push_changed(unit, |_| {})
    }

    fn push_changed(
        &mut self,
        unit: &[Vec<u8>],
        change: impl FnOnce(&mut EncodedUnit),
    ) -> Vec<Out> {
        let bytes: Vec<u8> = unit
            .iter()
            .flat_map(|nal| [&[0, 0, 0, 1], &nal[..]].concat())
            .collect();
        let mut unit = EncodedUnit {
            codec: self.codec,
            parameters: Parameters::default(),
            pts: MediaTime(i64::from(self.number) * 500_000_000),
            arrival: self.start + Duration::from_secs(u64::from(self.number)),
            capture: None,
            keyframe: is_key(self.codec, unit),
            recovers_after: 0,
            lost_packets: 0,
            is_damaged: false,
            bytes: bytes.into(),
        };
        change(&mut unit);
        self.number += 1;
        let start = self.start;
        let frames = self.decoder.push(&unit).unwrap();
        let seen = frames.iter().map(|frame| {
            let Memory::System(planes) = &frame.memory;
            let plane = planes.plane(0);
            let rows = plane.bytes.chunks(plane.stride_bytes);
            let luma = rows.take(frame.height as usize).enumerate();
            let sum = luma.fold(0_u64, |sum, (at, row)| {
                row[..frame.width as usize]
                    .iter()
                    .fold(sum + at as u64, |sum, code| {
                        sum.wrapping_mul(31).wrapping_add(u64::from(*code))
                    })
            });
            let number = (frame.arrival - start).as_secs() as u32;
            (number, frame.integrity, sum)
        });
        seen.collect()
    }
}

/// Every decoder of this machine for a codec, with its name.
fn decoders(codec: Codec) -> Vec<(String, gst::ElementFactory)> {
    crate::media::init().unwrap();
    let found: Vec<_> = candidates(codec)
        .into_iter()
        .map(|factory| (factory.name().to_string(), factory))
        .collect();
    assert!(!found.is_empty(), "{codec:?}");
    found
}

#[test]
fn one_unit_in_gives_one_picture_at_once() {
    for name in [
        "plain.h264",
        "bare-plain.h264",
        "bare-poc0.h264",
        "bare-baseline.h264",
        "bare-intra.h264",
        "slices.h264",
        "plain.h265",
        "intra.h265",
        "slices.h265",
    ] {
        let codec = codec_of(name);
        for (decoder, factory) in decoders(codec) {
            let known = HOLD_BACK.iter().find(|(name, _)| *name == decoder);
            let may_hold_back = known.map_or(0, |(_, pictures)| *pictures);
            let mut player = Player::new(codec, &factory);
            let mut came = 0;
            for (number, unit) in units(name).iter().enumerate() {
                let out = player.push(unit);
                came += out.len();
                let held_back = number + 1 - came;
                assert!(
                    held_back <= may_hold_back,
                    "{name}, {decoder}: {held_back} held back at unit {number}"
                );
                if may_hold_back == 0 {
                    assert_eq!(out[0].0 as usize, number, "{name}, {decoder}");
                }
                let whole = out
                    .iter()
                    .all(|(_, integrity, _)| *integrity == Integrity::Whole);
                assert!(whole, "{name}, {decoder}: unit {number} is whole");
            }
        }
    }
}

#[test]
fn of_reordered_pictures_each_has_the_times_of_its_own_unit() {
    for name in ["b.h264", "bare-b.h264", "b.h265"] {
        let codec = codec_of(name);
        for (decoder, factory) in decoders(codec) {
            let mut player = Player::new(codec, &factory);
            let units = units(name);
            let numbers: Vec<u32> = units
                .iter()
                .flat_map(|unit| player.push(unit))
                .map(|(number, ..)| number)
                .collect();
            // In the order of decoding: I P B B P B B …; a P is shown behind its two Bs. A stream
            // that does not tell of its B pictures may lose some while the decoder learns of them.
            let places: Vec<u32> = numbers
                .iter()
                .map(|n| shown_at(*n % 12) + n / 12 * 12)
                .collect();
            let disorder = places.windows(2).filter(|pair| pair[0] >= pair[1]).count();
            let most = if name.starts_with("bare") { 2 } else { 0 };
            assert!(disorder <= most, "{name}, {decoder}: {numbers:?}");
            assert!(
                numbers.len() + 4 >= units.len(),
                "{name}, {decoder}: {numbers:?}"
            );
        }
    }
}

/// Where in its group the picture of a unit is shown.
fn shown_at(unit: u32) -> u32 {
    match unit {
        0 => 0,
        // The last P of a group of twelve has one B or two before it.
        10 => 11,
        11 => 10,
        _ if unit % 3 == 1 => unit + 2,
        _ => unit - 1,
    }
}

#[test]
fn a_missing_slice_is_told_until_the_next_keyframe() {
    for name in ["slices.h264", "slices.h265"] {
        let codec = codec_of(name);
        // The habit of a stream is known after two groups of pictures.
        let once = units(name);
        let whole: Vec<_> = [&once[..], &once[..], &once[..]].concat();
        let hit = 48 + 5;
        let count = whole[hit].iter().filter(|nal| is_slice(codec, nal)).count();
        for (decoder, factory) in decoders(codec) {
            if !SPEAKS.contains(&decoder.as_str()) {
                continue;
            }
            let mut player = Player::new(codec, &factory);
            let clean: Vec<Out> = whole.iter().flat_map(|unit| player.push(unit)).collect();
            for missing in 0..count {
                let mut torn = whole.clone();
                let at = torn[hit]
                    .iter()
                    .enumerate()
                    .filter(|(_, nal)| is_slice(codec, nal))
                    .nth(missing)
                    .map(|(at, _)| at)
                    .unwrap();
                torn[hit].remove(at);
                let mut player = Player::new(codec, &factory);
                let seen: Vec<Out> = torn.iter().flat_map(|unit| player.push(unit)).collect();
                for (number, integrity, sum) in &seen {
                    let name = format!("{name}, {decoder}, slice {missing}, unit {number}");
                    let at = *number as usize;
                    let is_whole = *integrity == Integrity::Whole;
                    assert_eq!(is_whole, !(hit..60).contains(&at), "{name}");
                    assert!(at != hit || *integrity == Integrity::Damaged, "{name}");
                    assert_eq!(clean[at].2 == *sum, is_whole, "{name}: pixels");
                }
                let last = seen.last().map(|(number, ..)| *number as usize);
                assert_eq!(last, Some(whole.len() - 1));
            }
        }
    }
}

#[test]
fn what_the_decoder_conceals_is_told_without_any_habit() {
    let whole = units("slices.h264");
    for (decoder, factory) in decoders(Codec::H264) {
        if !SPEAKS.contains(&decoder.as_str()) {
            continue;
        }
        for missing in 0..4 {
            let mut torn = whole.clone();
            torn[5].remove(missing);
            let mut player = Player::new(Codec::H264, &factory);
            let seen: Vec<Out> = torn.iter().flat_map(|unit| player.push(unit)).collect();
            assert_eq!(seen[5].1, Integrity::Damaged, "slice {missing}");
        }
        // Half of the last slice.
        let mut torn = whole.clone();
        let slice = torn[5].last_mut().unwrap();
        slice.truncate(slice.len() / 2);
        let mut player = Player::new(Codec::H264, &factory);
        let seen: Vec<Out> = torn.iter().flat_map(|unit| player.push(unit)).collect();
        assert_eq!(seen[5].1, Integrity::Damaged);
    }
}

#[test]
fn a_picture_that_never_came_is_missed_by_those_that_refer_to_it() {
    for name in ["plain.h264", "plain.h265"] {
        let codec = codec_of(name);
        for (decoder, factory) in decoders(codec) {
            if !SPEAKS.contains(&decoder.as_str()) {
                continue;
            }
            let mut units = units(name);
            units.remove(5);
            let mut player = Player::new(codec, &factory);
            let seen: Vec<Integrity> = units
                .iter()
                .flat_map(|unit| player.push(unit))
                .map(|(_, integrity, _)| integrity)
                .collect();
            assert_eq!(seen[..5], [Integrity::Whole; 5], "{name}, {decoder}");
            assert_eq!(seen[5], Integrity::Damaged, "{name}, {decoder}");
            assert_eq!(seen[6..11], [Integrity::Tainted; 5], "{name}, {decoder}");
            assert_eq!(seen[11..], [Integrity::Whole; 12], "{name}, {decoder}");
        }
    }
}

#[test]
fn an_intra_refresh_that_is_joined_is_disturbed_until_it_is_whole() {
    let all = units("refresh.h264");
    let (_, factory) = decoders(Codec::H264).swap_remove(0);
    let mut player = Player::new(Codec::H264, &factory);
    let clean: Vec<Out> = all.iter().flat_map(|unit| player.push(unit)).collect();
    let sets = &all[0][..2];
    let joined: Vec<Vec<Vec<u8>>> = [&[[sets, &all[3][..]].concat()], &all[4..]].concat();
    let mut player = Player::new(Codec::H264, &factory);
    let mut seen = Vec::new();
    for (at, unit) in joined.iter().enumerate() {
        seen.extend(player.push_changed(unit, |unit| {
            if at == 0 {
                unit.keyframe = true;
                unit.recovers_after = NEVER_TOLD;
            }
        }));
    }
    assert_eq!(
        seen.len(),
        joined.len(),
        "something is shown from the first on"
    );
    let first_whole = seen.iter().position(|seen| seen.1 == Integrity::Whole);
    let first_whole = first_whole.expect("it is believed in the end");
    assert!(first_whole >= 5, "{first_whole}");
    for (number, integrity, sum) in &seen {
        if *integrity == Integrity::Whole {
            assert_eq!(clean[*number as usize + 3].2, *sum, "unit {number}");
        }
    }
}

#[test]
fn a_try_that_gives_nothing_is_no_failure() {
    for (_, factory) in decoders(Codec::H264) {
        let mut player = Player::new(Codec::H264, &factory);
        let all = units("plain.h264");
        for unit in &all[1..12] {
            // No parameter sets have come.
            player.push_changed(unit, |unit| {
                unit.keyframe = true;
                unit.recovers_after = NEVER_TOLD;
            });
        }
        let seen: Vec<Out> = all[12..]
            .iter()
            .flat_map(|unit| player.push(unit))
            .collect();
        assert!(!seen.is_empty());
    }
}
