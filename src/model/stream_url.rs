//! The address of a stream, which tells nobody what it hides.
//!
//! Cameras and recorders want passwords and tokens in the path and the query
//! (`/user=admin_password=…_channel=1.sdp`, `?auth=…`). So everything behind host and port counts as a
//! secret: it is shown nowhere, and only whoever opens the stream asks for it.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::redact;

/// An address whose `Display` and `Debug` say where it leads to and no more: `rtsp://HOST:PORT/…`.
///
/// Addresses of files and test patterns hide nothing and are shown as they are.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamUrl(Url);

impl StreamUrl {
    /// All of it: for whoever opens it or writes the camera file, and for nothing that is read by
    /// somebody else.
    pub fn reveal(&self) -> &Url {
        &self.0
    }

    /// `rtsp`, `rtspu`, `rtsps`, `file` or `test`.
    pub fn scheme(&self) -> &str {
        self.0.scheme()
    }

    /// The host; an IPv6 address stands in brackets.
    pub fn host_str(&self) -> Option<&str> {
        self.0.host_str()
    }

    /// The port, where one is given.
    pub fn port(&self) -> Option<u16> {
        self.0.port()
    }
}

impl From<Url> for StreamUrl {
    fn from(url: Url) -> Self {
        Self(url)
    }
}

impl FromStr for StreamUrl {
    type Err = url::ParseError;

    /// # Errors
    /// When it is no address; the error does not repeat it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact::address(self.0.as_str()))
    }
}

impl fmt::Debug for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_it_leads_to_and_no_more() {
        let check = |text: &str, shown: &str| {
            let url: StreamUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown, "{text}");
            assert_eq!(format!("{url:?}"), format!("StreamUrl({shown})"));
            assert_eq!(url.reveal().as_str(), text);
        };
        check("rtsp://10.0.0.1", "rtsp://10.0.0.1");
        check("rtsp://10.0.0.1:8554/", "rtsp://10.0.0.1:8554");
        check("rtsp://10.0.0.1/sub", "rtsp://10.0.0.1/…");
        check("rtsp://10.0.0.1?auth=T0ken", "rtsp://10.0.0.1/…");
        check("rtsp://10.0.0.1#T0ken", "rtsp://10.0.0.1/…");
        check(
            "rtsp://10.0.0.1:554/user=admin_password=tlJwpbo6_channel=1.sdp",
            "rtsp://10.0.0.1:554/…",
        );
        check("rtsps://[2001:db8::1]:322/x", "rtsps://[2001:db8::1]:322/…");
        let login = ["rtsp://admin", "hunter2@10.0.0.1/x"].join(":");
        check(&login, "rtsp://10.0.0.1/…");
        // Where a slash stands in the password, what looks like the host is none.
        let split = ["rtsp://admin", "12/hunter2@10.0.0.1/x"].join(":");
        check(&split, "rtsp://…");
        check("file:///srv/clips/a.mp4", "file:///srv/clips/a.mp4");
        check("test:smpte", "test:smpte");
    }
}
