//! When a feed counts as live, late or lost, and when it is opened again: plain functions of what
//! happened and the time.

use std::time::{Duration, Instant};

use crate::base::backoff;
use crate::base::clock::MediaTime;
use crate::model::condition::{Link, Reason};

/// Limits of patience.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// No picture for this long, or pictures that lie this far behind: late.
    pub(super) late_after: Duration,
    /// No longer late when they lie less than this behind.
    pub(super) in_time_below: Duration,
    /// No unit for this long: the session is given up as silent.
    pub(super) silent_after: Duration,
    /// Units but no picture for this long: decoding is given up.
    pub(super) undecodable_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            late_after: Duration::from_secs(2),
            in_time_below: Duration::from_secs(1),
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
    lag: Lag,
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
            lag: Lag::default(),
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
        self.lag = Lag::default();
    }

    /// A unit with this presentation time came.
    pub(super) fn unit(&mut self, pts: MediaTime, now: Instant) {
        self.last_unit = Some(now);
        self.lag.unit(pts, now);
    }

    /// How far what arrives lies behind.
    pub(super) fn lag(&self) -> Duration {
        self.lag.behind
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
    /// feed, whatever session it came from. Where not every unit is decoded, `is_whole` is false:
    /// then units are the sign of life.
    pub(super) fn look(
        &mut self,
        newest_picture: Option<Instant>,
        is_whole: bool,
        now: Instant,
    ) -> Verdict {
        let Some(opened) = self.opened else {
            return Verdict::Fine;
        };
        if let Some(picture) = newest_picture.filter(|at| *at >= opened) {
            // What came while not every unit was decoded was a sign of life, too.
            self.last_picture = self.last_picture.max(Some(picture));
        }
        let last_unit = self.last_unit.unwrap_or(opened);
        if now.saturating_duration_since(last_unit) >= self.limits.silent_after {
            return Verdict::GiveUp(Reason::Silent);
        }
        if !is_whole && self.last_picture.is_some() {
            self.last_picture = self.last_picture.max(self.last_unit);
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
            Some(_) if self.lag.behind >= self.limits.late_after => self.link = Link::Late,
            Some(_) if self.link == Link::Late && self.lag.behind >= self.limits.in_time_below => {}
            Some(_) => self.link = Link::Live,
        }
        Verdict::Fine
    }
}

/// How far what arrives lies behind what was sent, from the gaps between units: where nothing came
/// for longer than the stream's own time went on, the rest is still on its way.
///
/// Only gaps count, so that a clock of the camera that runs too slowly makes nobody late; a stream
/// time that stands still or jumps says nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Lag {
    last: Option<(MediaTime, Instant)>,
    behind: Duration,
}

/// Units that follow each other within this time have no gap between them.
const NO_GAP: Duration = Duration::from_millis(300);

impl Lag {
    fn unit(&mut self, pts: MediaTime, now: Instant) {
        let Some((last_pts, last)) = self.last.replace((pts, now)) else {
            return;
        };
        let arrived = now.saturating_duration_since(last);
        let sent = Duration::from_nanos(pts.0.saturating_sub(last_pts.0).max(0) as u64);
        if sent.is_zero() {
            return;
        }
        if arrived > NO_GAP {
            self.behind += arrived.saturating_sub(sent);
        }
        self.behind = self.behind.saturating_sub(sent.saturating_sub(arrived));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::{Clock, SimulatedClock, WallTime};
    use crate::model::condition::Phase;

    /// The stream's time goes with the clock.
    fn pts(clock: &SimulatedClock) -> MediaTime {
        MediaTime(clock.wall().0 + 1)
    }

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
        watch.unit(pts(&clock), clock.now());
        assert_eq!(watch.look(None, true, clock.now()), Verdict::Fine);
        assert_eq!(
            *watch.link(),
            Link::Connecting,
            "a unit is not yet a picture"
        );

        let picture = clock.now();
        assert_eq!(watch.look(Some(picture), true, clock.now()), Verdict::Fine);
        assert_eq!(*watch.link(), Link::Live);

        clock.advance(secs(2.0));
        assert_eq!(watch.look(Some(picture), true, clock.now()), Verdict::Fine);
        assert_eq!(*watch.link(), Link::Late);

        clock.advance(secs(4.0));
        assert_eq!(
            watch.look(Some(picture), true, clock.now()),
            Verdict::GiveUp(Reason::Silent)
        );
        watch.failed(Reason::Silent);
        assert_eq!(*watch.link(), Link::Lost(Reason::Silent));

        watch.opened(clock.now());
        clock.advance(secs(0.2));
        assert_eq!(watch.look(Some(picture), true, clock.now()), Verdict::Fine);
        assert_eq!(
            *watch.link(),
            Link::Lost(Reason::Silent),
            "an old picture is no sign of life"
        );

        watch.unit(pts(&clock), clock.now());
        assert_eq!(
            watch.look(Some(clock.now()), true, clock.now()),
            Verdict::Fine
        );
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
        watch.unit(pts(&clock), clock.now());
        watch.look(Some(clock.now()), true, clock.now());
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
            watch.unit(pts(&clock), clock.now());
            assert_eq!(watch.look(Some(old), true, clock.now()), Verdict::Fine);
            assert_eq!(*watch.link(), lost);
        }
        watch.look(Some(clock.now()), true, clock.now());
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
            watch.unit(pts(&clock), clock.now());
            verdict = watch.look(None, true, clock.now());
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
        check(Reason::NotPermitted, true);
        check(Reason::TooManyViewers, true);
        check(Reason::NoAnswer(Phase::Connect), false);
        check(Reason::NotNow, false);
        check(Reason::ServerUnavailable, false);
        check(Reason::ConnectionClosed, false);
    }

    /// Units at 15 a second whose arrival `late` says, in seconds of the stream; the links seen, with
    /// the second of the stream at which they began.
    fn follow(
        seconds: f64,
        pts_of: impl Fn(f64) -> f64,
        arrival_of: impl Fn(f64) -> f64,
    ) -> Vec<(Link, f64)> {
        let start = crate::base::clock::now();
        let at = |s: f64| start + secs(s);
        let mut watch = LinkWatch::new(Limits::default());
        watch.opened(at(0.0));
        let mut seen = Vec::new();
        let mut time = 0.0;
        let mut sent = 0;
        while time < seconds {
            let mut newest = None;
            while arrival_of(f64::from(sent) / 15.0) <= time {
                let stream_time = f64::from(sent) / 15.0;
                let arrival = at(arrival_of(stream_time));
                watch.unit(MediaTime((pts_of(stream_time) * 1e9) as i64), arrival);
                newest = Some(arrival);
                sent += 1;
            }
            watch.look(newest, true, at(time));
            if seen.last().map(|(link, _)| link) != Some(watch.link()) {
                seen.push((watch.link().clone(), time));
            }
            time += 0.05;
        }
        seen
    }

    #[test]
    fn who_lies_behind_is_late_until_he_has_caught_up() {
        // From the tenth second on everything comes three seconds late; from the thirtieth in time.
        let late = |t: f64| {
            if (10.0..30.0).contains(&t) {
                t + 3.0
            } else {
                t.max(if t >= 30.0 {
                    33.0_f64.min(t + 3.0)
                } else {
                    0.0
                })
            }
        };
        let seen = follow(60.0, |t| t, late);
        let links: Vec<&Link> = seen.iter().map(|(link, _)| link).collect();
        assert_eq!(links, [&Link::Live, &Link::Late, &Link::Live], "{seen:?}");
        assert!(seen[1].1 <= 12.2, "within three seconds: {seen:?}");
        assert!((32.0..34.0).contains(&seen[2].1), "{seen:?}");
        // In bursts, once a second, is in time.
        assert_eq!(follow(30.0, |t| t, f64::ceil)[..].len(), 1);
    }

    #[test]
    fn strange_stream_times_make_nobody_late() {
        let live = [(Link::Connecting, 0.0)];
        type StreamTime = fn(f64) -> f64;
        let strange: [(&str, StreamTime); 5] = [
            ("stands still", |_| 5.0),
            ("half as fast", |t| t / 2.0),
            ("twice as fast", |t| t * 2.0),
            ("jumps back", |t| t % 7.0),
            ("backwards", |t| 1000.0 - t),
        ];
        for (name, pts) in strange {
            let seen = follow(60.0, pts, |t| t);
            assert_ne!(seen, live, "{name}");
            assert!(
                seen.iter().all(|(link, _)| *link != Link::Late),
                "{name}: {seen:?}"
            );
        }
    }

    #[test]
    fn where_only_keyframes_are_decoded_units_are_the_sign_of_life() {
        let clock = SimulatedClock::new(WallTime(0));
        let mut watch = LinkWatch::new(Limits::default());
        watch.opened(clock.now());
        let keyframe = clock.now();
        for _ in 0..200 {
            clock.advance(secs(0.1));
            watch.unit(pts(&clock), clock.now());
            assert_eq!(
                watch.look(Some(keyframe), false, clock.now()),
                Verdict::Fine
            );
        }
        assert_eq!(*watch.link(), Link::Live);
        clock.advance(secs(0.1));
        watch.look(Some(keyframe), true, clock.now());
        assert_eq!(*watch.link(), Link::Live, "wanted again: it may catch up");
        clock.advance(secs(2.5));
        watch.look(Some(keyframe), false, clock.now());
        assert_eq!(*watch.link(), Link::Late, "nothing comes");
    }
}
