//! Clients: our own, and two that are not: ffmpeg, GStreamer.

use std::process::Stdio;

use super::city;
use crate::base::clock;
use crate::city::{City, roster};
use crate::model::codec::Codec;
use crate::model::stamp;

const CODECS: [(usize, Codec); 3] = [(1, Codec::H264), (2, Codec::H265), (3, Codec::Jpeg)];

/// Receives a second and a half and looks at every frame.
async fn receive(city: &City, number: usize, codec: Codec) {
    let url = format!("rtsp://{}/cam-{number:03}/sub", city.rtsp_addr);
    let options = qyran_rtsp::Options {
        credentials: Some(qyran_rtsp::Credentials {
            user: roster::user_of(number).into(),
            password: roster::password_of(number).into(),
        }),
        now_unix_secs: clock::wall_now().0 / 1_000_000_000,
        ..qyran_rtsp::Options::default()
    };
    let url = url::Url::parse(&url).unwrap();
    let mut session = qyran_rtsp::open(&url, options).await.unwrap();
    let mut last = None;
    let mut has_clock = false;
    for _ in 0..22 {
        let unit = session.next().await.unwrap();
        assert_eq!((unit.lost_packets, unit.is_damaged), (0, false));
        has_clock |= unit.capture_unix_nanos.is_some();
        let stamp = stamp::find_in_annexb(&unit.bytes, codec);
        assert_eq!(stamp.is_some(), codec != Codec::Jpeg, "{codec:?}");
        if codec == Codec::Jpeg {
            assert!(unit.bytes.starts_with(&[0xff, 0xd8]));
            assert!(unit.bytes.ends_with(&[0xff, 0xd9]));
            assert_eq!(unit.rate_hz, Some(15.0));
        }
        if let Some((last_time, last_stamp)) = last.replace((unit.pts_nanos, stamp)) {
            assert!((unit.pts_nanos - last_time - 66_666_667).abs() < 1000);
            let number = |stamp: Option<stamp::Stamp>| stamp.map(|stamp| stamp.number);
            assert_eq!(number(stamp), number(last_stamp).map(|number| number + 1));
        }
    }
    assert!(has_clock, "a sender report");
    assert_eq!(
        session.leniencies().needed().next(),
        None,
        "nothing was overlooked"
    );
}

#[tokio::test]
async fn our_client_receives_every_codec_and_overlooks_nothing() {
    let city = city().await;
    tokio::join!(
        receive(&city, 1, Codec::H264),
        receive(&city, 2, Codec::H265),
        receive(&city, 3, Codec::Jpeg),
    );
    city.shutdown().await;
}

/// The address of a camera with its log-in in it, as command line programs want it.
fn address_with_login(city: &City, number: usize) -> String {
    let address = format!("rtsp://{}/cam-{number:03}/sub", city.rtsp_addr);
    let mut url = url::Url::parse(&address).unwrap();
    url.set_username(roster::user_of(number)).unwrap();
    url.set_password(Some(roster::password_of(number))).unwrap();
    url.into()
}

/// Runs a program to its end; `None`, with a line printed, where it is not installed.
async fn output_of(program: &str, args: &[&str]) -> Option<(bool, String)> {
    let output = tokio::process::Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    match output {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((
                output.status.success(),
                String::from_utf8_lossy(&text).into_owned(),
            ))
        }
        Err(error) => {
            crate::base::skipped::skip(format_args!("{program} cannot be run: {error}"));
            None
        }
    }
}

#[tokio::test]
async fn ffmpeg_decodes_every_codec() {
    let city = city().await;
    let check = async |(number, codec)| {
        let address = address_with_login(&city, number);
        // From the first key picture on there must be no error; 16 frames of MD5 prove decoding.
        let args = [
            "-v",
            "error",
            "-rtsp_transport",
            "tcp",
            "-skip_frame",
            "nokey",
            "-i",
            &address,
            "-an",
            "-frames:v",
            "1",
            "-f",
            "framemd5",
            "-",
        ];
        let Some((success, text)) = output_of("ffmpeg", &args).await else {
            return;
        };
        assert!(success, "{codec:?}: {text}");
        assert!(text.contains("#dimensions 0: 160x96"), "{codec:?}: {text}");
    };
    futures::future::join_all(CODECS.map(check)).await;
    city.shutdown().await;
}

#[tokio::test]
async fn gstreamer_depacketises_every_codec() {
    let city = city().await;
    let check = async |(number, codec)| {
        let location = format!("location=rtsp://{}/cam-{number:03}/sub", city.rtsp_addr);
        let user = format!("user-id={}", roster::user_of(number));
        let password = format!("user-pw={}", roster::password_of(number));
        let depay = match codec {
            Codec::H264 => "rtph264depay",
            Codec::H265 => "rtph265depay",
            Codec::Jpeg => "rtpjpegdepay",
        };
        let args = [
            "-q",
            "rtspsrc",
            &location,
            &user,
            &password,
            "protocols=tcp",
            "latency=0",
            "!",
            depay,
            "!",
            "fakesink",
            "num-buffers=10",
            "sync=false",
        ];
        let Some((success, text)) = output_of("gst-launch-1.0", &args).await else {
            return;
        };
        assert!(success && !text.contains("ERROR"), "{codec:?}: {text}");
    };
    futures::future::join_all(CODECS.map(check)).await;
    city.shutdown().await;
}
