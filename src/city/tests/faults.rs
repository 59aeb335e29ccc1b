//! Every fault as a client meets it, and how it heals.

use super::city;
use super::client::{Client, Item, Picture};
use crate::city::City;
use crate::city::fault::{Fault, Target};

/// A playing client of camera 1 (H.264; its log-in is Digest, so each request is challenged).
pub(super) async fn playing(city: &City) -> Client {
    let mut client = Client::connect(city, "cam-001/sub").await.unwrap();
    log_in(&mut client, "DESCRIBE").await;
    log_in(&mut client, "SETUP").await;
    let setup = client.ask("SETUP", TCP).await;
    assert_eq!(setup.status, 200);
    let session = &setup.headers["session"];
    let session = format!("Session: {}\r\n", session.split(';').next().unwrap());
    log_in(&mut client, "PLAY").await;
    assert_eq!(client.ask("PLAY", &session).await.status, 200);
    client
}

pub(super) const TCP: &str = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";

pub(super) async fn log_in(client: &mut Client, method: &str) {
    let refusal = client.ask(method, TCP).await;
    assert_eq!(refusal.status, 401);
    let challenge = refusal.headers["www-authenticate"].clone();
    client.answer_challenge(&challenge, 1, method);
}

/// What a new client gets for DESCRIBE: a status, or nothing.
pub(super) async fn describe(city: &City) -> Option<(u16, String)> {
    let mut client = Client::connect(city, "cam-001/sub").await.ok()?;
    client.send("DESCRIBE", "").await;
    let Some(Item::Response(first)) = client.next().await else {
        return None;
    };
    if first.status != 401 {
        return Some((first.status, first.body));
    }
    client.answer_challenge(&first.headers["www-authenticate"], 1, "DESCRIBE");
    let second = client.ask("DESCRIBE", "").await;
    Some((second.status, second.body))
}

pub(super) fn set(city: &City, fault: Fault) {
    assert!(city.faults().set(Target::Camera(1), fault, None));
}

#[tokio::test]
async fn faults_of_the_connection_end_it_and_heal() {
    for (fault, while_it_lasts) in [
        (Fault::Lost, None),
        (Fault::Reboot, None),
        (Fault::WrongPassword, Some(401)),
        (Fault::NotFound, Some(404)),
        (Fault::Codec, Some(200)),
    ] {
        let city = city().await;
        let mut client = playing(&city).await;
        client.picture().await.unwrap();
        set(&city, fault);
        while client.next().await.is_some() {}
        let answer = describe(&city).await;
        assert_eq!(
            answer.as_ref().map(|(status, _)| *status),
            while_it_lasts,
            "{fault:?}"
        );
        if fault == Fault::Codec {
            assert!(answer.unwrap().1.contains("H265/90000"));
        }
        // Others do not notice.
        let mut other = Client::connect(&city, "cam-003/sub")
            .await
            .unwrap()
            .with_basic(3);
        other.start().await;
        other.picture().await.unwrap();
        set(&city, Fault::None);
        let (status, sdp) = describe(&city).await.unwrap();
        assert_eq!(status, 200, "{fault:?}");
        assert!(sdp.contains("H264/90000"));
        city.shutdown().await;
    }
}

#[tokio::test]
async fn a_reboot_of_the_switch_drops_all_and_all_return() {
    let city = city().await;
    let mut clients = [playing(&city).await, playing(&city).await];
    assert!(city.faults().set(Target::All, Fault::Reboot, None));
    for client in &mut clients {
        while client.next().await.is_some() {}
    }
    assert_eq!(describe(&city).await, None);
    city.faults().set(Target::All, Fault::None, None);
    playing(&city).await.picture().await.unwrap();
    city.shutdown().await;
}

#[tokio::test]
async fn a_stall_is_silent_and_ends_with_a_key_picture() {
    let city = city().await;
    let mut client = playing(&city).await;
    client.picture().await.unwrap();
    set(&city, Fault::Stall);
    // More than a second behind, pictures are left out. Nothing but time makes it so.
    let silence = tokio::time::sleep(std::time::Duration::from_millis(1600));
    tokio::pin!(silence);
    client.send("OPTIONS", "").await;
    let mut answered = false;
    loop {
        tokio::select! {
            biased;
            () = &mut silence => break,
            item = client.next() => answered |= matches!(item, Some(Item::Response(_))),
        }
    }
    assert!(!answered);
    set(&city, Fault::None);
    loop {
        match client.next().await.unwrap() {
            Item::Response(response) => {
                assert_eq!(response.status, 200);
                break;
            }
            Item::Packet(..) => {}
        }
    }
    let first = client.picture().await.unwrap();
    assert!(first.kinds().contains(&5), "{:?}", first.kinds());
    city.shutdown().await;
}

/// Pictures until one for which `wanted` says yes; checks that no packet is missing.
pub(super) async fn until(
    client: &mut Client,
    mut wanted: impl FnMut(&Picture) -> bool,
) -> Picture {
    let mut next_seq = None;
    loop {
        let picture = client.picture().await.unwrap();
        assert_eq!(
            *next_seq.get_or_insert(picture.first_seq),
            picture.first_seq
        );
        next_seq = Some(
            picture
                .first_seq
                .wrapping_add(picture.payloads.len() as u16),
        );
        if wanted(&picture) {
            return picture;
        }
    }
}

/// The sequence parameter set of a picture.
pub(super) fn sps(picture: &Picture) -> Option<&Vec<u8>> {
    picture.payloads.iter().find(|p| p[0] & 0x1f == 7)
}

#[tokio::test]
async fn faults_of_the_picture_go_on_as_valid_video_and_heal() {
    let check = async |fault| {
        let city = city().await;
        if let Err(error) = city.shared.prepare_like("sub-01", fault).await {
            crate::base::skipped::skip(format_args!("{fault:?}: {error}"));
            return;
        }
        let mut client = playing(&city).await;
        let own = until(&mut client, |picture| sps(picture).is_some()).await;
        set(&city, fault);
        // The fault begins with a key picture of its own, whenever it is set.
        let begun = until(&mut client, |picture| sps(picture).is_some()).await;
        assert_eq!(
            sps(&begun) == sps(&own),
            fault == Fault::Freeze,
            "{fault:?}"
        );
        let next = client.picture().await.unwrap();
        assert_eq!(next.rtp_time, begun.rtp_time.wrapping_add(6000));
        let numbers = [&begun, &next].map(|picture| picture.stamp().unwrap().number);
        assert_eq!(numbers[1], numbers[0] + 1);
        if fault == Fault::Freeze {
            assert_eq!(next.kinds(), begun.kinds());
        }
        set(&city, Fault::None);
        // Frozen, every picture is a key picture; healed, they are the camera's own again.
        until(&mut client, |picture| match fault {
            Fault::Freeze => !picture.kinds().contains(&5),
            _ => sps(picture) == sps(&own),
        })
        .await;
        city.shutdown().await;
    };
    tokio::join!(
        check(Fault::Freeze),
        check(Fault::Black),
        check(Fault::Size),
        check(Fault::Blur),
        check(Fault::Moved)
    );
}

#[tokio::test]
async fn a_stream_goes_on_while_its_blurred_picture_is_made() {
    let city = city().await;
    // Another camera's, to see whether it can be made here.
    if let Err(error) = city.shared.prepare_like("sub-03", Fault::Blur).await {
        crate::base::skipped::skip(error);
        return;
    }
    let mut client = playing(&city).await;
    let own = until(&mut client, |picture| sps(picture).is_some()).await;
    set(&city, Fault::Blur);
    let mut last = own.rtp_time;
    until(&mut client, |picture| {
        assert_eq!(picture.rtp_time, last.wrapping_add(6000));
        last = picture.rtp_time;
        sps(picture).is_some_and(|set| Some(set) != sps(&own))
    })
    .await;
    city.shutdown().await;
}

/// How old a picture is by its stamp, in nanoseconds.
fn age(picture: &Picture) -> i64 {
    crate::base::clock::wall_now().nanos_since(picture.stamp().unwrap().wall)
}

#[tokio::test]
async fn lag_and_a_wrong_clock_show_in_the_stamps() {
    const SECOND: i64 = 1_000_000_000;
    let city = city().await;
    let mut client = playing(&city).await;
    let own = age(&client.picture().await.unwrap());
    set(&city, Fault::Clock);
    until(&mut client, |picture| {
        (age(picture) - own + 3600 * SECOND).abs() < 5 * SECOND
    })
    .await;
    set(&city, Fault::Lag);
    let mut in_a_row = 0;
    until(&mut client, |picture| {
        in_a_row = if age(picture) - own >= 3 * SECOND - SECOND / 10 {
            in_a_row + 1
        } else {
            0
        };
        in_a_row == 20
    })
    .await;
    set(&city, Fault::None);
    // What was on its way is gone; the gap shows in the sequence numbers.
    while age(&client.picture().await.unwrap()) - own >= SECOND {}
    city.shutdown().await;
}

#[tokio::test]
async fn bad_weather_reaches_clients_over_tcp_too() {
    let city = city().await;
    let mut client = playing(&city).await;
    set(&city, Fault::LossHeavy);
    let mut last = client.picture().await.unwrap();
    let mut gaps = 0;
    while gaps < 3 {
        let picture = client.picture().await.unwrap();
        let next = last.first_seq.wrapping_add(last.payloads.len() as u16);
        gaps += u32::from(picture.first_seq != next);
        last = picture;
    }
    city.shutdown().await;
}

#[tokio::test]
async fn a_redirection_leads_to_the_camera_or_round_in_a_circle() {
    let city = city().await;
    set(&city, Fault::Redirect);
    let mut client = Client::connect(&city, "cam-001/sub").await.unwrap();
    let sent_on = client.ask("DESCRIBE", "").await;
    let to = format!("rtsp://{}/moved/cam-001/sub", city.rtsp_addr);
    assert_eq!((sent_on.status, &sent_on.headers["location"]), (302, &to));
    let mut client = Client::connect(&city, "moved/cam-001/sub").await.unwrap();
    log_in(&mut client, "DESCRIBE").await;
    assert_eq!(client.ask("DESCRIBE", "").await.status, 200);
    set(&city, Fault::RedirectLoop);
    let mut client = Client::connect(&city, "moved/cam-001/sub").await.unwrap();
    assert_eq!(client.ask("DESCRIBE", "").await.status, 302);
    city.shutdown().await;
}

#[tokio::test]
async fn a_short_session_ends_unless_the_client_is_heard() {
    let city = city().await;
    set(&city, Fault::ShortSession);
    let mut client = playing(&city).await;
    let alive = client.ask("GET_PARAMETER", "").await;
    assert!(alive.headers["session"].ends_with(";timeout=4"));
    let begun = crate::base::clock::now();
    while client.next().await.is_some() {}
    assert!(begun.elapsed().as_secs() >= 4);
    city.shutdown().await;
}
