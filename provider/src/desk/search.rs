//! What somebody at the desk may have typed into the one search field.

use gridpass_protocol::{DeviceId, TemporaryId};

use crate::{
    id::{AccountNumber, EnrollmentId},
    vault::Vault,
};

/// Longer than any device ID with its separators, and than most names.
const MAX_TEXT: usize = 128;

/// Everything that a text may stand for. A number may be an account's and a device's at once.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) enrollment: Option<EnrollmentId>,
    pub(super) temporary_id: Option<TemporaryId>,
    /// The keyed lookup of a device ID: found only if it is typed whole.
    pub(super) device: Option<[u8; 32]>,
    pub(super) account: Option<AccountNumber>,
    /// How the name of an account begins, in lower case.
    pub(super) name: String,
}

impl Search {
    /// Reads what was typed; `None` if it was nothing.
    pub(super) fn new(typed: &str, vault: &Vault) -> Option<Self> {
        let text: String = typed.trim().chars().take(MAX_TEXT).collect();
        if text.is_empty() {
            return None;
        }
        Some(Self {
            enrollment: text.parse().ok(),
            temporary_id: text.parse().ok(),
            device: DeviceId::parse(&text)
                .ok()
                .map(|device_id| vault.device_lookup(&device_id)),
            account: text.parse().ok(),
            name: text.to_lowercase(),
        })
    }
}

/// The first text after all those that begin with `prefix`.
pub(super) fn end_of(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_file::MasterKey;

    #[test]
    fn a_text_is_everything_that_it_may_stand_for() {
        let vault = Vault::new(&MasterKey::from_bytes([1; 32]));
        assert!(Search::new("  ", &vault).is_none());
        let search = Search::new(" SN-4711-0815 ", &vault).unwrap();
        assert!(search.device.is_some() && search.enrollment.is_none());
        assert_eq!(search.account.unwrap().as_str(), "SN-4711-0815");
        assert_eq!(search.name, "sn-4711-0815");
        let short = Search::new("Ada", &vault).unwrap();
        assert!(short.device.is_none() && short.temporary_id.is_none());
    }
}
