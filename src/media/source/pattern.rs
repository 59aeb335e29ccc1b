//! A test pattern of our own: `test:smpte`, `test:ball`, `test:snow`.

use url::Url;

use super::{SourceError, pipeline::PipelineSource};
use crate::model::condition::Reason;

/// Opens a `test:` address.
///
/// # Errors
/// When the pattern is unknown.
pub(super) fn open(url: &Url) -> Result<PipelineSource, SourceError> {
    match url.path().trim_matches('/') {
        name @ ("smpte" | "ball" | "snow") => PipelineSource::pattern(name),
        other => {
            Err(Reason::File(format!("no test pattern {other:?}; smpte, ball or snow")).into())
        }
    }
}
