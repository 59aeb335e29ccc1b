//! RTP's and RTCP's packets (RFC 3550), read as far as they go.

/// A packet's head and what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    pub(crate) payload_type: u8,
    pub(crate) is_marked: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// The profile of the header extension, and its words.
    pub(crate) extension: Option<(u16, &'a [u8])>,
    pub(crate) payload: &'a [u8],
    /// A length in it lies.
    pub(crate) is_odd: bool,
}

/// Reads a packet; nothing when it is none. Lengths that lie are overlooked as far as a payload can
/// be found.
pub(crate) fn read(bytes: &[u8]) -> Option<Packet<'_>> {
    let (head, mut rest) = bytes.split_at_checked(12)?;
    if head[0] >> 6 != 2 {
        return None;
    }
    let mut is_odd = false;
    let sources = usize::from(head[0] & 15) * 4;
    rest = rest.get(sources..)?;
    let mut extension = None;
    if head[0] & 0x10 != 0 {
        let (start, behind) = rest.split_at_checked(4)?;
        let profile = u16::from_be_bytes([start[0], start[1]]);
        let length = usize::from(u16::from_be_bytes([start[2], start[3]])) * 4;
        if let Some((words, behind)) = behind.split_at_checked(length) {
            extension = Some((profile, words));
            rest = behind;
        } else {
            is_odd = true;
            rest = behind;
        }
    }
    if head[0] & 0x20 != 0
        && let Some(padding) = rest.last().map(|last| usize::from(*last))
    {
        if padding == 0 || padding > rest.len() {
            is_odd = true;
        } else {
            rest = &rest[..rest.len() - padding];
        }
    }
    Some(Packet {
        payload_type: head[1] & 0x7F,
        is_marked: head[1] & 0x80 != 0,
        sequence: u16::from_be_bytes([head[2], head[3]]),
        timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
        ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
        extension,
        payload: rest,
        is_odd,
    })
}

/// Whether these bytes are a report rather than a packet of media (RFC 5761 section 4).
pub(crate) fn is_report(bytes: &[u8]) -> bool {
    matches!(bytes, [first, 192..=223, ..] if first >> 6 == 2)
}

/// A sender's clock at a moment of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderReport {
    /// Nanoseconds since 1970, where the sender tells its time.
    pub(crate) unix_nanos: Option<i64>,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// The middle 32 bits of its NTP time, to be quoted in an answer.
    pub(crate) middle: u32,
}

/// What a compound packet of RTCP says; the second is false when part of it cannot be read.
pub(crate) fn read_reports(
    mut bytes: &[u8],
    now_unix_secs: i64,
) -> (Option<SenderReport>, bool, bool) {
    let mut report = None;
    let mut is_whole = true;
    let mut says_bye = false;
    while !bytes.is_empty() {
        let [first, kind, high, low, ..] = *bytes else {
            is_whole = false;
            break;
        };
        if first >> 6 != 2 {
            is_whole = false;
            break;
        }
        let length = usize::from(u16::from_be_bytes([high, low])) * 4 + 4;
        let (packet, rest) = if let Some(parts) = bytes.split_at_checked(length) {
            parts
        } else {
            is_whole = false;
            (bytes, &[][..])
        };
        match kind {
            200 => match packet {
                [_, _, _, _, a, b, c, d, ntp @ ..] if ntp.len() >= 12 => {
                    let word = |at: usize| {
                        u32::from_be_bytes([ntp[at], ntp[at + 1], ntp[at + 2], ntp[at + 3]])
                    };
                    report = Some(SenderReport {
                        unix_nanos: unix_nanos(word(0), word(4), now_unix_secs),
                        timestamp: word(8),
                        ssrc: u32::from_be_bytes([*a, *b, *c, *d]),
                        middle: (word(0) << 16) | (word(4) >> 16),
                    });
                }
                _ => is_whole = false,
            },
            203 => says_bye = true,
            _ => {}
        }
        bytes = rest;
    }
    (report, is_whole, says_bye)
}

/// Seconds from the start of NTP's time (1900) to that of Unix (1970).
const NTP_TO_UNIX_SECS: i64 = 2_208_988_800;
/// Times below this are no dates: a camera without a clock counts from its start, or tells nothing.
const MAX_UPTIME_SECS: u32 = 366 * 86_400;

/// NTP's time in nanoseconds since 1970, in the era that is nearest to our own time (its 32 bits of
/// seconds begin anew in 2036); nothing where the sender tells no time.
fn unix_nanos(secs: u32, fraction: u32, now_unix_secs: i64) -> Option<i64> {
    if secs < MAX_UPTIME_SECS {
        return None;
    }
    let first = i64::from(secs) - NTP_TO_UNIX_SECS;
    let second = first + (1_i64 << 32);
    let nearest = if (first - now_unix_secs).abs() <= (second - now_unix_secs).abs() {
        first
    } else {
        second
    };
    let nanos = (i64::from(fraction) * 1_000_000_000) >> 32;
    nearest.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// A receiver report with our name, for servers over UDP that want to hear of us (RFC 3550 section
/// 6.4.2 and 6.5).
pub(crate) fn receiver_report(
    own_ssrc: u32,
    ssrc: u32,
    highest_sequence: u32,
    last_report: u32,
    delay: u32,
) -> Vec<u8> {
    let mut packet = vec![0x81, 201, 0, 7];
    packet.extend(own_ssrc.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend([0; 4]); // loss: what we lost is our matter
    packet.extend(highest_sequence.to_be_bytes());
    packet.extend([0; 4]); // jitter
    packet.extend(last_report.to_be_bytes());
    packet.extend(delay.to_be_bytes());
    // SDES with a CNAME that says nothing of this machine.
    packet.extend([0x81, 202, 0, 3]);
    packet.extend(own_ssrc.to_be_bytes());
    packet.extend(*b"\x01\x05qyran\x00");
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_and_lengths_that_lie_overlooked() {
        let head = |first: u8| vec![first, 0xE0, 1, 2, 0, 0, 0, 9, 0, 0, 0, 7];
        let read_with = |first: u8, rest: &[u8]| {
            let bytes = [head(first), rest.to_vec()].concat();
            read(&bytes).map(|p| (p.payload.to_vec(), p.extension.map(|(p, _)| p), p.is_odd))
        };
        assert_eq!(
            read_with(0x80, b"abc"),
            Some((b"abc".to_vec(), None, false))
        );
        assert_eq!(
            read_with(0x81, b"csrcabc"),
            Some((b"abc".to_vec(), None, false))
        );
        let extended = b"\xAB\xAC\x00\x01wordabc";
        assert_eq!(
            read_with(0x90, extended),
            Some((b"abc".to_vec(), Some(0xABAC), false))
        );
        assert_eq!(
            read_with(0xA0, b"abc\0\x02"),
            Some((b"abc".to_vec(), None, false))
        );
        assert_eq!(
            read_with(0xA0, b"abc\x09"),
            Some((b"abc\x09".to_vec(), None, true))
        );
        assert_eq!(
            read_with(0xA0, b"abc\0"),
            Some((b"abc\0".to_vec(), None, true))
        );
        assert_eq!(
            read_with(0x90, b"\0\0\x40\0abc"),
            Some((b"abc".to_vec(), None, true))
        );
        assert_eq!(read_with(0x40, b"abc"), None);
        assert_eq!(read_with(0x8F, b"abc"), None);
        assert_eq!(read(b"\x80\x60"), None);
        let bytes = head(0x80);
        let packet = read(&bytes).unwrap();
        assert_eq!(
            (packet.payload_type, packet.is_marked, packet.sequence),
            (0x60, true, 0x102)
        );
        assert_eq!((packet.timestamp, packet.ssrc), (9, 7));
    }

    #[test]
    fn a_clock_is_a_value_only_where_it_is_told() {
        let now = 1_800_000_000; // 2027
        let year = |secs: u32| unix_nanos(secs, 0, now).map(|n| n / 1_000_000_000);
        assert_eq!(year(0), None);
        assert_eq!(year(86_400), None, "since the camera's start");
        assert_eq!(year(2_208_988_800), Some(0), "a clock of 1970 is told");
        assert_eq!(year((2_208_988_800_i64 + now) as u32), Some(now));
        let of_2038 = 2_147_483_648_i64;
        assert_eq!(year((2_208_988_800 + of_2038) as u32), Some(of_2038));
        assert_eq!(unix_nanos(2_208_988_800, 1 << 31, now), Some(500_000_000));
    }

    #[test]
    fn reports_are_read_as_far_as_they_go() {
        let mut sr = vec![0x80, 200, 0, 6, 0, 0, 0, 7];
        sr.extend((2_208_988_800_u32 + 1_700_000_000).to_be_bytes());
        sr.extend([0; 4]);
        sr.extend(90_000_u32.to_be_bytes());
        sr.extend([0; 8]);
        let now = 1_800_000_000;
        let (report, whole, bye) = read_reports(&sr, now);
        assert_eq!(report.unwrap().unix_nanos, Some(1_700_000_000_000_000_000));
        assert!(whole && !bye);
        for cut in 0..sr.len() {
            let (report, whole, _) = read_reports(&sr[..cut], now);
            assert_eq!(report.is_some(), cut >= 20, "cut at {cut}");
            assert!(cut == 0 || !whole, "cut at {cut}");
        }
        let both = [sr, vec![0x81, 203, 0, 1, 0, 0, 0, 7]].concat();
        assert!(read_reports(&both, now).2);
        let own = receiver_report(1, 7, 5, 0, 0);
        assert!(read_reports(&own, now).1, "ours is whole");
    }
}
