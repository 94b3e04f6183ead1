//! The protected copy: a PKCS#12 file of key and certificate for another device.

use gridpass_protocol::{DeviceKey, Issuance, TemporaryId, pkcs12};
use gridpass_wire::Secret;
use rand_core::CryptoRng;

/// The key before it becomes unreadable, kept only when a copy was asked for, and only until the
/// answer is there. A reload loses it, on purpose: it is nowhere but in memory.
pub(crate) struct CopyKey {
    temporary_id: TemporaryId,
    key: DeviceKey,
    password: Secret,
}

impl CopyKey {
    pub(crate) fn new(temporary_id: TemporaryId, key: DeviceKey, password: Secret) -> Self {
        Self {
            temporary_id,
            key,
            password,
        }
    }

    pub(crate) fn is_for(&self, temporary_id: &TemporaryId) -> bool {
        self.temporary_id == *temporary_id
    }
}

/// Makes the file. `None` when the key is gone, or when the password cannot be put into the format;
/// the enrollment itself does not suffer.
pub(crate) fn make(
    copy_key: &CopyKey,
    issuance: &Issuance,
    rng: &mut impl CryptoRng,
) -> Option<Vec<u8>> {
    let name: String = issuance
        .settings
        .provider
        .chars()
        .filter(|c| *c <= '\u{FFFF}')
        .collect();
    let CopyKey { key, password, .. } = copy_key;
    pkcs12::make(
        key,
        &issuance.certificate,
        &issuance.chain,
        &name,
        password.expose(),
        rng,
    )
    .ok()
}

/// A name for the file: the provider and the end of the enrollment id, in plain ASCII.
pub(crate) fn file_name(issuance: &Issuance) -> String {
    let id = issuance.enrollment_id.simple().to_string();
    let tail = &id[id.len() - 6..];
    let plain = issuance.settings.provider.chars().map(|character| {
        if character.is_ascii_alphanumeric() {
            character.to_ascii_lowercase()
        } else {
            '-'
        }
    });
    let provider: String = plain.take(40).collect();
    format!("{}-{tail}.p12", provider.trim_matches('-'))
}
