//! When a feed counts as live, late or lost, and when it is opened again: plain functions of what
//! happened and the time.

use std::time::{Duration, Instant};

use crate::base::backoff;
use crate::model::condition::{Link, Reason};

/// Limits of patience.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// No picture for this long: late.
    pub(super) late_after: Duration,
    /// No unit for this long: the session is given up as silent.
    pub(super) silent_after: Duration,
    /// Units but no picture for this long: decoding is given up.
    pub(super) undecodable_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            late_after: Duration::from_secs(2),
            silent_after: Duration::from_secs(6),
            undecodable_after: Duration::from_secs(12),
        }
    }
}

/// Waits after ordinary failures.
pub(super) const RETRY: backoff::Policy = backoff::Policy {
    first: Duration::from_millis(500),
    most: Duration::from_secs(8),
    factor: 1.7,
    jitter: 0.3,
};

/// Waits after a refusal: asking often does not help, and may lock the account.
pub(super) const RETRY_REFUSED: backoff::Policy = backoff::Policy {
    first: Duration::from_secs(5),
    most: Duration::from_secs(60),
    factor: 2.0,
    jitter: 0.2,
};

/// The link of one feed over its sessions.
#[derive(Clone, Debug)]
pub(super) struct LinkWatch {
    limits: Limits,
    link: Link,
    opened: Option<Instant>,
    last_unit: Option<Instant>,
    last_picture: Option<Instant>,
}

/// What a look at the clock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on.
    Fine,
    /// End this session and open another.
    GiveUp(Reason),
}

impl LinkWatch {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            link: Link::Connecting,
            opened: None,
            last_unit: None,
            last_picture: None,
        }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// A session was opened.
    pub(super) fn opened(&mut self, now: Instant) {
        self.opened = Some(now);
        self.last_unit = None;
        self.last_picture = None;
    }

    /// A unit came.
    pub(super) fn unit(&mut self, now: Instant) {
        self.last_unit = Some(now);
    }

    /// The decoder was lost while the session goes on; pictures that arrive from `from` on count.
    pub(super) fn decoder_lost(&mut self, reason: Reason, from: Instant) {
        let Some(opened) = self.opened else {
            // No session: what is said of it stands.
            return;
        };
        if from < opened {
            // It happened to a session before this one.
            return;
        }
        self.opened = Some(from);
        self.last_picture = None;
        self.link = Link::Lost(reason);
    }

    /// The session failed or could not be opened.
    pub(super) fn failed(&mut self, reason: Reason) {
        self.opened = None;
        self.link = if reason.is_refusal() {
            Link::Refused(reason)
        } else {
            Link::Lost(reason)
        };
    }

    /// Looks at the clock. `newest_picture` is the arrival of the newest decoded picture of this
    /// feed, whatever session it came from.
    pub(super) fn look(&mut self, newest_picture: Option<Instant>, now: Instant) -> Verdict {
        let Some(opened) = self.opened else {
            return Verdict::Fine;
        };
        if let Some(picture) = newest_picture.filter(|at| *at >= opened) {
            self.last_picture = Some(picture);
        }
        let last_unit = self.last_unit.unwrap_or(opened);
        if now.saturating_duration_since(last_unit) >= self.limits.silent_after {
            return Verdict::GiveUp(Reason::Silent);
        }
        let last_picture = self.last_picture.unwrap_or(opened);
        let without_picture = now.saturating_duration_since(last_picture);
        if without_picture >= self.limits.undecodable_after {
            return Verdict::GiveUp(Reason::DecodeFailed("units come, but no picture".into()));
        }
        match self.last_picture {
            // Before the first picture of a session its earlier state stands: a lost camera stays
            // lost until it is seen again.
            None => {}
            Some(_) if without_picture >= self.limits.late_after => self.link = Link::Late,
            Some(_) => self.link = Link::Live,
        }
        Verdict::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::{Clock, SimulatedClock, WallTime};

    fn secs(s: f64) -> Duration {
        Duration::from_secs_f64(s)
    }

    #[test]
    fn a_day_in_the_life_of_a_feed() {
        let clock = SimulatedClock::new(WallTime(0));
        let mut watch = LinkWatch::new(Limits::default());
        assert_eq!(*watch.link(), Link::Connecting);

        watch.opened(clock.now());
        clock.advance(secs(0.5));
        watch.unit(clock.now());
        assert_eq!(watch.look(None, clock.now()), Verdict::Fine);
        assert_eq!(
            *watch.link(),
            Link::Connecting,
            "a unit is not yet a picture"
        );

        let picture = clock.now();
        assert_eq!(watch.look(Some(picture), clock.now()), Verdict::Fine);
        assert_eq!(*watch.link(), Link::Live);

        clock.advance(secs(2.0));
        assert_eq!(watch.look(Some(picture), clock.now()), Verdict::Fine);
        assert_eq!(*watch.link(), Link::Late);

        clock.advance(secs(4.0));
        assert_eq!(
            watch.look(Some(picture), clock.now()),
            Verdict::GiveUp(Reason::Silent)
        );
        watch.failed(Reason::Silent);
        assert_eq!(*watch.link(), Link::Lost(Reason::Silent));

        watch.opened(clock.now());
        clock.advance(secs(0.2));
        assert_eq!(watch.look(Some(picture), clock.now()), Verdict::Fine);
        assert_eq!(
            *watch.link(),
            Link::Lost(Reason::Silent),
            "an old picture is no sign of life"
        );

        watch.unit(clock.now());
        assert_eq!(watch.look(Some(clock.now()), clock.now()), Verdict::Fine);
        assert_eq!(*watch.link(), Link::Live);
    }

    #[test]
    fn a_lost_decoder_is_told_and_ends_no_session() {
        let clock = SimulatedClock::new(WallTime(0));
        let mut watch = LinkWatch::new(Limits::default());
        watch.decoder_lost(Reason::DecoderRestarted, clock.now());
        assert_eq!(*watch.link(), Link::Connecting, "there is no session");
        let before = clock.now();
        clock.advance(secs(1.0));
        watch.opened(clock.now());
        watch.unit(clock.now());
        watch.look(Some(clock.now()), clock.now());
        watch.decoder_lost(Reason::DecoderRestarted, before);
        assert_eq!(*watch.link(), Link::Live, "that was before this session");

        clock.advance(secs(1.0));
        let old = clock.now();
        clock.advance(secs(0.5));
        let lost = Link::Lost(Reason::DecoderRestarted);
        // Given up for twenty seconds: nobody expects pictures meanwhile.
        watch.decoder_lost(Reason::DecoderRestarted, clock.now() + secs(20.0));
        for _ in 0..300 {
            clock.advance(secs(0.1));
            watch.unit(clock.now());
            assert_eq!(watch.look(Some(old), clock.now()), Verdict::Fine);
            assert_eq!(*watch.link(), lost);
        }
        watch.look(Some(clock.now()), clock.now());
        assert_eq!(*watch.link(), Link::Live);
    }

    #[test]
    fn units_that_never_become_pictures_are_given_up() {
        let clock = SimulatedClock::new(WallTime(0));
        let mut watch = LinkWatch::new(Limits::default());
        watch.opened(clock.now());
        let mut verdict = Verdict::Fine;
        for _ in 0..200 {
            clock.advance(secs(0.1));
            watch.unit(clock.now());
            verdict = watch.look(None, clock.now());
            if verdict != Verdict::Fine {
                break;
            }
        }
        assert!(
            matches!(verdict, Verdict::GiveUp(Reason::DecodeFailed(_))),
            "{verdict:?}"
        );
    }

    #[test]
    fn a_refusal_is_told_from_a_loss() {
        let check = |reason: Reason, refused: bool| {
            let mut watch = LinkWatch::new(Limits::default());
            watch.failed(reason.clone());
            let expect = if refused {
                Link::Refused(reason)
            } else {
                Link::Lost(reason)
            };
            assert_eq!(*watch.link(), expect);
        };
        check(Reason::WrongPassword, true);
        check(Reason::NotFound, true);
        check(Reason::UnsupportedCodec("vp8".into()), true);
        check(Reason::NoAnswer, false);
        check(Reason::ServerUnavailable, false);
        check(Reason::ConnectionClosed, false);
    }
}
