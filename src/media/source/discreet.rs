//! Errors that quote nothing that an address hides.

use super::{Address, SourceError};
use crate::model::redact;

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
