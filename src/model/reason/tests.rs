//! Tests over all reasons and over all that they are made of.

use std::collections::BTreeSet;

use std::io;

use super::*;
use crate::words::{Language, Words};

/// One of each kind; of those that stand for more, one for each of them.
fn every() -> Vec<Reason> {
    let mut every: Vec<Reason> = Phase::ALL.map(Reason::NoAnswer).to_vec();
    every.extend([
        Reason::NoRoute,
        Reason::ConnectionRefused,
        Reason::ConnectionClosed,
        Reason::ConnectionReset,
        Reason::UnknownHost,
        Reason::NoEncryption,
        Reason::CertificateUntrusted,
        Reason::CertificateExpired,
        Reason::CertificateChanged,
        Reason::WrongPassword,
        Reason::PasswordMissing,
        Reason::PasswordUnsafe,
        Reason::NotPermitted,
        Reason::NotFound,
        Reason::TooManyViewers,
        Reason::NotNow,
        Reason::RangeRefused,
        Reason::TransportRefused,
        Reason::Refused(400),
        Reason::ServerUnavailable,
        Reason::NoVideo,
        Reason::UnsupportedCodec("MPEG4, MP4V-ES".into()),
        Reason::Silent,
        Reason::MovedAway(Detour::Circle),
        Reason::MovedAway(Detour::TooOften),
        Reason::MovedAway(Detour::OtherProtocol),
        Reason::MovedAway(Detour::Nowhere),
        Reason::Protocol("x".into()),
        Reason::DecodeFailed("x".into()),
        Reason::DecoderRestarted,
        Reason::File("x".into()),
        Reason::NoAddress,
        Reason::SeatFailed("x".into()),
        Reason::Reopened,
    ]);
    every
}

fn told(words: Words, key: &str) -> String {
    words.with(key, &[("seconds", 1234_u32.into())])
}

#[test]
fn every_reason_is_said_in_three_languages() {
    for language in Language::ALL {
        let words = Words::new(language);
        for reason in every() {
            let word = told(words, reason.key());
            // It stands on a tile.
            let length = word.chars().count();
            assert!(length <= 20, "{word:?} has {length}");
            let mut keys = vec![reason.key(), reason.advice_key(), reason.matter().key()];
            keys.extend(reason.circumstance_key());
            for key in keys {
                let text = told(words, key);
                assert!(!text.is_empty() && !text.contains('['), "{key}: {text:?}");
                assert!(!text.ends_with('.'), "{key}: {text:?}");
            }
        }
    }
}

#[test]
fn no_two_reasons_have_one_word() {
    let keys: BTreeSet<&str> = every().iter().map(Reason::key).collect();
    for language in Language::ALL {
        let words = Words::new(language);
        let said: BTreeSet<String> = keys.iter().map(|key| told(words, key)).collect();
        assert_eq!(said.len(), keys.len(), "{}", language.tag());
    }
}

#[test]
fn statuses_are_sorted() {
    let check = |status: u16, phase, login, expect: Reason| {
        let have = Reason::of_status(status, phase, login);
        assert_eq!(have, expect, "{status} {phase:?} {login:?}");
    };
    for status in 300..=599 {
        for phase in Phase::ALL {
            for login in Login::ALL {
                let reason = Reason::of_status(status, phase, login);
                let context = format!("{status} {phase:?} {login:?}: {reason}");
                // Only a password that was sent, and is asked for again, is wrong.
                let is_wrong = (status, login) == (401, Login::Sent);
                assert_eq!(reason == Reason::WrongPassword, is_wrong, "{context}");
                let is_missing = (status, login) == (401, Login::None);
                assert_eq!(reason == Reason::PasswordMissing, is_missing, "{context}");
                let is_of_password = matches!(status, 401 | 403);
                let matter = reason.matter();
                assert_eq!(matter == Matter::Password, is_of_password, "{context}");
                // Who answers has not hung up, is reached, and is no matter of the seat.
                assert!(
                    matches!(matter, Matter::Password | Matter::Camera),
                    "{context}"
                );
                assert!(
                    !matches!(
                        reason,
                        Reason::ConnectionClosed | Reason::NoAnswer(_) | Reason::Protocol(_)
                    ),
                    "{context}"
                );
                if let Reason::Refused(told) = reason {
                    assert_eq!(told, status, "{context}");
                }
                // What passes by itself is not called refused.
                let passes = matches!(reason, Reason::NotNow | Reason::ServerUnavailable);
                assert_eq!(reason.is_refusal(), !passes, "{context}");
            }
        }
    }
    for login in Login::ALL {
        for phase in Phase::ALL {
            check(403, phase, login, Reason::NotPermitted);
            check(453, phase, login, Reason::TooManyViewers);
            check(455, phase, login, Reason::NotNow);
            check(457, phase, login, Reason::RangeRefused);
            check(461, phase, login, Reason::TransportRefused);
            check(400, phase, login, Reason::Refused(400));
            check(503, phase, login, Reason::ServerUnavailable);
            check(500, phase, login, Reason::ServerUnavailable);
            check(302, phase, login, Reason::MovedAway(Detour::Nowhere));
        }
    }
    check(404, Phase::Describe, Login::Sent, Reason::NotFound);
    check(410, Phase::Setup, Login::Accepted, Reason::NotFound);
    check(404, Phase::Tunnel, Login::None, Reason::TransportRefused);
    check(454, Phase::Describe, Login::None, Reason::NotFound);
    check(454, Phase::Play, Login::Accepted, Reason::NotNow);
    check(401, Phase::Setup, Login::Accepted, Reason::NotPermitted);
    check(501, Phase::Options, Login::None, Reason::Refused(501));
}

#[test]
fn errors_of_the_system_are_sorted() {
    use io::ErrorKind as Kind;
    let check = |kind: Kind, phase, expect: Reason| {
        assert_eq!(Reason::of_io(&kind.into(), phase), expect, "{kind:?}");
    };
    for phase in Phase::ALL {
        check(Kind::TimedOut, phase, Reason::NoAnswer(phase));
    }
    check(Kind::Other, Phase::Resolve, Reason::UnknownHost);
    let connect = Phase::Connect;
    check(Kind::ConnectionRefused, connect, Reason::ConnectionRefused);
    check(Kind::HostUnreachable, connect, Reason::NoRoute);
    check(Kind::NetworkUnreachable, connect, Reason::NoRoute);
    let stream = Phase::Stream;
    check(Kind::UnexpectedEof, stream, Reason::ConnectionClosed);
    check(Kind::BrokenPipe, stream, Reason::ConnectionClosed);
    check(Kind::ConnectionReset, stream, Reason::ConnectionReset);
    check(Kind::InvalidData, Phase::Secure, Reason::NoEncryption);
    // What somebody wrote into the error may quote an address.
    let secret = io::Error::other("rtsp://host/?password=hush");
    let reason = Reason::of_io(&secret, connect);
    assert_eq!(reason.matter(), Matter::Seat);
    assert!(!reason.to_string().contains("hush"), "{reason}");
    // No more descriptors: the seat's own affair, and none of the camera's.
    #[cfg(target_os = "linux")]
    {
        let reason = Reason::of_io(&io::Error::from_raw_os_error(24), connect);
        assert!(
            matches!(&reason, Reason::SeatFailed(text) if text.contains("24")),
            "{reason}"
        );
    }
}

#[test]
fn the_log_has_the_circumstances() {
    let check = |reason: Reason, expect| assert_eq!(reason.to_string(), expect);
    check(Reason::NoAnswer(Phase::Describe), "no-answer (describe)");
    check(
        Reason::MovedAway(Detour::OtherProtocol),
        "moved-away (other-protocol)",
    );
    check(Reason::Refused(400), "refused: RTSP 400");
    check(
        Reason::UnsupportedCodec("MP4V-ES".into()),
        "unsupported-codec: MP4V-ES",
    );
    check(Reason::Silent, "silent");
}

/// The page has a line for each reason: its word, what it means, the advice, where to look.
#[test]
fn the_page_has_the_table() {
    let page = include_str!("../../../docs/ref/cameras.md");
    let words = Words::new(Language::En);
    let mut missing = BTreeSet::new();
    for reason in every() {
        let word = words.with(reason.key(), &[("seconds", "…".into())]);
        let advice = words.get(reason.advice_key());
        let matter = words.get(reason.matter().key());
        let begins = format!("| {word} | ");
        let ends = format!(" | {advice} | {matter} |");
        let is_there = page
            .lines()
            .any(|line| line.starts_with(&begins) && line.ends_with(&ends));
        if !is_there {
            missing.insert(format!("{begins}…{ends}"));
        }
    }
    let missing: Vec<_> = missing.into_iter().collect();
    assert!(missing.is_empty(), "the page lacks\n{}", missing.join("\n"));
}
