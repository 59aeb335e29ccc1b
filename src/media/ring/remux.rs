//! Puts units into a container; nothing is encoded again.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::base::clock;
use crate::model::codec::Codec;

/// Writing half a minute takes a moment; a disk that hangs is given up after this.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether the muxer is well while it has enough.
const LOOK_EVERY: gst::ClockTime = gst::ClockTime::from_mseconds(10);
/// So much waits for the muxer at most, bytes; the rest waits with whoever gives it.
const MOST_WAITING: u64 = 8 << 20;

/// A unit as the container has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::media) struct Piece {
    pub(in crate::media) codec: Codec,
    /// When it came, from the first one on.
    pub(in crate::media) at: Duration,
    pub(in crate::media) keyframe: bool,
    pub(in crate::media) bytes: Bytes,
}

/// Where the container goes.
#[derive(Clone, Copy, Debug)]
pub(in crate::media) enum Sink<'a> {
    /// To a file.
    File(&'a Path),
    /// To the standard output, which is a file.
    #[cfg(target_os = "linux")]
    Output,
}

/// Puts pieces of one codec into Matroska. Times are those of their arrival: what the stream says of
/// itself begins anew with each session.
pub(in crate::media) fn remux(
    pieces: impl IntoIterator<Item = Result<Piece, String>>,
    sink: Sink<'_>,
) -> Result<(), String> {
    let mut pieces = pieces.into_iter().peekable();
    let codec = match pieces.peek() {
        Some(Ok(first)) => first.codec,
        Some(Err(why)) => return Err(why.clone()),
        None => return Err("nothing to write".to_owned()),
    };
    let (caps, parser) = match codec {
        Codec::H264 => ("video/x-h264", "h264parse"),
        Codec::H265 => ("video/x-h265", "h265parse"),
        Codec::Jpeg => ("image/jpeg", "jpegparse"),
    };
    let mut builder = gst::Caps::builder(caps);
    if codec != Codec::Jpeg {
        builder = builder
            .field("stream-format", "byte-stream")
            .field("alignment", "au");
    }
    let source = gst_app::AppSrc::builder()
        .caps(&builder.build())
        .format(gst::Format::Time)
        .max_bytes(0)
        .build();
    let make = |name: &str| {
        gst::ElementFactory::make(name)
            .build()
            .map_err(|error| error.to_string())
    };
    let (parse, mux) = (make(parser)?, make("matroskamux")?);
    mux.set_property("writing-app", "qyran");
    let sink = match sink {
        Sink::File(path) => {
            let sink = make("filesink")?;
            sink.set_property("location", path);
            sink
        }
        #[cfg(target_os = "linux")]
        Sink::Output => make("fdsink")?,
    };
    let pipeline = gst::Pipeline::new();
    let elements = [source.upcast_ref(), &parse, &mux, &sink];
    pipeline
        .add_many(elements)
        .map_err(|error| error.to_string())?;
    gst::Element::link_many(elements).map_err(|error| error.to_string())?;
    let ran = run(pieces, &pipeline, &source);
    // It is thrown away; what it held open is closed by that.
    pipeline.set_state(gst::State::Null).ok();
    ran
}

fn run(
    pieces: impl Iterator<Item = Result<Piece, String>>,
    pipeline: &gst::Pipeline,
    source: &gst_app::AppSrc,
) -> Result<(), String> {
    let bus = pipeline.bus().ok_or("the pipeline has no bus")?;
    pipeline
        .set_state(gst::State::Playing)
        .map_err(|_state| told(&bus).unwrap_or_else(|| "cannot be written".to_owned()))?;
    let begun = clock::now();
    for piece in pieces {
        let piece = piece?;
        let at = gst::ClockTime::from_nseconds(piece.at.as_nanos() as u64);
        let mut buffer = gst::Buffer::from_slice(piece.bytes);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(at);
            buffer.set_dts(at);
            if !piece.keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        if source.push_buffer(buffer).is_err() {
            return Err(told(&bus).unwrap_or_else(|| "it was broken off".to_owned()));
        }
        while source.current_level_bytes() > MOST_WAITING {
            let failed = bus.timed_pop_filtered(LOOK_EVERY, &[gst::MessageType::Error]);
            if let Some(failed) = failed {
                return Err(said_by(&failed));
            }
            if begun.elapsed() > PATIENCE {
                return Err("it is not taken".to_owned());
            }
        }
    }
    source.end_of_stream().map_err(|error| error.to_string())?;
    let left = PATIENCE.saturating_sub(begun.elapsed());
    let left = gst::ClockTime::from_nseconds(left.as_nanos() as u64);
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    match bus.timed_pop_filtered(left, &kinds) {
        Some(message) if message.type_() == gst::MessageType::Eos => Ok(()),
        Some(message) => Err(said_by(&message)),
        None => Err("it does not come to an end".to_owned()),
    }
}

/// What the pipeline says went wrong.
fn told(bus: &gst::Bus) -> Option<String> {
    let message = bus.pop_filtered(&[gst::MessageType::Error])?;
    Some(said_by(&message))
}

fn said_by(message: &gst::Message) -> String {
    match message.view() {
        gst::MessageView::Error(error) => error.error().to_string(),
        _ => "it was broken off".to_owned(),
    }
}
