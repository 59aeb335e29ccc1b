//! A file that a process of its own reads: what it gives, and what is taken of that.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use super::pipeline::{Said, Timed};
use super::{EncodedUnit, Parameters, SourceError};
use crate::base::clock::{self, MediaTime};
use crate::media::apart::{Message, Process, UnitHead, Workers};
use crate::model::condition::Reason;

/// Rates that a video has, pictures a second; another is none.
const RATES_HZ: std::ops::RangeInclusive<f32> = 0.01..=1000.0;

/// No picture is wider or higher, pixels.
const LONGEST_SIDE: u32 = 1 << 16;

/// A file that is being read, over and over.
pub(super) struct Reading(Process);

impl Reading {
    /// Starts a process for it. Must be called within a tokio runtime.
    pub(super) fn start(path: &Path, workers: &Workers) -> Result<Self, SourceError> {
        let task: [OsString; 3] = ["read".into(), "--file".into(), path.into()];
        let process = Process::start(workers, &task, Stdio::null());
        let process = process.map_err(|error| failed(&error))?;
        Ok(Self(process))
    }

    /// What is next. Dropping the future loses nothing.
    pub(super) async fn next_said(&mut self) -> Result<Said, SourceError> {
        match self.0.next().await {
            Ok(Some((Message::Unit(head), bytes))) => {
                let unit = EncodedUnit {
                    codec: head.codec.ok_or_else(|| failed(&"a unit of no codec"))?,
                    parameters: parameters(&head),
                    pts: MediaTime(head.pts.unwrap_or(0)),
                    arrival: clock::now(),
                    capture: None,
                    keyframe: head.keyframe,
                    recovers_after: 0,
                    lost_packets: 0,
                    is_damaged: head.is_damaged,
                    bytes,
                };
                Ok(Said::Unit(Timed {
                    unit,
                    pts: head.pts,
                    dts: head.dts,
                }))
            }
            Ok(Some((Message::End, _))) => Ok(Said::End),
            Ok(Some((Message::Refused(codec), _))) => {
                Ok(Said::Refused(Reason::UnsupportedCodec(codec)))
            }
            Ok(Some((Message::Failed(why), _))) => Err(Reason::File(why).into()),
            Ok(None) => Err(failed(&"it has ended")),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn parameters(head: &UnitHead) -> Parameters {
    Parameters {
        size: head.size.filter(|(w, h)| *w.max(h) <= LONGEST_SIDE),
        rate_hz: head.rate_hz.filter(|rate| RATES_HZ.contains(rate)),
    }
}

fn failed(why: &dyn std::fmt::Display) -> SourceError {
    Reason::File(format!("the process that reads it: {why}")).into()
}
