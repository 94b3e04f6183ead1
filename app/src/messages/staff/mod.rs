//! Every sentence that staff read. Apart from the customers' words, so that nothing of it gets
//! into their bundle.

pub mod frame;
pub mod sign_in;

use super::{Language, use_language};

/// All words of the desk in one language.
#[derive(Debug)]
pub struct StaffMessages {
    /// What surrounds every page of the desk.
    pub frame: frame::FrameMessages,
    /// Signing in and joining.
    pub sign_in: sign_in::SignInMessages,
}

static EN: StaffMessages = StaffMessages {
    frame: frame::EN,
    sign_in: sign_in::EN,
};

static ES: StaffMessages = StaffMessages {
    frame: frame::ES,
    sign_in: sign_in::ES,
};

/// The desk's words in the language of the page being shown.
pub fn use_staff_messages() -> &'static StaffMessages {
    match use_language() {
        Language::English => &EN,
        Language::Spanish => &ES,
    }
}
