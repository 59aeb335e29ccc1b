//! What was overlooked so that pictures come: each leniency is a named policy with a test, and is
//! counted, so that a card or a report can say what a camera needs.

use std::fmt;

macro_rules! leniencies {
    ($($(#[doc = $doc:literal])+ $name:ident = $key:literal,)+) => {
        /// A departure from the standards that does not keep pictures from being shown.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Leniency { $($(#[doc = $doc])+ $name,)+ }

        impl Leniency {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name in reports and in the documentation.
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)+ }
            }
        }
    };
}

leniencies! {
    /// Bytes between messages and packets that are neither; passed over to the next that is one.
    Resynchronised = "resynchronised",
    /// A head whose lines do not end as they should, are folded, or have no colon.
    OddHead = "odd-head",
    /// An answer under another number than its question, or under none.
    OtherCseq = "other-cseq",
    /// A body that is shorter or longer than its head says.
    BodyLength = "body-length",
    /// An SDP with lines that cannot be read.
    OddSdp = "odd-sdp",
    /// A codec that is told by its parameters or its number only.
    GuessedCodec = "guessed-codec",
    /// A stream that was found at another place than the one the camera names.
    OtherControl = "other-control",
    /// An answer to SETUP that does not say how the stream comes, or otherwise than asked.
    OddTransport = "odd-transport",
    /// No session is named.
    NoSession = "no-session",
    /// The other transport was taken, since this one was refused or nothing came.
    OtherTransport = "other-transport",
    /// A keepalive that was refused or never answered while pictures come.
    KeepaliveRefused = "keepalive-refused",
    /// A log-in that was asked for anew.
    NewChallenge = "new-challenge",
    /// A connection that had to be made anew for the log-in or the first question.
    NewConnection = "new-connection",
    /// A connection that the camera closed while packets came over UDP.
    ConnectionClosed = "connection-closed",
    /// A request of the camera.
    ServerRequest = "server-request",
    /// A packet on a channel that nobody asked for.
    StrangeChannel = "strange-channel",
    /// A packet from another sender than the camera.
    StrangeSender = "strange-sender",
    /// A packet that is none: too short, of another version, with a length that lies.
    BadPacket = "bad-packet",
    /// A payload type that the SDP does not name.
    OtherPayloadType = "other-payload-type",
    /// The sender's number changed in the middle.
    OtherSsrc = "other-ssrc",
    /// Sequence numbers that do not count.
    OddSequence = "odd-sequence",
    /// Stream time that jumps or stands still.
    OddTime = "odd-time",
    /// A report that cannot be read.
    BadReport = "bad-report",
    /// Ends of pictures that are marked where none is, or not marked.
    OddMark = "odd-mark",
    /// Start codes within packets.
    StartCodes = "start-codes",
    /// A fragment without a beginning or an end, or an aggregate whose lengths lie.
    OddFragment = "odd-fragment",
    /// Parameter sets in the SDP that cannot be used.
    OddParameterSets = "odd-parameter-sets",
    /// A JPEG whose header does not follow the standard.
    OddJpeg = "odd-jpeg",
    /// Sound whose description lacks something.
    OddAudio = "odd-audio",
    /// What exceeded a bound and was thrown away.
    TooLarge = "too-large",
}

impl fmt::Display for Leniency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// How often each leniency was needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leniencies([u32; Leniency::ALL.len()]);

impl Default for Leniencies {
    fn default() -> Self {
        Self([0; Leniency::ALL.len()])
    }
}

impl Leniencies {
    pub(crate) fn note(&mut self, leniency: Leniency) {
        let count = &mut self.0[leniency as usize];
        if *count == 0 {
            tracing::debug!(%leniency, "overlooked from now on");
        }
        *count = count.saturating_add(1);
    }

    /// How often it was needed.
    pub fn count(&self, leniency: Leniency) -> u32 {
        self.0[leniency as usize]
    }

    /// Those that were needed, with how often.
    pub fn needed(&self) -> impl Iterator<Item = (Leniency, u32)> + '_ {
        Leniency::ALL
            .iter()
            .map(|leniency| (*leniency, self.count(*leniency)))
            .filter(|(_, count)| *count > 0)
    }
}
