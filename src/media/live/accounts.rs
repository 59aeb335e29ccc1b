//! Who may try a password, and when: a wrong one is tried so rarely that no camera locks the account.
//!
//! Cameras lock an account after some five wrong passwords within half an hour, whichever stream they
//! were for. So all feeds of one account (host, user and password) share a book: as long as nobody
//! knows that the password is right, one feed asks and the others wait for its answer; and after a
//! refusal the account rests for all of them. [`Book`] is pure, time comes in as an argument.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::base::clock;
use crate::media::source::Address;
use crate::model::condition::Reason;

/// How long an account rests after its password was refused. The defaults make three tries within
/// any thirty minutes; the second comes soon, for cameras that refuse everybody while they start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After the first refusal.
    pub first: Duration,
    /// After each further one.
    pub then: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(60),
            then: Duration::from_secs(15 * 60),
        }
    }
}

/// So long after a success everybody may use the account without waiting for one that goes first.
const PROVEN_FOR: Duration = Duration::from_secs(60);

/// An account: two with the same user and another password are not the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Account {
    host: String,
    user: String,
    /// Tells passwords apart without holding them; worth nothing outside this process.
    password_mark: u64,
}

impl Account {
    /// The account of an address; none where no password is sent.
    pub(super) fn of(address: &Address) -> Option<Self> {
        static MARKS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        let credentials = address.credentials.as_ref()?;
        let host = address.url.host_str().unwrap_or_default();
        // A camera's own ports, plain and TLS, lead to one list of accounts; other ports are likely
        // another device behind the same address.
        let host = match address.url.port() {
            Some(port) if ![554, 322].contains(&port) => format!("{host}:{port}"),
            _ => host.to_owned(),
        };
        Some(Self {
            host,
            user: credentials.user.clone(),
            password_mark: MARKS.hash_one(credentials.password.reveal()),
        })
    }
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The password is right.
    Right,
    /// It is wrong: refused although it answered a fresh nonce. Nothing else makes it rest.
    Wrong,
    /// Nothing is known about the password.
    Other(Reason),
}

impl Outcome {
    pub(super) fn of(reason: &Reason) -> Self {
        match reason {
            Reason::WrongPassword => Self::Wrong,
            other => Self::Other(other.clone()),
        }
    }
}

/// What the book answers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    /// Try, and tell how it ended.
    Go,
    /// Somebody is trying.
    Wait,
    /// It rests.
    Resting,
}

#[derive(Default)]
struct Entry {
    trying: bool,
    proven_until: Option<Instant>,
    refusals: u32,
    rests_until: Option<Instant>,
    /// How many tries ended, and how the last did.
    ended: u64,
    last: Option<Outcome>,
}

struct Book {
    patience: Patience,
    entries: BTreeMap<Account, Entry>,
}

impl Book {
    fn ask(&mut self, account: &Account, now: Instant) -> Answer {
        let entry = self.entries.entry(account.clone()).or_default();
        if entry.rests_until.is_some_and(|until| now < until) {
            return Answer::Resting;
        }
        if entry.refusals == 0 && entry.proven_until.is_some_and(|until| now < until) {
            return Answer::Go;
        }
        if entry.trying {
            return Answer::Wait;
        }
        entry.trying = true;
        Answer::Go
    }

    /// `outcome` is `None` when the try was given up.
    fn ended(&mut self, account: &Account, outcome: Option<Outcome>, now: Instant) {
        let patience = self.patience;
        let entry = self.entries.entry(account.clone()).or_default();
        entry.trying = false;
        let Some(outcome) = outcome else { return };
        match &outcome {
            Outcome::Right => {
                entry.refusals = 0;
                entry.rests_until = None;
                entry.proven_until = Some(now + PROVEN_FOR);
            }
            Outcome::Wrong => {
                let rest = if entry.refusals == 0 {
                    patience.first
                } else {
                    patience.then
                };
                entry.refusals = entry.refusals.saturating_add(1);
                entry.rests_until = Some(now + rest);
                entry.proven_until = None;
            }
            Outcome::Other(_) => {}
        }
        entry.ended += 1;
        entry.last = Some(outcome);
    }

    fn rests_until(&self, account: &Account, now: Instant) -> Option<Instant> {
        let until = self.entries.get(account)?.rests_until?;
        (now < until).then_some(until)
    }

    fn tries(&self, account: &Account) -> (u64, Option<Outcome>) {
        self.entries
            .get(account)
            .map_or((0, None), |entry| (entry.ended, entry.last.clone()))
    }
}

/// The book of all feeds. Clones share it.
#[derive(Clone)]
pub(super) struct Accounts {
    book: Arc<Mutex<Book>>,
    changes: Arc<watch::Sender<()>>,
}

/// A try under way; given up when dropped without its end told.
pub(super) struct Try {
    accounts: Accounts,
    account: Option<Account>,
}

impl Accounts {
    pub(super) fn new(patience: Patience) -> Self {
        Self {
            book: Arc::new(Mutex::new(Book {
                patience,
                entries: BTreeMap::new(),
            })),
            changes: Arc::new(watch::Sender::new(())),
        }
    }

    /// Waits until the account may be tried.
    ///
    /// # Errors
    /// The reason why it need not be tried: the password is known to be wrong, or the host did not
    /// answer the one who went first.
    pub(super) async fn enter(&self, account: Option<Account>) -> Result<Try, Reason> {
        let Some(asked) = &account else {
            let accounts = self.clone();
            return Ok(Try { accounts, account });
        };
        let mut changes = self.changes.subscribe();
        let (before, _) = self.book.lock().tries(asked);
        loop {
            let answer = {
                let mut book = self.book.lock();
                match book.tries(asked) {
                    (ended, Some(Outcome::Other(reason)))
                        if ended > before && reason.is_of_the_host() =>
                    {
                        return Err(reason);
                    }
                    _ => book.ask(asked, clock::now()),
                }
            };
            match answer {
                Answer::Go => {
                    let accounts = self.clone();
                    return Ok(Try { accounts, account });
                }
                Answer::Resting => return Err(Reason::WrongPassword),
                // The sender lives as long as `self`.
                Answer::Wait => changes.changed().await.unwrap_or_default(),
            }
        }
    }

    /// Waits until the account no longer rests.
    pub(super) async fn until_rested(&self, account: &Account) {
        let mut changes = self.changes.subscribe();
        loop {
            let until = self.book.lock().rests_until(account, clock::now());
            let Some(until) = until else { return };
            tokio::select! {
                () = tokio::time::sleep_until(until.into()) => {}
                _ = changes.changed() => {}
            }
        }
    }
}

impl Try {
    /// Tells how it ended.
    pub(super) fn ended(mut self, outcome: Outcome) {
        self.tell(Some(outcome));
    }

    fn tell(&mut self, outcome: Option<Outcome>) {
        if let Some(account) = self.account.take() {
            let now = clock::now();
            self.accounts.book.lock().ended(&account, outcome, now);
            self.accounts.changes.send_replace(());
        }
    }
}

impl Drop for Try {
    fn drop(&mut self) {
        self.tell(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::{Clock as _, SimulatedClock, WallTime};
    use crate::model::camera::{Credentials, Password};
    use crate::model::condition::{Login, Phase};

    const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);

    fn account(url: &str, user: &str, password: &str) -> Option<Account> {
        Account::of(&Address {
            url: url.parse().unwrap(),
            credentials: Some(Credentials {
                user: user.into(),
                password: Password::new(password),
            }),
        })
    }

    #[test]
    fn a_night_of_a_wrong_password_locks_nothing() {
        let clock = SimulatedClock::new(WallTime(0));
        let mut book = Book {
            patience: Patience::default(),
            entries: BTreeMap::new(),
        };
        // A recorder with sixteen cameras, both streams of each: whoever may try tries at once, and an
        // answer takes a second.
        let account = account("rtsp://10.0.0.5/1", "admin", "old").unwrap();
        let mut tries = Vec::new();
        for _second in 0..12 * 3600 {
            let now = clock.now();
            let asked: Vec<_> = (0..32).map(|_| book.ask(&account, now)).collect();
            let going = asked.iter().filter(|a| **a == Answer::Go).count();
            assert!(going <= 1);
            clock.advance(Duration::from_secs(1));
            if going == 1 {
                tries.push(now);
                book.ended(&account, Some(Outcome::Wrong), clock.now());
            }
        }
        for (index, at) in tries.iter().enumerate() {
            let within = tries[index..]
                .iter()
                .take_while(|t| **t - *at <= HALF_AN_HOUR);
            assert!(within.count() <= 3);
        }
        assert!(tries.len() >= 48, "it is still tried: {}", tries.len());
        // The firm sets the password right: one finds out, then nobody waits.
        while book.ask(&account, clock.now()) != Answer::Go {
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(book.ask(&account, clock.now()), Answer::Wait);
        book.ended(&account, Some(Outcome::Right), clock.now());
        for _ in 0..31 {
            assert_eq!(book.ask(&account, clock.now()), Answer::Go);
        }
    }

    #[test]
    fn one_goes_first_again_when_long_nobody_has_logged_in() {
        let clock = SimulatedClock::new(WallTime(0));
        let mut book = Book {
            patience: Patience::default(),
            entries: BTreeMap::new(),
        };
        let account = account("rtsp://10.0.0.5/1", "admin", "good").unwrap();
        assert_eq!(book.ask(&account, clock.now()), Answer::Go);
        book.ended(&account, Some(Outcome::Right), clock.now());
        clock.advance(PROVEN_FOR);
        assert_eq!(book.ask(&account, clock.now()), Answer::Go);
        assert_eq!(book.ask(&account, clock.now()), Answer::Wait);
        // Who gave up lets the next one go.
        book.ended(&account, None, clock.now());
        assert_eq!(book.ask(&account, clock.now()), Answer::Go);
    }

    /// Whatever a camera answers, only a password that was sent and refused makes the account rest.
    #[test]
    fn only_a_refused_password_makes_an_account_rest() {
        let clock = SimulatedClock::new(WallTime(0));
        let account = account("rtsp://10.0.0.5/1", "admin", "good").unwrap();
        for status in 300..=599 {
            for login in Login::ALL {
                let mut book = Book {
                    patience: Patience::default(),
                    entries: BTreeMap::new(),
                };
                assert_eq!(book.ask(&account, clock.now()), Answer::Go);
                let reason = Reason::of_status(status, Phase::Describe, login);
                book.ended(&account, Some(Outcome::of(&reason)), clock.now());
                let rests = book.ask(&account, clock.now()) == Answer::Resting;
                let is_wrong = (status, login) == (401, Login::Sent);
                assert_eq!(rests, is_wrong, "{status} {login:?}");
            }
        }
    }

    #[test]
    fn accounts_are_told_apart() {
        let base = account("rtsp://10.0.0.5/1", "a", "x");
        let check = |url, user, password, same| {
            assert_eq!(account(url, user, password) == base, same, "{url} {user}");
        };
        check("rtsp://10.0.0.5/2", "a", "x", true);
        check("rtsp://10.0.0.5:554/1", "a", "x", true);
        check("rtsps://10.0.0.5:322/1", "a", "x", true);
        check("rtsp://10.0.0.5:8554/1", "a", "x", false);
        check("rtsp://10.0.0.6/1", "a", "x", false);
        check("rtsp://10.0.0.5/1", "b", "x", false);
        check("rtsp://10.0.0.5/1", "a", "y", false);
        let nobody = Address {
            url: "rtsp://10.0.0.5/1".parse().unwrap(),
            credentials: None,
        };
        assert_eq!(Account::of(&nobody), None);
    }

    #[tokio::test]
    async fn who_waits_hears_how_it_ended() {
        let accounts = Accounts::new(Patience::default());
        let account = account("rtsp://10.0.0.5/1", "a", "x");
        for (outcome, expect) in [
            (
                Outcome::Other(Reason::NoAnswer(Phase::Connect)),
                Some(Reason::NoAnswer(Phase::Connect)),
            ),
            (Outcome::Right, None),
            (Outcome::Wrong, Some(Reason::WrongPassword)),
        ] {
            // Proof runs out; here it is taken away.
            accounts.book.lock().entries.clear();
            let first = accounts.enter(account.clone()).await.ok().unwrap();
            let waiter = {
                let (accounts, account) = (accounts.clone(), account.clone());
                tokio::spawn(async move { accounts.enter(account).await.err() })
            };
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            assert!(!waiter.is_finished());
            first.ended(outcome);
            assert_eq!(waiter.await.unwrap(), expect);
        }
        // Nobody waits for those who send no password.
        assert!(accounts.enter(None).await.is_ok());
    }
}
