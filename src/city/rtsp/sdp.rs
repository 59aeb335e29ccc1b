//! Describes a clip as a camera would (RFC 4566, RFC 6184 section 8, RFC 7798 section 7).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::player::payload_type;
use crate::city::bare;
use crate::city::clip::Clip;
use crate::model::codec::Codec;

/// The session description of `clip` for a camera called `name`, with `bare` parameter sets or its own.
pub(crate) fn describe(clip: &Clip, bare: bool, name: &str, session: u64) -> String {
    let meta = &clip.meta;
    let kind = payload_type(meta.codec);
    let rate = f64::from(meta.fps_num) / f64::from(meta.fps_den);
    let mut sdp = format!(
        "v=0\r\no=- {session} 1 IN IP4 127.0.0.1\r\ns={name}\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n\
         a=tool:Qyran-City\r\na=control:*\r\na=range:npt=now-\r\n\
         m=video 0 RTP/AVP {kind}\r\n"
    );
    let encoding = match meta.codec {
        Codec::H264 => "H264",
        Codec::H265 => "H265",
        Codec::Jpeg => "JPEG",
    };
    // Writing to a string cannot fail.
    write!(sdp, "a=rtpmap:{kind} {encoding}/90000\r\n").ok();
    if let Some(format) = format_of(clip, bare) {
        write!(sdp, "a=fmtp:{kind} {format}\r\n").ok();
    }
    write!(
        sdp,
        "a=framerate:{rate}\r\na=framesize:{kind} {}-{}\r\na=control:trackID=1\r\n",
        meta.width, meta.height
    )
    .ok();
    sdp
}

fn format_of(clip: &Clip, bare: bool) -> Option<String> {
    let all = bare::parameter_sets(clip, bare);
    let encoded = |wanted: u8| {
        let sets = all.iter();
        let sets = sets.filter(|set| match clip.meta.codec {
            Codec::H265 => (set[0] >> 1) & 0x3f == wanted,
            _ => set[0] & 0x1f == wanted,
        });
        let sets: Vec<_> = sets.map(|set| STANDARD.encode(set)).collect();
        sets.join(",")
    };
    match clip.meta.codec {
        Codec::H264 => {
            let sps = all.iter().find(|set| set[0] & 0x1f == 7)?;
            let level = sps.get(1..4)?;
            Some(format!(
                "packetization-mode=1;profile-level-id={:02X}{:02X}{:02X};\
                 sprop-parameter-sets={},{}",
                level[0],
                level[1],
                level[2],
                encoded(7),
                encoded(8),
            ))
        }
        Codec::H265 => Some(format!(
            "sprop-vps={};sprop-sps={};sprop-pps={}",
            encoded(32),
            encoded(33),
            encoded(34),
        )),
        Codec::Jpeg => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::clip::{load, tests::fixtures};

    #[test]
    fn every_codec_is_described() {
        let check = |name, expect: &[&str]| {
            let sdp = describe(&load(&fixtures(), name).unwrap(), false, "cam-001", 7);
            for line in expect {
                let found = sdp.split("\r\n").any(|have| have.starts_with(line));
                assert!(found, "{line} is not in\n{sdp}");
            }
            assert!(sdp.ends_with("a=control:trackID=1\r\n"));
        };
        let common = ["v=0", "s=cam-001", "a=range:npt=now-", "a=framerate:15"];
        for name in ["sub-01", "sub-02", "sub-03"] {
            check(name, &common);
        }
        check(
            "sub-01",
            &[
                "m=video 0 RTP/AVP 96",
                "a=rtpmap:96 H264/90000",
                "a=fmtp:96 packetization-mode=1;profile-level-id=64000C;sprop-parameter-sets=Z2QADK",
            ],
        );
        check(
            "sub-02",
            &["a=rtpmap:96 H265/90000", "a=fmtp:96 sprop-vps=QAEM"],
        );
        check(
            "sub-03",
            &["m=video 0 RTP/AVP 26", "a=rtpmap:26 JPEG/90000"],
        );
    }
}
