//! A story as clients of the city see it, and as the wall's door hears it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::client::Client;
use super::{City, Options, fixtures, serve};
use crate::base::clock::SystemClock;
use crate::city::shelf::Shelf;
use crate::city::story::play::Door;
use crate::city::story::read;
use crate::link::intake::{Answer, Intake};
use crate::link::token::Token;

/// A folder with the clip `sub-01` as the innocent clip of the scene "left", and its beginning, which
/// differs in length, as the other.
fn scenes(folder: &Path) {
    let bytes = std::fs::read(fixtures().join("sub-01.h264")).unwrap();
    let about = std::fs::read_to_string(fixtures().join("sub-01.json")).unwrap();
    for name in ["left-innocent", "left-happens"] {
        std::fs::write(folder.join(format!("{name}.h264")), &bytes).unwrap();
        let about = about.replace("sub-01", name);
        std::fs::write(folder.join(format!("{name}.json")), about).unwrap();
    }
}

async fn city(door: Option<Door>) -> City {
    let options = Options {
        footage: fixtures(),
        rtsp_port: 0,
        control_port: 0,
        cameras: 4,
        door,
    };
    serve(options).await.unwrap()
}

/// The first byte of each picture's slice data tells them apart: whole pictures, as they were sent.
fn body(picture: &super::client::Picture) -> Vec<Vec<u8>> {
    let is_stamp = |payload: &&Vec<u8>| payload.starts_with(&[6, 5, 32]);
    let bodies = picture.payloads.iter().filter(|p| !is_stamp(p));
    bodies.cloned().collect()
}

#[tokio::test]
async fn a_scene_begins_with_its_first_picture_and_the_stream_goes_on_without_a_break() {
    let folder = tempfile::tempdir().unwrap();
    scenes(folder.path());
    let city = city(None).await;
    city.shared.set_scenes(Shelf::new(folder.path().to_owned()));
    city.shared.cast([(3, "left".to_owned())].into_iter());
    let first = {
        let shelf = city.shared.shelf_of("left-happens");
        let clip = shelf.clip("left-happens").await.unwrap();
        let mut payloads = Vec::new();
        for (header, body) in clip.payloads(clip.unit(0)) {
            payloads.push([header, body].concat());
        }
        payloads
    };
    let mut client = Client::connect(&city, "cam-003/sub")
        .await
        .unwrap()
        .with_basic(3);
    client.start().await;
    let before = client.picture().await.unwrap();
    assert!(city.shared.begin_scene(3, crate::base::clock::now()));
    let (mut time, mut seq) = (before.rtp_time, before.first_seq);
    let mut len = before.payloads.len();
    let mut seen = body(&before) == first;
    for _ in 0..5 {
        let picture = client.picture().await.unwrap();
        assert_eq!(
            picture.rtp_time,
            time.wrapping_add(6000),
            "a picture is missing"
        );
        assert_eq!(
            picture.first_seq,
            seq.wrapping_add(len as u16),
            "a packet is missing"
        );
        (time, seq, len) = (picture.rtp_time, picture.first_seq, picture.payloads.len());
        seen |= body(&picture) == first;
    }
    assert!(seen, "the scene did not begin with its first picture");
    // Its part is taken away: the session ends, as a camera's does that is given another task.
    city.shared.cast(std::iter::empty());
    while client.picture().await.is_some() {}
    city.shutdown().await;
}

#[tokio::test]
async fn events_are_told_in_their_order_and_wait_for_a_door_that_is_not_there_yet() {
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let token = folder.path().join("events.token");
    let door = Door {
        url: format!("http://127.0.0.1:{port}"),
        token: token.clone(),
    };
    let city = city(Some(door)).await;
    let text = r#"
        form = 1
        seconds = 0.5
        title = { kk = "а", ru = "б", en = "c" }
        [[step]]
        at = 0.1
        times = 3
        every = 0.1
        event = { class = "plate.hit", camera = "cam-{n:03}" }
    "#;
    city.tell(read("tale", text).unwrap()).await;
    // The wall comes later.
    let (heard, offered) = tokio::sync::mpsc::channel(16);
    let (mut intake, offers) = Intake::new(Arc::new(SystemClock), None, || {});
    let token = Token::read_or_make(&token).unwrap();
    intake.listen(port, token, Vec::new).unwrap();
    let hearing = tokio::task::spawn_blocking(move || {
        let mut offers = offers;
        while !heard.is_closed() {
            if let Some(offer) = offers.take() {
                heard.blocking_send(offer.event.clone()).unwrap();
                offer.reply.send(Answer::Kept(Vec::new()));
            } else {
                std::thread::yield_now();
            }
        }
        intake
    });
    let mut offered = offered;
    for number in 1..=3 {
        let event = offered.recv().await.unwrap();
        assert_eq!(event.camera.unwrap().as_str(), format!("cam-00{number}"));
        assert_eq!(event.source, "demo-city");
    }
    loop {
        let progress = city.director.progress();
        if progress.over {
            assert_eq!((progress.kept, progress.waiting), (3, 0));
            assert!(progress.refused.is_empty() && progress.troubles.is_empty());
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(offered);
    drop(hearing.await.unwrap());
    city.shutdown().await;
}
