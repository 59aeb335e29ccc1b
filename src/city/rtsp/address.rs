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

/// Where a camera under the fault "redirect" really is: `rtsp://host/moved/cam-003/sub`.
const MOVED: &str = "moved/";

/// The path of an address, without the slash in front.
fn path_of(uri: &str) -> Option<&str> {
    match uri.split_once("://") {
        Some((_, rest)) => Some(rest.split_once('/')?.1),
        None => Some(uri.strip_prefix('/').unwrap_or(uri)),
    }
}

/// Whether an address is one that a redirection leads to.
pub(crate) fn is_moved(uri: &str) -> bool {
    path_of(uri).is_some_and(|path| path.starts_with(MOVED))
}

/// Where a redirection from `uri` leads: to the moved address, and from there back.
pub(crate) fn redirected(uri: &str) -> Option<String> {
    let path = path_of(uri)?;
    let host = uri.strip_suffix(path)?;
    Some(match path.strip_prefix(MOVED) {
        Some(own) => format!("{host}{own}"),
        None => format!("{host}{MOVED}{path}"),
    })
}

/// Camera number (from 1) and stream of an address; `None` when it means none. Host, query, a
/// slash at the end, the track and whether it is a moved address do not matter.
pub(crate) fn parse(uri: &str) -> Option<(usize, Stream)> {
    let path = path_of(uri)?;
    let path = path.strip_prefix(MOVED).unwrap_or(path);
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
        check("rtsp://h/moved/cam-003/sub", Some((3, Stream::Sub)));
        check("rtsp://h/moved/moved/cam-003/sub", None);
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

    #[test]
    fn a_redirection_leads_there_and_back() {
        let (own, moved) = ("rtsp://h:1/cam-003/sub", "rtsp://h:1/moved/cam-003/sub");
        assert!(!is_moved(own) && is_moved(moved));
        assert_eq!(redirected(own).as_deref(), Some(moved));
        assert_eq!(redirected(moved).as_deref(), Some(own));
        assert_eq!(redirected("rtsp://h"), None);
    }
}
