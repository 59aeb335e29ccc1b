//! How many connections to one host may be on their way at once, so that a switch that comes back
//! is not stormed by forty-five handshakes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A limit per host. Clones share it.
#[derive(Clone)]
pub struct HostGate {
    per_host: usize,
    hosts: Arc<Mutex<BTreeMap<String, Arc<Host>>>>,
}

struct Host {
    permits: Arc<Semaphore>,
    inside: AtomicUsize,
    most: AtomicUsize,
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
        }
    }

    /// Waits for permission. `None` only when the gate is gone.
    pub(super) async fn pass(&self, host: &str) -> Option<Pass> {
        let host = Arc::clone(self.hosts.lock().entry(host.to_owned()).or_insert_with(|| {
            Arc::new(Host {
                permits: Arc::new(Semaphore::new(self.per_host)),
                inside: AtomicUsize::new(0),
                most: AtomicUsize::new(0),
            })
        }));
        let permit = Arc::clone(&host.permits).acquire_owned().await.ok()?;
        let inside = host.inside.fetch_add(1, SeqCst) + 1;
        host.most.fetch_max(inside, SeqCst);
        Some(Pass {
            host,
            _permit: permit,
        })
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
}
