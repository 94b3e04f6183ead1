//! What is counted and timed as it happens, for whoever watches an installation.
//!
//! Labels are ids of providers and words of this code: never anything that a customer, a device
//! or a client has chosen.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use crate::{Gridpass, ca::CaMeters, confirmation_error::ConfirmationError, id::ProviderId};

/// The meters of an installation.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    pub(crate) ca: CaMeters,
    otp_failures: Family<OtpFailure, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OtpFailure {
    provider: String,
    outcome: &'static str,
}

impl Meters {
    pub(crate) fn new() -> Self {
        Self {
            ca: CaMeters::new(),
            otp_failures: Family::default(),
        }
    }

    /// Counts what became of a wrong one-time password.
    pub(crate) fn otp_failed(&self, provider: &ProviderId, told: &ConfirmationError) {
        let outcome = match told {
            // The last one locks.
            ConfirmationError::InvalidOtp { remaining: 0 } => "locks",
            ConfirmationError::InvalidOtp { .. } => "wrong",
            ConfirmationError::Locked => "locked",
            ConfirmationError::RateLimited { .. } => "rate-limited",
            _ => return,
        };
        let failure = OtpFailure {
            provider: provider.to_string(),
            outcome,
        };
        self.otp_failures.get_or_create(&failure).inc();
    }
}

impl Gridpass {
    /// Shows what is measured as it happens in `registry`: of the store, of the CAs, of one-time
    /// passwords.
    pub fn register_meters(&self, registry: &mut Registry) {
        self.store.meters().register(registry);
        self.meters.ca.register(registry);
        registry.register(
            "otp_failures",
            "Wrong one-time passwords, by what came of it: wrong, locks (the last one allowed), \
             locked (not judged any more) or rate-limited",
            self.meters.otp_failures.clone(),
        );
    }
}
