//! Cameras that are odd rather than broken, as a client meets them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::city;
use super::client::{Client, Item};
use super::faults::{TCP, describe, log_in, playing, set, sps, until};
use crate::city::City;
use crate::city::fault::Fault;

/// Statuses to DESCRIBE and SETUP of a new client that answers every challenge.
async fn statuses(city: &City) -> [u16; 2] {
    let mut client = Client::connect(city, "cam-001/sub").await.unwrap();
    let mut statuses = [0; 2];
    for (status, method) in statuses.iter_mut().zip(["DESCRIBE", "SETUP"]) {
        log_in(&mut client, method).await;
        *status = client.ask(method, TCP).await.status;
    }
    statuses
}

#[tokio::test]
async fn refusals_come_after_the_log_in_and_heal() {
    for (fault, expect) in [
        (Fault::Busy, [200, 453]),
        (Fault::Forbidden, [403, 403]),
        (Fault::Unavailable, [503, 503]),
    ] {
        let city = city().await;
        let mut client = playing(&city).await;
        client.picture().await.unwrap();
        set(&city, fault);
        while client.next().await.is_some() {}
        assert_eq!(statuses(&city).await, expect, "{fault:?}");
        set(&city, Fault::None);
        assert_eq!(statuses(&city).await, [200, 200], "{fault:?}");
        city.shutdown().await;
    }
}

#[tokio::test]
async fn a_nonce_of_one_use_is_stale_at_the_next_request() {
    let city = city().await;
    set(&city, Fault::Nonce);
    let mut client = Client::connect(&city, "cam-001/sub").await.unwrap();
    let mut refusal = client.ask("DESCRIBE", "").await;
    assert!(!refusal.headers["www-authenticate"].contains("stale"));
    let mut session = String::new();
    for method in ["DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER"] {
        let more = format!("{TCP}{session}");
        let nonce = refusal.headers["www-authenticate"].clone();
        client.answer_challenge(&nonce, 1, method);
        let granted = client.ask(method, &more).await;
        assert_eq!(granted.status, 200, "{method}");
        if let Some(told) = granted.headers.get("session") {
            session = format!("Session: {}\r\n", told.split(';').next().unwrap());
        }
        // The right password, and a nonce that was good a moment ago.
        refusal = client.ask(method, &more).await;
        assert_eq!(refusal.status, 401, "{method}");
        let fresh = &refusal.headers["www-authenticate"];
        assert!(fresh.contains("stale=TRUE") && *fresh != nonce, "{fresh}");
    }
    client.picture().await.unwrap();
    // A wrong password is no matter of the nonce.
    client.answer_challenge(&refusal.headers["www-authenticate"], 2, "GET_PARAMETER");
    let refusal = client.ask("GET_PARAMETER", &session).await;
    assert!(!refusal.headers["www-authenticate"].contains("stale"));
    city.shutdown().await;
}

#[tokio::test]
async fn a_keepalive_is_refused_under_another_number_and_the_stream_goes_on() {
    let city = city().await;
    set(&city, Fault::Keepalive);
    let mut client = playing(&city).await;
    for method in ["GET_PARAMETER", "OPTIONS", "SET_PARAMETER"] {
        client.send(method, "").await;
        let refused = loop {
            if let Item::Response(response) = client.next().await.unwrap() {
                break response;
            }
        };
        assert_eq!(refused.status, 400, "{method}");
        let told: u32 = refused.headers["cseq"].parse().unwrap();
        assert_eq!(told + 1, client.cseq(), "{method}");
        client.picture().await.unwrap();
    }
    city.shutdown().await;
}

/// RTP packets until `enough` says so of all that came.
async fn packets_until(client: &mut Client, enough: impl Fn(&[Vec<u8>]) -> bool) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while !enough(&packets) {
        if let Item::Packet(0, packet) = client.next().await.unwrap() {
            packets.push(packet);
        }
    }
    packets
}

fn time_of(packet: &[u8]) -> &[u8] {
    &packet[4..8]
}

/// NAL unit type, of a fragment too, and whether the packet is its NAL unit's last (H.264).
fn nal_of(packet: &[u8]) -> (u8, bool) {
    match packet[12] & 0x1f {
        28 => (packet[13] & 0x1f, packet[13] & 0x40 != 0),
        kind => (kind, true),
    }
}

#[tokio::test]
async fn marks_stand_behind_every_nal_unit() {
    let city = city().await;
    set(&city, Fault::Marks);
    let mut client = playing(&city).await;
    let whole_key_picture = |packets: &[Vec<u8>]| {
        let kinds: Vec<u8> = packets.iter().map(|packet| nal_of(packet).0).collect();
        let key = kinds.iter().position(|kind| *kind == 5);
        key.is_some_and(|at| kinds[at..].contains(&1))
    };
    let packets = packets_until(&mut client, whole_key_picture).await;
    let mut fragments = 0;
    for packet in &packets {
        let (kind, last) = nal_of(packet);
        assert_eq!(packet[1] & 0x80 != 0, last, "{kind}");
        fragments += u32::from(!last);
    }
    assert!(fragments > 0);
    let kinds = packets.iter().map(|packet| nal_of(packet).0);
    assert!(
        [6, 7, 8]
            .iter()
            .all(|kind| kinds.clone().any(|have| have == *kind))
    );
    // Healed, one mark a picture again.
    set(&city, Fault::None);
    let healed = |packets: &[Vec<u8>]| match packets {
        [.., before, last] => {
            let is_marked = |packet: &[u8]| packet[1] & 0x80 != 0;
            time_of(before) == time_of(last)
                && nal_of(before).1
                && !is_marked(before)
                && is_marked(last)
        }
        _ => false,
    };
    packets_until(&mut client, healed).await;
    city.shutdown().await;
}

#[tokio::test]
async fn each_group_of_pictures_has_its_own_source() {
    let city = city().await;
    set(&city, Fault::Ssrc);
    let mut client = playing(&city).await;
    let source = |packet: &Vec<u8>| u32::from_be_bytes(packet[8..12].try_into().unwrap());
    let packets = packets_until(&mut client, |packets| {
        let sources: std::collections::BTreeSet<u32> = packets.iter().map(source).collect();
        sources.len() == 3
    })
    .await;
    for pair in packets.windows(2) {
        let changes = source(&pair[0]) != source(&pair[1]);
        let begins = time_of(&pair[0]) != time_of(&pair[1]);
        let number = |packet: &[u8]| u16::from_be_bytes([packet[2], packet[3]]);
        assert_eq!(number(&pair[1]), number(&pair[0]).wrapping_add(1));
        assert!(!changes || begins, "in the middle of a picture");
    }
    city.shutdown().await;
}

#[tokio::test]
async fn there_is_nothing_to_begin_with_for_long_after_play() {
    let city = city().await;
    let mut before = playing(&city).await;
    before.picture().await.unwrap();
    set(&city, Fault::LateKeyframe);
    // Whoever looks already has to come anew.
    while before.next().await.is_some() {}
    let mut client = playing(&city).await;
    // More than the group of two seconds has.
    for _ in 0..32 {
        let picture = client.picture().await.unwrap();
        assert!(!picture.kinds().contains(&5), "{:?}", picture.kinds());
    }
    city.shutdown().await;
}

#[tokio::test]
async fn reports_tell_of_1970_or_of_no_time_at_all() {
    const SECONDS_TO_1970: u64 = 2_208_988_800;
    let city = city().await;
    let mut client = playing(&city).await;
    let mut told = async |fault, fits: fn(u64) -> bool| {
        set(&city, fault);
        loop {
            if let Item::Packet(1, report) = client.next().await.unwrap() {
                assert_eq!(report[1], 200);
                let ntp = u64::from_be_bytes(report[8..16].try_into().unwrap());
                if fits(ntp) {
                    break;
                }
            }
        }
    };
    told(Fault::Clock1970, |ntp| {
        (ntp >> 32).abs_diff(SECONDS_TO_1970) < 3600
    })
    .await;
    told(Fault::NoClock, |ntp| ntp == 0).await;
    told(Fault::None, |ntp| {
        (ntp >> 32) > SECONDS_TO_1970 + 1_000_000_000
    })
    .await;
    city.shutdown().await;
}

#[tokio::test]
async fn bare_parameter_sets_stand_in_the_description_and_in_the_stream() {
    let city = city().await;
    let sets = async |client: &mut Client| {
        let picture = until(client, |picture| sps(picture).is_some()).await;
        sps(&picture).unwrap().clone()
    };
    let own = sets(&mut playing(&city).await).await;
    let bare = crate::city::bare::sps(&own).unwrap();
    let in_sdp = |sdp: &str, set: &[u8]| sdp.contains(&STANDARD.encode(set));
    let (_, sdp) = describe(&city).await.unwrap();
    assert!(in_sdp(&sdp, &own) && !in_sdp(&sdp, &bare));
    set(&city, Fault::Bare);
    let (_, sdp) = describe(&city).await.unwrap();
    assert!(in_sdp(&sdp, &bare) && !in_sdp(&sdp, &own));
    assert_eq!(sets(&mut playing(&city).await).await, bare);
    // Of all cameras, whatever befalls them.
    set(&city, Fault::None);
    city.be_bare();
    assert_eq!(sets(&mut playing(&city).await).await, bare);
    city.shutdown().await;
}
