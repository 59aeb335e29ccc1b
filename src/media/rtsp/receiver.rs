//! One track's packets on their way to units.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::h26x::NalDepacketizer;
use crate::jpeg::JpegDepacketizer;
use crate::leniency::{Leniencies, Leniency};
use crate::nal::Syntax;
use crate::picture::{Context, Picture};
use crate::rtp::{self, Packet, SenderReport};
use crate::sdp::{Encoding, Track};
use crate::sequence::{Counter, Place, Reorder, Step};
use crate::sound::{SoundDepacketizer, aac_config};
use crate::timeline::Timeline;
use crate::unit::{Replay, Unit};

/// So many packets of another payload type than was told, before any that was, are what was meant.
const MAX_FIRST_TYPE: u32 = 8;
/// So many packets of another payload type in a row are the new one.
const MAX_OTHER_TYPE: u32 = 24;
/// A sender that was replaced is not listened to as long as the new one sends at least this often.
const SSRC_REST: Duration = Duration::from_secs(2);
/// Or as long as it does not keep silent for so long while so many packets of the old one come.
const SSRC_SILENCE: Duration = Duration::from_millis(300);
const MIN_RETURN: u32 = 8;
/// So many packets in a row that are each of another sender: the numbers mean nothing.
const MAX_STRAYS: u32 = 3;
/// The profile of ONVIF's replay extension.
const REPLAY_EXTENSION: u16 = 0xABAC;
/// No more units than this wait to be taken.
const MAX_READY: usize = 256;

/// What came on a track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackStatistics {
    /// Packets with something in them.
    pub packets: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Packets that are missing by their numbers.
    pub lost: u64,
    /// Packets that came twice or too late.
    pub late: u64,
    /// Units given out.
    pub units: u64,
    /// Units of which something is missing.
    pub damaged: u64,
    /// Jumps of stream time.
    pub jumps: u64,
}

#[derive(Debug)]
enum Depacketizer {
    Nal(NalDepacketizer),
    Jpeg(JpegDepacketizer),
    Sound(SoundDepacketizer),
}

/// Whose packet it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    Ours,
    /// Another's, which may be the first of many.
    Waits,
    /// The second of another: both are ours from now on.
    Newcomer,
    Nobody,
}

/// Receives one track.
#[derive(Debug)]
pub(crate) struct Receiver {
    index: usize,
    encoding: Encoding,
    payload_type: u8,
    /// The one that the SDP names.
    told_type: u8,
    /// Payload types of the same track that carry something else.
    others: Vec<u8>,
    has_type: bool,
    other_type: (u8, u32),
    /// Packets of another type than was told, until it is known what they are.
    held: Vec<(Instant, Bytes)>,
    ssrc: Option<u32>,
    /// Another sender's first packet: it waits until a second one shows that it is no stray.
    newcomer: Option<(u32, Instant, Bytes)>,
    /// So many packets in a row were each of another sender.
    strays: u32,
    /// So many packets in a row were of the sender that was replaced.
    returns: u32,
    retired: Option<u32>,
    last_packet: Option<Instant>,
    counter: Counter,
    /// Where packets may come in any order.
    reorder: Option<Reorder>,
    timeline: Timeline,
    depacketizer: Depacketizer,
    config: Option<Bytes>,
    rate_hz: Option<f32>,
    told_size: Option<(u32, u32)>,
    replay: Option<Replay>,
    /// Number, time and payload of the packet before.
    last_head: (Option<(u16, u32)>, Vec<u8>),
    /// Units of sound that wait to be taken.
    pending: VecDeque<Unit>,
    last_report: Option<(SenderReport, Instant)>,
    pub(crate) statistics: TrackStatistics,
}

impl Receiver {
    pub(crate) fn new(
        index: usize,
        track: &Track,
        encoding: Encoding,
        is_datagram: bool,
        leniencies: &mut Leniencies,
    ) -> Self {
        let depacketizer = match encoding {
            Encoding::H264 => {
                Depacketizer::Nal(NalDepacketizer::new(Syntax::H264, track, leniencies))
            }
            Encoding::H265 => {
                Depacketizer::Nal(NalDepacketizer::new(Syntax::H265, track, leniencies))
            }
            Encoding::Jpeg => Depacketizer::Jpeg(JpegDepacketizer::new(track.size)),
            _ => Depacketizer::Sound(SoundDepacketizer::new(encoding, track, leniencies)),
        };
        Self {
            index,
            encoding,
            payload_type: track.payload_type,
            told_type: track.payload_type,
            others: track.payload_types.clone(),
            has_type: false,
            other_type: (0, 0),
            held: Vec::new(),
            ssrc: None,
            newcomer: None,
            strays: 0,
            returns: 0,
            retired: None,
            last_packet: None,
            counter: Counter::default(),
            reorder: is_datagram.then(Reorder::default),
            timeline: Timeline::new(track.clock_hz),
            depacketizer,
            config: (encoding == Encoding::Aac)
                .then(|| aac_config(track))
                .flatten(),
            rate_hz: track.rate_hz,
            told_size: track.size,
            replay: None,
            last_head: (None, Vec::new()),
            pending: VecDeque::new(),
            last_report: None,
            statistics: TrackStatistics::default(),
        }
    }

    /// The encoding of its units.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Bytes held, for the tests of bounds.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        let taken_apart = match &self.depacketizer {
            Depacketizer::Nal(nal) => nal.pictures.held_bytes(),
            Depacketizer::Jpeg(jpeg) => jpeg.held_bytes(),
            Depacketizer::Sound(_) => 0,
        };
        taken_apart + self.reorder.as_ref().map_or(0, Reorder::held_bytes)
    }

    /// Pictures come, and nobody says how large they are.
    pub(crate) fn has_no_size(&self) -> bool {
        matches!(&self.depacketizer, Depacketizer::Jpeg(jpeg) if jpeg.has_no_size())
    }

    /// Whether a packet may be of this track, by its payload type.
    pub(crate) fn fits(&self, bytes: &[u8]) -> bool {
        rtp::read(bytes).is_some_and(|packet| packet.payload_type == self.payload_type)
    }

    /// A packet came.
    pub(crate) fn packet(
        &mut self,
        bytes: &[u8],
        arrival: Instant,
        leniencies: &mut Leniencies,
        ready: &mut VecDeque<Unit>,
    ) {
        let Some(packet) = rtp::read(bytes) else {
            leniencies.note(Leniency::BadPacket);
            return;
        };
        if packet.is_odd {
            leniencies.note(Leniency::BadPacket);
        }
        if !self.takes_type(packet.payload_type, leniencies) {
            if !self.has_type && !self.others.contains(&packet.payload_type) {
                // Nothing of the type that was told has come yet: perhaps this is it.
                if self.held.len() > 2 * MAX_FIRST_TYPE as usize {
                    self.held.clear();
                }
                self.held.push((arrival, Bytes::copy_from_slice(bytes)));
            }
            return;
        }
        for (since, bytes) in std::mem::take(&mut self.held) {
            if let Some(held) = rtp::read(&bytes)
                && held.payload_type == packet.payload_type
            {
                self.accept(&held, &bytes, since, leniencies);
            }
        }
        match self.judge_sender(packet.ssrc, arrival, leniencies) {
            Sender::Ours => {}
            Sender::Nobody => return,
            Sender::Waits => {
                let bytes = Bytes::copy_from_slice(bytes);
                self.newcomer = Some((packet.ssrc, arrival, bytes));
                return;
            }
            Sender::Newcomer => {
                if let Some((_, since, first)) = self.newcomer.take()
                    && let Some(first_packet) = rtp::read(&first)
                {
                    self.accept(&first_packet, &first, since, leniencies);
                }
            }
        }
        self.accept(&packet, bytes, arrival, leniencies);
        self.collect(ready);
    }

    /// A packet of ours goes to its place.
    fn accept(
        &mut self,
        packet: &Packet<'_>,
        bytes: &[u8],
        arrival: Instant,
        leniencies: &mut Leniencies,
    ) {
        let Some(reorder) = &mut self.reorder else {
            self.in_order(packet, arrival, leniencies);
            return;
        };
        match reorder.offer(packet.sequence, bytes, arrival) {
            Place::Next => self.in_order(packet, arrival, leniencies),
            Place::Waits => {}
            Place::Dropped => self.statistics.late += 1,
        }
        self.take_waiting(arrival, leniencies);
    }

    fn take_waiting(&mut self, now: Instant, leniencies: &mut Leniencies) {
        while let Some(bytes) = self.reorder.as_mut().and_then(|reorder| reorder.pop(now)) {
            if let Some(packet) = rtp::read(&bytes) {
                self.in_order(&packet, now, leniencies);
            }
        }
    }

    fn takes_type(&mut self, payload_type: u8, leniencies: &mut Leniencies) -> bool {
        if payload_type == self.payload_type || payload_type == self.told_type {
            // What was taken for it instead gives way.
            self.payload_type = payload_type;
            self.has_type = true;
            self.other_type.1 = 0;
            return true;
        }
        if self.others.contains(&payload_type) {
            // Telephone events, comfort noise, retransmissions: another thing by its own name.
            return false;
        }
        leniencies.note(Leniency::OtherPayloadType);
        if self.other_type.0 != payload_type {
            self.other_type = (payload_type, 0);
        }
        self.other_type.1 += 1;
        // The SDP names one that never comes; or the camera has changed its mind.
        let enough = if self.has_type {
            MAX_OTHER_TYPE
        } else {
            MAX_FIRST_TYPE
        };
        if self.other_type.1 > enough {
            self.payload_type = payload_type;
            self.has_type = true;
            return true;
        }
        false
    }

    /// A sender's number is no name: it changes with each group, or another session's packets come
    /// between. One packet of another may be a stray, two in a row are the camera's new number.
    fn judge_sender(&mut self, ssrc: u32, now: Instant, leniencies: &mut Leniencies) -> Sender {
        let last = self.last_packet;
        if self.ssrc == Some(ssrc) || self.ssrc.is_none() {
            self.ssrc = Some(ssrc);
            self.last_packet = Some(now);
            self.newcomer = None;
            self.strays = 0;
            self.returns = 0;
            return Sender::Ours;
        }
        leniencies.note(Leniency::OtherSsrc);
        let is_busy = last.is_some_and(|last| now.saturating_duration_since(last) < SSRC_REST);
        let silence = last.map_or(SSRC_REST, |last| now.saturating_duration_since(last));
        self.returns = if self.retired == Some(ssrc) {
            self.returns + 1
        } else {
            0
        };
        let has_returned = self.returns > MIN_RETURN && silence >= SSRC_SILENCE;
        if has_returned {
            self.returns = 0;
            self.retired = self.ssrc.replace(ssrc);
            self.last_packet = Some(now);
            return Sender::Ours;
        }
        if self.retired == Some(ssrc) && is_busy {
            // What is left of an earlier session, between the packets of this one.
            return Sender::Nobody;
        }
        let is_second = matches!(&self.newcomer, Some((first, ..)) if *first == ssrc);
        self.strays += u32::from(!is_second);
        if is_busy && !is_second && self.strays <= MAX_STRAYS {
            return Sender::Waits;
        }
        self.retired = self.ssrc.replace(ssrc);
        self.last_packet = Some(now);
        if !is_second {
            self.newcomer = None;
        }
        Sender::Newcomer
    }

    /// The packet of before once more, to the last byte.
    fn is_double(&mut self, packet: &Packet<'_>) -> bool {
        let head = (packet.sequence, packet.timestamp);
        let (last, payload) = &mut self.last_head;
        if *last == Some(head) && payload == packet.payload && !packet.payload.is_empty() {
            return true;
        }
        // Only a packet with the number of the one before is ever compared.
        *last = Some(head);
        payload.clear();
        payload.extend_from_slice(packet.payload);
        false
    }

    fn in_order(&mut self, packet: &Packet<'_>, arrival: Instant, leniencies: &mut Leniencies) {
        if self.is_double(packet) {
            self.statistics.late += 1;
            return;
        }
        self.statistics.packets += 1;
        self.statistics.bytes += packet.payload.len() as u64;
        match self.counter.step(packet.sequence) {
            Step::After(0) => {}
            Step::After(lost) => {
                self.statistics.lost += u64::from(lost);
                match &mut self.depacketizer {
                    Depacketizer::Nal(nal) => nal.pictures.note_loss(lost),
                    Depacketizer::Jpeg(jpeg) => jpeg.note_loss(lost),
                    Depacketizer::Sound(sound) => sound.note_loss(),
                }
            }
            Step::Late => {
                // Its place is taken: put in here it would tear a picture.
                self.statistics.late += 1;
                leniencies.note(Leniency::OddSequence);
                return;
            }
            Step::Odd => {
                leniencies.note(Leniency::OddSequence);
                match &mut self.depacketizer {
                    Depacketizer::Nal(nal) => nal.pictures.note_loss_unknown(),
                    Depacketizer::Jpeg(jpeg) => jpeg.note_loss_unknown(),
                    Depacketizer::Sound(_) => {}
                }
            }
        }
        let moment = self.timeline.place(packet.timestamp, arrival);
        if moment.is_jump {
            self.statistics.jumps += 1;
            leniencies.note(Leniency::OddTime);
        }
        if let Some((REPLAY_EXTENSION, words)) = packet.extension
            && let Some(replay) = Replay::read(words)
        {
            self.replay = Some(replay);
        }
        let context = Context {
            timestamp: packet.timestamp,
            ticks: moment.ticks,
            arrival,
        };
        match &mut self.depacketizer {
            Depacketizer::Nal(nal) => {
                nal.push(packet.payload, packet.is_marked, context, leniencies);
            }
            Depacketizer::Jpeg(jpeg) => {
                let (payload, extension) = (packet.payload, packet.extension);
                jpeg.push(payload, extension, packet.is_marked, context, leniencies);
            }
            Depacketizer::Sound(sound) => {
                let units = sound.push(packet.payload, packet.is_marked, leniencies);
                for (bytes, behind) in units {
                    let picture = Picture {
                        bytes,
                        ticks: moment.ticks + i64::from(behind),
                        arrival,
                        random_access: Some(0),
                        is_damaged: false,
                        lost: 0,
                    };
                    let unit = self.unit(picture, self.config.clone());
                    self.pending.push_back(unit);
                }
            }
        }
    }

    /// Gives out what is whole.
    fn collect(&mut self, ready: &mut VecDeque<Unit>) {
        loop {
            let picture = match &mut self.depacketizer {
                Depacketizer::Nal(nal) => nal.pop(),
                Depacketizer::Jpeg(jpeg) => jpeg.pop(),
                Depacketizer::Sound(_) => None,
            };
            let mut unit = match picture {
                Some(picture) => self.unit(picture, None),
                None => match self.pending.pop_front() {
                    Some(unit) => unit,
                    None => return,
                },
            };
            if ready.len() >= MAX_READY {
                // Nobody takes them: all go, and the next says so.
                unit.lost_packets = unit.lost_packets.saturating_add(ready.len() as u32);
                ready.clear();
            }
            ready.push_back(unit);
        }
    }

    fn unit(&mut self, picture: Picture, config: Option<Bytes>) -> Unit {
        self.statistics.units += 1;
        self.statistics.damaged += u64::from(picture.is_damaged);
        let (size, rate_hz) = match &self.depacketizer {
            Depacketizer::Nal(nal) => {
                let sequence = nal.pictures.sequence();
                (
                    sequence.size.or(self.told_size),
                    sequence.rate_hz.or(self.rate_hz),
                )
            }
            Depacketizer::Jpeg(jpeg) => (jpeg.size(), self.rate_hz),
            Depacketizer::Sound(_) => (None, None),
        };
        let replay = self.replay.take();
        Unit {
            track: self.index,
            encoding: self.encoding,
            pts_nanos: self.timeline.nanos(picture.ticks),
            arrival: picture.arrival,
            capture_unix_nanos: replay
                .and_then(|replay| replay.unix_nanos)
                .or_else(|| self.timeline.capture_nanos(picture.ticks)),
            random_access: picture.random_access,
            is_damaged: picture.is_damaged,
            lost_packets: picture.lost,
            size,
            rate_hz,
            replay,
            config,
            bytes: picture.bytes,
        }
    }

    /// A report came.
    pub(crate) fn report(
        &mut self,
        bytes: &[u8],
        now: Instant,
        now_unix_secs: i64,
        leniencies: &mut Leniencies,
    ) {
        let (report, is_whole, _bye) = rtp::read_reports(bytes, now_unix_secs);
        if !is_whole {
            leniencies.note(Leniency::BadReport);
        }
        if let Some(report) = report {
            self.timeline.note_report(&report);
            self.last_report = Some((report, now));
        }
    }

    /// What we tell the camera of its packets.
    pub(crate) fn own_report(&self, own_ssrc: u32, now: Instant) -> Option<Vec<u8>> {
        let ssrc = self.ssrc?;
        let (last, delay) = self.last_report.map_or((0, 0), |(report, at)| {
            let passed = now.saturating_duration_since(at);
            (report.middle, (passed.as_secs_f64() * 65_536.0) as u32)
        });
        let highest = u32::from(self.counter.last());
        Some(rtp::receiver_report(own_ssrc, ssrc, highest, last, delay))
    }

    /// When something is to be given out or given up even if nothing comes.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let picture = match &self.depacketizer {
            Depacketizer::Nal(nal) => nal.pictures.deadline(),
            _ => None,
        };
        let packet = self.reorder.as_ref().and_then(Reorder::deadline);
        match (picture, packet) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// Time has passed.
    pub(crate) fn pass_time(
        &mut self,
        now: Instant,
        leniencies: &mut Leniencies,
        ready: &mut VecDeque<Unit>,
    ) {
        self.take_waiting(now, leniencies);
        if let Depacketizer::Nal(nal) = &mut self.depacketizer {
            nal.pictures.pass_time(now);
        }
        self.collect(ready);
    }
}
