//! A video file, played at its own pace over and over, or read once.

use url::Url;

use super::{SourceError, pipeline::PipelineSource};
use crate::model::condition::Reason;

/// Opens a `file:` address.
///
/// # Errors
/// When the file is not there, or holds no video that the wall knows.
pub(super) fn open(url: &Url, paced: bool) -> Result<PipelineSource, SourceError> {
    let path = url
        .to_file_path()
        .map_err(|()| Reason::File(format!("{url} is no path of this machine")))?;
    if let Err(error) = std::fs::File::open(&path) {
        return Err(Reason::File(format!("{}: {error}", path.display())).into());
    }
    PipelineSource::file(&path, paced)
}
