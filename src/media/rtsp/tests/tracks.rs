//! Which tracks are taken.

use super::peer::{Camera, units};
use crate::error::Fault;
use crate::options::{Options, Wanted};

const TWO: &str = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=control:a\r\n\
    m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:b\r\n\
    m=audio 0 RTP/AVP 8\r\na=control:c\r\n";

fn offering(sdp: &'static str) -> Camera {
    Camera::new(move |a| (a.method == "DESCRIBE").then(|| a.describe(sdp)))
}

#[tokio::test(start_paused = true)]
async fn what_is_offered_and_not_known_is_named() {
    let sdp = "v=0\r\nm=video 0 RTP/AVP 99\r\na=rtpmap:99 MP4V-ES/90000\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\n";
    let fault = offering(sdp).fault(Options::default()).await;
    assert_eq!(
        fault,
        Fault::NoKnownCodec(vec!["MP4V-ES".to_owned(), "VP8".to_owned()])
    );
    let sdp = "v=0\r\nm=audio 0 RTP/AVP 8\r\n";
    assert_eq!(
        offering(sdp).fault(Options::default()).await,
        Fault::NoVideo
    );
    assert_eq!(offering("").fault(Options::default()).await, Fault::NoVideo);
}

#[tokio::test(start_paused = true)]
async fn another_video_is_taken_where_the_first_is_not_there() {
    let camera = Camera::new(|a| match a.method.as_str() {
        "DESCRIBE" => Some(a.describe(TWO)),
        "SETUP" if !a.uri.ends_with("/b") => Some(a.answer("404 Not Found", "")),
        _ => None,
    });
    let mut session = camera.open().await.unwrap();
    let seen = units(&mut session, 3).await;
    assert_eq!(seen[0].track, 1);
}

#[tokio::test(start_paused = true)]
async fn sound_that_is_refused_takes_no_picture_away() {
    let sdp = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:b\r\n\
        m=audio 0 RTP/AVP 8\r\na=control:c\r\n";
    for status in [400, 401, 404, 453, 454, 461, 500, 503, 200] {
        let camera = Camera::new(move |a| match a.method.as_str() {
            "DESCRIBE" => Some(a.describe(sdp)),
            "SETUP" if a.uri.ends_with("/c") && status != 200 => {
                Some(a.answer(&format!("{status} No"), ""))
            }
            _ => None,
        });
        let wanted = Wanted {
            audio: true,
            ..Wanted::default()
        };
        let mut session = camera
            .open_with(Options {
                wanted,
                ..Options::default()
            })
            .await
            .unwrap_or_else(|e| panic!("{status}: {e}"));
        units(&mut session, 3).await;
        assert_eq!(camera.num_connections(), 1, "{status}");
        assert_eq!(
            session.statistics(crate::Encoding::Pcma).is_some(),
            status == 200
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_is_asked_for_by_range_and_scale() {
    let camera = Camera::new(|_| None);
    let mut session = camera.open().await.unwrap();
    let play = crate::Play {
        range: Some("clock=20260101T080000Z-".to_owned()),
        scale: Some(-2.0),
        headers: vec![("Rate-Control", "no".to_owned())],
    };
    session.play(&play).await.unwrap();
    let asked = camera.asked();
    let plays: Vec<_> = asked.iter().filter(|a| a.method == "PLAY").collect();
    assert_eq!(plays[0].header("range"), Some("npt=0.000-"));
    assert_eq!(plays[0].header("scale"), None);
    assert_eq!(plays[1].header("range"), Some("clock=20260101T080000Z-"));
    assert_eq!(plays[1].header("scale"), Some("-2.000"));
    assert_eq!(plays[1].header("rate-control"), Some("no"));
    units(&mut session, 2).await;
}
