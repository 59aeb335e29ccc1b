//! A source whose errors quote nothing that its address hides.

use super::{Address, NextUnit, Source, SourceError};
use crate::model::redact;

/// Wraps what was opened at an address, which may be another than the one that was asked for.
pub(super) struct Discreet {
    source: Box<dyn Source>,
    address: Address,
}

impl Discreet {
    pub(super) fn new(source: Box<dyn Source>, address: Address) -> Self {
        Self { source, address }
    }
}

impl Source for Discreet {
    fn next(&mut self) -> NextUnit<'_> {
        Box::pin(async {
            let unit = self.source.next().await;
            unit.map_err(|error| self.address.discreet(error))
        })
    }
}

impl Address {
    /// A text of somebody else's about this stream, without what the address hides and without the
    /// password: whatever a server or a library says goes through here before it is logged, told or
    /// cut short.
    pub fn without_secrets(&self, told: &str) -> String {
        redact::without_secrets(told, self.url.reveal(), self.credentials.as_ref())
    }

    /// An error about this stream, in the same way.
    #[must_use]
    pub fn discreet(&self, error: SourceError) -> SourceError {
        let told = |text: &str| self.without_secrets(text);
        error.reason.with_detail(told).into()
    }
}
