//! Basic and Digest (MD5) authentication, the server's side (RFC 7617, RFC 2617, RFC 7616).
//!
//! Nonces carry the time they were made and a seal, so the server keeps no list of them.

use std::time::Duration;

use base64::Engine as _;
use md5::{Digest as _, Md5};

/// What the city calls its protected space.
pub(crate) const REALM: &str = "Qyran City";
/// A nonce older than this is stale: the client gets a fresh one and may try again.
pub(crate) const NONCE_LIFE: Duration = Duration::from_secs(300);

/// How a camera wants to be logged in to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Anybody may.
    Open,
    /// User name and password in the clear.
    Basic,
    /// A proof that the client knows the password.
    Digest,
}

/// Whether a request may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes.
    Granted,
    /// No.
    Refused,
    /// The proof is right but old.
    Stale,
}

/// Makes and checks nonces.
#[derive(Debug, Clone)]
pub(crate) struct Nonces {
    secret: u64,
}

impl Nonces {
    /// `secret` must be hard to guess and stay the same as long as nonces are to be known again.
    pub(crate) fn new(secret: u64) -> Self {
        Self { secret }
    }

    /// A nonce made at `now` (counted from any fixed origin).
    pub(crate) fn make(&self, now: Duration) -> String {
        let micros = now.as_micros() as u64;
        format!("{micros:016x}{}", self.seal(micros))
    }

    /// The age of a nonce of ours; `None` for one that is not.
    fn age(&self, nonce: &str, now: Duration) -> Option<Duration> {
        let (micros, seal) = nonce.split_at_checked(16)?;
        let micros = u64::from_str_radix(micros, 16).ok()?;
        (self.seal(micros) == seal).then(|| now.saturating_sub(Duration::from_micros(micros)))
    }

    fn seal(&self, micros: u64) -> String {
        hash(&[&format!("{:016x}", self.secret), &format!("{micros:016x}")])
    }
}

/// The `WWW-Authenticate` header of a refusal.
pub(crate) fn challenge(scheme: Scheme, nonce: &str, stale: bool) -> String {
    match scheme {
        Scheme::Basic => format!("Basic realm=\"{REALM}\""),
        Scheme::Open | Scheme::Digest => {
            let stale = if stale { ", stale=TRUE" } else { "" };
            format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm=MD5{stale}")
        }
    }
}

/// Judges an `Authorization` header.
pub(crate) fn judge(
    header: Option<&str>,
    (scheme, user, password): (Scheme, &str, &str),
    (method, uri): (&str, &str),
    nonces: &Nonces,
    now: Duration,
) -> Verdict {
    if scheme == Scheme::Open {
        return Verdict::Granted;
    }
    let Some((kind, rest)) = header.and_then(|header| header.trim().split_once(' ')) else {
        return Verdict::Refused;
    };
    let granted = match scheme {
        Scheme::Basic if kind.eq_ignore_ascii_case("basic") => {
            let expect =
                base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            rest.trim() == expect
        }
        Scheme::Digest if kind.eq_ignore_ascii_case("digest") => {
            let answer = Answer::read(rest);
            if answer.get("username") != user || !same_resource(answer.get("uri"), uri) {
                return Verdict::Refused;
            }
            let Some(age) = nonces.age(answer.get("nonce"), now) else {
                return Verdict::Refused;
            };
            if answer.get("response") != answer.expected(user, REALM, password, method) {
                return Verdict::Refused;
            }
            if age > NONCE_LIFE {
                return Verdict::Stale;
            }
            true
        }
        _ => false,
    };
    if granted {
        Verdict::Granted
    } else {
        Verdict::Refused
    }
}

/// Clients write the address with or without host, slash and track.
fn same_resource(a: &str, b: &str) -> bool {
    super::address::parse(a) == super::address::parse(b)
}

/// The fields of a Digest answer.
struct Answer<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Answer<'a> {
    fn read(mut text: &'a str) -> Self {
        let mut fields = Vec::new();
        while let Some((name, rest)) = text.split_once('=') {
            let name = name.trim_matches(|c: char| c == ',' || c.is_whitespace());
            let value;
            if let Some(quoted) = rest.trim_start().strip_prefix('"') {
                (value, text) = quoted.split_once('"').unwrap_or((quoted, ""));
            } else {
                (value, text) = rest.split_once(',').unwrap_or((rest, ""));
            }
            fields.push((name, value.trim()));
        }
        Self(fields)
    }

    fn get(&self, name: &str) -> &'a str {
        self.0
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    /// RFC 2617 section 3.2.2.1, with and without `qop`.
    fn expected(&self, user: &str, realm: &str, password: &str, method: &str) -> String {
        let who = hash(&[user, realm, password]);
        let what = hash(&[method, self.get("uri")]);
        match self.get("qop") {
            "" => hash(&[&who, self.get("nonce"), &what]),
            qop => hash(&[
                &who,
                self.get("nonce"),
                self.get("nc"),
                self.get("cnonce"),
                qop,
                &what,
            ]),
        }
    }
}

/// MD5 of the parts joined by colons, in hexadecimal digits.
fn hash(parts: &[&str]) -> String {
    use std::fmt::Write as _;
    let digest = Md5::digest(parts.join(":").as_bytes());
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok(); // Writing to a string cannot fail.
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standards_come_out() {
        // RFC 2617 section 3.5 and RFC 7616 section 3.9.1 (MD5).
        let check = |realm, user, password, answer: &str, expect: &str| {
            let answer = Answer::read(answer);
            assert_eq!(answer.expected(user, realm, password, "GET"), expect);
        };
        check(
            "testrealm@host.com",
            "Mufasa",
            "Circle Of Life",
            r#"username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
               uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b""#,
            "6629fae49393a05397450978507c4ef1",
        );
        check(
            "http-auth@example.org",
            "Mufasa",
            "Circle of Life",
            r#"username="Mufasa", uri="/dir/index.html", algorithm=MD5,
               nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001,
               cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth"#,
            "8ca523f5e9506fed4657c9700eebdbec",
        );
        // RFC 2069's form, without qop (its example as corrected in errata 749).
        check(
            "testrealm@host.com",
            "Mufasa",
            "CircleOfLife",
            r#"nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html""#,
            "1949323746fe6a43ef61f9606e7febea",
        );
    }

    const URI: &str = "rtsp://127.0.0.1:8554/cam-001/sub";

    fn judge_digest(password: &str, uri: &str, made: u64, now: u64, user: &str) -> Verdict {
        let nonces = Nonces::new(7);
        let nonce = nonces.make(Duration::from_secs(made));
        let response = hash(&[
            &hash(&["operator", REALM, password]),
            &nonce,
            &hash(&["DESCRIBE", uri]),
        ]);
        let header = format!(
            r#"Digest username="{user}", realm="{REALM}", nonce="{nonce}", uri="{uri}", response="{response}""#
        );
        judge(
            Some(&header),
            (Scheme::Digest, "operator", "сақшы-7"),
            ("DESCRIBE", URI),
            &nonces,
            Duration::from_secs(now),
        )
    }

    #[test]
    fn digest_answers_are_judged() {
        let good = "сақшы-7";
        assert_eq!(
            judge_digest(good, URI, 100, 101, "operator"),
            Verdict::Granted
        );
        let slash = format!("{URI}/");
        assert_eq!(
            judge_digest(good, &slash, 100, 101, "operator"),
            Verdict::Granted
        );
        assert_eq!(
            judge_digest("other", URI, 100, 101, "operator"),
            Verdict::Refused
        );
        assert_eq!(judge_digest(good, URI, 100, 101, "admin"), Verdict::Refused);
        assert_eq!(
            judge_digest(good, URI, 100, 500, "operator"),
            Verdict::Stale
        );
        let other = "rtsp://127.0.0.1:8554/cam-002/sub";
        assert_eq!(
            judge_digest(good, other, 100, 101, "operator"),
            Verdict::Refused
        );
    }

    #[test]
    fn nonces_of_others_are_not_known() {
        let now = Duration::from_secs(5);
        let ours = Nonces::new(1);
        assert_eq!(ours.age(&ours.make(now), now), Some(Duration::ZERO));
        assert_eq!(ours.age(&Nonces::new(2).make(now), now), None);
        for bad in ["", "12", "жжжжжжжжжжжж", "00000000000000000"] {
            assert_eq!(ours.age(bad, now), None, "{bad}");
        }
    }

    #[test]
    fn basic_answers_are_judged() {
        let check = |header, expect| {
            let who = (Scheme::Basic, "Aladdin", "open sesame");
            let verdict = judge(header, who, ("PLAY", URI), &Nonces::new(1), Duration::ZERO);
            assert_eq!(verdict, expect, "{header:?}");
        };
        // RFC 7617 section 2.
        check(Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), Verdict::Granted);
        check(Some("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), Verdict::Granted);
        check(Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ"), Verdict::Refused);
        check(Some("Digest username=\"Aladdin\""), Verdict::Refused);
        check(Some("Basic"), Verdict::Refused);
        check(None, Verdict::Refused);
    }

    #[test]
    fn an_open_camera_asks_nobody() {
        let who = (Scheme::Open, "", "");
        let verdict = judge(None, who, ("PLAY", URI), &Nonces::new(1), Duration::ZERO);
        assert_eq!(verdict, Verdict::Granted);
    }
}
