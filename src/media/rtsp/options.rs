//! What a session is to be like.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::Credentials;
use crate::error::{Error, Phase};
use crate::leniency::Leniency;
use crate::session::OfferedTrack;
use crate::trust::{Fingerprint, Trust};

/// Which tracks are set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The first video track that can be taken apart; without one there is no session.
    pub video: bool,
    /// The first audio track that can be taken apart.
    pub audio: bool,
    /// ONVIF's metadata.
    pub metadata: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            video: true,
            audio: false,
            metadata: false,
        }
    }
}

/// Listens to how a session is opened.
pub type Observer = Arc<dyn Fn(&Step) + Send + Sync>;

/// A step on the way to a stream, without anything that may be secret.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A connection is there.
    Connected {
        /// The camera's address.
        peer: IpAddr,
        /// The certificate's SHA-256, over TLS.
        fingerprint: Option<Fingerprint>,
    },
    /// A question was answered.
    Answered {
        /// The question.
        method: Method,
        /// The answer's status.
        status: u16,
        /// How long it took.
        took: Duration,
    },
    /// These tracks are offered.
    Offered(Vec<OfferedTrack>),
    /// A leniency was needed to come this far.
    Overlooked(Leniency),
    /// It ended.
    Failed(Error),
}

/// A question of RTSP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// What can be asked.
    Options,
    /// What is offered.
    Describe,
    /// A track is set up.
    Setup,
    /// It plays.
    Play,
    /// It pauses.
    Pause,
    /// It ends.
    Teardown,
    /// A parameter is read; empty, it keeps a session alive.
    GetParameter,
    /// A parameter is written.
    SetParameter,
}

impl Method {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Options => "OPTIONS",
            Self::Describe => "DESCRIBE",
            Self::Setup => "SETUP",
            Self::Play => "PLAY",
            Self::Pause => "PAUSE",
            Self::Teardown => "TEARDOWN",
            Self::GetParameter => "GET_PARAMETER",
            Self::SetParameter => "SET_PARAMETER",
        }
    }

    pub(crate) fn phase(self) -> Phase {
        match self {
            Self::Options => Phase::Options,
            Self::Describe => Phase::Describe,
            Self::Setup => Phase::Setup,
            Self::Play => Phase::Play,
            _ => Phase::Stream,
        }
    }
}

/// How a session is opened.
#[derive(Clone)]
pub struct Options {
    /// User and password, where they are known.
    pub credentials: Option<Credentials>,
    /// Which certificates are believed.
    pub trust: Trust,
    /// The password may be sent in the clear (Basic without TLS) where a camera asks for nothing
    /// better.
    pub allow_plain_basic: bool,
    /// What we call ourselves.
    pub user_agent: String,
    /// Which tracks are set up.
    pub wanted: Wanted,
    /// Our own clock, seconds since 1970: it tells which era of NTP a camera means.
    pub now_unix_secs: i64,
    /// The longest wait for an answer.
    pub answer_timeout: Duration,
    /// Further headers of DESCRIBE, SETUP and PLAY (`Require: onvif-replay` and the like).
    pub headers: Vec<(&'static str, String)>,
    /// Who listens.
    pub observer: Option<Observer>,
    /// Connections of the tests' own, instead of the network's.
    #[cfg(test)]
    pub(crate) dial: Option<crate::tests::Dial>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            credentials: None,
            trust: Trust::default(),
            allow_plain_basic: true,
            user_agent: "Qyran".to_owned(),
            wanted: Wanted::default(),
            now_unix_secs: 0,
            answer_timeout: Duration::from_secs(8),
            headers: Vec::new(),
            observer: None,
            #[cfg(test)]
            dial: None,
        }
    }
}
