//! Which stream of which camera an RTSP address means: `rtsp://host/cam-003/sub/trackID=1`.

use serde::Serialize;

/// The two streams of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stream {
    /// The large one.
    Main,
    /// The small one.
    Sub,
}

impl Stream {
    /// The word used in addresses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Sub => "sub",
        }
    }
}

/// Camera number (from 1) and stream of an address; `None` when it means none. Host, query, a
/// slash at the end and the track do not matter.
pub(crate) fn parse(uri: &str) -> Option<(usize, Stream)> {
    let path = match uri.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => uri.strip_prefix('/').unwrap_or(uri),
    };
    let path = path.split('?').next()?;
    let mut parts = path.trim_end_matches('/').split('/');
    let number = camera_number(parts.next()?)?;
    let stream = match parts.next()? {
        "main" => Stream::Main,
        "sub" => Stream::Sub,
        _ => return None,
    };
    match (parts.next(), parts.next()) {
        (None, _) | (Some("trackID=1"), None) => Some((number, stream)),
        _ => None,
    }
}

/// 3 for `cam-003`.
pub(crate) fn camera_number(id: &str) -> Option<usize> {
    let digits = id.strip_prefix("cam-")?;
    let number = digits.parse().ok()?;
    (id == camera_id(number)).then_some(number)
}

/// `cam-003` for 3.
pub(crate) fn camera_id(number: usize) -> String {
    format!("cam-{number:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let check = |uri, expect| assert_eq!(parse(uri), expect, "{uri}");
        check("rtsp://127.0.0.1:8554/cam-003/sub", Some((3, Stream::Sub)));
        check(
            "rtsp://127.0.0.1:8554/cam-064/main/",
            Some((64, Stream::Main)),
        );
        check("rtsp://h/cam-003/sub/trackID=1", Some((3, Stream::Sub)));
        check("rtsp://h/cam-003/sub?x=1", Some((3, Stream::Sub)));
        check("/cam-003/sub", Some((3, Stream::Sub)));
        check("rtsp://h/cam-003/sub/trackID=2", None);
        check("rtsp://h/cam-003/sub/trackID=1/x", None);
        check("rtsp://h/cam-3/sub", None);
        check("rtsp://h/cam-+03/sub", None);
        check("rtsp://h/cam-003", None);
        check("rtsp://h/cam-003/third", None);
        check("rtsp://h", None);
        check("*", None);
        check("", None);
    }
}
