//! What travels through addresses of the desk: a search may be a device ID, a place in a list a
//! customer's name. Addresses reach logs, histories and screenshots, so both are sealed there.

use gridpass_protocol::{b64u, from_b64u};

use crate::{Gridpass, random::Random, staff::StaffSession, vault::Purpose};

/// Longer than any sealed text of the desk.
const MAX_TEXT: usize = 4096;

impl Gridpass {
    /// A text for an address, as only this provider's desk reads it; empty for an empty one.
    #[must_use]
    pub fn seal_for_address(&self, staff: &StaffSession, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let random = Random(&*self.random);
        let provider = staff.provider.as_str().as_bytes();
        let sealed = self
            .vault
            .seal(Purpose::Address, provider, text.as_bytes(), &random);
        b64u(&sealed)
    }

    /// The text behind a part of an address; `None` if this provider's desk did not seal it.
    #[must_use]
    pub fn open_from_address(&self, staff: &StaffSession, sealed: &str) -> Option<String> {
        if sealed.len() > MAX_TEXT {
            return None;
        }
        let provider = staff.provider.as_str().as_bytes();
        let text = self
            .vault
            .open(Purpose::Address, provider, &from_b64u(sealed).ok()?)
            .ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}
