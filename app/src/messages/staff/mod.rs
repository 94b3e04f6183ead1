//! Every sentence that staff read. Apart from the customers' words, so that nothing of it gets
//! into their bundle.

pub mod customers;
pub mod enrollments;
pub mod frame;
pub mod intake;
pub mod people;
pub mod sign_in;

use super::{Language, use_language};

/// All words of the desk in one language.
#[derive(Debug)]
pub struct StaffMessages {
    /// What surrounds every page of the desk.
    pub frame: frame::FrameMessages,
    /// The list of enrollments, and one of them.
    pub enrollments: enrollments::EnrollmentMessages,
    /// Registering a device for somebody on the phone.
    pub intake: intake::IntakeMessages,
    /// Colleagues, tokens, the own way in.
    pub people: people::PeopleMessages,
    /// The account directory.
    pub customers: customers::CustomersMessages,
    /// Signing in and joining.
    pub sign_in: sign_in::SignInMessages,
}

static EN: StaffMessages = StaffMessages {
    frame: frame::EN,
    enrollments: enrollments::EN,
    intake: intake::EN,
    people: people::EN,
    customers: customers::EN,
    sign_in: sign_in::EN,
};

static ES: StaffMessages = StaffMessages {
    frame: frame::ES,
    enrollments: enrollments::ES,
    intake: intake::ES,
    people: people::ES,
    customers: customers::ES,
    sign_in: sign_in::ES,
};

/// The desk's words in the language of the page being shown.
pub fn use_staff_messages() -> &'static StaffMessages {
    match use_language() {
        Language::English => &EN,
        Language::Spanish => &ES,
    }
}
