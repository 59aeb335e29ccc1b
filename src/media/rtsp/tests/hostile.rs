//! Mutated streams. The seed of a failure is printed; `QYRAN_SEED` gives it again, and `QYRAN_FUZZ`
//! the number of inputs.

use std::collections::VecDeque;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::stream::{Pictures, interleaved, is_whole};
use crate::framing::{Framer, Parsed};
use crate::leniency::Leniencies;
use crate::nal::{SetKind, Syntax};
use crate::receiver::Receiver;
use crate::sdp::{self, Encoding};
use crate::unit::Unit;

const MAX_HELD_BYTES: usize = 2 << 20;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs a check with so many seeds.
fn with_seeds(share: u64, check: impl Fn(u64)) {
    let first = variable("QYRAN_SEED");
    let count = variable("QYRAN_FUZZ").unwrap_or(300) * share;
    let begin = first.unwrap_or_else(rand::random);
    for seed in 0..if first.is_some() { 1 } else { count } {
        let seed = begin.wrapping_add(seed);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(seed)));
        if let Err(panic) = result {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            panic!("QYRAN_SEED={seed}: {}", text.unwrap_or_default());
        }
    }
}

struct Line {
    framer: Framer,
    receiver: Receiver,
    leniencies: Leniencies,
    ready: VecDeque<Unit>,
    now: std::time::Instant,
}

impl Line {
    fn new(is_datagram: bool) -> Self {
        let mut leniencies = Leniencies::default();
        let text = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
        let track = sdp::read(text, &mut leniencies).tracks.remove(0);
        let mut framer = Framer::default();
        framer.begin_stream();
        Self {
            framer,
            receiver: Receiver::new(0, &track, Encoding::H264, is_datagram, &mut leniencies),
            leniencies,
            ready: VecDeque::new(),
            now: tokio::time::Instant::now().into_std(),
        }
    }

    fn bytes(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = self.framer.space();
            let length = space.len().min(bytes.len());
            assert!(length > 0, "no room");
            space[..length].copy_from_slice(&bytes[..length]);
            self.framer.filled(length);
            bytes = &bytes[length..];
            loop {
                match self
                    .framer
                    .parse(|c| c < 2, &mut self.leniencies)
                    .expect("only a hang-up ends it")
                {
                    Parsed::Incomplete => break,
                    Parsed::Packet(0, range) => {
                        let packet = self.framer.bytes(range);
                        self.receiver.packet(
                            packet,
                            self.now,
                            &mut self.leniencies,
                            &mut self.ready,
                        );
                    }
                    Parsed::Packet(_, range) => {
                        let packet = self.framer.bytes(range);
                        self.receiver
                            .report(packet, self.now, 0, &mut self.leniencies);
                    }
                    Parsed::Message(_) => {}
                }
            }
        }
        assert!(self.framer.held_bytes() + self.receiver.held_bytes() <= MAX_HELD_BYTES);
    }

    fn advance(&mut self, by: Duration) {
        self.now += by;
        while self.receiver.deadline().is_some_and(|at| at <= self.now) {
            self.receiver
                .pass_time(self.now, &mut self.leniencies, &mut self.ready);
        }
    }
}

/// Does something to the packets of a picture.
fn mutate(packets: &mut Vec<Vec<u8>>, random: &mut StdRng) {
    let at = random.random_range(0..packets.len());
    match random.random_range(0..14) {
        0 => {
            packets.remove(at);
        }
        1 => {
            let again = packets[at].clone();
            packets.insert(random.random_range(0..=packets.len()), again);
        }
        2 => {
            let other = random.random_range(0..packets.len());
            packets.swap(at, other);
        }
        3 => {
            let length = random.random_range(0..=packets[at].len());
            packets[at].truncate(length);
        }
        4 => {
            for _ in 0..random.random_range(1..9) {
                let byte = random.random_range(0..packets[at].len());
                packets[at][byte] = random.random();
            }
        }
        5 => packets[at][2] = random.random(),
        6 => packets[at][9] = random.random(),
        7 => packets[at][5] = random.random(),
        8 => packets[at][1] ^= 0x80,
        9 => packets[at][0] = 0x80 | random.random::<u8>(),
        10 => packets[at][1] = random.random(),
        11 => {
            let mut garbage = vec![0; random.random_range(0..3000)];
            random.fill(&mut garbage[..]);
            packets.insert(at, garbage);
        }
        12 => packets[at][12] = random.random(),
        _ => {
            let byte = 13.min(packets[at].len() - 1);
            packets[at][byte] = random.random();
        }
    }
    packets.retain(|packet| packet.len() > 14);
}

fn stream(seed: u64, is_datagram: bool) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut line = Line::new(is_datagram);
    let mut pictures = Pictures::default();
    for at in 0..70_u32 {
        let is_hurt = (12..30).contains(&at);
        let mut packets = pictures.packets();
        if is_hurt {
            for _ in 0..random.random_range(0..3) {
                if !packets.is_empty() {
                    mutate(&mut packets, &mut random);
                }
            }
        }
        if is_datagram {
            for packet in &packets {
                line.receiver
                    .packet(packet, line.now, &mut line.leniencies, &mut line.ready);
            }
        } else {
            let mut bytes: Vec<u8> = packets
                .iter()
                .flat_map(|packet| interleaved(0, packet))
                .collect();
            if is_hurt && random.random_range(0..3) == 0 {
                let position = random.random_range(0..=bytes.len());
                match random.random_range(0..4) {
                    0 => bytes.truncate(position),
                    1 => drop(bytes.drain(..position)),
                    2 => {
                        let mut junk = vec![0; random.random_range(0..200)];
                        random.fill(&mut junk[..]);
                        bytes.splice(position..position, junk);
                    }
                    _ => {
                        if let Some(byte) = bytes.get_mut(position) {
                            *byte = random.random();
                        }
                    }
                }
            }
            let piece = random.random_range(1..4000);
            for part in bytes.chunks(piece) {
                line.bytes(part);
            }
        }
        line.advance(Duration::from_millis(40));
        if at < 12 {
            assert!(
                line.ready.iter().all(|unit| is_whole(&unit.bytes)),
                "before the damage"
            );
        }
        if at == 57 {
            line.ready.clear();
        }
    }
    line.advance(Duration::from_secs(1));
    let whole = line
        .ready
        .iter()
        .filter(|unit| is_whole(&unit.bytes) && !unit.is_damaged)
        .count();
    assert!(
        whole >= 10,
        "{whole} of {} whole after the damage, datagrams: {is_datagram}, {:?} {:?}",
        line.ready.len(),
        line.receiver.statistics,
        line.leniencies.needed().collect::<Vec<_>>()
    );
}

#[test]
fn whole_pictures_come_again_after_any_damage() {
    with_seeds(1, |seed| stream(seed, false));
    with_seeds(1, |seed| stream(seed, true));
}

#[test]
fn parameter_sets_of_any_bytes_are_read_without_harm() {
    with_seeds(10, |seed| {
        let mut random = StdRng::seed_from_u64(seed);
        let known: [&[u8]; 2] = [
            &[
                0x67, 0x64, 0x00, 0x1E, 0xAC, 0xD9, 0x40, 0xA0, 0x2F, 0xF9, 0x70, 0x11, 0x00, 0x00,
                0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x1E, 0x0F, 0x16, 0x2D, 0x96,
            ],
            &[
                0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00,
                0x00, 0x03, 0x00, 0x3F, 0xA0, 0x05, 0x02, 0x01, 0x69, 0x65, 0x95, 0x9A, 0x49, 0x32,
            ],
        ];
        let mut bytes = if random.random_range(0..3) == 0 {
            let mut bytes = vec![0; random.random_range(0..300)];
            random.fill(&mut bytes[..]);
            bytes
        } else {
            known[random.random_range(0..2)].to_vec()
        };
        for _ in 0..random.random_range(0..6) {
            if !bytes.is_empty() {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
        }
        for syntax in [Syntax::H264, Syntax::H265] {
            syntax.sequence(&bytes);
            syntax.recovery_point(&bytes);
            for kind in [SetKind::Video, SetKind::Sequence, SetKind::Picture] {
                syntax.set_number(kind, &bytes);
            }
            syntax.kind(
                &bytes,
                syntax.sequence(&bytes).and_then(|sequence| sequence.fields),
            );
        }
    });
}

#[test]
fn payloads_of_any_bytes_are_taken_apart_within_bounds() {
    let tracks = [
        ("H265/90000", "", "video 0 RTP/AVP 96", Encoding::H265),
        ("JPEG/90000", "", "video 0 RTP/AVP 96", Encoding::Jpeg),
        (
            "MPEG4-GENERIC/16000/1",
            "a=fmtp:96 mode=AAC-hbr;config=1408;sizelength=13;indexlength=3;indexdeltalength=3\r\n",
            "audio 0 RTP/AVP 96",
            Encoding::Aac,
        ),
    ];
    with_seeds(1, |seed| {
        let mut random = StdRng::seed_from_u64(seed);
        let (name, more, media, encoding) = tracks[random.random_range(0..tracks.len())];
        let text = format!("v=0\r\nm={media}\r\na=rtpmap:96 {name}\r\n{more}");
        let mut line = Line::new(random.random());
        let track = sdp::read(text.as_bytes(), &mut line.leniencies)
            .tracks
            .remove(0);
        line.receiver = Receiver::new(0, &track, encoding, random.random(), &mut line.leniencies);
        let mut sequence: u16 = random.random();
        for _ in 0..60 {
            let mut packet = vec![0x80, 0x60 | if random.random() { 0x80 } else { 0 }];
            packet.extend(sequence.to_be_bytes());
            packet.extend((u32::from(sequence) / 4 * 3600).to_be_bytes());
            packet.extend([1, 2, 3, 4]);
            sequence = sequence.wrapping_add(u16::from(random.random_range(0..20) > 0));
            let mut payload = vec![0; random.random_range(0..1400)];
            random.fill(&mut payload[..]);
            // Most begin as theirs do: slices, sets, fragments, aggregates; offsets; lengths.
            let heads: &[&[u8]] = match encoding {
                Encoding::H265 => &[
                    &[0x40, 1],
                    &[0x42, 1],
                    &[0x44, 1],
                    &[0x26, 1, 0x80],
                    &[2, 1, 0x80],
                    &[0x62, 1, 0x93],
                    &[0x62, 1, 0x13],
                    &[0x62, 1, 0x53],
                    &[0x60, 1, 0, 9],
                    &[0, 0, 1, 0x26],
                    &[0x62, 1, 0x93, 0, 0, 1],
                ],
                Encoding::Jpeg => &[
                    &[0, 0, 0, 0, 1, 50, 80, 60],
                    &[0, 0, 0, 0, 65, 255, 0, 0],
                    &[0, 0, 0, 0, 0, 255, 80, 60, 0, 0, 0, 128],
                    &[0, 0, 1],
                    &[],
                ],
                _ => &[&[0, 16], &[0, 32, 1], &[0, 16, 8, 0], &[]],
            };
            let head = heads[random.random_range(0..heads.len())];
            packet.extend(head);
            packet.extend(payload);
            line.receiver
                .packet(&packet, line.now, &mut line.leniencies, &mut line.ready);
            line.advance(Duration::from_millis(10));
            assert!(line.receiver.held_bytes() <= 8 << 20);
        }
        line.advance(Duration::from_secs(1));
        assert!(line.ready.iter().all(|unit| !unit.bytes.is_empty()));
    });
}
