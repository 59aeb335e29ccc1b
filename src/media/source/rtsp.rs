//! RTSP over TCP, UDP, TLS and through HTTP, by our own client: memory-safe, one network runtime for
//! all cameras, one behaviour on every transport.

use std::time::Duration;

use qyran_rtsp::{
    CertificateFault, Encoding, Fault, Options, Phase as At, RedirectFault, Session, Unit,
};

use super::{Address, EncodedUnit, NextUnit, Parameters, Source, SourceError, SourceReport};
use crate::base::clock::{self, MediaTime, WallTime};
use crate::model::camera::Certificates;
use crate::model::codec::Codec;
use crate::model::condition::{Detour, Login, Phase, Reason};
use crate::model::frame::Capture;
use crate::model::stamp;

/// Longest wait for each answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);

/// An open session that plays one video stream.
pub(super) struct RtspSource {
    session: Session,
    address: Address,
}

/// How sessions are opened on this seat.
#[derive(Clone, Default)]
pub(super) struct Rules {
    /// Which certificates are believed.
    pub(super) trust: qyran_rtsp::Trust,
    /// The password may go in the clear where a camera knows nothing better.
    pub(super) allow_plain_basic: bool,
}

impl RtspSource {
    /// Opens a session and plays the first video stream that can be decoded.
    pub(super) async fn open(address: Address, rules: Rules) -> Result<Self, SourceError> {
        let had_password = address.credentials.is_some();
        let options = options(&address, rules);
        match qyran_rtsp::open(address.url.reveal(), options).await {
            Ok(session) => Ok(Self::of(session, address)),
            Err(error) => Err(address.discreet(reason_of(&error, had_password).into())),
        }
    }

    /// What an open session plays.
    pub(super) fn of(session: Session, address: Address) -> Self {
        Self { session, address }
    }

    async fn next_unit(&mut self) -> Result<EncodedUnit, SourceError> {
        loop {
            let unit = match self.session.next().await {
                Ok(unit) => unit,
                Err(error) => {
                    return Err(self.address.discreet(reason_of(&error, true).into()));
                }
            };
            if let Some(unit) = encoded(unit) {
                return Ok(unit);
            }
        }
    }
}

/// What a session to this address is to be like.
pub(super) fn options(address: &Address, rules: Rules) -> Options {
    Options {
        credentials: address
            .credentials
            .as_ref()
            .map(|credentials| qyran_rtsp::Credentials {
                user: credentials.user.clone(),
                password: credentials.password.reveal().to_owned(),
            }),
        trust: rules.trust,
        allow_plain_basic: rules.allow_plain_basic,
        user_agent: concat!("Qyran/", env!("CARGO_PKG_VERSION")).to_owned(),
        now_unix_secs: clock::wall_now().0.div_euclid(1_000_000_000),
        answer_timeout: ANSWER_TIMEOUT,
        ..Options::default()
    }
}

/// A unit as the wall takes it; nothing for what is no picture.
fn encoded(unit: Unit) -> Option<EncodedUnit> {
    let codec = match unit.encoding {
        Encoding::H264 => Codec::H264,
        Encoding::H265 => Codec::H265,
        Encoding::Jpeg => Codec::Jpeg,
        _ => return None,
    };
    let capture = stamp::find_in_annexb(&unit.bytes, codec)
        .map(|stamp| Capture {
            wall: stamp.wall,
            number: Some(stamp.number),
        })
        .or_else(|| {
            Some(Capture {
                wall: WallTime(unit.capture_unix_nanos?),
                number: None,
            })
        });
    Some(EncodedUnit {
        codec,
        parameters: Parameters {
            size: unit.size,
            rate_hz: unit.rate_hz,
        },
        pts: MediaTime(unit.pts_nanos),
        arrival: unit.arrival,
        capture,
        keyframe: unit.random_access.is_some(),
        recovers_after: unit.random_access.unwrap_or(0),
        lost_packets: unit.lost_packets,
        is_damaged: unit.is_damaged,
        bytes: unit.bytes,
    })
}

impl Source for RtspSource {
    fn next(&mut self) -> NextUnit<'_> {
        Box::pin(self.next_unit())
    }

    fn report(&self) -> SourceReport {
        let statistics = [Encoding::H264, Encoding::H265, Encoding::Jpeg]
            .iter()
            .find_map(|encoding| self.session.statistics(*encoding))
            .unwrap_or_default();
        SourceReport {
            is_datagram: self.session.transport() == qyran_rtsp::Transport::Udp,
            late_packets: statistics.late,
            jumps: statistics.jumps,
            leniencies: self
                .session
                .leniencies()
                .needed()
                .map(|(leniency, count)| (leniency.key(), count))
                .collect(),
        }
    }
}

/// What the settings say of certificates, for a client that remembers them in `memory`.
pub(super) fn trust_of(
    certificates: Certificates,
    memory: Option<std::sync::Arc<dyn qyran_rtsp::CertificateMemory>>,
) -> qyran_rtsp::Trust {
    match (certificates, memory) {
        (Certificates::Verified, _) => qyran_rtsp::Trust::Verified,
        (Certificates::FirstUse, Some(memory)) => qyran_rtsp::Trust::FirstUse(memory),
        (Certificates::Any | Certificates::FirstUse, _) => qyran_rtsp::Trust::Any,
    }
}

/// Sorts the client's errors into the reasons of the wall: by kind and phase, never by words.
pub(super) fn reason_of(error: &qyran_rtsp::Error, had_password: bool) -> Reason {
    let phase = match error.phase {
        At::Resolve => Phase::Resolve,
        At::Connect => Phase::Connect,
        At::Secure => Phase::Secure,
        At::Tunnel => Phase::Tunnel,
        At::Options => Phase::Options,
        At::Describe => Phase::Describe,
        At::Setup => Phase::Setup,
        At::Play => Phase::Play,
        At::Stream => Phase::Stream,
    };
    match &error.fault {
        Fault::UnknownHost => Reason::UnknownHost,
        Fault::ConnectionRefused => Reason::ConnectionRefused,
        Fault::NoRoute => Reason::NoRoute,
        Fault::Closed => Reason::ConnectionClosed,
        Fault::Reset => Reason::ConnectionReset,
        Fault::TimedOut if phase == Phase::Stream => Reason::Silent,
        Fault::TimedOut => Reason::NoAnswer(phase),
        Fault::System(kind) => Reason::SeatFailed(kind.to_string()),
        Fault::NoTls => Reason::NoEncryption,
        Fault::Certificate(CertificateFault::Untrusted) => Reason::CertificateUntrusted,
        Fault::Certificate(CertificateFault::Expired) => Reason::CertificateExpired,
        Fault::Certificate(CertificateFault::Changed) => Reason::CertificateChanged,
        Fault::Status(status) => {
            let login = if error.logged_in {
                Login::Accepted
            } else if had_password {
                Login::Sent
            } else {
                Login::None
            };
            Reason::of_status(*status, phase, login)
        }
        Fault::PasswordMissing => Reason::PasswordMissing,
        Fault::PasswordRefused => Reason::WrongPassword,
        Fault::PasswordUnsafe => Reason::PasswordUnsafe,
        Fault::NotPermitted => Reason::NotPermitted,
        Fault::Redirect(fault) => Reason::MovedAway(match fault {
            RedirectFault::NoAddress => Detour::Nowhere,
            RedirectFault::OtherProtocol => Detour::OtherProtocol,
            RedirectFault::Circle => Detour::Circle,
            RedirectFault::TooMany => Detour::TooOften,
        }),
        Fault::NoVideo => Reason::NoVideo,
        Fault::NoKnownCodec(codecs) => Reason::UnsupportedCodec(codecs.join(", ")),
        Fault::TooLong(what) => Reason::Protocol(format!("{what} without an end")),
        Fault::Malformed(what) => Reason::Protocol(format!("{what} cannot be read")),
    }
}
