//! Keeps one feed open: opens it, passes its units on, watches it, opens it again.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::mpsc;
use tracing::{Instrument as _, debug, info, warn};

use super::accounts::{Account, Accounts, Outcome};
use super::feed::Feed;
use super::gate::HostGate;
use super::proof::Judgement;
use super::rules::{Limits, LinkWatch, Seen, Verdict};
use super::stage::Stage;
use super::{Fact, FeedEvent};
use crate::base::backoff::{Backoff, Policy};
use crate::base::clock;
use crate::media::source::{EncodedUnit, Opener, Source};
use crate::model::condition::{Link, Load, Picture, Reason};

/// How often the clock is looked at while units come or do not.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Feeds that hear that their host answers again try within this time.
const WOKEN_WITHIN: Duration = Duration::from_millis(400);

/// How long to wait before a session is opened again.
#[derive(Clone, Copy)]
pub(super) struct Waits {
    /// After ordinary failures.
    pub(super) retry: Policy,
    /// After refusals.
    pub(super) refused: Policy,
}

/// Everything one feed's task needs.
pub(super) struct Supervisor {
    pub(super) feed: Arc<Feed>,
    pub(super) opener: Arc<dyn Opener>,
    pub(super) gate: HostGate,
    pub(super) accounts: Accounts,
    pub(super) stage: Arc<Stage>,
    pub(super) events: mpsc::Sender<FeedEvent>,
    pub(super) waits: Waits,
}

impl Supervisor {
    /// Runs until the task is aborted.
    pub(super) async fn run(self) {
        let span = tracing::info_span!("feed", camera = %self.feed.id.camera, stream = ?self.feed.id.stream);
        async move {
            let mut watch = LinkWatch::new(Limits::default());
            let mut told = Told::default();
            let mut rng = SmallRng::from_os_rng();
            let mut retry = Backoff::new(self.waits.retry);
            let mut refused = Backoff::new(self.waits.refused);
            while !self.feed.is_closed() {
                let mut asleep = false;
                let reason = tokio::select! {
                    reason = self.run_once(&mut watch, &mut told) => reason,
                    () = self.gate.until_reopened() => {
                        asleep = true;
                        // What was on its way when this was cut short is told again.
                        told = Told::default();
                        Reason::Reopened
                    }
                };
                if matches!(
                    watch.link(),
                    Link::Live | Link::Late | Link::AwaitingKeyframe
                ) {
                    retry.reset();
                    refused.reset();
                }
                // Whoever opened it: what it says may quote the address.
                let reason = reason.with_detail(|told| self.feed.address.without_secrets(told));
                self.feed.ring().break_off();
                debug!(%reason, "session ended");
                let wait = if asleep {
                    rng.random_range(Duration::ZERO..=WOKEN_WITHIN)
                } else if reason.is_refusal() {
                    refused.next_wait(&mut rng)
                } else {
                    retry.next_wait(&mut rng)
                };
                watch.failed(reason.clone());
                self.tell(&watch, &mut told).await;
                self.wait(wait, &reason, &mut rng).await;
            }
        }
        .instrument(span)
        .await;
    }

    /// Waits before the next session. Where the host was the trouble and it answers somebody else
    /// meanwhile, the wait is over, within a moment that is different for each.
    /// After a wrong password the wait is not over before the account has rested.
    async fn wait(&self, wait: Duration, reason: &Reason, rng: &mut SmallRng) {
        let pause = tokio::time::sleep(wait);
        if *reason == Reason::WrongPassword
            && let Some(account) = Account::of(&self.feed.address)
        {
            tokio::join!(pause, self.accounts.until_rested(&account));
            return;
        }
        if !reason.is_of_the_host() {
            return pause.await;
        }
        let host = self.feed.address.host_key();
        tokio::select! {
            () = pause => {}
            () = self.gate.until_host_answers(&host) => {
                let moment = rng.random_range(Duration::ZERO..=WOKEN_WITHIN.min(wait));
                tokio::time::sleep(moment).await;
            }
        }
    }

    /// One session, from the gate to its end; returns why it ended.
    async fn run_once(&self, watch: &mut LinkWatch, told: &mut Told) -> Reason {
        self.tell(watch, told).await;
        let address = self.feed.address.clone();
        // Whoever has to wait for another's try does not hold up the gate meanwhile.
        let password_try = match self.accounts.enter(Account::of(&address)).await {
            Ok(password_try) => password_try,
            Err(reason) => return reason,
        };
        let mut source = {
            let Some(_pass) = self.gate.pass(&address.host_key()).await else {
                return Reason::SeatFailed("the gate is gone".into());
            };
            let host = address.host_key();
            match self.opener.open(address).await {
                Ok(source) => {
                    self.gate.host_answers(&host);
                    password_try.ended(Outcome::Right);
                    source
                }
                Err(error) => {
                    password_try.ended(Outcome::of(&error.reason));
                    return error.reason;
                }
            }
        };
        self.feed.begin_session();
        watch.opened(clock::now());
        self.pass_on(source.as_mut(), watch, told).await
    }

    async fn pass_on(
        &self,
        source: &mut dyn Source,
        watch: &mut LinkWatch,
        told: &mut Told,
    ) -> Reason {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut last_number = None;
        loop {
            tokio::select! {
                unit = source.next() => match unit {
                    Ok(unit) => {
                        let (arrival, jumps) = (unit.arrival, watch.jumps());
                        watch.unit(unit.pts, arrival);
                        self.feed.note_lag(watch.lag());
                        let jumps = watch.jumps().saturating_sub(jumps);
                        self.feed.note_breaks(unit.lost_packets, jumps, arrival);
                        self.count(&unit, &mut last_number);
                        self.feed.ring().push(&unit);
                        if self.feed.offer(unit) {
                            self.stage.notify(&self.feed);
                            if !self.feed.is_trying() {
                                watch.fed(arrival);
                            }
                        }
                        // The first picture is told at once, not at the next tick, and so is what
                        // the pictures look like.
                        let judged = self.feed.judged().map(|judged| judged.picture);
                        let told = judged.is_none() || judged == told.picture;
                        if *watch.link() == Link::Live && told { continue }
                    }
                    Err(error) => return error.reason,
                },
                _ = ticks.tick() => self.feed.note_way(source.report()),
            }
            if let Some(reason) = self.feed.trouble.lock().take() {
                return reason;
            }
            if let Some(setback) = self.feed.take_setback() {
                watch.decoder_lost(setback.reason, setback.from);
                self.tell(watch, told).await;
            }
            if let Verdict::GiveUp(reason) = self.look(watch) {
                return reason;
            }
            self.tell(watch, told).await;
        }
    }

    fn look(&self, watch: &mut LinkWatch) -> Verdict {
        let seen = Seen {
            newest_picture: self.feed.last_picture(),
            is_whole: self.feed.effort() >= Load::Slowed,
            awaits_keyframe: self.feed.awaits_keyframe(),
        };
        watch.look(seen, clock::now())
    }

    fn count(&self, unit: &EncodedUnit, last_number: &mut Option<u64>) {
        let counts = &self.feed.counts;
        counts.units.fetch_add(1, Relaxed);
        counts.bytes.fetch_add(unit.bytes.len() as u64, Relaxed);
        counts
            .lost_packets
            .fetch_add(u64::from(unit.lost_packets), Relaxed);
        if let Some(capture) = unit.capture {
            let passed = clock::now().saturating_duration_since(unit.arrival);
            let arrival = clock::wall_now().plus_nanos(-(passed.as_nanos() as i64));
            self.feed.note_capture(capture.wall, arrival, unit.arrival);
        }
        let number = unit.capture.and_then(|capture| capture.number);
        let due = match (number, *last_number) {
            (Some(number), Some(last)) if number > last && number - last < 10_000 => number - last,
            _ => 1,
        };
        counts.due.fetch_add(due, Relaxed);
        *last_number = number;
    }

    /// Tells what has changed since it was last told.
    async fn tell(&self, watch: &LinkWatch, told: &mut Told) {
        if told.link.as_ref() != Some(watch.link()) {
            told.link = Some(watch.link().clone());
            match watch.link() {
                Link::Connecting => debug!("connecting"),
                Link::Live => info!("live"),
                Link::AwaitingKeyframe => info!("waiting for a keyframe"),
                Link::Late => warn!("late"),
                Link::Lost(reason) => warn!(%reason, "lost"),
                Link::Refused(reason) => warn!(%reason, "refused"),
            }
            self.send(Fact::Link(watch.link().clone()), clock::now())
                .await;
        }
        if told.is_slow != watch.is_slow() {
            told.is_slow = watch.is_slow();
            self.send(Fact::IsSlow(told.is_slow), clock::now()).await;
        }
        let judged = self.feed.judged().or_else(|| {
            // Nobody has looked since; that nothing is missing any more is known all the same.
            (told.picture == Some(Picture::Disturbed)).then(|| Judgement {
                picture: Picture::Good,
                since: clock::now(),
            })
        });
        let Some(judged) = judged else {
            return;
        };
        if told.picture != Some(judged.picture) {
            told.picture = Some(judged.picture);
            match judged.picture {
                Picture::None | Picture::Good => info!("the picture is good"),
                Picture::Disturbed => warn!("pictures are disturbed"),
                Picture::Frozen => warn!("the picture is frozen"),
                Picture::Black => warn!("the picture is black"),
                Picture::Blurred => warn!("the picture is blurred or blinded"),
                Picture::Moved => warn!("the camera looks elsewhere"),
            }
            self.send(Fact::Picture(judged.picture), judged.since).await;
        }
    }

    async fn send(&self, fact: Fact, at: Instant) {
        let feed = self.feed.id.clone();
        if self
            .events
            .send(FeedEvent { feed, fact, at })
            .await
            .is_err()
        {
            debug!("nobody listens to feed events any more");
        }
        self.stage.wake();
    }
}

/// What the application was last told.
#[derive(Default)]
struct Told {
    link: Option<Link>,
    picture: Option<Picture>,
    is_slow: bool,
}
