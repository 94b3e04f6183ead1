//! Every sentence that staff read. Apart from the customers' words, so that nothing of it gets
//! into their bundle.

pub mod approval;
pub mod audit;
pub mod certificates;
pub mod customers;
pub mod deliveries;
pub mod dr;
pub mod enrollments;
pub mod frame;
pub mod home;
pub mod intake;
pub mod jobs;
pub mod keys;
pub mod mailbox;
pub mod people;
pub mod programme;
pub mod settings;
pub mod sign_in;
pub mod webhooks;

use super::{Language, use_language};

/// All words of the desk in one language.
#[derive(Debug)]
pub struct StaffMessages {
    /// Devices that somebody has to approve.
    pub approval: approval::ApprovalMessages,
    /// The record of who did what.
    pub audit: audit::AuditMessages,
    /// The certificates of a device.
    pub certificates: certificates::CertificateMessages,
    /// What is delivered.
    pub deliveries: deliveries::DeliveryMessages,
    /// Demand response.
    pub dr: dr::DrMessages,
    /// What surrounds every page of the desk.
    pub frame: frame::FrameMessages,
    /// The first page of the desk.
    pub home: home::HomeMessages,
    /// The list of enrollments, and one of them.
    pub enrollments: enrollments::EnrollmentMessages,
    /// Registering a device for somebody on the phone.
    pub intake: intake::IntakeMessages,
    /// Registrations in bulk.
    pub jobs: jobs::JobMessages,
    /// The keys of a device.
    pub keys: keys::KeyMessages,
    /// What devices are sent.
    pub mailbox: mailbox::MailboxMessages,
    /// The programme's figures.
    pub programme: programme::ProgrammeMessages,
    /// Colleagues, tokens, the own way in.
    pub people: people::PeopleMessages,
    /// The account directory.
    pub customers: customers::CustomersMessages,
    /// The settings of devices.
    pub settings: settings::SettingsMessages,
    /// Signing in and joining.
    pub sign_in: sign_in::SignInMessages,
    /// The systems that are told of changes.
    pub webhooks: webhooks::WebhookMessages,
}

static EN: StaffMessages = StaffMessages {
    approval: approval::EN,
    audit: audit::EN,
    certificates: certificates::EN,
    deliveries: deliveries::EN,
    dr: dr::EN,
    frame: frame::EN,
    home: home::EN,
    enrollments: enrollments::EN,
    intake: intake::EN,
    jobs: jobs::EN,
    keys: keys::EN,
    mailbox: mailbox::EN,
    programme: programme::EN,
    people: people::EN,
    customers: customers::EN,
    settings: settings::EN,
    sign_in: sign_in::EN,
    webhooks: webhooks::EN,
};

static ES: StaffMessages = StaffMessages {
    approval: approval::ES,
    audit: audit::ES,
    certificates: certificates::ES,
    deliveries: deliveries::ES,
    dr: dr::ES,
    frame: frame::ES,
    home: home::ES,
    enrollments: enrollments::ES,
    intake: intake::ES,
    jobs: jobs::ES,
    keys: keys::ES,
    mailbox: mailbox::ES,
    programme: programme::ES,
    people: people::ES,
    customers: customers::ES,
    settings: settings::ES,
    sign_in: sign_in::ES,
    webhooks: webhooks::ES,
};

/// The desk's words in the language of the page being shown.
pub fn use_staff_messages() -> &'static StaffMessages {
    match use_language() {
        Language::English => &EN,
        Language::Spanish => &ES,
    }
}
