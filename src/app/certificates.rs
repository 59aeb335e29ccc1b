//! The certificates of cameras, between the store that keeps them and the client that sees them.

use std::sync::Arc;

use tracing::{info, warn};

use crate::base::threads;
use crate::media::source::CertificateMemory;
use crate::store::certificates::{Fingerprint, KnownCertificates};

/// What the client asks and tells.
pub(super) struct Memory(pub(super) Arc<KnownCertificates>);

/// Stands for a certificate that nobody can show: nobody is believed.
const NOBODY: Fingerprint = [0; 32];

impl CertificateMemory for Memory {
    fn known(&self, host: &str) -> Option<Fingerprint> {
        self.0.get(host).unwrap_or_else(|error| {
            warn!(%error, "certificates of cameras cannot be read: none is believed");
            Some(NOBODY)
        })
    }

    fn learn(&self, host: &str, fingerprint: Fingerprint) {
        info!(host, "a camera's certificate is remembered");
        let (known, host) = (Arc::clone(&self.0), host.to_owned());
        // Writing waits for the disk, which the network runtime has no time for.
        let write = move || {
            if let Err(error) = known.learn(&host, fingerprint) {
                warn!(%error, "a camera's certificate is not remembered");
            }
        };
        if let Err(error) = threads::spawn("certificates", write) {
            warn!(%error, "a camera's certificate is not remembered");
        }
    }
}
