//! When a feed counts as live, late or lost, and when it is opened again: plain functions of what
//! happened and the time.

use std::time::{Duration, Instant};

use super::interval::Interval;
use super::lag::Lag;
use crate::base::backoff;
use crate::base::clock::MediaTime;
use crate::model::condition::{Link, Reason};

/// Limits of patience.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// No picture for this long, or pictures that lie this far behind: late. A camera whose pictures
    /// come seldom by its own nature is given more.
    pub(super) late_after: Duration,
    /// No longer late when they lie less than this behind.
    pub(super) in_time_below: Duration,
    /// No unit for this long: the session is given up as silent. The same holds.
    pub(super) silent_after: Duration,
    /// Units that can be decoded but no picture for this long: decoding is given up.
    pub(super) undecodable_after: Duration,
    /// While it is not known how often a camera sends, it is late after this …
    pub(super) unknown_late_after: Duration,
    /// … and silent after this; or after the same as late, where nothing has come at all. Each time
    /// that a session ends so, the next is given as much more, so that a camera with half a minute
    /// between its pictures is learned in the end.
    pub(super) unknown_silent_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            late_after: Duration::from_secs(2),
            in_time_below: Duration::from_secs(1),
            silent_after: Duration::from_secs(6),
            undecodable_after: Duration::from_secs(12),
            unknown_late_after: Duration::from_secs(12),
            unknown_silent_after: Duration::from_secs(20),
        }
    }
}

/// Late after so many of a camera's own intervals, and after this at most …
const LATE_INTERVALS: (f64, Duration) = (2.5, Duration::from_secs(90));
/// … and silent after so many.
const SILENT_INTERVALS: (f64, Duration) = (4.0, Duration::from_secs(150));
/// A session in which nothing has come at all is given no more than this.
const NOTHING_AT_ALL: Duration = Duration::from_secs(36);
/// Fewer units than this without a picture are held back by a decoder that works.
const HELD_BACK: u32 = 4;
/// Waiting for a keyframe is told when units have come for so long without one.
const AWAITED_AFTER: Duration = Duration::from_secs(1);
/// A camera is a slow one when its pictures come as far apart as this …
const SLOW_FROM: Duration = Duration::from_millis(1600);
/// … until they come as close as this.
const SLOW_TO: Duration = Duration::from_millis(1200);

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
    first_unit: Option<Instant>,
    last_unit: Option<Instant>,
    last_pts: Option<MediaTime>,
    last_picture: Option<Instant>,
    /// What was given to the decoder since it gave a picture last.
    fed: Option<Fed>,
    lag: Lag,
    interval: Interval,
    is_slow: bool,
    /// Sessions in a row that ended as silent before anything was known.
    unlearned: u32,
}

/// Units that could be decoded and gave no picture yet.
#[derive(Clone, Copy, Debug)]
struct Fed {
    since: Instant,
    units: u32,
}

/// What a look at the clock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on.
    Fine,
    /// End this session and open another.
    GiveUp(Reason),
}

/// What is known of a feed's pictures at a look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Arrival of the newest decoded picture of this feed, whatever session it came from.
    pub(super) newest_picture: Option<Instant>,
    /// Every unit is decoded; else units are the sign of life.
    pub(super) is_whole: bool,
    /// Of the units that came none was one at which decoding may begin.
    pub(super) awaits_keyframe: bool,
}

impl LinkWatch {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            link: Link::Connecting,
            opened: None,
            first_unit: None,
            last_unit: None,
            last_pts: None,
            last_picture: None,
            fed: None,
            lag: Lag::default(),
            interval: Interval::default(),
            is_slow: false,
            unlearned: 0,
        }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// A session was opened. What is known of the camera's interval stays.
    pub(super) fn opened(&mut self, now: Instant) {
        self.opened = Some(now);
        self.first_unit = None;
        self.last_unit = None;
        self.last_pts = None;
        self.last_picture = None;
        self.fed = None;
        self.lag = Lag::default();
        self.interval.begin_session();
    }

    /// A unit with this presentation time came.
    pub(super) fn unit(&mut self, pts: MediaTime, now: Instant) {
        self.first_unit.get_or_insert(now);
        self.last_unit = Some(now);
        self.lag.unit(pts, now);
        let sent = self.last_pts.replace(pts).and_then(|last| {
            let sent = pts.0.saturating_sub(last.0) as f64 / 1e9;
            Some(sent * self.lag.pace()?).filter(|sent| *sent > 0.0)
        });
        self.interval.unit(sent, now);
        self.is_slow = match self.interval.usual() {
            Some(usual) if self.is_slow => usual > SLOW_TO,
            Some(usual) => usual >= SLOW_FROM,
            None => self.is_slow,
        };
    }

    /// The unit that came goes to the decoder, and can be decoded.
    pub(super) fn fed(&mut self, now: Instant) {
        if self.opened.is_none_or(|opened| now < opened) {
            return;
        }
        let since = now;
        self.fed.get_or_insert(Fed { since, units: 0 }).units += 1;
    }

    /// How far what arrives lies behind.
    pub(super) fn lag(&self) -> Duration {
        self.lag.behind()
    }

    /// How often the stream's time has jumped in this session.
    pub(super) fn jumps(&self) -> u64 {
        self.lag.jumps()
    }

    /// Its pictures come seconds apart by the camera's own nature.
    pub(super) fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// Without a picture for so long it is late.
    fn late_after(&self) -> Duration {
        let Limits {
            late_after: least,
            unknown_late_after: unknown,
            ..
        } = self.limits;
        self.times_usual(LATE_INTERVALS, least, unknown)
    }

    /// Without a unit for so long it is silent.
    fn silent_after(&self) -> Duration {
        let limits = &self.limits;
        let (unknown, most) = match self.last_unit {
            Some(_) => (limits.unknown_silent_after, SILENT_INTERVALS.1),
            None => (limits.unknown_late_after, NOTHING_AT_ALL),
        };
        let unknown = (unknown * (self.unlearned + 1)).min(most);
        self.times_usual(SILENT_INTERVALS, limits.silent_after, unknown)
    }

    fn times_usual(
        &self,
        (times, most): (f64, Duration),
        least: Duration,
        unknown: Duration,
    ) -> Duration {
        let usual = self.interval.usual();
        usual.map_or(unknown, |usual| usual.mul_f64(times).clamp(least, most))
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
        self.fed = None;
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

    /// Looks at the clock.
    pub(super) fn look(&mut self, seen: Seen, now: Instant) -> Verdict {
        let Some(opened) = self.opened else {
            return Verdict::Fine;
        };
        let newest = seen.newest_picture.filter(|at| *at >= opened);
        if newest > self.last_picture {
            // What came while not every unit was decoded was a sign of life, too.
            self.last_picture = newest;
        }
        if let (Some(fed), Some(picture)) = (self.fed, newest)
            && picture >= fed.since
        {
            self.fed = None;
        }
        let passed = |at: Instant| now.saturating_duration_since(at);
        if passed(self.last_unit.unwrap_or(opened)) >= self.silent_after() {
            let is_known = self.interval.usual().is_some();
            self.unlearned = if is_known {
                0
            } else {
                (self.unlearned + 1).min(9)
            };
            return Verdict::GiveUp(Reason::Silent);
        }
        if !seen.is_whole && self.last_picture.is_some() {
            self.last_picture = self.last_picture.max(self.last_unit);
        }
        let undecodable_after = self.limits.undecodable_after.max(self.late_after());
        if self
            .fed
            .is_some_and(|fed| fed.units >= HELD_BACK && passed(fed.since) >= undecodable_after)
        {
            return Verdict::GiveUp(Reason::DecodeFailed("units come, but no picture".into()));
        }
        let without_picture = self.last_picture.map(passed);
        let is_overdue = without_picture.is_none_or(|time| time >= self.late_after());
        let behind = self.lag.behind();
        if seen.awaits_keyframe && is_overdue && self.may_await(now) {
            self.link = Link::AwaitingKeyframe;
            return Verdict::Fine;
        }
        match without_picture {
            // Before the first picture of a session its earlier state stands: a lost camera stays
            // lost until it is seen again.
            None => {}
            Some(_) if is_overdue || behind >= self.limits.late_after => self.link = Link::Late,
            Some(_) if self.link == Link::Late && behind >= self.limits.in_time_below => {}
            Some(_) => self.link = Link::Live,
        }
        Verdict::Fine
    }

    /// Units have come for a moment, and it is the stream that is waited for, not a decoder.
    fn may_await(&self, now: Instant) -> bool {
        let come_for = |first: Instant| now.saturating_duration_since(first);
        self.link != Link::Lost(Reason::DecoderRestarted)
            && self
                .first_unit
                .is_some_and(|first| come_for(first) >= AWAITED_AFTER)
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

    fn whole(newest_picture: Option<Instant>) -> Seen {
        Seen {
            newest_picture,
            is_whole: true,
            awaits_keyframe: false,
        }
    }

    const AWAITS: Seen = Seen {
        newest_picture: None,
        is_whole: true,
        awaits_keyframe: true,
    };

    /// Two seconds of a camera with fifteen pictures a second, so that this is known of it.
    fn learn(watch: &mut LinkWatch, clock: &SimulatedClock) {
        for _ in 0..30 {
            clock.advance(secs(1.0 / 15.0));
            watch.unit(pts(clock), clock.now());
            watch.fed(clock.now());
            assert_eq!(
                watch.look(whole(Some(clock.now())), clock.now()),
                Verdict::Fine
            );
        }
    }

    #[test]
    fn a_day_in_the_life_of_a_feed() {
        let clock = SimulatedClock::new(WallTime(0));
        let mut watch = LinkWatch::new(Limits::default());
        assert_eq!(*watch.link(), Link::Connecting);

        watch.opened(clock.now());
        clock.advance(secs(0.5));
        watch.unit(pts(&clock), clock.now());
        watch.fed(clock.now());
        assert_eq!(watch.look(whole(None), clock.now()), Verdict::Fine);
        assert_eq!(
            *watch.link(),
            Link::Connecting,
            "a unit is not yet a picture"
        );

        learn(&mut watch, &clock);
        let picture = clock.now();
        assert_eq!(*watch.link(), Link::Live);

        clock.advance(secs(2.0));
        assert_eq!(watch.look(whole(Some(picture)), clock.now()), Verdict::Fine);
        assert_eq!(*watch.link(), Link::Late);

        clock.advance(secs(4.0));
        assert_eq!(
            watch.look(whole(Some(picture)), clock.now()),
            Verdict::GiveUp(Reason::Silent)
        );
        watch.failed(Reason::Silent);
        assert_eq!(*watch.link(), Link::Lost(Reason::Silent));

        watch.opened(clock.now());
        clock.advance(secs(0.2));
        assert_eq!(watch.look(whole(Some(picture)), clock.now()), Verdict::Fine);
        assert_eq!(
            *watch.link(),
            Link::Lost(Reason::Silent),
            "an old picture is no sign of life"
        );

        watch.unit(pts(&clock), clock.now());
        assert_eq!(
            watch.look(whole(Some(clock.now())), clock.now()),
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
        watch.look(whole(Some(clock.now())), clock.now());
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
            assert_eq!(watch.look(whole(Some(old)), clock.now()), Verdict::Fine);
            assert_eq!(*watch.link(), lost);
        }
        watch.look(whole(Some(clock.now())), clock.now());
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
            watch.fed(clock.now());
            verdict = watch.look(whole(None), clock.now());
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
    fn who_waits_for_a_keyframe_says_so_and_is_never_given_up_for_it() {
        let clock = SimulatedClock::new(WallTime(0));
        let mut watch = LinkWatch::new(Limits::default());
        watch.failed(Reason::NoAnswer(Phase::Connect));
        watch.opened(clock.now());
        let mut seen_links = vec![watch.link().clone()];
        for _ in 0..600 {
            clock.advance(secs(0.1));
            watch.unit(pts(&clock), clock.now());
            assert_eq!(watch.look(AWAITS, clock.now()), Verdict::Fine);
            if seen_links.last() != Some(watch.link()) {
                seen_links.push(watch.link().clone());
            }
        }
        assert_eq!(
            seen_links,
            [
                Link::Lost(Reason::NoAnswer(Phase::Connect)),
                Link::AwaitingKeyframe
            ]
        );
        // What was decodable and gave no picture counts from when it went in.
        watch.fed(clock.now());
        assert_eq!(watch.look(whole(None), clock.now()), Verdict::Fine);
        watch.look(whole(Some(clock.now())), clock.now());
        assert_eq!(*watch.link(), Link::Live);
        // And again, when units were left out; the picture that is shown grows old meanwhile.
        let picture = clock.now();
        let mut seen_links = Vec::new();
        for _ in 0..400 {
            clock.advance(secs(0.1));
            watch.unit(pts(&clock), clock.now());
            let waits = Seen {
                newest_picture: Some(picture),
                ..AWAITS
            };
            assert_eq!(watch.look(waits, clock.now()), Verdict::Fine);
            if seen_links.last() != Some(watch.link()) {
                seen_links.push(watch.link().clone());
            }
        }
        assert_eq!(seen_links, [Link::Live, Link::AwaitingKeyframe]);
        // When nothing comes any more, that is what is said.
        clock.advance(secs(6.0));
        assert_eq!(
            watch.look(AWAITS, clock.now()),
            Verdict::GiveUp(Reason::Silent)
        );
    }

    /// Units `every` so many seconds, decoded as they come; the links seen.
    fn regular(watch: &mut LinkWatch, clock: &SimulatedClock, every: f64, count: u32) -> Vec<Link> {
        let mut links = Vec::new();
        let mut newest = None;
        for _ in 0..count {
            let steps = (every / 0.25).ceil();
            for step in 1..=steps as u32 {
                clock.advance(secs(every / steps));
                if f64::from(step) >= steps {
                    watch.unit(pts(clock), clock.now());
                    watch.fed(clock.now());
                    newest = Some(clock.now());
                }
                assert_eq!(
                    watch.look(whole(newest), clock.now()),
                    Verdict::Fine,
                    "{every}"
                );
                if links.last() != Some(watch.link()) {
                    links.push(watch.link().clone());
                }
            }
        }
        links
    }

    #[test]
    fn a_camera_is_late_and_silent_by_its_own_interval() {
        for (every, is_slow, late, silent) in [
            (1.0 / 15.0, false, 2.0, 6.0),
            (0.5, false, 2.0, 6.0),
            (3.0, true, 7.5, 12.0),
            (8.0, true, 20.0, 32.0),
            (30.0, true, 75.0, 120.0),
        ] {
            let clock = SimulatedClock::new(WallTime(0));
            let mut watch = LinkWatch::new(Limits::default());
            watch.opened(clock.now());
            // So seldom that its first pause may be taken for the end; the next sessions are longer.
            let mut sessions = 1;
            while every > 20.0 && !watch.is_slow() {
                watch.unit(pts(&clock), clock.now());
                clock.advance(secs(every));
                if watch.look(whole(None), clock.now()) != Verdict::Fine {
                    sessions += 1;
                    watch.failed(Reason::Silent);
                    watch.opened(clock.now());
                }
            }
            assert!(sessions <= 2, "{every}: {sessions}");
            let links = regular(&mut watch, &clock, every, 30);
            assert_eq!(links.last(), Some(&Link::Live));
            assert!(!links.contains(&Link::Late), "{every}: {links:?}");
            assert_eq!(watch.is_slow(), is_slow, "{every}");
            let picture = clock.now();
            let (mut late_at, mut silent_at) = (None, None);
            for _ in 0..2000 {
                clock.advance(secs(0.1));
                let verdict = watch.look(whole(Some(picture)), clock.now());
                let passed = clock.now().saturating_duration_since(picture).as_secs_f64();
                if *watch.link() == Link::Late {
                    late_at.get_or_insert(passed);
                }
                if verdict != Verdict::Fine {
                    silent_at = Some(passed);
                    break;
                }
            }
            let near = |at: Option<f64>, wanted: f64| (at.unwrap_or(0.0) - wanted).abs() < 0.3;
            assert!(near(late_at, late), "{every}: late after {late_at:?}");
            assert!(
                near(silent_at, silent),
                "{every}: silent after {silent_at:?}"
            );
        }
    }

    #[test]
    fn what_is_known_of_a_camera_outlives_its_sessions() {
        let clock = SimulatedClock::new(WallTime(0));
        let mut watch = LinkWatch::new(Limits::default());
        watch.opened(clock.now());
        regular(&mut watch, &clock, 8.0, 6);
        watch.failed(Reason::ConnectionClosed);
        clock.advance(secs(100.0));
        watch.opened(clock.now());
        clock.advance(secs(15.0));
        assert_eq!(watch.look(whole(None), clock.now()), Verdict::Fine);
        assert!(watch.is_slow());
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
            watch.look(whole(newest), at(time));
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
        let some = Seen {
            is_whole: false,
            ..whole(Some(keyframe))
        };
        for _ in 0..200 {
            clock.advance(secs(0.1));
            watch.unit(pts(&clock), clock.now());
            assert_eq!(watch.look(some, clock.now()), Verdict::Fine);
        }
        assert_eq!(*watch.link(), Link::Live);
        clock.advance(secs(0.1));
        watch.look(whole(Some(keyframe)), clock.now());
        assert_eq!(*watch.link(), Link::Live, "wanted again: it may catch up");
        clock.advance(secs(2.5));
        watch.look(some, clock.now());
        assert_eq!(*watch.link(), Link::Late, "nothing comes");
    }
}
