//! Takes secrets out of texts that somebody else wrote: a server's status line, an error of a library,
//! a cell of a table.
//!
//! What is hidden is what stands behind host and port of the address, as a whole and in its parts; the
//! password in every form in which it travels or is quoted; and whatever looks like a log-in, a digest
//! or another address. Too much hidden costs a word of a message, too little a camera.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::{Position, Url};

use super::camera::Credentials;

/// Stands where something was.
pub const MARK: &str = "…";
/// No text of somebody else's is told at greater length, bytes.
pub const MAX_TEXT_BYTES: usize = 2000;
/// The longest address that is looked at piece by piece, bytes.
const MAX_ADDRESS_BYTES: usize = 8 * 1024;
/// Shorter pieces of an address are hidden only as values (`auth=xyz`).
const LEAST_PIECE: usize = 4;
/// Shorter secrets are hidden only where they stand as a word of their own.
const LEAST_ANYWHERE: usize = 8;
/// So many hexadecimal digits in a row are a digest: those of MD5.
const LEAST_DIGEST: usize = 32;

/// Words of addresses that are words of messages as well; alone they tell nothing.
const ORDINARY: [&str; 44] = [
    "0",
    "1",
    "address",
    "auth",
    "axis",
    "camera",
    "cameras",
    "channel",
    "channels",
    "connection",
    "error",
    "file",
    "h264",
    "h265",
    "hevc",
    "host",
    "http",
    "jpeg",
    "live",
    "login",
    "main",
    "media",
    "mjpeg",
    "mpeg",
    "mpeg4",
    "onvif",
    "pass",
    "passwd",
    "password",
    "port",
    "profile",
    "rtsp",
    "server",
    "session",
    "setup",
    "stream",
    "streaming",
    "streams",
    "token",
    "track",
    "trackid",
    "unicast",
    "user",
    "video",
];

/// An address as it may be told: scheme, host and port. Of what is no address as little as is safe;
/// addresses of files and test patterns as they are.
pub fn address(text: &str) -> String {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("file:") || lower.starts_with("test:") {
        return text.to_owned();
    }
    if lower.starts_with("rtsp") && lower.contains(':') && !lower.contains("://") {
        return MARK.to_owned();
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(is_of_scheme) => (format!("{scheme}://"), rest),
        _ => (String::new(), text),
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let is_host = host.chars().count() <= 255
        && host
            .chars()
            .all(|c| c.is_alphanumeric() || "-._:[]%".contains(c));
    // A password that holds a slash ends what looks like the host.
    if !is_host || behind.contains('@') {
        return format!("{scheme}{MARK}");
    }
    match behind {
        "" | "/" => format!("{scheme}{host}"),
        _ => format!("{scheme}{host}/{MARK}"),
    }
}

/// A text in which every address, log-in and digest is hidden: for texts where nothing is known of
/// what they may quote.
pub fn text(text: &str) -> String {
    without_digests(&without_logins(&addresses(&cut(text))))
}

/// A text of somebody else's about the stream at `url`, without what that hides and without the
/// password of `credentials`.
pub fn without_secrets(told: &str, url: &Url, credentials: Option<&Credentials>) -> String {
    let told = cut(told);
    let secrets = secrets_of(url, credentials);
    text(&without(&told, &secrets))
}

/// Everything that is a secret of a stream, in every form in which it is likely to be quoted.
fn secrets_of(url: &Url, credentials: Option<&Credentials>) -> BTreeSet<String> {
    let mut plain = BTreeSet::new();
    if !matches!(url.scheme(), "file" | "test") {
        pieces(url, &mut plain);
    }
    let own = url.password().map(|password| {
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        (decoded(url.username()), decoded(password))
    });
    let given = credentials.map(|known| (known.user.clone(), known.password.reveal().to_owned()));
    let mut secrets = BTreeSet::new();
    for (user, password) in own.into_iter().chain(given) {
        let both = format!("{user}:{password}");
        for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
            secrets.extend([engine.encode(&both), engine.encode(&password)]);
        }
        plain.extend([both, password]);
    }
    for secret in plain {
        secrets.insert(percent_decode_str(&secret).decode_utf8_lossy().into_owned());
        secrets.insert(utf8_percent_encode(&secret, NON_ALPHANUMERIC).to_string());
        secrets.insert(secret.escape_debug().to_string());
        secrets.insert(secret.replace(' ', "+"));
        let html = secret.replace('&', "&amp;").replace('<', "&lt;");
        secrets.insert(html.replace('>', "&gt;").replace('"', "&quot;"));
        secrets.insert(secret);
    }
    secrets.retain(|secret| secret.chars().count() > 1);
    secrets
}

/// What stands behind host and port, whole and in parts.
fn pieces(url: &Url, to: &mut BTreeSet<String>) {
    let behind = &url[Position::BeforePath..];
    let behind = &behind[..behind.floor_char_boundary(MAX_ADDRESS_BYTES)];
    let tells = |piece: &str| {
        piece.chars().count() >= LEAST_PIECE
            && !ORDINARY.contains(&piece.to_ascii_lowercase().as_str())
    };
    let mut add = |piece: &str| {
        if tells(piece.trim_matches('/')) {
            to.insert(piece.to_owned());
        }
    };
    add(behind);
    add(&url[Position::BeforePath..Position::AfterQuery]);
    add(url.path());
    let decoded = percent_decode_str(behind).decode_utf8_lossy();
    for form in [behind, &*decoded] {
        form.split(['/', '?', '#']).for_each(&mut add);
        form.split(['/', '?', '#', '&', ';', '_'])
            .for_each(&mut add);
        form.split(|c: char| !c.is_alphanumeric())
            .for_each(&mut add);
    }
    // A value is hidden however short and ordinary it is.
    for form in [behind, &*decoded] {
        for value in form.split('=').skip(1) {
            let end = value
                .find(['/', '?', '#', '&', ';', '_'])
                .unwrap_or(value.len());
            to.insert(value[..end].to_owned());
            let long = value.find(['/', '?', '#', '&', ';']).unwrap_or(value.len());
            to.insert(value[..long].to_owned());
        }
    }
}

/// `told` with a mark instead of each of `secrets`, in upper or lower case. The end may be cut in the
/// middle of one.
fn without(told: &str, secrets: &BTreeSet<String>) -> String {
    let lower = told.to_ascii_lowercase();
    let mut hidden = vec![false; told.len()];
    for secret in secrets {
        let secret = secret.to_ascii_lowercase();
        let anywhere = secret.len() >= LEAST_ANYWHERE;
        for (at, _) in lower.match_indices(&secret) {
            let end = at + secret.len();
            if anywhere || is_word(&lower, at, end) {
                hidden[at..end].fill(true);
            }
        }
        let starts = (LEAST_PIECE..secret.len()).rev();
        let mut starts = starts.filter(|cut| secret.is_char_boundary(*cut));
        if let Some(cut) = starts.find(|cut| lower.ends_with(&secret[..*cut])) {
            let at = lower.len() - cut;
            let tells = !ORDINARY.contains(&&lower[at..]);
            if tells && (anywhere || is_word(&lower, at, lower.len())) {
                hidden[at..].fill(true);
            }
        }
    }
    let mut shown = String::with_capacity(told.len());
    let mut was_hidden = false;
    for (at, c) in told.char_indices() {
        match (hidden[at], was_hidden) {
            (false, _) => shown.push(c),
            (true, false) if c == '/' => shown.push_str("/…"),
            (true, false) => shown.push_str(MARK),
            (true, true) => {}
        }
        was_hidden = hidden[at];
    }
    shown
}

/// Whether what stands from `at` to `end` is no part of a longer word.
fn is_word(text: &str, at: usize, end: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

/// A text in which every `scheme://…`, up to a blank or a quotation mark, is as [`address`] tells it.
pub fn addresses(told: &str) -> String {
    let mut shown = String::with_capacity(told.len());
    let mut rest = told;
    while let Some(at) = rest.find("://") {
        let before = &rest[..at];
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_of_scheme(*c))
            .last()
            .map_or(at, |(start, _)| start);
        let ends = |c: char| c.is_whitespace() || "\"'<>`".contains(c);
        let end = rest[at..].find(ends).map_or(rest.len(), |end| at + end);
        shown.push_str(&rest[..start]);
        shown.push_str(&address(&rest[start..end]));
        rest = &rest[end..];
    }
    shown.push_str(rest);
    shown
}

fn is_of_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+-.".contains(c)
}

/// What follows `Basic`, `Digest` or `Bearer` as HTTP and RTSP write log-ins.
fn without_logins(told: &str) -> String {
    let mut shown = String::with_capacity(told.len());
    let mut rest = told;
    loop {
        let lower = rest.to_ascii_lowercase();
        let found = ["basic ", "bearer "]
            .into_iter()
            .filter_map(|kind| Some(lower.find(kind)? + kind.len()))
            .min();
        let Some(at) = found else {
            shown.push_str(rest);
            return shown;
        };
        let (before, behind) = rest.split_at(at);
        shown.push_str(before);
        let is_of_login = |c: char| c.is_ascii_alphanumeric() || "+/=_-.~".contains(c);
        let end = behind.find(|c| !is_of_login(c)).unwrap_or(behind.len());
        // "Basic realm=…" is a question, no log-in.
        if end >= LEAST_ANYWHERE && !behind[..end].to_ascii_lowercase().starts_with("realm") {
            shown.push_str(MARK);
        } else {
            shown.push_str(&behind[..end]);
        }
        rest = &behind[end..];
    }
}

/// Runs of hexadecimal digits that are as long as a digest.
fn without_digests(told: &str) -> String {
    let mut shown = String::with_capacity(told.len());
    let mut rest = told;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let digits = &rest[at..];
        let end = digits
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(digits.len());
        shown.push_str(&rest[..at]);
        shown.push_str(if end >= LEAST_DIGEST {
            MARK
        } else {
            &digits[..end]
        });
        rest = &digits[end..];
    }
    shown.push_str(rest);
    shown
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::camera::Password;

    const ADDRESS: &str = "rtsp://10.0.0.1:554/user=admin_password=tlJwpbo6_channel=1.sdp/t%D0%BEken?auth=Qz7%2Bx&pwd=ab#Fr4gm3nt";

    fn told(text: &str) -> String {
        let credentials = Credentials {
            user: "operator".into(),
            password: Password::new("pä ss\"w/9"),
        };
        without_secrets(text, &ADDRESS.parse().unwrap(), Some(&credentials))
    }

    #[test]
    fn what_an_address_hides_is_hidden_however_it_is_quoted() {
        let check = |text: &str, shown: &str| assert_eq!(told(text), shown, "{text}");
        check(
            &format!("cannot open {ADDRESS}: no"),
            "cannot open rtsp://10.0.0.1:554/… no",
        );
        check(
            "404 for /user=admin_password=tlJwpbo6_channel=1.sdp",
            "404 for /…",
        );
        check("bad password tlJwpbo6!", "bad password …!");
        check("BAD TLJWPBO6", "BAD …");
        check("no auth Qz7+x, Qz7%2Bx, Qz7%2bx", "no auth …, …, …");
        check("tоken", MARK);
        check("pwd is ab, not abc", "pwd is …, not abc");
        check("Fr4gm3nt", MARK);
        // Cut in the middle of it.
        check("the password tlJwp", "the password …");
        check("wrong password", "wrong password");
        check(
            "Session 1 of channel 1 is over",
            "Session 1 of channel 1 is over",
        );
    }

    #[test]
    fn a_password_is_hidden_in_every_form() {
        let forms = [
            "pä ss\"w/9".to_owned(),
            "p%C3%A4%20ss%22w%2F9".to_owned(),
            "p%c3%a4%20ss%22w%2f9".to_owned(),
            "pä+ss\"w/9".to_owned(),
            "pä ss\\\"w/9".to_owned(),
            "pä ss&quot;w/9".to_owned(),
            STANDARD.encode("operator:pä ss\"w/9"),
            STANDARD.encode("pä ss\"w/9"),
            URL_SAFE_NO_PAD.encode("operator:pä ss\"w/9"),
        ];
        for form in forms {
            assert_eq!(told(&format!("no: {form}.")), "no: ….", "{form}");
        }
        let digest = "response=\"0123456789abcdef0123456789ABCDEF\"";
        assert_eq!(told(digest), "response=\"…\"");
    }

    #[test]
    fn other_addresses_and_logins_are_hidden_too() {
        let check = |told: &str, shown: &str| assert_eq!(text(told), shown, "{told}");
        let other = ["to rtsp://u", "p@10.0.0.2/T0ken now"].join(":");
        check(&other, "to rtsp://10.0.0.2/… now");
        check("\"RTSP://h/x\"", "\"RTSP://h/…\"");
        check("://", "://");
        check(
            "Authorization: Basic b3BlcmF0b3I6eA==",
            "Authorization: Basic …",
        );
        check("Basic realm=\"x\"", "Basic realm=\"x\"");
        check("a file:///srv/a.mp4 b", "a file:///srv/a.mp4 b");
        assert!(text(&"ä".repeat(9000)).len() <= MAX_TEXT_BYTES);
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_no_secret_left(
            before in "\\PC{0,30}", after in "[ .,:;]\\PC{0,30}", secret in "[A-Za-z0-9]{8,20}", at in 0usize..5,
        ) {
            let place = [
                format!("rtsp://h/{secret}"),
                format!("rtsp://h/a?k={secret}"),
                format!("rtsp://h/a#{secret}"),
                format!("rtsp://h/user=a_password={secret}_x.sdp"),
                ["rtsp://u:", &secret, "@h/x"].concat(),
            ];
            let url: Url = place[at].parse().unwrap();
            let shown = without_secrets(&format!("{before} {secret}{after}"), &url, None);
            prop_assert!(!shown.contains(&secret), "{}", shown);
            let shown = text(&format!("{before} {} {after}", place[at]));
            prop_assert!(!shown.contains(&secret), "{}", shown);
        }
    }
}
