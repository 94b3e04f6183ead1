//! What customers read on pages without islands. Apart from the other words, so that nothing of it
//! gets into the bundle.

pub mod code;

use super::{Language, use_language};

/// The words of these pages in one language.
#[derive(Debug)]
pub struct OwnMessages {
    /// Typing the code of the mail.
    pub code: code::CodeMessages,
}

static EN: OwnMessages = OwnMessages { code: code::EN };

static ES: OwnMessages = OwnMessages { code: code::ES };

/// These words in the language of the page being shown.
pub fn use_own_messages() -> &'static OwnMessages {
    match use_language() {
        Language::English => &EN,
        Language::Spanish => &ES,
    }
}
