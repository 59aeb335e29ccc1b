//! Answers as cameras write them: odd numbers, lengths, sessions, statuses and cuts.

use super::peer::{Asked, Camera, Reply, SDP, Then, URL, units};
use super::stream::is_whole;
use crate::error::{Fault, RedirectFault};
use crate::leniency::Leniency;
use crate::options::Options;

/// A session comes about and gives whole pictures.
async fn plays(name: &str, camera: &Camera) -> crate::Session {
    let mut session = match camera.open().await {
        Ok(session) => session,
        Err(error) => panic!("{name}: {error}: {:?}", camera.methods()),
    };
    for unit in units(&mut session, 12).await {
        assert!(is_whole(&unit.bytes) && !unit.is_damaged, "{name}");
    }
    session
}

type Change = fn(&Asked) -> Option<Reply>;

fn text(asked: &Asked) -> String {
    String::from_utf8(asked.usual().bytes).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "a script may have nothing to say")]
fn changed(asked: &Asked, change: impl Fn(String) -> String) -> Option<Reply> {
    Some(Reply::new(change(text(asked))).then(asked.usual().then))
}

#[tokio::test(start_paused = true)]
async fn answers_are_taken_however_they_are_numbered_and_cut() {
    let cases: [(&str, Change); 14] = [
        ("no number", |a| changed(a, |t| t.replace("CSeq", "X"))),
        ("another number", |a| {
            changed(a, |t| t.replace("CSeq: ", "CSeq: 9"))
        }),
        ("the number before", |a| {
            let before = a.cseq().parse::<u32>().unwrap().saturating_sub(1);
            changed(a, |t| {
                t.replace(&format!("CSeq: {}", a.cseq()), &format!("CSeq: {before}"))
            })
        }),
        ("twice", |a| changed(a, |t| format!("{t}{t}"))),
        ("trying first", |a| {
            changed(a, |t| {
                format!("RTSP/1.0 100 Trying\r\nCSeq: {}\r\n\r\n{t}", a.cseq())
            })
        }),
        ("LF only", |a| changed(a, |t| t.replace("\r\n", "\n"))),
        ("CR only", |a| {
            if a.method == "DESCRIBE" {
                None
            } else {
                changed(a, |t| t.replace("\r\n", "\r"))
            }
        }),
        ("no reason", |a| changed(a, |t| t.replace("200 OK", "200"))),
        ("blanks before", |a| changed(a, |t| format!("\r\n\r\n{t}"))),
        ("no session", |a| changed(a, |t| t.replace("Session", "X"))),
        ("no transport", |a| {
            changed(a, |t| t.replace("Transport", "X"))
        }),
        ("length too small", |a| {
            changed(a, |t| t.replace("Content-Length: ", "Content-Length: 1 "))
        }),
        ("length too large", |a| {
            changed(a, |t| t.replace("Content-Length: ", "Content-Length: 1"))
        }),
        ("no length", |a| {
            changed(a, |t| t.replace("Content-Length", "X"))
        }),
    ];
    for (name, change) in cases {
        let camera = Camera::new(change);
        let session = plays(name, &camera).await;
        assert_eq!(camera.num_connections(), 1, "{name}");
        assert_eq!(
            camera.methods()[..3],
            ["DESCRIBE", "SETUP", "PLAY"],
            "{name}"
        );
        drop(session);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_ends_anywhere_is_a_hang_up_and_no_session_hangs() {
    for method in ["DESCRIBE", "SETUP", "PLAY"] {
        let whole = {
            let camera = Camera::new(|_| None);
            camera.open().await.unwrap();
            let asked = camera.asked();
            text(asked.iter().find(|a| a.method == method).unwrap())
        };
        for cut in 0..whole.len() {
            let camera = Camera::new(move |a| {
                (a.method == method)
                    .then(|| Reply::new(&text(a).as_bytes()[..cut]).then(Then::HangUp))
            });
            let fault = camera.fault(Options::default()).await;
            assert!(
                matches!(
                    fault,
                    Fault::Closed | Fault::NoVideo | Fault::NoKnownCodec(_)
                ),
                "{method} at {cut}: {fault:?}"
            );
            // The same with a camera that keeps silent.
            let camera = Camera::new(move |a| {
                (a.method == method).then(|| Reply::new(&text(a).as_bytes()[..cut]))
            });
            if let Err(error) = camera.open().await {
                assert!(
                    matches!(
                        error.fault,
                        Fault::TimedOut | Fault::NoVideo | Fault::NoKnownCodec(_)
                    ),
                    "{method} at {cut}: {error:?}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_sdp_that_is_cut_anywhere_gives_pictures_or_says_what_is_missing() {
    for cut in 0..SDP.len() {
        let camera =
            Camera::new(move |a| (a.method == "DESCRIBE").then(|| a.describe(&SDP[..cut])));
        match camera.open().await {
            Ok(mut session) => assert_eq!(units(&mut session, 3).await.len(), 3),
            Err(error) => assert!(
                matches!(error.fault, Fault::NoVideo | Fault::NoKnownCodec(_)),
                "{cut}: {error:?}"
            ),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_end_ends_with_an_error() {
    let endless: [(&str, &str); 5] = [
        ("line", "x"),
        ("head", "X-More: and more\r\n"),
        ("junk", "\u{1}\u{2}neither"),
        ("sdp", "a=x:yyyyyyyyyyyyyyy\r\n"),
        ("informational", "RTSP/1.0 100 Trying\r\n\r\n"),
    ];
    for (name, more) in endless {
        let camera = Camera::new(move |a| {
            (a.method == "DESCRIBE").then(|| {
                let mut bytes = match name {
                    "junk" | "informational" => Vec::new(),
                    "sdp" => b"RTSP/1.0 200 OK\r\n\r\nv=0\r\n".to_vec(),
                    _ => b"RTSP/1.0 200 OK\r\n".to_vec(),
                };
                bytes.extend(more.repeat(3_000_000 / more.len()).bytes());
                Reply::new(bytes)
            })
        });
        let fault = camera.fault(Options::default()).await;
        let fits = matches!(
            fault,
            Fault::TooLong(_) | Fault::Malformed(_) | Fault::TimedOut | Fault::NoVideo
        );
        assert!(fits, "{name}: {fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn redirections_are_followed_within_the_rules() {
    let to = |location: &'static str| {
        Camera::new(move |a| {
            (a.method == "DESCRIBE" && a.uri == URL)
                .then(|| a.answer("302 Try Other Server", &format!("Location: {location}\r\n")))
        })
    };
    for (location, host) in [
        ("rtsp://other.test:1554/x", "other.test"),
        ("/x", "camera.test"),
    ] {
        let camera = to(location);
        let session = plays(location, &camera).await;
        assert_eq!(camera.asked().last().unwrap().host, host);
        drop(session);
    }
    for (location, fault) in [
        (URL, RedirectFault::Circle),
        ("", RedirectFault::NoAddress),
        ("http://other.test/", RedirectFault::OtherProtocol),
    ] {
        assert_eq!(
            to(location).fault(Options::default()).await,
            Fault::Redirect(fault),
            "{location}"
        );
    }
    let camera = Camera::new(|a| {
        let header = format!("Location: rtsp://camera.test/{}\r\n", a.before);
        Some(a.answer("301 Moved", &header))
    });
    assert_eq!(
        camera.fault(Options::default()).await,
        Fault::Redirect(RedirectFault::TooMany)
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_in_one_place_is_asked_for_in_another() {
    for status in [
        "454 Session",
        "455 Method",
        "459 Aggregate",
        "460 Only aggregate",
    ] {
        let sdp = "v=0\r\na=control:rtsp://10.0.0.1/elsewhere\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:t=1\r\n";
        let camera = Camera::new(move |a| match a.method.as_str() {
            "DESCRIBE" => Some(a.describe(sdp)),
            "PLAY" if a.uri.contains("elsewhere") => Some(a.answer(status, "")),
            _ => None,
        });
        let session = plays(status, &camera).await;
        assert!(session.leniencies().count(Leniency::OtherControl) > 0);
    }
    // A range that is not understood.
    let camera = Camera::new(|a| a.header("range").map(|_| a.answer("457 Invalid Range", "")));
    plays("457", &camera).await;
    let camera =
        Camera::new(|a| (a.method == "PLAY").then(|| a.answer("453 Not Enough Bandwidth", "")));
    assert_eq!(camera.fault(Options::default()).await, Fault::Status(453));
}
