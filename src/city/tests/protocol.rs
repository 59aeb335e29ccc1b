//! Statuses, log-in, sessions, and what everybody sees.

use super::city;
use super::client::{Client, Item};
use crate::city::roster;
use crate::link::http;

const TCP: &str = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";

#[tokio::test]
async fn every_wrong_request_gets_its_status() {
    let city = city().await;
    // Camera 3 takes Basic; its sub clip exists, its main clip does not.
    let check = async |address: &str, method: &str, more: &str, expect: u16| {
        let client = Client::connect(&city, address).await.unwrap();
        let response = client.with_basic(3).ask(method, more).await;
        assert_eq!(response.status, expect, "{method} {address} {more}");
        assert_eq!(response.headers["server"], "Qyran-City");
        response
    };
    check("cam-003/sub", "OPTIONS", "", 200).await;
    check("cam-003/sub", "DESCRIBE", "", 200).await;
    check("cam-003/sub", "DESCRIBE", "Accept: text/html\r\n", 406).await;
    check("cam-003/sub", "SETUP", TCP, 200).await;
    check(
        "cam-003/sub",
        "SETUP",
        "Transport: RTP/AVP;multicast\r\n",
        461,
    )
    .await;
    check("cam-003/sub", "SETUP", "Session: 12\r\n", 454).await;
    check("cam-003/sub", "PLAY", "", 455).await;
    check("cam-003/sub", "PLAY", "Session: 12\r\n", 454).await;
    check("cam-003/sub", "TEARDOWN", "Session: 12\r\n", 454).await;
    check("cam-003/sub", "GET_PARAMETER", "", 200).await;
    check("cam-003/sub", "GET_PARAMETER", "Session: 12\r\n", 454).await;
    check("cam-003/sub", "PAUSE", "", 405).await;
    check("cam-003/sub", "DANCE", "", 501).await;
    check("cam-004/sub", "DESCRIBE", "", 401).await;
    check("cam-005/sub", "DESCRIBE", "", 404).await;
    check("cam-000/sub", "DESCRIBE", "", 404).await;
    check("garden", "DESCRIBE", "", 404).await;
    let missing = check("cam-003/main", "DESCRIBE", "", 503).await;
    assert_eq!(missing.headers["retry-after"], "3");
    city.shutdown().await;
}

#[tokio::test]
async fn digest_is_asked_for_and_answered() {
    let city = city().await;
    let mut client = Client::connect(&city, "cam-001/sub").await.unwrap();
    let refusal = client.ask("DESCRIBE", "").await;
    assert_eq!(refusal.status, 401);
    let challenge = &refusal.headers["www-authenticate"];
    assert!(challenge.starts_with("Digest "), "{challenge}");
    client.answer_challenge(challenge, 1, "DESCRIBE");
    let description = client.ask("DESCRIBE", "").await;
    assert_eq!(description.status, 200);
    assert!(description.headers["content-base"].ends_with("/cam-001/sub/"));
    assert!(description.body.contains("a=rtpmap:96 H264/90000"));
    // The answer to one method is none to another.
    assert_eq!(client.ask("SETUP", TCP).await.status, 401);
    client.answer_challenge(challenge, 2, "DESCRIBE");
    assert_eq!(client.ask("DESCRIBE", "").await.status, 401);
    city.shutdown().await;
}

#[tokio::test]
async fn teardown_ends_the_session_and_the_list_forgets_it() {
    let city = city().await;
    let mut client = Client::connect(&city, "cam-003/sub")
        .await
        .unwrap()
        .with_basic(3);
    client.start().await;
    client.picture().await.unwrap();
    let url = format!("http://{}/cameras", city.control_addr);
    let cameras: serde_json::Value = http::get_json(&url).await.unwrap();
    assert_eq!(cameras[2]["sub"]["codec"], "jpeg");
    assert_eq!(cameras[2]["main"]["codec"], serde_json::Value::Null);
    assert_eq!(cameras[2]["sessions"].as_array().unwrap().len(), 1);
    assert!(cameras[2]["sessions"][0]["frames_sent"].as_u64() >= Some(1));
    let setup_again = client.ask("SETUP", TCP).await;
    assert_eq!(setup_again.status, 455);
    // The session's name is in every answer within it.
    let alive = client.ask("GET_PARAMETER", "").await;
    let session = alive.headers["session"].clone();
    assert!(session.ends_with(";timeout=60"));
    let id = session.split(';').next().unwrap();
    let response = client.ask("TEARDOWN", &format!("Session: {id}\r\n")).await;
    assert_eq!(response.status, 200);
    while client.next().await.is_some() {}
    let cameras: serde_json::Value = http::get_json(&url).await.unwrap();
    assert_eq!(cameras[2]["sessions"].as_array().unwrap().len(), 0);
    city.shutdown().await;
}

#[tokio::test]
async fn everybody_sees_the_same_moment() {
    let city = city().await;
    let mut pictures = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(&city, "cam-003/sub")
            .await
            .unwrap()
            .with_basic(3);
        client.start().await;
        pictures.push((client.picture().await.unwrap(), client));
    }
    let (late, _) = pictures.pop().unwrap();
    let (mut early, mut client) = pictures.pop().unwrap();
    while early.rtp_time != late.rtp_time {
        early = client.picture().await.unwrap();
    }
    assert_eq!(early.payloads, late.payloads);
    city.shutdown().await;
}

#[tokio::test]
async fn reports_come_with_the_first_picture_and_shutdown_ends_all() {
    let city = city().await;
    let mut client = Client::connect(&city, "cam-003/sub")
        .await
        .unwrap()
        .with_basic(3);
    client.start().await;
    let report = loop {
        match client.next().await.unwrap() {
            Item::Packet(1, report) => break report,
            Item::Packet(..) | Item::Response(_) => {}
        }
    };
    assert_eq!(report[1], 200);
    city.shutdown().await;
    while client.next().await.is_some() {}
}

#[tokio::test]
async fn a_client_that_speaks_no_rtsp_is_told_and_dropped() {
    let city = city().await;
    let mut client = Client::connect(&city, "cam-003/sub\r\nrubbish")
        .await
        .unwrap();
    client.send("OPTIONS", "").await;
    let Some(Item::Response(response)) = client.next().await else {
        panic!("no answer");
    };
    assert_eq!(response.status, 400);
    assert!(client.next().await.is_none());
    city.shutdown().await;
}

#[tokio::test]
async fn the_control_refuses_in_sentences() {
    let city = city().await;
    let url = |path: &str| format!("http://{}{path}", city.control_addr);
    let check = async |body: serde_json::Value, expect: &str| {
        let error = http::post_json::<serde_json::Value>(&url("/fault"), &body)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expect), "{error}");
    };
    check(
        serde_json::json!({"camera": "cam-099", "fault": "lost"}),
        "no camera",
    )
    .await;
    check(
        serde_json::json!({"camera": "all", "fault": "fire"}),
        "no fault",
    )
    .await;
    check(serde_json::json!({"camera": "all"}), "missing field").await;
    check(
        serde_json::json!({"camera": "all", "fault": "lost", "seconds": -1}),
        "seconds",
    )
    .await;
    let health: serde_json::Value = http::get_json(&url("/health")).await.unwrap();
    assert_eq!(health["status"], "ok");
    let stats: serde_json::Value = http::get_json(&url("/stats")).await.unwrap();
    assert_eq!(stats["cameras"], 4);
    let nowhere = http::get_json::<serde_json::Value>(&url("/nowhere")).await;
    assert!(nowhere.unwrap_err().to_string().contains("no such address"));
    city.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_is_said() {
    let city = city().await;
    let options = crate::city::Options {
        footage: super::fixtures(),
        rtsp_port: city.rtsp_addr.port(),
        control_port: 0,
        cameras: roster::NUM_CAMERAS,
        door: None,
    };
    let error = crate::city::serve(options).await.unwrap_err();
    assert!(error.to_string().contains(&city.rtsp_addr.to_string()));
    city.shutdown().await;
}
