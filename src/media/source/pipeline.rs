//! Units out of a small GStreamer pipeline: for files and test patterns.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use tokio::sync::mpsc;

use super::{EncodedUnit, NextUnit, Parameters, Source, SourceError};
use crate::base::clock::{self, MediaTime};
use crate::model::codec::Codec;
use crate::model::condition::Reason;

/// Units waiting between the pipeline's thread and the network runtime; when full the pipeline
/// waits.
pub(super) const QUEUE_UNITS: usize = 8;

/// A playing pipeline.
pub(super) struct PipelineSource {
    pipeline: gst::Pipeline,
    units: mpsc::Receiver<Result<EncodedUnit, Reason>>,
    repeats: bool,
}

impl PipelineSource {
    /// Demultiplexes and parses a file: at its own pace over and over, or once, as fast as its units
    /// are taken.
    pub(super) fn file(path: &Path, paced: bool) -> Result<Self, SourceError> {
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
            paced,
        )?;
        add_and_link(&pipeline, &[&source, &parse])?;
        pipeline.add(&sink).map_err(broken)?;
        let (sender, units) = mpsc::channel(QUEUE_UNITS);
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
                refused.try_send(Err(Reason::UnsupportedCodec(name))).ok();
            }
        });
        Self::play(pipeline, sender, units, paced)
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
        let (sender, units) = mpsc::channel(QUEUE_UNITS);
        Self::play(pipeline, sender, units, false)
    }

    fn play(
        pipeline: gst::Pipeline,
        sender: mpsc::Sender<Result<EncodedUnit, Reason>>,
        units: mpsc::Receiver<Result<EncodedUnit, Reason>>,
        repeats: bool,
    ) -> Result<Self, SourceError> {
        let sink = pipeline
            .by_name("units")
            .and_downcast::<gst_app::AppSink>()
            .ok_or_else(|| Reason::Protocol("the pipeline lost its sink".into()))?;
        let end = sender.clone();
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .eos(move |_| {
                    // What repeats begins anew by itself; what does not is told that this is all.
                    if !repeats {
                        end.blocking_send(Err(Reason::ConnectionClosed)).ok(); // nobody waits any more
                    }
                })
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_eos| gst::FlowError::Eos)?;
                    let unit = unit_of(&sample).ok_or(gst::FlowError::Error)?;
                    match sender.blocking_send(Ok(unit)) {
                        Ok(()) => Ok(gst::FlowSuccess::Ok),
                        Err(_closed) => Err(gst::FlowError::Eos),
                    }
                })
                .build(),
        );
        pipeline.set_state(gst::State::Playing).map_err(broken)?;
        Ok(Self {
            pipeline,
            units,
            repeats,
        })
    }

    async fn next_unit(&mut self) -> Result<EncodedUnit, SourceError> {
        loop {
            // The bus is looked at between units, and twice a second where none comes.
            match tokio::time::timeout(Duration::from_millis(500), self.units.recv()).await {
                Ok(Some(Ok(unit))) => return Ok(unit),
                Ok(Some(Err(reason))) => return Err(reason.into()),
                Ok(None) => return Err(Reason::ConnectionClosed.into()),
                Err(_elapsed) => self.look_at_bus()?,
            }
        }
    }

    fn look_at_bus(&self) -> Result<(), SourceError> {
        let Some(bus) = self.pipeline.bus() else {
            return Ok(());
        };
        while let Some(message) = bus.pop() {
            match message.view() {
                gst::MessageView::Error(error) => {
                    return Err(Reason::File(error.error().to_string()).into());
                }
                gst::MessageView::Eos(_) if self.repeats => {
                    let again = self.pipeline.seek_simple(
                        gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT,
                        gst::ClockTime::ZERO,
                    );
                    if again.is_err() {
                        return Err(Reason::File("the file cannot be played again".into()).into());
                    }
                }
                _ => {}
            }
        }
        Ok(())
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
        self.units.close();
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::debug!(%error, "a source pipeline did not stop cleanly");
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
