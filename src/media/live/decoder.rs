//! The parse-and-decode stage: encoded units in, [`Frame`]s out.
//!
//! The stage has no thread of its own: [`Decoder::push`] does the work on the caller's thread and
//! returns what came out. A chain is `pad → parser → decoder (→ videoconvert) → pad`, inside a
//! `GstPipeline` only for its message bus. Decoders are tried by GStreamer's rank, hardware first
//! where there is any; one that refuses or fails before its first frame makes way for the next.
//!
//! The chain is told that it is live: libav's decoders hold eight pictures back otherwise, where a
//! stream does not bound how its pictures are reordered. Each unit carries its number through the
//! chain, so that a picture gets the times of its own unit however the pictures are reordered and
//! whatever the stream's times say.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use parking_lot::Mutex;

use super::anatomy::Anatomy;
use super::complaints;
use super::wholeness::Wholeness;
use crate::base::clock::MediaTime;
use crate::media::source::{EncodedUnit, NEVER_TOLD};
use crate::model::codec::Codec;
use crate::model::frame::{
    Capture, Colour, Frame, Integrity, Layout, Matrix, Memory, Plane, Range, Rotation, SystemPlanes,
};

/// What to decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The codec of the units.
    pub codec: Codec,
}

/// Decoding failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No decoder for the codec is installed.
    #[error("no decoder for {} is installed; {hint}", codec.name())]
    NoDecoder {
        /// The codec.
        codec: Codec,
        /// Which package brings one.
        hint: &'static str,
    },
    /// An element that the chain needs is missing.
    #[error("the GStreamer element {0} is missing")]
    MissingElement(&'static str),
    /// Every decoder refused.
    #[error("{decoder}: {message}")]
    Failed {
        /// The last decoder tried.
        decoder: String,
        /// Its words.
        message: String,
    },
}

/// Decodes one stream.
pub struct Decoder {
    request: Request,
    candidates: VecDeque<gst::ElementFactory>,
    chain: Option<Chain>,
    waiting_for_keyframe: bool,
    anatomy: Anatomy,
    wholeness: Wholeness,
    serial: u64,
    decoded: u64,
}

impl Decoder {
    /// Finds the decoders for a codec.
    ///
    /// # Errors
    /// When none is installed.
    pub fn new(request: Request) -> Result<Self, DecodeError> {
        let candidates = candidates(request.codec);
        if candidates.is_empty() {
            return Err(DecodeError::NoDecoder {
                codec: request.codec,
                hint: "install gstreamer1.0-libav (and gstreamer1.0-plugins-good for MJPEG)",
            });
        }
        Ok(Self {
            request,
            candidates,
            chain: None,
            waiting_for_keyframe: true,
            anatomy: Anatomy::default(),
            wholeness: Wholeness::default(),
            serial: 0,
            decoded: 0,
        })
    }

    /// The codec it was made for.
    pub fn codec(&self) -> Codec {
        self.request.codec
    }

    /// Continues the serial numbers of an earlier decoder of the same feed.
    pub fn continue_serial(&mut self, serial: u64) {
        self.serial = serial;
    }

    /// The serial of the last frame.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// The decoder element in use.
    pub fn element_name(&self) -> Option<String> {
        self.chain.as_ref().map(|chain| chain.decoder_name.clone())
    }

    /// True until a keyframe has gone in.
    pub fn is_waiting_for_keyframe(&self) -> bool {
        self.waiting_for_keyframe
    }

    /// Units were left out: nothing makes sense until the next keyframe.
    pub fn wait_for_keyframe(&mut self) {
        self.waiting_for_keyframe = true;
        self.wholeness.skip();
    }

    /// Decodes one unit; usually gives one frame, sometimes none, rarely several.
    ///
    /// # Errors
    /// When no decoder can work on this stream. A single bad unit is no error: it gives no frame.
    pub fn push(&mut self, unit: &EncodedUnit) -> Result<Vec<Frame>, DecodeError> {
        if self.waiting_for_keyframe {
            if !unit.keyframe {
                return Ok(Vec::new());
            }
            self.waiting_for_keyframe = false;
        }
        let is_key = unit.keyframe && unit.recovers_after == 0;
        let signs = self.anatomy.look(&unit.bytes, unit.codec, is_key);
        self.wholeness.unit(unit, signs);
        loop {
            if self.chain.is_none() {
                self.chain = Some(self.next_chain()?);
                self.wholeness.begin_decoder();
            }
            let Some(chain) = &mut self.chain else {
                return Ok(Vec::new());
            };
            match chain.push(unit, &mut self.wholeness) {
                Ok(frames) => {
                    self.decoded += frames.len() as u64;
                    return Ok(self.numbered(frames));
                }
                Err(Trouble::NeedsConversion) if !chain.converts => {
                    let factory = chain.factory.clone();
                    self.chain = Some(Chain::new(self.request.codec, &factory, true)?);
                }
                Err(trouble) => {
                    let name = chain.decoder_name.clone();
                    let message = chain.bus_error().unwrap_or_else(|| trouble.to_string());
                    self.chain = None;
                    tracing::warn!(decoder = %name, %message, "a decoder gave up");
                    let had_worked = self.decoded > 0;
                    self.decoded = 0;
                    if had_worked {
                        // The stream broke, not the decoder: start over at the next keyframe.
                        self.candidates = candidates(self.request.codec);
                        self.wait_for_keyframe();
                        return Ok(Vec::new());
                    }
                    self.candidates.pop_front();
                    if self.candidates.is_empty() {
                        self.candidates = candidates(self.request.codec);
                        self.wait_for_keyframe();
                        if unit.recovers_after == NEVER_TOLD {
                            // It was a try: there is nothing yet that must be decodable.
                            return Ok(Vec::new());
                        }
                        return Err(DecodeError::Failed {
                            decoder: name,
                            message,
                        });
                    }
                }
            }
        }
    }

    fn next_chain(&mut self) -> Result<Chain, DecodeError> {
        let mut last = None;
        while let Some(factory) = self.candidates.front().cloned() {
            match Chain::new(self.request.codec, &factory, false) {
                Ok(chain) => return Ok(chain),
                Err(error) => {
                    tracing::warn!(decoder = %factory.name(), %error, "a decoder refused to start");
                    last = Some(error);
                    self.candidates.pop_front();
                }
            }
        }
        self.candidates = candidates(self.request.codec);
        Err(last.unwrap_or(DecodeError::MissingElement("decoder")))
    }

    fn numbered(&mut self, mut frames: Vec<Frame>) -> Vec<Frame> {
        for frame in &mut frames {
            self.serial += 1;
            frame.serial = self.serial;
        }
        frames
    }
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the picture format needs a conversion")]
    NeedsConversion,
    #[error("{0}")]
    Flow(gst::FlowError),
    #[error("{0}")]
    Setup(&'static str),
}

/// What the receiving pad collects during one push.
#[derive(Default)]
struct Received {
    info: Option<gst_video::VideoInfo>,
    rotation: Rotation,
    unsupported: bool,
    buffers: Vec<(gst::Buffer, gst_video::VideoInfo, Rotation)>,
}

/// Times of a unit, kept until its frame comes out.
struct Pending {
    number: u64,
    integrity: Integrity,
    pts: MediaTime,
    arrival: Instant,
    capture: Option<Capture>,
}

struct Chain {
    factory: gst::ElementFactory,
    decoder_name: String,
    converts: bool,
    pipeline: gst::Pipeline,
    input: gst::Pad,
    /// Held so that the link to it lasts.
    output: gst::Pad,
    received: Arc<Mutex<Received>>,
    pending: VecDeque<Pending>,
    /// Units pushed.
    number: u64,
    /// Names the number that a unit carries through the chain.
    numbered: gst::Caps,
}

/// Times that are given to the chain lie so far apart. They only say in which order units were
/// decoded: a stream's own may stand still, jump or be in disorder, and decoders act on that.
const UNIT_APART: gst::ClockTime = gst::ClockTime::from_mseconds(40);

/// More units than this between input and output mean that their times are lost; the oldest go.
const MAX_PENDING: usize = 32;

impl Chain {
    fn new(
        codec: Codec,
        factory: &gst::ElementFactory,
        converts: bool,
    ) -> Result<Self, DecodeError> {
        let make = |name: &'static str| {
            gst::ElementFactory::make(name)
                .build()
                .map_err(|_error| DecodeError::MissingElement(name))
        };
        let parser = match codec {
            Codec::H264 => Some(make("h264parse")?),
            Codec::H265 => Some(make("h265parse")?),
            // Each unit is one whole JPEG; a parser would wait for the next to find its end.
            Codec::Jpeg => None,
        };
        let decoder_name = factory.name().to_string();
        let failed = |message: &str| DecodeError::Failed {
            decoder: factory.name().to_string(),
            message: message.to_owned(),
        };
        let decoder = factory
            .create()
            .build()
            .map_err(|error| failed(&error.to_string()))?;
        if decoder.has_property("max-threads") {
            // One thread a stream: parallelism comes from many streams, latency from none waiting.
            decoder.set_property("max-threads", 1i32);
        }
        if decoder.has_property("std-compliance") {
            // Else it believes a stream that does not bound reordering to reorder as far as it may.
            decoder.set_property_from_str("std-compliance", "normal");
        }
        complaints::listen();
        let mut elements: Vec<gst::Element> = parser.into_iter().chain([decoder]).collect();
        if converts {
            elements.push(make("videoconvert")?);
        }
        let pipeline = gst::Pipeline::new();
        pipeline
            .add_many(&elements)
            .map_err(|error| failed(&error.to_string()))?;
        gst::Element::link_many(&elements).map_err(|error| failed(&error.to_string()))?;
        let received = Arc::new(Mutex::new(Received::default()));
        let output = receiving_pad(&received, converts);
        let input = sending_pad();
        let first = elements.first().and_then(|e| e.static_pad("sink"));
        let last = elements.last().and_then(|e| e.static_pad("src"));
        let (Some(first), Some(last)) = (first, last) else {
            return Err(failed("an element has no pad"));
        };
        output
            .set_active(true)
            .map_err(|_error| failed("the receiving pad did not start"))?;
        input
            .set_active(true)
            .map_err(|_error| failed("the sending pad did not start"))?;
        last.link(&output)
            .map_err(|error| failed(&error.to_string()))?;
        input
            .link(&first)
            .map_err(|error| failed(&error.to_string()))?;
        pipeline
            .set_state(gst::State::Playing)
            .map_err(|_error| failed("does not start"))?;
        let chain = Self {
            factory: factory.clone(),
            decoder_name,
            converts,
            pipeline,
            input,
            output,
            received,
            pending: VecDeque::new(),
            number: 0,
            numbered: gst::Caps::new_empty_simple("timestamp/x-qyran-unit"),
        };
        chain
            .begin(codec)
            .map_err(|trouble| failed(&trouble.to_string()))?;
        Ok(chain)
    }

    fn begin(&self, codec: Codec) -> Result<(), Trouble> {
        let caps = match codec {
            Codec::H264 => gst::Caps::builder("video/x-h264")
                .field("stream-format", "byte-stream")
                .field("alignment", "au")
                .build(),
            Codec::H265 => gst::Caps::builder("video/x-h265")
                .field("stream-format", "byte-stream")
                .field("alignment", "au")
                .build(),
            Codec::Jpeg => gst::Caps::builder("image/jpeg")
                .field("parsed", true)
                .field("framerate", gst::Fraction::new(0, 1))
                .build(),
        };
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let events = [
            gst::event::StreamStart::new("qyran"),
            gst::event::Caps::new(&caps),
            gst::event::Segment::new(&segment),
        ];
        for event in events {
            if !self.input.push_event(event) {
                return Err(Trouble::Setup("the parser refuses the stream"));
            }
        }
        Ok(())
    }

    fn push(
        &mut self,
        unit: &EncodedUnit,
        wholeness: &mut Wholeness,
    ) -> Result<Vec<Frame>, Trouble> {
        self.number += 1;
        let number = gst::ClockTime::from_nseconds(self.number);
        let time = UNIT_APART * self.number;
        let mut buffer = gst::Buffer::from_slice(unit.bytes.clone());
        if let Some(buffer) = buffer.get_mut() {
            gst::ReferenceTimestampMeta::add(buffer, &self.numbered, number, None);
            buffer.set_pts(time);
            buffer.set_dts(time);
            if !unit.keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        if self.pending.len() >= MAX_PENDING {
            self.pending.pop_front();
        }
        complaints::take();
        let flow = self.input.push(buffer);
        if complaints::take() > 0 {
            wholeness.conceal(unit);
        }
        self.pending.push_back(Pending {
            number: self.number,
            integrity: wholeness.integrity(),
            pts: unit.pts,
            arrival: unit.arrival,
            capture: unit.capture,
        });
        let (buffers, unsupported) = {
            let mut received = self.received.lock();
            (std::mem::take(&mut received.buffers), received.unsupported)
        };
        if unsupported {
            return Err(Trouble::NeedsConversion);
        }
        match flow {
            Ok(_) => {}
            Err(gst::FlowError::NotNegotiated) if !self.converts => {
                return Err(Trouble::NeedsConversion);
            }
            Err(error) => return Err(Trouble::Flow(error)),
        }
        Ok(buffers
            .into_iter()
            .filter_map(|(buffer, info, rotation)| self.frame(buffer, &info, rotation, wholeness))
            .collect())
    }

    fn frame(
        &mut self,
        buffer: gst::Buffer,
        info: &gst_video::VideoInfo,
        rotation: Rotation,
        wholeness: &mut Wholeness,
    ) -> Option<Frame> {
        let number = buffer
            .iter_meta::<gst::ReferenceTimestampMeta>()
            .find(|meta| meta.reference() == self.numbered.as_ref())
            .map(|meta| meta.timestamp().nseconds());
        // A decoder that loses the number keeps the time, unless pictures are reordered.
        let number = number.or_else(|| {
            let time = buffer.pts()?;
            Some(time.nseconds() / UNIT_APART.nseconds())
        });
        // Else the newest: without reordering they are the same.
        let found = number.and_then(|number| self.pending.iter().position(|p| p.number == number));
        let at = found.or_else(|| self.pending.len().checked_sub(1))?;
        let times = self.pending.remove(at)?;
        let is_marked = buffer.flags().contains(gst::BufferFlags::CORRUPTED);
        let integrity = wholeness.picture(times.integrity, is_marked, times.arrival);
        let layout = match info.format() {
            gst_video::VideoFormat::I420 => Layout::I420,
            gst_video::VideoFormat::Nv12 => Layout::Nv12,
            _ => return None,
        };
        let colour = colour_of(info);
        let (width, height) = (info.width(), info.height());
        let mapped = gst_video::VideoFrame::from_buffer_readable(buffer, info).ok()?;
        Some(Frame {
            serial: 0,
            pts: times.pts,
            arrival: times.arrival,
            capture: times.capture,
            width,
            height,
            layout,
            colour,
            rotation,
            integrity,
            memory: Memory::System(Box::new(Mapped(mapped))),
        })
    }

    fn bus_error(&self) -> Option<String> {
        let bus = self.pipeline.bus()?;
        let message = bus.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(error.error().to_string()),
            _ => None,
        }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        self.input.set_active(false).ok(); // both are going away with this chain
        self.output.set_active(false).ok();
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::debug!(decoder = %self.decoder_name, %error, "a decoder did not stop cleanly");
        }
    }
}

/// A decoder's own buffer, mapped while the frame lives.
struct Mapped(gst_video::VideoFrame<gst_video::video_frame::Readable>);

impl SystemPlanes for Mapped {
    fn plane(&self, index: usize) -> Plane<'_> {
        let stride_bytes = self
            .0
            .plane_stride()
            .get(index)
            .map_or(0, |s| (*s).max(0) as usize);
        let bytes = self.0.plane_data(index as u32).unwrap_or_default();
        Plane {
            bytes,
            stride_bytes,
        }
    }
}

/// Sends units, as a live source would.
fn sending_pad() -> gst::Pad {
    gst::Pad::builder(gst::PadDirection::Src)
        .name("units")
        .query_function(|pad, parent, query| {
            if let gst::QueryViewMut::Latency(latency) = query.view_mut() {
                latency.set(true, gst::ClockTime::ZERO, gst::ClockTime::NONE);
                return true;
            }
            gst::Pad::query_default(pad, parent, query)
        })
        .build()
}

fn receiving_pad(received: &Arc<Mutex<Received>>, converts: bool) -> gst::Pad {
    let formats = [gst_video::VideoFormat::I420, gst_video::VideoFormat::Nv12];
    let caps = if converts {
        gst_video::VideoCapsBuilder::new()
            .format_list(formats)
            .build()
    } else {
        // Anything is let in, so that a foreign format is seen and answered with a conversion.
        gst::Caps::new_any()
    };
    let template = gst::PadTemplate::new(
        "sink",
        gst::PadDirection::Sink,
        gst::PadPresence::Always,
        &caps,
    )
    .ok();
    let builder = match &template {
        Some(template) => gst::Pad::builder_from_template(template),
        None => gst::Pad::builder(gst::PadDirection::Sink),
    };
    let (for_chain, for_event) = (Arc::clone(received), Arc::clone(received));
    builder
        .name("pictures")
        .chain_function(move |_pad, _parent, buffer| {
            let mut received = for_chain.lock();
            let rotation = received.rotation;
            match received.info.clone() {
                Some(info) => {
                    received.buffers.push((buffer, info, rotation));
                    Ok(gst::FlowSuccess::Ok)
                }
                None => Err(gst::FlowError::NotNegotiated),
            }
        })
        .event_function(move |_pad, _parent, event| {
            match event.view() {
                gst::EventView::Caps(caps) => {
                    let info = gst_video::VideoInfo::from_caps(caps.caps()).ok();
                    let known = info
                        .as_ref()
                        .is_some_and(|info| formats.contains(&info.format()));
                    let mut received = for_event.lock();
                    received.unsupported = !known;
                    received.info = info.filter(|_| known);
                }
                gst::EventView::Tag(tag) => {
                    if let Some(turn) = tag.tag().get::<gst::tags::ImageOrientation>() {
                        for_event.lock().rotation = match turn.get() {
                            "rotate-90" => Rotation::Quarter,
                            "rotate-180" => Rotation::Half,
                            "rotate-270" => Rotation::ThreeQuarters,
                            _ => Rotation::None,
                        };
                    }
                }
                _ => {}
            }
            true
        })
        .query_function(|pad, parent, query| {
            if let gst::QueryViewMut::Allocation(allocation) = query.view_mut() {
                // Strides and padding as the decoder likes them: no copy of each frame.
                allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
                return true;
            }
            gst::Pad::query_default(pad, parent, query)
        })
        .build()
}

fn colour_of(info: &gst_video::VideoInfo) -> Colour {
    let colorimetry = info.colorimetry();
    let matrix = match colorimetry.matrix() {
        gst_video::VideoColorMatrix::Bt601 | gst_video::VideoColorMatrix::Fcc => Matrix::Bt601,
        gst_video::VideoColorMatrix::Bt709 => Matrix::Bt709,
        gst_video::VideoColorMatrix::Bt2020 => Matrix::Bt2020,
        _ => Matrix::assumed_for(info.height()),
    };
    let range = match colorimetry.range() {
        gst_video::VideoColorRange::Range0_255 => Range::Full,
        _ => Range::Limited,
    };
    Colour { matrix, range }
}

/// Decoders for a codec, best rank first. Those of rank `NONE` were switched off by somebody.
fn candidates(codec: Codec) -> VecDeque<gst::ElementFactory> {
    let caps = match codec {
        Codec::H264 => gst::Caps::builder("video/x-h264").build(),
        Codec::H265 => gst::Caps::builder("video/x-h265").build(),
        Codec::Jpeg => gst::Caps::builder("image/jpeg").build(),
    };
    let kinds = gst::ElementFactoryType::DECODER | gst::ElementFactoryType::MEDIA_VIDEO;
    let mut factories: Vec<gst::ElementFactory> =
        gst::ElementFactory::factories_with_type(kinds, gst::Rank::MARGINAL)
            .into_iter()
            .chain(gst::ElementFactory::factories_with_type(
                gst::ElementFactoryType::DECODER | gst::ElementFactoryType::MEDIA_IMAGE,
                gst::Rank::MARGINAL,
            ))
            .filter(|factory| factory.can_sink_any_caps(&caps))
            .filter(|factory| !factory.has_type(gst::ElementFactoryType::PARSER))
            .collect();
    factories.sort_by(|a, b| {
        b.rank()
            .cmp(&a.rank())
            .then_with(|| a.name().cmp(&b.name()))
    });
    factories.dedup_by(|a, b| a.name() == b.name());
    factories.into()
}

#[cfg(test)]
mod tests;
