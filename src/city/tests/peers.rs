//! Clients that are not ours: retina, ffmpeg, GStreamer.

use std::process::Stdio;
use std::sync::Arc;

use futures::StreamExt as _;
use retina::client::{
    Credentials, PlayOptions, Session, SessionGroup, SessionOptions, SetupOptions,
};
use retina::codec::{CodecItem, FrameFormat};

use super::city;
use crate::city::{City, roster};
use crate::model::codec::Codec;
use crate::model::stamp;

const CODECS: [(usize, Codec); 3] = [(1, Codec::H264), (2, Codec::H265), (3, Codec::Jpeg)];

/// Receives a second and a half and looks at every frame.
async fn receive(city: &City, number: usize, codec: Codec) {
    let url = format!("rtsp://{}/cam-{number:03}/sub", city.rtsp_addr);
    let credentials = Credentials {
        username: roster::user_of(number).into(),
        password: roster::password_of(number).into(),
    };
    let options = SessionOptions::default()
        .creds(Some(credentials))
        .session_group(Arc::new(SessionGroup::default()));
    let mut session = Session::describe(url::Url::parse(&url).unwrap(), options)
        .await
        .unwrap();
    assert_eq!(session.streams()[0].framerate(), Some(15.0));
    let setup = SetupOptions::default().frame_format(FrameFormat {
        parameter_set_insertion: retina::codec::ParameterSetInsertion::Never,
        ..FrameFormat::SIMPLE
    });
    session.setup(0, setup).await.unwrap();
    let session = session.play(PlayOptions::default()).await.unwrap();
    let mut items = session.demuxed().unwrap();
    let (mut frames, mut reports) = (0_u64, 0);
    let mut last = None;
    while frames < 22 {
        match items.next().await.unwrap().unwrap() {
            CodecItem::Rtcp(_) => reports += 1,
            CodecItem::VideoFrame(frame) => {
                frames += 1;
                assert_eq!(frame.loss(), 0);
                let time = frame.timestamp().elapsed();
                let stamp = stamp::find_in_annexb(frame.data(), codec);
                assert_eq!(stamp.is_some(), codec != Codec::Jpeg, "{codec:?}");
                if codec == Codec::Jpeg {
                    assert!(frame.data().starts_with(&[0xff, 0xd8]));
                    assert!(frame.data().ends_with(&[0xff, 0xd9]));
                }
                if let Some((last_time, last_stamp)) = last.replace((time, stamp)) {
                    assert_eq!(time - last_time, 6000);
                    let number = |stamp: Option<stamp::Stamp>| stamp.map(|stamp| stamp.number);
                    assert_eq!(number(stamp), number(last_stamp).map(|number| number + 1));
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(reports >= 1);
}

#[tokio::test]
async fn retina_receives_every_codec() {
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
            println!("skipped: {program} cannot be run: {error}");
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
