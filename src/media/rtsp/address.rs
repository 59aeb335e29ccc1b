//! Where a session's requests go, and where a server may send us on to.

use url::Url;

use crate::error::{Error, Fault, Phase, RedirectFault};
use crate::io::Target;

/// So many times we let ourselves be sent on.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// How packets come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Interleaved in the connection of the requests.
    Tcp,
    /// By UDP, to ports of ours.
    Udp,
}

/// What a scheme asks for: `rtsp`, `rtspt` (TCP), `rtspu` (UDP), `rtsps` (TLS), `rtsph` (HTTP tunnel),
/// `rtspsh` (HTTP tunnel over TLS).
pub(crate) fn target(url: &Url) -> Result<(Target, Transport), Error> {
    let (is_secure, is_tunnel, port, transport) = match url.scheme() {
        "rtspu" => (false, false, 554, Transport::Udp),
        "rtsps" => (true, false, 322, Transport::Tcp),
        "rtsph" => (false, true, 80, Transport::Tcp),
        "rtspsh" => (true, true, 443, Transport::Tcp),
        _ => (false, false, 554, Transport::Tcp),
    };
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or_else(|| Error::new(Phase::Resolve, Fault::UnknownHost))?;
    let path = url.path();
    let path = if path.is_empty() { "/" } else { path };
    Ok((
        Target {
            host: host.to_owned(),
            port: url.port().unwrap_or(port),
            is_secure,
            is_tunnel,
            path: match url.query() {
                Some(query) => format!("{path}?{query}"),
                None => path.to_owned(),
            },
        },
        transport,
    ))
}

/// The address as requests name it: without user and password, in a scheme that cameras know.
pub(crate) fn request_uri(url: &Url) -> String {
    let scheme = match url.scheme() {
        "rtsps" | "rtspsh" => "rtsps",
        _ => "rtsp",
    };
    let rest = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    // What stands before the host is no part of it.
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let path = path.split('#').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// Where a redirection leads.
pub(crate) fn redirected(
    location: Option<&str>,
    from: &Url,
    visited: &[Url],
) -> Result<Url, Error> {
    let fault = |fault| Error::new(Phase::Describe, Fault::Redirect(fault));
    if visited.len() > MAX_REDIRECTS {
        return Err(fault(RedirectFault::TooMany));
    }
    let location = location
        .map(str::trim)
        .filter(|location| !location.is_empty())
        .ok_or_else(|| fault(RedirectFault::NoAddress))?;
    let mut to = from
        .join(location)
        .map_err(|_odd| fault(RedirectFault::NoAddress))?;
    let is_secure = matches!(from.scheme(), "rtsps" | "rtspsh");
    let allowed = match to.scheme() {
        "rtsps" | "rtspsh" => true,
        "rtsp" | "rtspu" | "rtspt" | "rtsph" => !is_secure,
        _ => false,
    };
    if !allowed {
        return Err(fault(RedirectFault::OtherProtocol));
    }
    if to.host_str().is_none_or(str::is_empty)
        || to.set_username("").is_err()
        || to.set_password(None).is_err()
    {
        return Err(fault(RedirectFault::NoAddress));
    }
    if visited.contains(&to) {
        return Err(fault(RedirectFault::Circle));
    }
    Ok(to)
}

/// The base that a server names, as far as it is an address; else the one that was asked.
pub(crate) fn base(told: Option<&str>, asked: &str) -> (String, bool) {
    let Some(mut told) = told.map(str::trim).filter(|told| !told.is_empty()) else {
        return (asked.to_owned(), false);
    };
    let mut is_odd = false;
    let is_scheme = |text: &str| {
        let text = text
            .get(..8.min(text.len()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        text.starts_with("rtsp://") || text.starts_with("rtsps://")
    };
    // A scheme that stands there twice.
    while is_scheme(told) {
        let behind = told.split_once("://").map_or("", |(_, behind)| behind);
        if !is_scheme(behind) {
            break;
        }
        told = behind;
        is_odd = true;
    }
    if is_scheme(told) {
        return (told.to_owned(), is_odd);
    }
    if let Some(path) = told.strip_prefix('/') {
        return (format!("{}/{path}", authority(asked)), true);
    }
    if told
        .split('/')
        .next()
        .is_some_and(|host| host.contains(['.', ':']))
    {
        return (format!("rtsp://{told}"), true);
    }
    (asked.to_owned(), true)
}

/// Scheme, host and port of an address.
fn authority(uri: &str) -> &str {
    let start = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[start..].find('/').map_or(uri.len(), |at| start + at);
    &uri[..end]
}

/// Where a track may be, in the order in which it is worth asking.
pub(crate) fn controls(control: Option<&str>, base: &str, asked: &str) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    let mut add = |place: String| {
        if !places.contains(&place) {
            places.push(place);
        }
    };
    let Some(control) = control.filter(|control| *control != "*") else {
        add(base.to_owned());
        add(asked.to_owned());
        return places;
    };
    let lower = control.to_ascii_lowercase();
    let behind = |base: &str, control: &str| {
        format!(
            "{}/{}",
            base.trim_end_matches('/'),
            control.trim_start_matches('/')
        )
    };
    if lower.starts_with("rtsp://") || lower.starts_with("rtsps://") {
        add(control.to_owned());
        if let Some(name) = control.rsplit('/').next().filter(|name| !name.is_empty()) {
            add(behind(asked, name));
        }
        return places;
    }
    if control.starts_with('/') {
        add(format!("{}{control}", authority(base)));
    }
    add(behind(base, control));
    add(behind(asked, control));
    // Before the query instead of behind it.
    if let Some((path, query)) = asked.split_once('?') {
        add(format!("{}?{query}", behind(path, control)));
        add(behind(path, control));
    }
    if let Some(joined) = Url::parse(asked)
        .ok()
        .and_then(|url| url.join(control).ok())
    {
        add(joined.to_string());
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_name_no_secret_and_a_scheme_that_cameras_know() {
        let check = |url: &str, uri: &str, host: &str, port: u16| {
            let url: Url = url.parse().unwrap();
            assert_eq!(request_uri(&url), uri);
            let (target, _) = target(&url).unwrap();
            assert_eq!((target.host.as_str(), target.port), (host, port));
        };
        check("rtsp://a/b?c=d", "rtsp://a/b?c=d", "a", 554);
        check("rtspu://u:p@a:8554/b#f", "rtsp://a:8554/b", "a", 8554); // tidy: a test vector
        check("rtsps://[::1]/b", "rtsps://[::1]/b", "[::1]", 322);
        check("rtsph://a/b", "rtsp://a/b", "a", 80);
    }

    #[test]
    fn tracks_are_looked_for_where_cameras_have_them() {
        let asked = "rtsp://c:5/live";
        let check = |control: Option<&str>, told: Option<&str>, expect: &str| {
            let (base, _) = base(told, asked);
            let places = controls(control, &base, asked);
            assert_eq!(places[0], expect, "{control:?} {told:?}");
            let unique: std::collections::BTreeSet<_> = places.iter().collect();
            assert_eq!(unique.len(), places.len());
        };
        check(Some("t=1"), None, "rtsp://c:5/live/t=1");
        check(Some("t=1"), Some("rtsp://c:5/live/"), "rtsp://c:5/live/t=1");
        check(
            Some("t=1"),
            Some("rtsp://rtsp://c:5/live/"),
            "rtsp://c:5/live/t=1",
        );
        check(Some("t=1"), Some("c:5/live/"), "rtsp://c:5/live/t=1");
        check(Some("t=1"), Some("/live/"), "rtsp://c:5/live/t=1");
        check(
            Some("t=1"),
            Some("rtsp://0.0.0.0/live/"),
            "rtsp://0.0.0.0/live/t=1",
        );
        check(Some("t=1"), Some("nonsense"), "rtsp://c:5/live/t=1");
        check(Some("/m/v/1"), Some("rtsp://c:5/"), "rtsp://c:5/m/v/1");
        check(Some("rtsp://10.0.0.9/x"), None, "rtsp://10.0.0.9/x");
        check(None, None, asked);
        check(Some("*"), Some("rtsp://c:5/live/"), "rtsp://c:5/live/");
        let query = "rtsp://c/cam?channel=1";
        let places = controls(Some("t=1"), query, query);
        assert_eq!(places[0], "rtsp://c/cam?channel=1/t=1");
        assert!(places.contains(&"rtsp://c/cam/t=1?channel=1".to_owned()));
    }

    #[test]
    fn redirections_are_judged() {
        let check = |from: &str, location: Option<&str>, expect: Result<&str, RedirectFault>| {
            let from: Url = from.parse().unwrap();
            let to = redirected(location, &from, std::slice::from_ref(&from));
            let to = to
                .map(|to| to.to_string())
                .map_err(|error| match error.fault {
                    Fault::Redirect(fault) => fault,
                    other => panic!("{other:?}"),
                });
            assert_eq!(to, expect.map(ToOwned::to_owned), "{location:?}");
        };
        let from = "rtsp://a:554/x";
        check(from, Some("rtsp://b/y"), Ok("rtsp://b/y"));
        check(from, Some(" rtsps://b:322/y "), Ok("rtsps://b:322/y"));
        check(from, Some("/y?z=1"), Ok("rtsp://a:554/y?z=1"));
        check(from, Some("rtsp://u:p@b/y"), Ok("rtsp://b/y")); // tidy: a test vector
        check(from, Some("http://b/y"), Err(RedirectFault::OtherProtocol));
        check(
            from,
            Some("file:///etc/passwd"),
            Err(RedirectFault::OtherProtocol),
        );
        check(
            "rtsps://a/x",
            Some("rtsp://a/x"),
            Err(RedirectFault::OtherProtocol),
        );
        check(from, Some("rtsp://"), Err(RedirectFault::NoAddress));
        check(from, Some(""), Err(RedirectFault::NoAddress));
        check(from, None, Err(RedirectFault::NoAddress));
        check(from, Some("rtsp://a:554/x"), Err(RedirectFault::Circle));
        let from: Url = from.parse().unwrap();
        let visited = vec![from.clone(); MAX_REDIRECTS + 1];
        let error = redirected(Some("/z"), &from, &visited).unwrap_err();
        assert_eq!(error.fault, Fault::Redirect(RedirectFault::TooMany));
    }
}
