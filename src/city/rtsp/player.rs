//! One session's stream: which picture is due, its packets with fresh headers, sender reports.
//!
//! Pure: time comes in as an argument, bytes go out into a buffer.

use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::WallTime;
use crate::city::bare;
use crate::city::clip::Clip;
use crate::city::fault::Fault;
use crate::city::timeline::Timeline;
use crate::model::codec::Codec;
use crate::model::stamp::{self, Stamp};

/// Time between sender reports.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// A session further behind than this leaves out what it missed.
const LATE: Duration = Duration::from_secs(1);

/// What a player needs to know about its camera and its connection.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    /// The camera's id, for the reports.
    pub(crate) name: String,
    /// Where the stream stands in time.
    pub(crate) timeline: Timeline,
    /// How far the camera's clock is off.
    pub(crate) clock_offset_nanos: i64,
    /// Interleaved channel of the packets; reports go on the next.
    pub(crate) channel: u8,
    /// Synchronisation source.
    pub(crate) ssrc: u32,
    /// Sequence number of the first packet.
    pub(crate) first_seq: u16,
    /// Whether the parameter sets of H.264 are sent without VUI.
    pub(crate) bare: bool,
}

/// What is on the picture.
#[derive(Clone, Debug)]
enum Scene {
    /// The clip as time goes.
    Live,
    /// One key picture of the clip, again and again.
    Frozen { unit: u64 },
    /// Another clip, begun at frame `from`.
    Other { clip: Arc<Clip>, from: u64 },
}

/// The stream of one session.
#[derive(Debug)]
pub(crate) struct Player {
    track: Track,
    clip: Arc<Clip>,
    scene: Scene,
    /// Back to [`Scene::Live`] at the clip's next key picture.
    leaving: bool,
    /// Nothing is sent before a key picture, because pictures were left out.
    needs_key: bool,
    next: u64,
    seq: u16,
    packets: u32,
    octets: u32,
    reported: Option<Duration>,
    clock_error_nanos: i64,
    /// What is odd about the packets.
    fault: Fault,
    /// Until then key pictures are left out.
    keys_from: Duration,
    /// How often the synchronisation source has changed.
    sources: u32,
}

impl Player {
    /// A stream of `clip` whose first picture is the first due after `from`, whichever it is.
    pub(crate) fn new(track: Track, clip: Arc<Clip>, from: Duration) -> Self {
        Self {
            next: track.timeline.number_at(from) + 1,
            seq: track.first_seq,
            track,
            clip,
            scene: Scene::Live,
            leaving: false,
            needs_key: false,
            packets: 0,
            octets: 0,
            reported: None,
            clock_error_nanos: 0,
            fault: Fault::None,
            keys_from: Duration::ZERO,
            sources: 0,
        }
    }

    /// The clip the session was described with.
    pub(crate) fn clip(&self) -> &Arc<Clip> {
        &self.clip
    }

    /// Sequence number and RTP time of the next packet.
    pub(crate) fn rtp_info(&self) -> (u16, u32) {
        (self.seq, self.track.timeline.rtp_time(self.next))
    }

    /// When the next picture is due.
    pub(crate) fn due(&self) -> Duration {
        self.track.timeline.due(self.next)
    }

    /// Goes on with the key picture before the one that is due.
    pub(crate) fn freeze(&mut self) {
        self.leaving = false;
        self.scene = Scene::Frozen {
            unit: self.clip.keyframe_at_or_before(self.next),
        };
    }

    /// Goes on with `clip`.
    pub(crate) fn show(&mut self, clip: Arc<Clip>) {
        self.leaving = false;
        self.scene = Scene::Other {
            clip,
            from: self.next,
        };
    }

    /// Goes on with `clip` as if it had been played since `since`. Who comes within its first second
    /// sees it from its beginning; who comes later, from its next key picture on.
    pub(crate) fn show_since(&mut self, clip: Arc<Clip>, since: Duration) {
        let first = self.track.timeline.number_at(since) + 1;
        let one_second = u64::from(clip.meta.fps_num.div_ceil(clip.meta.fps_den));
        let missed = self.next.saturating_sub(first);
        let from = if missed <= one_second {
            self.next
        } else {
            first
        };
        self.leaving = false;
        self.needs_key = from < self.next;
        self.scene = Scene::Other { clip, from };
    }

    /// Goes back to the camera's own pictures, at the next one decoding can start with.
    pub(crate) fn resume(&mut self) {
        self.leaving = !matches!(self.scene, Scene::Live);
    }

    /// Puts the camera's clock off by so much more than it is anyway; it is reported at once.
    pub(crate) fn set_clock_error(&mut self, nanos: i64) {
        if nanos != self.clock_error_nanos {
            self.clock_error_nanos = nanos;
            self.reported = None;
        }
    }

    /// Packets and reports are odd as `fault` has it from now on.
    pub(crate) fn set_fault(&mut self, fault: Fault) {
        if (fault == Fault::NoClock) != (self.fault == Fault::NoClock) {
            self.reported = None;
        }
        self.fault = fault;
    }

    /// Leaves out what decoding can start with until then; JPEGs are all of that kind and stay.
    pub(crate) fn hold_keys_until(&mut self, elapsed: Duration) {
        if self.clip.meta.codec != Codec::Jpeg {
            self.keys_from = elapsed;
        }
    }

    fn ssrc(&self) -> u32 {
        self.track.ssrc.wrapping_add(self.sources)
    }

    fn clock_offset_nanos(&self) -> i64 {
        self.track.clock_offset_nanos + self.clock_error_nanos
    }

    /// Leaves out what is overdue at `elapsed`, as after a stall or for a slow reader. The gap
    /// shows in the sequence numbers, and the stream goes on with a key picture.
    pub(crate) fn catch_up(&mut self, elapsed: Duration) {
        if elapsed.saturating_sub(self.due()) > LATE {
            let next = self.track.timeline.number_at(elapsed);
            let missed = next.saturating_sub(self.next);
            self.seq = self.seq.wrapping_add(missed as u16);
            self.next = next;
            self.needs_key = true;
        }
    }

    /// Appends the next picture's packets, framed for the connection, to `out`; a sender report
    /// too when it is time. `elapsed` and `wall` are now. Returns whether there was a picture.
    pub(crate) fn append_next(
        &mut self,
        elapsed: Duration,
        wall: WallTime,
        out: &mut Vec<u8>,
    ) -> bool {
        let number = self.next;
        let due = self.due();
        self.next += 1;
        if self.leaving && self.clip.unit(number).keyframe {
            self.leaving = false;
            self.scene = Scene::Live;
        }
        let (clip, shown) = match &self.scene {
            Scene::Live => (Arc::clone(&self.clip), number),
            Scene::Frozen { unit } => (Arc::clone(&self.clip), *unit),
            Scene::Other { clip, from } => (Arc::clone(clip), number - from),
        };
        let unit = clip.unit(shown);
        let held = unit.keyframe && due < self.keys_from;
        if held || self.needs_key && !unit.keyframe {
            return false;
        }
        self.needs_key = false;
        if self.fault == Fault::Ssrc && unit.keyframe {
            self.sources = self.sources.wrapping_add(1);
        }
        let marks_all = self.fault == Fault::Marks;

        let late = elapsed.saturating_sub(due);
        let capture = wall
            .plus_nanos(-(late.as_nanos() as i64))
            .plus_nanos(self.clock_offset_nanos());
        let rtp_time = self.track.timeline.rtp_time(number);
        let codec = clip.meta.codec;
        let payloads = clip.payloads(unit);
        let num = payloads.len();
        for (index, (header, body)) in payloads.enumerate() {
            if index == unit.stamp_before as usize && codec != Codec::Jpeg {
                let at = self.begin_packet(out, marks_all, codec, rtp_time);
                let stamp = Stamp {
                    wall: capture,
                    number,
                };
                stamp::append_nal(out, codec, stamp);
                self.end_packet(out, at);
            }
            // A fragment's header ends with whether it is its NAL unit's last.
            let ends_nal = codec != Codec::Jpeg && header.last().is_none_or(|fu| fu & 0x40 != 0);
            let last = index + 1 == num || marks_all && ends_nal;
            let at = self.begin_packet(out, last, codec, rtp_time);
            let is_whole = codec == Codec::H264 && header.is_empty();
            let bare = (self.track.bare && is_whole).then(|| bare::sps(body));
            out.extend_from_slice(header);
            out.extend_from_slice(bare.flatten().as_deref().unwrap_or(body));
            self.end_packet(out, at);
        }
        if self
            .reported
            .is_none_or(|reported| elapsed.saturating_sub(reported) >= REPORT_EVERY)
        {
            self.reported = Some(elapsed);
            self.append_report(elapsed, wall, out);
        }
        true
    }

    /// Interleaved framing (RFC 2326 section 10.12) and RTP header (RFC 3550 section 5.1).
    fn begin_packet(&self, out: &mut Vec<u8>, last: bool, codec: Codec, rtp_time: u32) -> usize {
        let at = out.len();
        out.extend_from_slice(&[b'$', self.track.channel, 0, 0]);
        out.extend_from_slice(&[0x80, u8::from(last) << 7 | payload_type(codec)]);
        out.extend_from_slice(&self.seq.to_be_bytes());
        out.extend_from_slice(&rtp_time.to_be_bytes());
        out.extend_from_slice(&self.ssrc().to_be_bytes());
        at
    }

    fn end_packet(&mut self, out: &mut [u8], at: usize) {
        let len = out.len() - at - 4;
        out[at + 2..at + 4].copy_from_slice(&(len as u16).to_be_bytes());
        self.seq = self.seq.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(len as u32 - 12);
    }

    /// A sender report and a source description (RFC 3550 sections 6.4.1 and 6.5).
    fn append_report(&self, elapsed: Duration, wall: WallTime, out: &mut Vec<u8>) {
        let ntp = match self.fault {
            Fault::NoClock => 0,
            _ => wall.plus_nanos(self.clock_offset_nanos()).to_ntp(),
        };
        let ssrc = self.ssrc().to_be_bytes();
        let name = self.track.name.as_bytes();
        // Chunk: SSRC, one CNAME item, at least one zero, to a multiple of four.
        let chunk_len = (4 + 2 + name.len() + 1).next_multiple_of(4);
        let len = 28 + 4 + chunk_len;
        out.extend_from_slice(&[b'$', self.track.channel + 1]);
        out.extend_from_slice(&(len as u16).to_be_bytes());
        let chunk_at = out.len() + 28 + 4;
        out.extend_from_slice(&[0x80, 200, 0, 6]);
        out.extend_from_slice(&ssrc);
        out.extend_from_slice(&ntp.to_be_bytes());
        out.extend_from_slice(&self.track.timeline.rtp_time_at(elapsed).to_be_bytes());
        out.extend_from_slice(&self.packets.to_be_bytes());
        out.extend_from_slice(&self.octets.to_be_bytes());
        out.extend_from_slice(&[0x81, 202, 0, (chunk_len / 4) as u8]);
        out.extend_from_slice(&ssrc);
        out.extend_from_slice(&[1, name.len() as u8]);
        out.extend_from_slice(name);
        out.resize(chunk_at + chunk_len, 0);
    }
}

/// RTP payload type: JPEG's is fixed (RFC 3551), the others are ours.
pub(crate) fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::H264 | Codec::H265 => 96,
        Codec::Jpeg => 26,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::clip::{load, tests::fixtures};

    const START: WallTime = WallTime(1_795_000_000_000_000_000);
    const OFFSET: i64 = 250_000_000;

    fn track() -> Track {
        Track {
            name: "cam-001".into(),
            timeline: Timeline {
                fps_num: 15,
                fps_den: 1,
                phase: Duration::from_millis(777),
                rtp_origin: 4_000_000_000,
            },
            clock_offset_nanos: OFFSET,
            channel: 4,
            ssrc: 0xdead_beef,
            first_seq: 65_530,
            bare: false,
        }
    }

    fn player(name: &str) -> Player {
        let clip = Arc::new(load(&fixtures(), name).unwrap());
        Player::new(track(), clip, Duration::from_secs(1))
    }

    /// One framed packet.
    struct Packet {
        channel: u8,
        bytes: Vec<u8>,
    }

    impl Packet {
        fn marker(&self) -> bool {
            self.bytes[1] & 0x80 != 0
        }
        fn seq(&self) -> u16 {
            u16::from_be_bytes([self.bytes[2], self.bytes[3]])
        }
        fn time(&self) -> u32 {
            u32::from_be_bytes(self.bytes[4..8].try_into().unwrap())
        }
        fn payload(&self) -> &[u8] {
            &self.bytes[12..]
        }
    }

    fn packets(mut bytes: &[u8]) -> Vec<Packet> {
        let mut packets = Vec::new();
        while let [b'$', channel, high, low, rest @ ..] = bytes {
            let len = u16::from_be_bytes([*high, *low]) as usize;
            packets.push(Packet {
                channel: *channel,
                bytes: rest[..len].to_vec(),
            });
            bytes = &rest[len..];
        }
        assert!(bytes.is_empty());
        packets
    }

    /// The next picture, sent `late` after it is due.
    fn next(player: &mut Player, late: Duration) -> Vec<Packet> {
        let elapsed = player.due() + late;
        let mut out = Vec::new();
        player.append_next(
            elapsed,
            START.plus_nanos(elapsed.as_nanos() as i64),
            &mut out,
        );
        packets(&out)
    }

    fn stamp_of(packets: &[Packet]) -> Stamp {
        let rtp = packets.iter().filter(|p| p.channel == 4);
        rtp.map(|p| [&[0, 0, 1], p.payload()].concat())
            .find_map(|unit| stamp::find_in_annexb(&unit, Codec::H264))
            .unwrap()
    }

    #[test]
    fn packets_carry_one_time_rising_numbers_and_one_marker() {
        let mut player = player("sub-01");
        let (first_seq, first_time) = player.rtp_info();
        let mut seq = first_seq;
        for picture in 0..40_u32 {
            let packets = next(&mut player, Duration::ZERO);
            let rtp: Vec<_> = packets.iter().filter(|p| p.channel == 4).collect();
            for (index, packet) in rtp.iter().enumerate() {
                assert_eq!(packet.seq(), seq);
                seq = seq.wrapping_add(1);
                assert_eq!(packet.time(), first_time.wrapping_add(picture * 6000));
                assert_eq!(packet.marker(), index + 1 == rtp.len());
                assert_eq!(packet.bytes[0], 0x80);
                assert_eq!(packet.bytes[1] & 0x7f, 96);
                assert_eq!(packet.bytes[8..12], [0xde, 0xad, 0xbe, 0xef]);
            }
        }
    }

    #[test]
    fn the_stamp_tells_when_the_picture_was_due_by_the_cameras_clock() {
        let mut player = player("sub-01");
        for late_millis in [0, 3, 900] {
            let number = player.next;
            let due = player.due();
            let packets = next(&mut player, Duration::from_millis(late_millis));
            let expect = Stamp {
                wall: START.plus_nanos(due.as_nanos() as i64 + OFFSET),
                number,
            };
            assert_eq!(stamp_of(&packets), expect);
        }
    }

    #[test]
    fn a_report_comes_with_the_first_picture_and_every_five_seconds() {
        let mut player = player("sub-03");
        let mut reports = Vec::new();
        for picture in 0..160 {
            let due = player.due();
            for packet in next(&mut player, Duration::ZERO) {
                if packet.channel == 5 {
                    reports.push((picture, due, packet));
                }
            }
        }
        let at: Vec<_> = reports.iter().map(|(picture, ..)| *picture).collect();
        assert_eq!(at, [0, 75, 150]);
        let (_, due, report) = &reports[1];
        let field = |from: usize, len: usize| {
            let bytes = &report.bytes[from..from + len];
            bytes
                .iter()
                .fold(0_u64, |sum, byte| sum << 8 | *byte as u64)
        };
        assert_eq!(report.bytes[..4], [0x80, 200, 0, 6]);
        let expect = START.plus_nanos(due.as_nanos() as i64 + OFFSET);
        let wall = WallTime::from_ntp(field(8, 8));
        assert!(wall.nanos_since(expect).abs() <= 1);
        assert_eq!(field(16, 4) as u32, player.track.timeline.rtp_time_at(*due));
        assert!(field(20, 4) > 75 && field(24, 4) > 75_000);
        // The source description behind it.
        assert_eq!(
            report.bytes[28..36],
            [0x81, 202, 0, 4, 0xde, 0xad, 0xbe, 0xef]
        );
        assert_eq!(&report.bytes[36..45], b"\x01\x07cam-001");
        assert_eq!(report.bytes.len(), 28 + 4 + 16);
    }

    #[test]
    fn a_clock_that_is_put_wrong_is_wrong_in_stamps_and_reports() {
        const HOUR: i64 = 3_600_000_000_000;
        let mut player = player("sub-01");
        next(&mut player, Duration::ZERO);
        for error in [HOUR, 0] {
            player.set_clock_error(error);
            let due = player.due();
            let packets = next(&mut player, Duration::ZERO);
            let expect = START.plus_nanos(due.as_nanos() as i64 + OFFSET + error);
            assert_eq!(stamp_of(&packets).wall, expect);
            let report = packets.iter().find(|p| p.channel == 5);
            let ntp = &report.expect("it is reported at once").bytes[8..16];
            let wall = WallTime::from_ntp(u64::from_be_bytes(ntp.try_into().unwrap()));
            assert!(wall.nanos_since(expect).abs() <= 1);
        }
    }

    fn has_key(packets: &[Packet]) -> bool {
        packets
            .iter()
            .filter(|p| p.channel == 4)
            .any(|p| match p.payload() {
                [head, fu, ..] if head & 0x1f == 28 => fu & 0x1f == 5,
                [head, ..] => head & 0x1f == 5,
                [] => false,
            })
    }

    #[test]
    fn joining_does_not_wait_for_a_key_picture() {
        // 1.777 s at 15 Hz: frame 26; the clip's key picture is frame 30.
        let mut player = player("sub-01");
        let keys: Vec<_> = (0..4)
            .map(|_| has_key(&next(&mut player, Duration::ZERO)))
            .collect();
        assert_eq!(keys, [false, false, false, true]);
    }

    #[test]
    fn key_pictures_are_held_back_without_a_gap() {
        let mut player = player("sub-01");
        let until = player.due() + Duration::from_secs(20);
        player.hold_keys_until(until);
        let (mut seq, _) = player.rtp_info();
        loop {
            let due = player.due();
            let sent = next(&mut player, Duration::ZERO);
            for packet in sent.iter().filter(|p| p.channel == 4) {
                assert_eq!(packet.seq(), seq);
                seq = seq.wrapping_add(1);
            }
            if has_key(&sent) {
                let after = due.checked_sub(until).expect("a key picture after it");
                assert!(after <= Duration::from_secs(2));
                break;
            }
        }
        let mut jpegs = self::player("sub-03");
        jpegs.hold_keys_until(until);
        assert!(!next(&mut jpegs, Duration::ZERO).is_empty());
    }

    #[test]
    fn a_frozen_picture_is_the_same_with_new_times_until_the_next_key_picture() {
        let mut player = player("sub-01");
        next(&mut player, Duration::ZERO);
        player.freeze();
        let body = |packets: &[Packet]| {
            let rtp = packets.iter().filter(|p| p.channel == 4);
            rtp.filter(|p| !p.payload().starts_with(&[6, 5, 32]))
                .map(|p| p.payload().to_vec())
                .collect::<Vec<_>>()
        };
        let one = next(&mut player, Duration::ZERO);
        let two = next(&mut player, Duration::ZERO);
        assert!(has_key(&one) && has_key(&two));
        assert_eq!(body(&one), body(&two));
        assert_eq!(two[0].time(), one[0].time().wrapping_add(6000));
        assert_eq!(stamp_of(&two).number, stamp_of(&one).number + 1);
        player.resume();
        // Frame 29 is still frozen, 30 is the clip's own key picture, 31 is none.
        while player.next < 31 {
            assert!(has_key(&next(&mut player, Duration::ZERO)));
        }
        assert!(!has_key(&next(&mut player, Duration::ZERO)));
    }

    #[test]
    fn another_clip_begins_with_its_key_picture() {
        let mut player = player("sub-01");
        next(&mut player, Duration::ZERO);
        let like = player.clip().meta.clone();
        player.show(Arc::new(crate::city::black::clip_like(&like).unwrap()));
        assert!(has_key(&next(&mut player, Duration::ZERO)));
        assert!(!has_key(&next(&mut player, Duration::ZERO)));
    }

    #[test]
    fn who_joins_a_scene_late_sees_where_it_is_from_a_key_picture_on() {
        let mut player = player("sub-01");
        next(&mut player, Duration::ZERO);
        let clip = Arc::clone(player.clip());
        // Half a second ago: from its beginning.
        let now = player.due();
        player.show_since(
            Arc::clone(&clip),
            now.saturating_sub(Duration::from_millis(500)),
        );
        assert!(has_key(&next(&mut player, Duration::ZERO)));
        // Three seconds ago: 45 pictures are over, and nothing comes before the next key picture.
        for _ in 0..60 {
            next(&mut player, Duration::ZERO);
        }
        let now = player.due();
        let began = now.saturating_sub(Duration::from_secs(3));
        player.show_since(Arc::clone(&clip), began);
        let first = player.track.timeline.number_at(began) + 1;
        let mut sent = Vec::new();
        while sent.is_empty() {
            sent = next(&mut player, Duration::ZERO);
        }
        assert!(has_key(&sent));
        assert!(clip.unit(player.next - 1 - first).keyframe);
        assert!(player.next - first > 44, "{}", player.next - first);
    }

    #[test]
    fn who_falls_behind_goes_on_with_a_key_picture_and_a_gap() {
        let mut player = player("sub-01");
        next(&mut player, Duration::ZERO);
        let (seq, _) = player.rtp_info();
        let late = player.due() + Duration::from_secs(2);
        player.catch_up(late);
        assert_ne!(player.rtp_info().0, seq);
        assert!(late.saturating_sub(player.due()) < Duration::from_millis(67));
        let mut sent = Vec::new();
        while sent.is_empty() {
            sent = next(&mut player, Duration::ZERO);
        }
        assert!(has_key(&sent));
        // A little late is caught up without leaving anything out.
        let (seq, _) = player.rtp_info();
        player.catch_up(player.due() + Duration::from_millis(500));
        assert_eq!(player.rtp_info().0, seq);
    }
}
