//! Units out of a small GStreamer pipeline: for files and test patterns.

use std::path::Path;

use bytes::Bytes;
use futures::StreamExt as _;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use tokio::sync::mpsc;

use super::{EncodedUnit, NextUnit, Parameters, Source, SourceError};
use crate::base::clock::{self, MediaTime};
use crate::base::threads;
use crate::model::codec::Codec;
use crate::model::condition::Reason;

/// Units waiting between the pipeline's thread and the network runtime; when full the pipeline
/// waits.
pub(super) const QUEUE_UNITS: usize = 8;

/// A playing pipeline: one pass through a file, or a test pattern without an end.
pub(in crate::media) struct PipelineSource {
    pipeline: gst::Pipeline,
    messages: gst::bus::BusStream,
    said: mpsc::Receiver<Said>,
}

/// What comes out of the pipeline.
pub(in crate::media) enum Said {
    /// A unit.
    Unit(Timed),
    /// All units were there.
    End,
    /// What is in the file is not for us.
    Refused(Reason),
}

/// A unit with the times that the pipeline gave it, nanoseconds of its own.
pub(in crate::media) struct Timed {
    /// The unit; without a presentation time it has 0.
    pub(in crate::media) unit: EncodedUnit,
    /// When it is shown.
    pub(in crate::media) pts: Option<i64>,
    /// When it is decoded.
    pub(in crate::media) dts: Option<i64>,
}

impl PipelineSource {
    /// Demultiplexes and parses a file once, as fast as its units are taken.
    pub(in crate::media) fn file(path: &Path) -> Result<Self, SourceError> {
        let pipeline = gst::Pipeline::new();
        let source = make("filesrc")?;
        source.set_property("location", path);
        let parse = make("parsebin")?;
        let sink = unit_sink(
            &[
                "video/x-h264,stream-format=byte-stream,alignment=au",
                "video/x-h265,stream-format=byte-stream,alignment=au",
                "image/jpeg",
            ],
            false,
        )?;
        add_and_link(&pipeline, &[&source, &parse])?;
        pipeline.add(&sink).map_err(broken)?;
        let (sender, said) = mpsc::channel(QUEUE_UNITS);
        let refused = sender.clone();
        let weak = pipeline.downgrade();
        parse.connect_pad_added(move |_, pad| {
            let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
            let name = caps
                .structure(0)
                .map(|s| s.name().to_string())
                .unwrap_or_default();
            if !(name.starts_with("video/") || name.starts_with("image/")) {
                return;
            }
            let linked = weak
                .upgrade()
                .is_some_and(|pipeline| link_video(&pipeline, pad, &name, &sink));
            if !linked {
                // A full channel already carries units or an earlier refusal.
                let reason = Reason::UnsupportedCodec(name);
                refused.try_send(Said::Refused(reason)).ok();
            }
        });
        Self::play(pipeline, sender, said)
    }

    /// `videotestsrc` as MJPEG: needs no encoder beyond the plugins the wall has anyway.
    pub(super) fn pattern(name: &str) -> Result<Self, SourceError> {
        let pipeline = gst::Pipeline::new();
        let source = make("videotestsrc")?;
        source.set_property("is-live", true);
        source.set_property_from_str("pattern", name);
        let shape = make("capsfilter")?;
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", 640)
            .field("height", 360)
            .field("framerate", gst::Fraction::new(15, 1))
            .build();
        shape.set_property("caps", &caps);
        let encode = make("jpegenc")?;
        let sink = unit_sink(&["image/jpeg"], true)?;
        add_and_link(&pipeline, &[&source, &shape, &encode, sink.upcast_ref()])?;
        let (sender, said) = mpsc::channel(QUEUE_UNITS);
        Self::play(pipeline, sender, said)
    }

    fn play(
        pipeline: gst::Pipeline,
        sender: mpsc::Sender<Said>,
        said: mpsc::Receiver<Said>,
    ) -> Result<Self, SourceError> {
        let sink = pipeline
            .by_name("units")
            .and_downcast::<gst_app::AppSink>()
            .ok_or_else(|| Reason::Protocol("the pipeline lost its sink".into()))?;
        let bus = pipeline
            .bus()
            .ok_or_else(|| Reason::Protocol("the pipeline has no bus".into()))?;
        let end = sender.clone();
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .eos(move |_| {
                    end.blocking_send(Said::End).ok(); // nobody waits any more
                })
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_eos| gst::FlowError::Eos)?;
                    let timed = timed_of(&sample).ok_or(gst::FlowError::Error)?;
                    match sender.blocking_send(Said::Unit(timed)) {
                        Ok(()) => Ok(gst::FlowSuccess::Ok),
                        Err(_closed) => Err(gst::FlowError::Eos),
                    }
                })
                .build(),
        );
        let playing = Self {
            messages: bus.stream(),
            pipeline,
            said,
        };
        playing
            .pipeline
            .set_state(gst::State::Playing)
            .map_err(broken)?;
        Ok(playing)
    }

    /// The next unit, or that there is none. Dropping the future loses nothing.
    pub(in crate::media) async fn next_said(&mut self) -> Result<Said, SourceError> {
        loop {
            tokio::select! {
                // What came before an error is taken first.
                biased;
                said = self.said.recv() => {
                    return said.ok_or_else(|| Reason::ConnectionClosed.into());
                }
                message = self.messages.next() => {
                    let message = message.ok_or(Reason::ConnectionClosed)?;
                    if let gst::MessageView::Error(error) = message.view() {
                        return Err(Reason::File(error.error().to_string()).into());
                    }
                }
            }
        }
    }

    async fn next_unit(&mut self) -> Result<EncodedUnit, SourceError> {
        match self.next_said().await? {
            Said::Unit(timed) => Ok(timed.unit),
            Said::End => Err(Reason::ConnectionClosed.into()),
            Said::Refused(reason) => Err(reason.into()),
        }
    }
}

impl Source for PipelineSource {
    fn next(&mut self) -> NextUnit<'_> {
        Box::pin(self.next_unit())
    }
}

impl Drop for PipelineSource {
    fn drop(&mut self) {
        // The callback must not wait for a reader who is gone.
        self.said.close();
        let pipeline = self.pipeline.clone();
        // Its threads are waited for, for which the network runtime has no time.
        let stop = move || {
            if let Err(error) = pipeline.set_state(gst::State::Null) {
                tracing::debug!(%error, "a source pipeline did not stop cleanly");
            }
        };
        if let Err(error) = threads::spawn("file-stop", stop) {
            tracing::warn!(%error, "a source pipeline is left to itself");
        }
    }
}

fn link_video(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    name: &str,
    sink: &gst_app::AppSink,
) -> bool {
    let parser = match name {
        "video/x-h264" => "h264parse",
        "video/x-h265" => "h265parse",
        "image/jpeg" => "jpegparse",
        _ => return false,
    };
    let Ok(parser) = make(parser) else {
        return false;
    };
    if parser.has_property("config-interval") {
        parser.set_property("config-interval", -1i32);
    }
    let target = parser.static_pad("sink");
    pipeline.add(&parser).is_ok()
        && parser.link(sink).is_ok()
        && parser.sync_state_with_parent().is_ok()
        && target.is_some_and(|target| pad.link(&target).is_ok())
}

/// An element by its name.
pub(super) fn make(name: &str) -> Result<gst::Element, SourceError> {
    gst::ElementFactory::make(name).build().map_err(|_error| {
        Reason::Protocol(format!("the GStreamer element {name} is missing")).into()
    })
}

/// Takes units in one of the `caps`; `paced` gives them out at the pace of their times.
pub(super) fn unit_sink(caps: &[&str], paced: bool) -> Result<gst_app::AppSink, SourceError> {
    let caps: gst::Caps = caps.join(";").parse().map_err(broken)?;
    Ok(gst_app::AppSink::builder()
        .name("units")
        .caps(&caps)
        .sync(paced)
        .max_buffers(2)
        .build())
}

pub(super) fn add_and_link(
    pipeline: &gst::Pipeline,
    elements: &[&gst::Element],
) -> Result<(), SourceError> {
    pipeline.add_many(elements).map_err(broken)?;
    gst::Element::link_many(elements).map_err(broken)
}

pub(super) fn broken(error: impl std::fmt::Display) -> SourceError {
    Reason::Protocol(error.to_string()).into()
}

/// The unit in a sample, with its times.
fn timed_of(sample: &gst::Sample) -> Option<Timed> {
    let unit = unit_of(sample)?;
    let buffer = sample.buffer()?;
    let nanos = |time: gst::ClockTime| i64::try_from(time.nseconds()).ok();
    Some(Timed {
        unit,
        pts: buffer.pts().and_then(nanos),
        dts: buffer.dts().and_then(nanos),
    })
}

/// The unit in a sample.
pub(super) fn unit_of(sample: &gst::Sample) -> Option<EncodedUnit> {
    let buffer = sample.buffer()?;
    let structure = sample.caps()?.structure(0)?;
    let codec = match structure.name().as_str() {
        "video/x-h264" => Codec::H264,
        "video/x-h265" => Codec::H265,
        "image/jpeg" => Codec::Jpeg,
        _ => return None,
    };
    let size = structure
        .get::<i32>("width")
        .ok()
        .zip(structure.get::<i32>("height").ok())
        .and_then(|(w, h)| Some((u32::try_from(w).ok()?, u32::try_from(h).ok()?)));
    let rate_hz = structure
        .get::<gst::Fraction>("framerate")
        .ok()
        .filter(|rate| rate.numer() > 0 && rate.denom() > 0)
        .map(|rate| rate.numer() as f32 / rate.denom() as f32);
    let map = buffer.map_readable().ok()?;
    Some(EncodedUnit {
        codec,
        parameters: Parameters { size, rate_hz },
        pts: MediaTime(buffer.pts().map_or(0, |t| t.nseconds() as i64)),
        arrival: clock::now(),
        capture: None,
        keyframe: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
        recovers_after: 0,
        lost_packets: 0,
        is_damaged: buffer.flags().contains(gst::BufferFlags::CORRUPTED),
        bytes: Bytes::copy_from_slice(&map),
    })
}
