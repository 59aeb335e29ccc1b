//! RTSP over TCP, through `retina`: memory-safe, one network runtime for all cameras.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use retina::client::{
    Credentials, Demuxed, InitialTimestampPolicy, PlayOptions, Session, SessionGroup,
    SessionOptions, SetupOptions, TeardownPolicy, UnassignedChannelDataPolicy,
};
use retina::codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame, VideoParametersCodec};

use super::{Address, EncodedUnit, NextUnit, Parameters, Source, SourceError};
use crate::base::clock::{MediaTime, WallTime};
use crate::model::codec::Codec;
use crate::model::condition::{Login, Phase, Reason};
use crate::model::frame::Capture;
use crate::model::stamp;

/// Longest wait for each of DESCRIBE, SETUP and PLAY.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);

/// Sessions to be torn down in the background when a source is dropped.
#[derive(Clone, Default)]
pub(super) struct Sessions(Arc<SessionGroup>);

/// An open RTSP session that plays one video stream.
pub(super) struct RtspSource {
    demuxed: Demuxed,
    stream: usize,
    codec: Codec,
    parameters: Parameters,
    clock_rate_hz: f64,
    /// The last sender report: the camera's clock and the RTP time it belongs to, in 90 kHz (or
    /// the stream's clock rate) ticks since the start of the session.
    report: Option<(WallTime, i64)>,
}

/// A session could not be opened.
pub(super) enum OpenError {
    /// The server says that the stream is elsewhere.
    Elsewhere,
    /// For this reason.
    Failed(SourceError),
}

impl From<SourceError> for OpenError {
    fn from(error: SourceError) -> Self {
        Self::Failed(error)
    }
}

impl RtspSource {
    /// DESCRIBE, SETUP of the first video stream, PLAY.
    pub(super) async fn open(address: Address, sessions: Sessions) -> Result<Self, OpenError> {
        let had_password = address.credentials.is_some();
        let credentials = address.credentials.map(|c| Credentials {
            username: c.user,
            password: c.password.reveal().to_owned(),
        });
        let options = SessionOptions::default()
            .creds(credentials)
            .user_agent(concat!("Qyran/", env!("CARGO_PKG_VERSION")).to_owned())
            .session_group(sessions.0)
            .unassigned_channel_data(UnassignedChannelDataPolicy::Ignore)
            .teardown(TeardownPolicy::Auto);
        let why = |error: retina::Error| SourceError::from(reason_of(&error, had_password));
        let mut session = in_time(Session::describe(address.url.reveal().clone(), options))
            .await?
            .map_err(|error| match error.status_code() {
                Some(300..=399) => OpenError::Elsewhere,
                _ => why(error).into(),
            })?;
        let (stream, codec) = first_video(&session)?;
        let setup = SetupOptions::default().frame_format(FrameFormat::SIMPLE);
        in_time(session.setup(stream, setup)).await?.map_err(why)?;
        let play = PlayOptions::default().initial_timestamp(InitialTimestampPolicy::Permissive);
        let playing = in_time(session.play(play)).await?.map_err(why)?;
        let demuxed = playing.demuxed().map_err(why)?;
        let description = &demuxed.streams()[stream];
        let clock_rate_hz = f64::from(description.clock_rate_hz().max(1));
        let mut parameters = Parameters {
            rate_hz: description.framerate(),
            ..Parameters::default()
        };
        read_parameters(&demuxed, stream, &mut parameters);
        Ok(Self {
            demuxed,
            stream,
            codec,
            parameters,
            clock_rate_hz,
            report: None,
        })
    }

    async fn next_unit(&mut self) -> Result<EncodedUnit, SourceError> {
        loop {
            match self.demuxed.next().await {
                Some(Ok(CodecItem::VideoFrame(frame))) if frame.stream_id() == self.stream => {
                    return Ok(self.unit(frame));
                }
                Some(Ok(CodecItem::Rtcp(packet))) => {
                    let at = packet.rtp_timestamp().map(|t| t.elapsed());
                    for report in packet.pkts() {
                        if let (Some(at), Ok(Some(report))) = (at, report.as_sender_report()) {
                            let wall = WallTime::from_ntp(report.ntp_timestamp().0);
                            self.report = Some((wall, at));
                        }
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(reason_of(&error, true).into()),
                None => return Err(Reason::ConnectionClosed.into()),
            }
        }
    }

    fn unit(&mut self, frame: VideoFrame) -> EncodedUnit {
        if frame.has_new_parameters() {
            read_parameters(&self.demuxed, self.stream, &mut self.parameters);
        }
        let elapsed = frame.timestamp().elapsed();
        let pts = MediaTime((elapsed as f64 / self.clock_rate_hz * 1e9) as i64);
        let arrival = frame.end_ctx().received();
        let keyframe = frame.is_random_access_point() || self.codec == Codec::Jpeg;
        let lost_packets = u32::from(frame.loss());
        let bytes = Bytes::from(frame.into_data());
        let capture = stamp::find_in_annexb(&bytes, self.codec)
            .map(|stamp| Capture {
                wall: stamp.wall,
                number: Some(stamp.number),
            })
            .or_else(|| self.reported(elapsed));
        EncodedUnit {
            codec: self.codec,
            parameters: self.parameters,
            pts,
            arrival,
            capture,
            keyframe,
            recovers_after: 0,
            lost_packets,
            is_damaged: false,
            bytes,
        }
    }

    /// Capture time from the last sender report (RFC 3550 section 6.4.1).
    fn reported(&self, elapsed: i64) -> Option<Capture> {
        let (wall, at) = self.report?;
        let nanos = (elapsed - at) as f64 / self.clock_rate_hz * 1e9;
        Some(Capture {
            wall: wall.plus_nanos(nanos as i64),
            number: None,
        })
    }
}

impl Source for RtspSource {
    fn next(&mut self) -> NextUnit<'_> {
        Box::pin(self.next_unit())
    }
}

/// The first video stream in a codec we know.
fn first_video<S: retina::client::State>(
    session: &Session<S>,
) -> Result<(usize, Codec), SourceError> {
    let mut unknown = None;
    for (index, stream) in session.streams().iter().enumerate() {
        if stream.media() != "video" {
            continue;
        }
        match stream.encoding_name() {
            "h264" => return Ok((index, Codec::H264)),
            "h265" => return Ok((index, Codec::H265)),
            "jpeg" => return Ok((index, Codec::Jpeg)),
            other => unknown = Some(other.to_owned()),
        }
    }
    Err(unknown
        .map_or(Reason::NoVideo, Reason::UnsupportedCodec)
        .into())
}

fn read_parameters(demuxed: &Demuxed, stream: usize, parameters: &mut Parameters) {
    let Some(ParametersRef::Video(video)) = demuxed.streams()[stream].parameters() else {
        return;
    };
    if !matches!(video.codec_params(), VideoParametersCodec::Jpeg) {
        parameters.size = Some(video.pixel_dimensions());
    }
    if let Some((numerator, denominator)) = video.frame_rate()
        && let Some(numerator) = NonZeroU32::new(numerator)
    {
        // The SPS gives the duration of a frame in seconds as numerator / denominator.
        parameters.rate_hz = Some(denominator as f32 / numerator.get() as f32);
    }
}

async fn in_time<T>(work: impl Future<Output = T>) -> Result<T, SourceError> {
    tokio::time::timeout(ANSWER_TIMEOUT, work)
        .await
        .map_err(|_elapsed| Reason::NoAnswer(Phase::Describe).into())
}

/// Sorts the client's errors into the reasons of the wall. Only the first line of its text is
/// kept: the rest are addresses and packet positions for the log.
fn reason_of(error: &retina::Error, had_password: bool) -> Reason {
    if let Some(status) = error.status_code().filter(|status| *status >= 400) {
        let login = if had_password {
            Login::Sent
        } else {
            Login::None
        };
        return Reason::of_status(status, Phase::Describe, login);
    }
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().to_owned();
    let lower = first.to_lowercase();
    if lower.contains("timeout") {
        Reason::NoAnswer(Phase::Describe)
    } else if lower.contains("connection refused") {
        Reason::ConnectionRefused
    } else if lower.contains("failed to lookup") || lower.contains("name or service not known") {
        Reason::UnknownHost
    } else if lower.starts_with("unable to connect") {
        Reason::NoAnswer(Phase::Connect)
    } else if lower.starts_with("error reading")
        || lower.starts_with("error writing")
        || lower.contains("eof")
    {
        Reason::ConnectionClosed
    } else if lower.contains("credentials") || lower.contains("authentication") {
        if had_password {
            Reason::WrongPassword
        } else {
            Reason::PasswordMissing
        }
    } else {
        Reason::Protocol(first.chars().take(160).collect())
    }
}
