//! How many connections to one host may be on their way at once, so that a switch that comes back
//! is not stormed by forty-five handshakes; and who waits for a host hears when it answers somebody,
//! so that the last of forty-five does not come back many seconds after the first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use parking_lot::Mutex;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// A limit per host. Clones share it.
#[derive(Clone)]
pub struct HostGate {
    per_host: usize,
    hosts: Arc<Mutex<BTreeMap<String, Arc<Host>>>>,
    reopen: Arc<Notify>,
}

struct Host {
    permits: Arc<Semaphore>,
    inside: AtomicUsize,
    most: AtomicUsize,
    answered: Notify,
}

/// Permission to connect; given back when dropped.
pub(super) struct Pass {
    host: Arc<Host>,
    _permit: OwnedSemaphorePermit,
}

impl HostGate {
    /// At most `per_host` (at least one) connections on their way to each host.
    pub fn new(per_host: usize) -> Self {
        Self {
            per_host: per_host.max(1),
            hosts: Arc::default(),
            reopen: Arc::default(),
        }
    }

    /// Waits for permission. `None` only when the gate is gone.
    pub(super) async fn pass(&self, host: &str) -> Option<Pass> {
        let host = self.host(host);
        let permit = Arc::clone(&host.permits).acquire_owned().await.ok()?;
        let inside = host.inside.fetch_add(1, SeqCst) + 1;
        host.most.fetch_max(inside, SeqCst);
        Some(Pass {
            host,
            _permit: permit,
        })
    }

    fn host(&self, host: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock();
        let host = hosts.entry(host.to_owned()).or_insert_with(|| {
            Arc::new(Host {
                permits: Arc::new(Semaphore::new(self.per_host)),
                inside: AtomicUsize::new(0),
                most: AtomicUsize::new(0),
                answered: Notify::new(),
            })
        });
        Arc::clone(host)
    }

    /// A session with the host was opened: whoever waits for it may try.
    pub(super) fn host_answers(&self, host: &str) {
        self.host(host).answered.notify_waiters();
    }

    /// Waits until the host answers somebody.
    pub(super) async fn until_host_answers(&self, host: &str) {
        self.host(host).answered.notified().await;
    }

    /// The machine was asleep: no session is what it was. All are opened again at once, and who
    /// waits for a host tries it. Who was refused waits on: sleep mends no password.
    pub fn reopen_all(&self) {
        self.reopen.notify_waiters();
        for host in self.hosts.lock().values() {
            host.answered.notify_waiters();
        }
    }

    /// Waits until all sessions are to be opened again.
    pub(super) fn until_reopened(&self) -> Notified<'_> {
        self.reopen.notified()
    }

    /// The most connections that were on their way to one host at the same time.
    pub fn most_at_once(&self, host: &str) -> usize {
        self.hosts
            .lock()
            .get(host)
            .map_or(0, |host| host.most.load(SeqCst))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.host.inside.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_than_the_limit_pass_at_once() {
        let gate = HostGate::new(3);
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let gate = gate.clone();
                tokio::spawn(async move {
                    let pass = gate.pass("camera:554").await;
                    for _ in 0..10 {
                        tokio::task::yield_now().await;
                    }
                    drop(pass);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(gate.most_at_once("camera:554"), 3);
        assert_eq!(gate.most_at_once("other:554"), 0);
    }

    #[tokio::test]
    async fn who_waits_for_a_host_hears_when_it_answers_and_nobody_else_does() {
        let gate = HostGate::new(3);
        let waiter = |host: &'static str| {
            let gate = gate.clone();
            tokio::spawn(async move { gate.until_host_answers(host).await })
        };
        let (first, second, other) = (waiter("a:554"), waiter("a:554"), waiter("b:554"));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        gate.host_answers("a:554");
        first.await.unwrap();
        second.await.unwrap();
        assert!(!other.is_finished());
        // After sleep all hear, and so do those whose session is open.
        let open = gate.until_reopened();
        gate.reopen_all();
        other.await.unwrap();
        open.await;
    }
}
