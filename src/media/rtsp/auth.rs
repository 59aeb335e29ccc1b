//! Log-ins: Basic (RFC 7617) and Digest (RFC 7616, and RFC 2069 where a server knows no better).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

/// User and password. Does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// How a Digest is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
            Self::Sha256 => {
                hex(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref())
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// A way to log in that the server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    Basic,
    Digest(DigestChallenge),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DigestChallenge {
    algorithm: Algorithm,
    is_session: bool,
    /// The algorithm as it was named, to be named so again.
    algorithm_name: Option<String>,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    qop: Option<&'static str>,
    is_stale: bool,
}

/// Why none of the ways can be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoWay {
    /// Nothing that we know is offered.
    Unknown,
    /// Only Basic is, and it is forbidden here.
    Unsafe,
}

/// A scheme and its parameters, as they stand in `WWW-Authenticate`.
struct Offer {
    scheme: String,
    parameters: Vec<(String, String)>,
}

/// Cuts the values of `WWW-Authenticate` headers into offers: several in one header, several
/// headers, values in quotes or without.
fn offers<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for value in values {
        let mut rest = value.trim_start();
        while !rest.is_empty() {
            rest = rest.trim_start_matches([',', ' ', '\t', ';']);
            let end = rest
                .find(|c: char| matches!(c, '=' | ',' | ';') || c.is_ascii_whitespace())
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let after = after.trim_start();
            if word.is_empty() {
                // A sign that means nothing here.
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            let Some(value) = after.strip_prefix('=') else {
                offers.push(Offer {
                    scheme: word.to_ascii_lowercase(),
                    parameters: Vec::new(),
                });
                rest = after;
                continue;
            };
            let (value, after) = read_value(value.trim_start());
            if let Some(offer) = offers.last_mut() {
                offer.parameters.push((word.to_ascii_lowercase(), value));
            }
            rest = after;
        }
    }
    offers
}

/// A value in quotes (with its escapes) or up to the next comma.
fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';']).unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// Picks the best way that is offered: Digest before Basic, SHA-256 before MD5.
pub(crate) fn choose<'a>(
    values: impl Iterator<Item = &'a str>,
    allow_basic: bool,
) -> Result<Challenge, NoWay> {
    let offers = offers(values);
    let digest = offers
        .iter()
        .filter(|offer| offer.scheme == "digest")
        .filter_map(digest_of)
        .max_by_key(|digest| digest.algorithm);
    if let Some(digest) = digest {
        return Ok(Challenge::Digest(digest));
    }
    // Where Digest is offered in a way that we do not know, the password is not given away for it.
    let offers_digest = offers.iter().any(|offer| offer.scheme == "digest");
    if offers_digest || !offers.iter().any(|offer| offer.scheme == "basic") {
        return Err(NoWay::Unknown);
    }
    if allow_basic {
        Ok(Challenge::Basic)
    } else {
        Err(NoWay::Unsafe)
    }
}

fn digest_of(offer: &Offer) -> Option<DigestChallenge> {
    let get = |name: &str| {
        offer
            .parameters
            .iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.clone())
    };
    let name = get("algorithm");
    let upper = name.as_deref().unwrap_or("MD5").trim().to_ascii_uppercase();
    let (upper, is_session) = match upper.strip_suffix("-SESS") {
        Some(base) => (base.to_owned(), true),
        None => (upper, false),
    };
    let algorithm = match upper.as_str() {
        "MD5" | "" => Algorithm::Md5,
        "SHA-256" | "SHA256" => Algorithm::Sha256,
        _ => return None,
    };
    let qop = get("qop").and_then(|qop| {
        let offered = |word: &str| {
            qop.split([',', ' '])
                .any(|q| q.trim().eq_ignore_ascii_case(word))
        };
        if offered("auth") {
            Some("auth")
        } else {
            offered("auth-int").then_some("auth-int")
        }
    });
    Some(DigestChallenge {
        algorithm,
        is_session,
        algorithm_name: name,
        realm: get("realm").unwrap_or_default(),
        nonce: get("nonce")?,
        opaque: get("opaque"),
        qop,
        is_stale: get("stale").is_some_and(|stale| stale.trim().eq_ignore_ascii_case("true")),
    })
}

/// Answers to the challenges of one session.
#[derive(Debug, Default)]
pub(crate) struct LogIn {
    challenge: Option<Challenge>,
    /// How often the nonce was used.
    uses: u32,
    /// Some answer was accepted.
    pub(crate) is_accepted: bool,
}

/// What to do after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Ask once more, with the new challenge.
    Again,
    /// User or password are wrong: the answer was made for a fresh challenge.
    Refused,
}

impl LogIn {
    /// A refusal with a new challenge came for a request that was sent with or without an answer.
    pub(crate) fn challenged(&mut self, challenge: Challenge, was_answered: bool) -> Next {
        let is_stale = matches!(&challenge, Challenge::Digest(digest) if digest.is_stale);
        let same_kind = matches!(
            (&self.challenge, &challenge),
            (Some(Challenge::Basic), Challenge::Basic)
                | (Some(Challenge::Digest(_)), Challenge::Digest(_))
        );
        // The first answer to a challenge that is not said to be too old, and refused.
        let was_fresh = was_answered && same_kind && self.uses <= 1 && !is_stale;
        let was_basic = matches!(self.challenge, Some(Challenge::Basic));
        let refused = was_fresh || (was_answered && was_basic && same_kind);
        self.challenge = Some(challenge);
        self.uses = 0;
        if refused { Next::Refused } else { Next::Again }
    }

    /// The value of `Authorization` for a request; nothing before a challenge.
    pub(crate) fn answer(
        &mut self,
        credentials: &Credentials,
        method: &str,
        uri: &str,
    ) -> Option<String> {
        let challenge = self.challenge.as_ref()?;
        self.uses += 1;
        let client_nonce = hex(&rand::random::<[u8; 8]>());
        Some(match challenge {
            Challenge::Basic => {
                let pair = format!("{}:{}", credentials.user, credentials.password);
                format!("Basic {}", STANDARD.encode(pair))
            }
            Challenge::Digest(digest) => {
                digest.answer(credentials, method, uri, self.uses, &client_nonce)
            }
        })
    }
}

impl DigestChallenge {
    fn answer(
        &self,
        credentials: &Credentials,
        method: &str,
        uri: &str,
        uses: u32,
        client_nonce: &str,
    ) -> String {
        let hash = |text: String| self.algorithm.hash(&text);
        let Credentials { user, password } = credentials;
        let (realm, nonce) = (&self.realm, &self.nonce);
        let mut secret = hash(format!("{user}:{realm}:{password}"));
        if self.is_session {
            secret = hash(format!("{secret}:{nonce}:{client_nonce}"));
        }
        let what = match self.qop {
            Some("auth-int") => hash(format!("{method}:{uri}:{}", hash(String::new()))),
            _ => hash(format!("{method}:{uri}")),
        };
        let count = format!("{uses:08x}");
        let response = match self.qop {
            Some(qop) => hash(format!(
                "{secret}:{nonce}:{count}:{client_nonce}:{qop}:{what}"
            )),
            None => hash(format!("{secret}:{nonce}:{what}")),
        };
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let mut text = format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{uri}\", response=\"{response}\"",
            quoted(user),
            quoted(realm),
            quoted(nonce),
        );
        if let Some(name) = &self.algorithm_name {
            text.push_str(&format!(", algorithm={name}"));
        }
        if let Some(opaque) = &self.opaque {
            text.push_str(&format!(", opaque=\"{}\"", quoted(opaque)));
        }
        if let Some(qop) = self.qop {
            text.push_str(&format!(
                ", qop={qop}, nc={count}, cnonce=\"{client_nonce}\""
            ));
        } else if self.is_session {
            text.push_str(&format!(", cnonce=\"{client_nonce}\""));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(value: &str) -> DigestChallenge {
        match choose([value].into_iter(), false) {
            Ok(Challenge::Digest(digest)) => digest,
            other => panic!("{value}: {other:?}"),
        }
    }

    /// The examples of RFC 7616 section 3.9.1.
    #[test]
    fn the_examples_of_the_standard_come_out() {
        let credentials = Credentials {
            user: "Mufasa".into(),
            password: "Circle of Life".into(), // tidy: the standard's example
        };
        let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let client_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (algorithm, expect) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            (
                "SHA-256",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let challenge = digest(&format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
                 algorithm={algorithm}, nonce=\"{nonce}\", opaque=\"FQhe\""
            ));
            let answer = challenge.answer(&credentials, "GET", "/dir/index.html", 1, client_nonce);
            assert!(
                answer.contains(&format!("response=\"{expect}\"")),
                "{answer}"
            );
            assert!(answer.contains("opaque=\"FQhe\"") && answer.contains("nc=00000001"));
        }
    }

    #[test]
    fn offers_are_read_however_they_are_written() {
        let check = |values: &[&str], basic: bool, expect: Result<&str, NoWay>| {
            let chosen = choose(values.iter().copied(), basic).map(|challenge| match challenge {
                Challenge::Basic => "basic".to_owned(),
                Challenge::Digest(digest) => {
                    format!("{:?} {} {}", digest.algorithm, digest.realm, digest.nonce)
                }
            });
            assert_eq!(chosen, expect.map(ToOwned::to_owned), "{values:?}");
        };
        let md5 = "Digest realm=\"a, \\\"b\\\" c\", nonce=\"n=1,2\"";
        check(&[md5], false, Ok("Md5 a, \"b\" c n=1,2"));
        check(
            &["Basic realm=\"x\"", md5],
            true,
            Ok("Md5 a, \"b\" c n=1,2"),
        );
        check(
            &[&format!("Basic realm=\"x\", {md5}")],
            true,
            Ok("Md5 a, \"b\" c n=1,2"),
        );
        check(
            &["DIGEST Realm=x,Nonce=y,algorithm=\"md5\""],
            false,
            Ok("Md5 x y"),
        );
        check(
            &[
                "Digest realm=x, nonce=m",
                "Digest realm=x, nonce=s, algorithm=SHA-256",
            ],
            false,
            Ok("Sha256 x s"),
        );
        check(&["Basic realm=\"x\""], true, Ok("basic"));
        check(&["Basic realm=\"x\""], false, Err(NoWay::Unsafe));
        // The password is not given away for a Digest that we do not know.
        let odd = "Digest realm=x, nonce=y, algorithm=SHA-512-256";
        check(&[odd, "Basic realm=\"x\""], true, Err(NoWay::Unknown));
        check(&["Negotiate"], true, Err(NoWay::Unknown));
        check(&[], true, Err(NoWay::Unknown));
        check(&[",,=\"\"=", "\"", "Digest"], true, Err(NoWay::Unknown));
    }

    #[test]
    fn only_an_answer_to_a_fresh_challenge_says_that_the_password_is_wrong() {
        let credentials = Credentials {
            user: "u".into(),
            password: "p".into(),
        };
        let challenge = |text: &str| choose([text].into_iter(), true).unwrap();
        let fresh = "Digest realm=x, nonce=a";
        let stale = "Digest realm=x, nonce=b, stale=TRUE";
        let mut log_in = LogIn::default();
        assert_eq!(log_in.challenged(challenge(fresh), false), Next::Again);
        assert!(log_in.answer(&credentials, "DESCRIBE", "x").is_some());
        assert_eq!(log_in.challenged(challenge(fresh), true), Next::Refused);

        let mut log_in = LogIn::default();
        log_in.challenged(challenge(fresh), false);
        log_in.answer(&credentials, "DESCRIBE", "x");
        assert_eq!(log_in.challenged(challenge(stale), true), Next::Again);
        // A nonce that has served before may have expired without anybody saying so.
        let mut log_in = LogIn::default();
        log_in.challenged(challenge(fresh), false);
        log_in.answer(&credentials, "DESCRIBE", "x");
        log_in.answer(&credentials, "SETUP", "x");
        assert_eq!(log_in.challenged(challenge(fresh), true), Next::Again);
        log_in.answer(&credentials, "SETUP", "x");
        assert_eq!(log_in.challenged(challenge(fresh), true), Next::Refused);

        let mut log_in = LogIn::default();
        log_in.challenged(challenge("Basic realm=x"), false);
        log_in.answer(&credentials, "DESCRIBE", "x");
        assert_eq!(
            log_in.challenged(challenge("Basic realm=x"), true),
            Next::Refused
        );
    }
}
