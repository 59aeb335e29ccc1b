//! Signs of life, and what cameras say to them.

use std::time::Duration;

use super::peer::{Asked, Camera, Reply, Then, units};
use super::stream::is_whole;
use crate::leniency::Leniency;

/// Seconds of pictures.
async fn watch(session: &mut crate::Session, secs: usize) {
    for unit in units(session, secs * 25).await {
        assert!(is_whole(&unit.bytes) && !unit.is_damaged);
    }
}

fn is_sign(asked: &Asked) -> bool {
    matches!(asked.method.as_str(), "OPTIONS" | "GET_PARAMETER")
}

fn with_timeout(asked: &Asked, session: &str) -> Option<Reply> {
    (asked.method == "SETUP").then(|| {
        asked.answer(
            "200 OK",
            &format!("Session: {session}\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n"),
        )
    })
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_come_at_half_of_what_the_camera_says() {
    for (session, every) in [
        ("77;timeout=20", 10),
        ("77 ; Timeout=15 ", 7),
        ("77", 30),
        ("77;timeout=0", 30),
        ("77;timeout=x", 30),
        ("77;timeout=99999999999999999999", 30),
        ("77;timeout=1", 2),
    ] {
        let camera = Camera::new(move |a| with_timeout(a, session));
        let mut playing = camera.open().await.unwrap();
        watch(&mut playing, 121).await;
        let signs: Vec<_> = camera.asked().into_iter().filter(is_sign).collect();
        let expect = 121 / every;
        assert!(
            signs.len().abs_diff(expect) <= expect / 5 + 1,
            "{session}: {}",
            signs.len()
        );
        assert!(
            signs
                .iter()
                .all(|sign| sign.header("session") == Some("77")),
            "{session}"
        );
        assert!(
            signs
                .iter()
                .all(|sign| sign.uri == "rtsp://camera.test/live"),
            "{session}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_said_to_a_sign_of_life_pictures_go_on() {
    type Answer = fn(&Asked) -> Reply;
    let answers: [(&str, Answer); 7] = [
        ("refused", |a| a.answer("400 Bad Request", "")),
        ("no session", |a| a.answer("454 Session Not Found", "")),
        ("not known", |a| a.answer("551 Option not supported", "")),
        ("never", |_| Reply::nothing()),
        ("number before", |_| {
            Reply::new("RTSP/1.0 400 Bad\r\nCSeq: 1\r\n\r\n")
        }),
        ("no password asked", |a| {
            a.answer(
                "401 Unauthorized",
                "WWW-Authenticate: Basic realm=\"x\"\r\n",
            )
        }),
        ("nonsense", |_| Reply::new("what?\r\n\r\n")),
    ];
    for (name, answer) in answers {
        let camera = Camera::new(move |a| {
            is_sign(a)
                .then(|| answer(a))
                .or_else(|| with_timeout(a, "1;timeout=10"))
        });
        let mut session = camera.open().await.unwrap();
        watch(&mut session, 60).await;
        assert_eq!(camera.num_connections(), 1, "{name}");
        assert!(
            camera.asked().iter().filter(|a| is_sign(a)).count() >= 10,
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_method_that_was_refused_is_not_used_again() {
    let camera = Camera::new(|a| match a.method.as_str() {
        "DESCRIBE" => {
            let mut reply = a.usual();
            let head = format!(
                "RTSP/1.0 200 OK\r\nCSeq: {}\r\nPublic: GET_PARAMETER\r\n",
                a.cseq()
            );
            reply.bytes = [
                head.as_bytes(),
                reply.bytes.splitn(3, |b| *b == b'\n').nth(2).unwrap(),
            ]
            .concat();
            Some(reply)
        }
        "GET_PARAMETER" => Some(a.answer("405 Not Allowed", "")),
        _ => with_timeout(a, "1;timeout=10"),
    });
    let mut session = camera.open().await.unwrap();
    watch(&mut session, 60).await;
    let methods = camera.methods();
    assert_eq!(methods.iter().filter(|m| *m == "GET_PARAMETER").count(), 1);
    assert!(methods.iter().filter(|m| *m == "OPTIONS").count() >= 8);
    assert!(session.leniencies().count(Leniency::KeepaliveRefused) > 0);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_to_a_sign_of_life_is_not_taken_for_another() {
    // The sign of life is answered only when a pause is asked for, and refused.
    let mut open = None;
    let camera = Camera::new(move |a| match a.method.as_str() {
        "OPTIONS" => {
            open = Some(a.answer("454 Session Not Found", ""));
            Some(Reply::nothing())
        }
        "PAUSE" => {
            let mut reply = open.take().unwrap_or_else(Reply::nothing);
            reply.bytes.extend(a.answer("200 OK", "").bytes);
            Some(reply.then(Then::Stop))
        }
        _ => None,
    });
    let mut session = camera.open().await.unwrap();
    watch(&mut session, 31).await;
    session.pause().await.expect("the pause was granted");
    assert!(
        tokio::time::timeout(Duration::from_secs(5), async {
            while session.next().await.is_ok() {}
        })
        .await
        .is_err(),
        "it is paused"
    );
    session.play(&crate::Play::default()).await.unwrap();
    watch(&mut session, 2).await;
}

#[tokio::test(start_paused = true)]
async fn requests_of_the_camera_are_answered_and_pictures_go_on() {
    let camera = Camera::new(|a| {
        (a.method == "PLAY").then(|| {
            let mut reply = a.usual();
            for method in [
                "OPTIONS",
                "GET_PARAMETER",
                "SET_PARAMETER",
                "ANNOUNCE",
                "DANCE",
            ] {
                let text = format!(
                    "{method} rtsp://x/ RTSP/1.0\r\nCSeq: 7\r\nContent-Length: 2\r\n\r\nhi"
                );
                reply.bytes.extend(text.bytes());
            }
            reply
        })
    });
    let mut session = camera.open().await.unwrap();
    watch(&mut session, 2).await;
    let answers: Vec<_> = camera
        .methods()
        .into_iter()
        .filter(|m| m.starts_with("ANSWER"))
        .collect();
    assert_eq!(
        answers,
        [
            "ANSWER 200",
            "ANSWER 200",
            "ANSWER 200",
            "ANSWER 200",
            "ANSWER 501"
        ]
    );
    assert!(session.leniencies().count(Leniency::ServerRequest) >= 5);
}

#[tokio::test(start_paused = true)]
async fn who_goes_says_farewell() {
    let camera = Camera::new(|_| None);
    let mut session = camera.open().await.unwrap();
    watch(&mut session, 1).await;
    drop(session);
    tokio::time::timeout(Duration::from_secs(5), async {
        while camera.methods().last().map(String::as_str) != Some("TEARDOWN") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("TEARDOWN is said");
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_waits_for_leaves_the_stream_alone() {
    let camera = Camera::new(|a| (a.method == "PAUSE").then(Reply::nothing));
    let mut session = camera.open().await.unwrap();
    assert!(
        tokio::time::timeout(Duration::from_millis(10), session.pause())
            .await
            .is_err()
    );
    watch(&mut session, 2).await;
}

#[tokio::test(start_paused = true)]
async fn reports_of_ours_go_over_the_connection_too_and_do_not_starve() {
    let camera = Camera::new(|_| None);
    let mut session = camera.open().await.unwrap();
    watch(&mut session, 31).await;
    assert!(
        (5..=7).contains(&camera.num_reports()),
        "{}",
        camera.num_reports()
    );
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_says_it_is_over_is_believed_once_nothing_comes() {
    for word in ["TEARDOWN", "REDIRECT"] {
        for stays in [true, false] {
            let camera = Camera::new(move |a| {
                let is_due = matches!(a.method.as_str(), "OPTIONS" | "GET_PARAMETER");
                is_due.then(|| {
                    let mut reply = a.answer("200 OK", "");
                    let text =
                        format!("{word} rtsp://camera.test/live RTSP/1.0\r\nCSeq: 7\r\n\r\n");
                    reply.bytes.extend(text.as_bytes());
                    reply.then(if stays { Then::Go } else { Then::Stop })
                })
            });
            let mut session = camera.open().await.unwrap();
            if stays {
                watch(&mut session, 100).await;
                continue;
            }
            let begun = tokio::time::Instant::now();
            let error = loop {
                if let Err(error) = session.next().await {
                    break error;
                }
            };
            assert_eq!(error.fault, crate::Fault::Closed);
            assert!(begun.elapsed() < Duration::from_secs(60));
            assert!(camera.methods().iter().any(|m| m == "ANSWER 200"));
        }
    }
}
