//! Stage 2, mapping: the server ties a device ID to an account through a temporary id and a
//! one-time password (protocol, Mapping).

use gridpass_protocol::{DeviceId, Otp, OtpCiphertext, OtpHash, TemporaryId, UnixTime};

use crate::{
    Gridpass,
    audit::Actor,
    enrollment::IllegalTransition,
    id::EnrollmentId,
    random::Random,
    store::{StoreError, enrollments},
};

/// A fresh mapping. The one-time password itself is gone once this is made: its hash goes to the
/// store, its ciphertext to the label.
pub(crate) struct Mapping {
    pub(crate) temporary_id: TemporaryId,
    pub(crate) otp_hash: OtpHash,
    pub(crate) otp_ciphertext: OtpCiphertext,
    pub(crate) expires_at: UnixTime,
}

impl Mapping {
    pub(crate) fn make(
        device_id: &DeviceId,
        lifetime: u64,
        now: UnixTime,
        random: &mut Random<'_>,
    ) -> Self {
        let temporary_id = TemporaryId::make(random);
        let otp = Otp::make(random);
        Self {
            temporary_id,
            otp_hash: otp.hash(),
            otp_ciphertext: otp.encrypt(device_id, &temporary_id),
            expires_at: now.plus(lifetime),
        }
    }
}

/// Why an enrollment was not brought into another state.
#[derive(Debug, thiserror::Error)]
pub enum TransitionError {
    /// There is none with this id that the actor may touch.
    #[error("there is no such enrollment")]
    NotFound,
    /// It is in a state that knows no such step.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gridpass {
    /// Calls an open enrollment off: its label is of no more use.
    ///
    /// # Errors
    /// There is none that the actor may touch, or it is not open.
    pub fn cancel(&self, id: EnrollmentId, actor: Actor) -> Result<(), TransitionError> {
        let now = self.clock_now();
        self.store.write(move |transaction| {
            let found = enrollments::find(transaction, id)?
                .filter(|found| actor.scope().covers(&found.provider, found.account))
                .ok_or(TransitionError::NotFound)?;
            let transition = found.state.cancel(now)?;
            enrollments::apply(transaction, &found.provider, id, &transition, &actor)?;
            Ok(())
        })
    }
}
