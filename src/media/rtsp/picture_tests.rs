//! Pictures are cut right whatever the marks say. A stream here is a list of pictures, each a list
//! of slices; its packets are made by hand, its times are simulated.

use std::time::Duration;

use super::*;
use crate::h26x::NalDepacketizer;
use crate::sdp;

/// A slice of H.264: the first of its picture or not, key or not; `size` bytes.
fn slice(number: usize, is_key: bool, size: usize) -> Vec<u8> {
    // first_mb_in_slice 0 is one bit; 40 · number is a longer code. Then slice type 5 or 7.
    let mut nal = vec![if is_key { 0x65 } else { 0x41 }];
    let mut bits = String::new();
    let mut ue = |value: usize| {
        let digits = format!("{:b}", value + 1);
        bits.push_str(&"0".repeat(digits.len() - 1));
        bits.push_str(&digits);
    };
    ue(40 * number);
    ue(if is_key { 7 } else { 5 });
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    for byte in bits.as_bytes().chunks(8) {
        let byte = std::str::from_utf8(byte).unwrap();
        nal.push(u8::from_str_radix(byte, 2).unwrap());
    }
    nal.resize(nal.len().max(size), 0x55 + number as u8);
    nal
}

/// The NAL units of a picture.
fn picture(at: usize, slices: usize) -> Vec<Vec<u8>> {
    let is_key = at.is_multiple_of(6);
    let mut nals = Vec::new();
    if is_key {
        nals.push(vec![0x67, 0x42, 0, 0x1E, 0x95, 0xA8, 0x28, 0x0F, 0x64]);
        nals.push(vec![0x68, 0xCE, 0x3C, 0x80]);
    }
    nals.extend((0..slices).map(|number| slice(number, is_key, 3000)));
    nals
}

fn fragments(nal: &[u8]) -> Vec<Vec<u8>> {
    if nal.len() <= 1200 {
        return vec![nal.to_vec()];
    }
    let chunks: Vec<&[u8]> = nal[1..].chunks(1199).collect();
    let last = chunks.len() - 1;
    let fragment = |(at, chunk): (usize, &&[u8])| {
        let bits = u8::from(at == 0) << 7 | u8::from(at == last) << 6;
        [&[nal[0] & 0xE0 | 0x1C, bits | nal[0] & 0x1F][..], chunk].concat()
    };
    chunks.iter().enumerate().map(fragment).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MarkOn {
    End,
    EveryNal,
    EveryPacket,
    Nothing,
}

struct Stream {
    depacketizer: NalDepacketizer,
    leniencies: Leniencies,
    now: Instant,
    out: Vec<(usize, Picture, Instant)>,
    /// The picture that is being sent.
    sending: usize,
}

impl Stream {
    fn new() -> Self {
        let mut leniencies = Leniencies::default();
        let text = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
        let track = sdp::read(text, &mut leniencies).tracks.remove(0);
        Self {
            depacketizer: NalDepacketizer::new(Syntax::H264, &track, &mut leniencies),
            leniencies,
            now: tokio::time::Instant::now().into_std(),
            out: Vec::new(),
            sending: 0,
        }
    }

    fn collect(&mut self) {
        while let Some(picture) = self.depacketizer.pop() {
            self.out.push((self.sending, picture, self.now));
        }
    }

    /// Time goes on, and whatever is due happens.
    fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(deadline) = self.depacketizer.pictures.deadline().filter(|d| *d <= end) {
            self.now = self.now.max(deadline);
            self.depacketizer.pictures.pass_time(self.now);
            self.collect();
        }
        self.now = end;
    }

    fn packet(&mut self, payload: &[u8], is_marked: bool, timestamp: u32) {
        let context = Context {
            timestamp,
            ticks: i64::from(timestamp),
            arrival: self.now,
        };
        let leniencies = &mut self.leniencies;
        self.depacketizer
            .push(payload, is_marked, context, leniencies);
        self.collect();
    }

    fn send(&mut self, at: usize, nals: &[Vec<u8>], marks: MarkOn, timestamp: u32) {
        self.sending = at;
        for (number, nal) in nals.iter().enumerate() {
            let parts = fragments(nal);
            for (part, payload) in parts.iter().enumerate() {
                let ends_nal = part + 1 == parts.len();
                let mark = match marks {
                    MarkOn::End => ends_nal && number + 1 == nals.len(),
                    MarkOn::EveryNal => ends_nal,
                    MarkOn::EveryPacket => true,
                    MarkOn::Nothing => false,
                };
                self.packet(payload, mark, timestamp);
            }
        }
    }
}

/// The slices in a byte stream.
fn num_slices(bytes: &[u8]) -> usize {
    nal::split(bytes)
        .filter(|nal| matches!(nal[0] & 31, 1 | 5))
        .count()
}

#[test]
fn pictures_are_whole_whatever_the_marks_say() {
    for marks in [
        MarkOn::End,
        MarkOn::EveryNal,
        MarkOn::EveryPacket,
        MarkOn::Nothing,
    ] {
        for slices in [1, 4] {
            for interval_ms in [66, 500, 8000] {
                let mut stream = Stream::new();
                for at in 0..40 {
                    let nals = picture(at, slices);
                    stream.send(at, &nals, marks, at as u32 * 6000);
                    stream.advance(Duration::from_millis(interval_ms));
                }
                let name = format!("{marks:?}, {slices} slices, {interval_ms} ms");
                assert_eq!(stream.out.len(), 40, "{name}");
                for (at, (sending, picture, _)) in stream.out.iter().enumerate() {
                    assert_eq!(num_slices(&picture.bytes), slices, "{name}: picture {at}");
                    assert!(!picture.is_damaged, "{name}: picture {at}");
                    assert_eq!(picture.random_access.is_some(), at % 6 == 0, "{name}");
                    // Nobody waits for the next picture to know that this one is whole.
                    assert_eq!(*sending, at, "{name}: picture {at} came with {sending}");
                }
                let is_odd = stream.leniencies.count(Leniency::OddMark) > 0;
                let should = match marks {
                    MarkOn::End => false,
                    MarkOn::EveryNal => slices > 1,
                    MarkOn::EveryPacket | MarkOn::Nothing => true,
                };
                assert_eq!(is_odd, should, "{name}");
            }
        }
    }
}

#[test]
fn marks_that_are_right_are_believed_and_cost_no_time() {
    let mut stream = Stream::new();
    for at in 0..30 {
        let nals = picture(at, 4);
        stream.send(at, &nals, MarkOn::End, at as u32 * 6000);
        let given = stream.out.len();
        if at >= 12 {
            assert_eq!(given, at + 1, "at once");
        }
        stream.advance(Duration::from_millis(66));
    }
    let needed: Vec<_> = stream.leniencies.needed().collect();
    assert_eq!(needed, []);
}

#[test]
fn a_camera_that_begins_to_mark_every_slice_is_found_out() {
    let mut stream = Stream::new();
    for at in 0..12 {
        stream.send(at, &picture(at, 4), MarkOn::End, at as u32 * 6000);
        stream.advance(Duration::from_millis(66));
    }
    for at in 12..36 {
        stream.send(at, &picture(at, 4), MarkOn::EveryNal, at as u32 * 6000);
        stream.advance(Duration::from_millis(66));
    }
    let torn: Vec<bool> = stream
        .out
        .iter()
        .filter(|(_, picture, _)| num_slices(&picture.bytes) != 4)
        .map(|(_, picture, _)| picture.is_damaged)
        .collect();
    assert!(torn.len() <= 2, "{torn:?}");
    assert_eq!(
        stream
            .out
            .iter()
            .filter(|(_, p, _)| num_slices(&p.bytes) == 4)
            .count(),
        35
    );
}

#[test]
fn what_is_lost_is_told() {
    // The second fragment of the third slice of picture 20.
    let mut stream = Stream::new();
    for at in 0..24 {
        let nals = picture(at, 4);
        if at == 20 {
            for (number, nal) in nals.iter().enumerate() {
                let parts = fragments(nal);
                for (part, payload) in parts.iter().enumerate() {
                    if number == 2 && part == 1 {
                        continue;
                    }
                    if number == 2 && part == 2 {
                        stream.depacketizer.pictures.note_loss(1);
                    }
                    let mark = number == 3 && part + 1 == parts.len();
                    stream.packet(payload, mark, at as u32 * 6000);
                }
            }
        } else {
            stream.send(at, &nals, MarkOn::End, at as u32 * 6000);
        }
        stream.advance(Duration::from_millis(66));
    }
    assert_eq!(stream.out.len(), 24);
    for (at, (_, picture, _)) in stream.out.iter().enumerate() {
        assert_eq!(picture.is_damaged, at == 20, "picture {at}");
    }
    // The first slice of a picture.
    let mut stream = Stream::new();
    for at in 0..24 {
        let mut nals = picture(at, 4);
        if at == 20 {
            nals.remove(0);
            stream.depacketizer.pictures.note_loss(3);
        }
        stream.send(at, &nals, MarkOn::End, at as u32 * 6000);
        stream.advance(Duration::from_millis(66));
    }
    let damaged: Vec<usize> = stream
        .out
        .iter()
        .enumerate()
        .filter(|(_, (_, p, _))| p.is_damaged)
        .map(|(at, _)| at)
        .collect();
    assert_eq!(damaged, [20]);
    assert_eq!(stream.out[20].1.lost, 3);
}

#[test]
fn odd_packets_leave_pictures_whole() {
    type Pack = fn(&[Vec<u8>]) -> Vec<Vec<u8>>;
    let packings: [(&str, Pack, Leniency); 6] = [
        (
            "fragments without an end",
            |nals| {
                let mut all = Vec::new();
                for nal in nals {
                    let mut parts = fragments(nal);
                    if parts.len() > 1 {
                        let last = parts.len() - 1;
                        parts[last][1] &= !0x40;
                    }
                    all.extend(parts);
                }
                all
            },
            Leniency::OddFragment,
        ),
        (
            "start codes before each",
            |nals| {
                let with = |nal: &Vec<u8>| {
                    if nal.len() > 1200 {
                        fragments(nal)
                    } else {
                        vec![[&[0, 0, 0, 1][..], nal].concat()]
                    }
                };
                nals.iter().flat_map(with).collect()
            },
            Leniency::StartCodes,
        ),
        (
            "a byte stream cut into fragments",
            |nals| {
                let stream: Vec<u8> = nals
                    .iter()
                    .enumerate()
                    .flat_map(|(at, nal)| {
                        let code: &[u8] = if at == 0 { &[] } else { &[0, 0, 0, 1] };
                        [code, nal].concat()
                    })
                    .collect();
                fragments(&stream)
            },
            Leniency::StartCodes,
        ),
        (
            "aggregates whose last length lies",
            |nals| {
                let mut all = Vec::new();
                for nal in nals {
                    if nal.len() < 1200 {
                        let mut unit = vec![0x78];
                        unit.extend((nal.len() as u16).to_be_bytes());
                        unit.extend(nal);
                        unit.extend([0xFF, 0xFF]);
                        all.push(unit);
                    } else {
                        all.extend(fragments(nal));
                    }
                }
                all
            },
            Leniency::OddFragment,
        ),
        (
            "empty packets and unknown kinds",
            |nals| {
                let mut all = vec![Vec::new(), vec![0x1F, 1, 2], vec![0x7C]];
                all.extend(nals.iter().flat_map(|nal| fragments(nal)));
                all
            },
            Leniency::BadPacket,
        ),
        (
            "delimiters and fillers",
            |nals| {
                let mut all = vec![vec![9, 0xF0], vec![12, 0xFF, 0x80]];
                all.extend(nals.iter().flat_map(|nal| fragments(nal)));
                all
            },
            Leniency::OddMark,
        ),
    ];
    for (name, pack, leniency) in packings {
        let mut stream = Stream::new();
        for at in 0..30 {
            let payloads = pack(&picture(at, 4));
            stream.sending = at;
            let last = payloads.len() - 1;
            for (number, payload) in payloads.iter().enumerate() {
                stream.packet(payload, number == last, at as u32 * 6000);
            }
            stream.advance(Duration::from_millis(66));
        }
        assert_eq!(stream.out.len(), 30, "{name}");
        for (at, (_, picture, _)) in stream.out.iter().enumerate() {
            assert_eq!(num_slices(&picture.bytes), 4, "{name}: picture {at}");
        }
        let needed = stream.leniencies.count(leniency) > 0;
        assert_eq!(needed, name != "delimiters and fillers", "{name}");
    }
}

#[test]
fn sets_go_with_every_beginning_and_late_ones_win() {
    let mut stream = Stream::new();
    let set = [0x67, 0x42, 0, 0x1E, 0x95, 0xA8, 0x28, 0x0F, 0x64];
    stream
        .depacketizer
        .pictures
        .add_set(&set, &mut stream.leniencies);
    stream.depacketizer.pictures.add_set(
        &[0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80],
        &mut stream.leniencies,
    );
    stream
        .depacketizer
        .pictures
        .add_set(&[0xE9, 0x75, 0xF2], &mut stream.leniencies);
    assert_eq!(stream.leniencies.count(Leniency::OddParameterSets), 1);
    let kinds = |bytes: &[u8]| nal::split(bytes).map(|nal| nal[0] & 31).collect::<Vec<_>>();
    for at in 0..8 {
        let only_slices = vec![slice(0, at % 6 == 0, 100)];
        stream.send(at, &only_slices, MarkOn::End, at as u32 * 6000);
        stream.advance(Duration::from_millis(66));
    }
    assert_eq!(kinds(&stream.out[0].1.bytes), [7, 8, 5]);
    assert_eq!(kinds(&stream.out[1].1.bytes), [1]);
    // A second picture set, in a packet of its own with a mark and another time.
    stream.packet(&[0x68, 0x4A, 0x3C, 0x80], true, 1);
    stream.advance(Duration::from_millis(66));
    stream.send(9, &[slice(0, true, 100)], MarkOn::End, 99_000);
    stream.advance(Duration::from_millis(66));
    let last = &stream.out.last().unwrap().1;
    assert_eq!(
        kinds(&last.bytes).iter().filter(|kind| **kind == 8).count(),
        2
    );
    assert!(last.random_access.is_some());
}

#[test]
fn what_has_no_end_is_bounded_and_the_next_picture_is_whole() {
    let mut stream = Stream::new();
    let fragment = [&[0x7C, 5][..], &[0x55; 1400]].concat();
    let mut first = fragment.clone();
    first[1] |= 0x80;
    first.insert(2, 0x88);
    stream.packet(&first, false, 0);
    for _ in 0..20_000 {
        stream.packet(&fragment, false, 0);
    }
    assert!(stream.leniencies.count(Leniency::TooLarge) > 0);
    let held = stream
        .depacketizer
        .pictures
        .current
        .as_ref()
        .map_or(0, |c| c.bytes.capacity());
    assert!(held <= 2 * MIN_PICTURE_BYTES, "{held}");
    for at in 1..4 {
        stream.send(at, &picture(at * 6, 4), MarkOn::End, at as u32 * 6000);
        stream.advance(Duration::from_millis(66));
    }
    let whole = stream
        .out
        .iter()
        .filter(|(_, p, _)| num_slices(&p.bytes) == 4)
        .count();
    assert_eq!(whole, 3);
    // Sets without end, too.
    for number in 0..100_000_u32 {
        stream.packet(
            &[&[0x68][..], &number.to_be_bytes(), &[0x80]].concat(),
            false,
            7,
        );
    }
    assert!(stream.depacketizer.pictures.sets.len() <= MAX_SETS);
    assert!(stream.depacketizer.pictures.prefix.len() <= MAX_PREFIX_BYTES);
}

#[test]
fn start_codes_are_found_wherever_fragments_are_cut() {
    // Zeros within a slice stay where they are, also at a cut.
    let nals: Vec<Vec<u8>> = picture(0, 2)
        .into_iter()
        .map(|mut nal| {
            nal.truncate(90);
            if nal.len() == 90 {
                nal[50] = 0;
                nal[51] = 0;
                nal[52] = 3;
            }
            nal
        })
        .collect();
    let bytes = nals.join(&[0, 0, 1][..]);
    let expected: Vec<u8> = nals
        .iter()
        .flat_map(|nal| [&START_CODE[..], nal].concat())
        .collect();
    for at in 1..bytes.len() - 1 {
        for length in [1, 2, 3, 7, bytes.len()] {
            let mut stream = Stream::new();
            let mut parts = vec![&bytes[1..=at]];
            parts.extend(bytes[at + 1..].chunks(length));
            let last = parts.len() - 1;
            for (number, part) in parts.iter().enumerate() {
                let bits = u8::from(number == 0) << 7 | u8::from(number == last) << 6;
                let head = [bytes[0] & 0xE0 | 0x1C, bits | bytes[0] & 0x1F];
                stream.packet(&[&head[..], part].concat(), number == last, 0);
            }
            stream.advance(Duration::from_secs(1));
            let [(_, picture, _)] = stream.out.as_slice() else {
                panic!("{} pictures, cut at {at}", stream.out.len());
            };
            assert_eq!(picture.bytes, expected, "cut at {at}, {length} each");
        }
    }
}
