//! Making keys and the sealed confirmation (stages `keying` and `confirmation`).

use gridpass_protocol::{Confirmation, DeviceId, DeviceKey};
use gridpass_wire::{ExpiredReason, Refusal};
use rand_core::CryptoRng;

use crate::{
    clock::Clock,
    label::Label,
    vault::{CopyWish, Pending},
};

/// Decrypts the OTP, makes the keys and seals the confirmation.
pub(crate) fn make(
    label: &Label,
    device_id: &DeviceId,
    clock: Clock,
    copy: CopyWish,
    rng: &mut impl CryptoRng,
) -> Result<(DeviceKey, Pending), Refusal> {
    let payload = &label.payload;
    let now = clock.now();
    if payload.expires_at <= now {
        return Err(Refusal::Expired(ExpiredReason::Expired));
    }
    let refused = |reason: &str| Refusal::BadRequest {
        reason: Some(reason.to_owned()),
    };
    let otp = payload
        .otp_ciphertext
        .decrypt(device_id, &payload.temporary_id);
    let key = DeviceKey::make(rng, payload.key_algorithm).map_err(|_| refused("key"))?;
    let public_key = key.spki_der();
    let csr = key
        .csr(&payload.csr_content, &payload.temporary_id, rng)
        .map_err(|_| refused("csr"))?;
    let confirmation = Confirmation {
        otp,
        public_key: public_key.clone(),
        csr,
    }
    .seal(&label.provider_certificate, rng)
    .map_err(|_| refused("seal"))?;
    let pending = Pending {
        temporary_id: payload.temporary_id,
        started_at: now.0,
        provider: label.provider.clone(),
        provider_certificate: label.provider_certificate.clone(),
        public_key,
        confirmation,
        copy,
        csr_content: Some(payload.csr_content.clone()),
    };
    Ok((key, pending))
}
