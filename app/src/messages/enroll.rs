//! Words of the enrollment page `/e`.

mod english;
mod spanish;

pub use english::EN;
pub use spanish::ES;

use std::borrow::Cow;

use crate::pages::enroll::{CameraTrouble, CodeTrouble};
use gridpass_protocol::label::ManualCodeError;
use gridpass_wire::{LabelRefusal, Refusal, Step};

/// Words of the enrollment page `/e`.
#[derive(Debug)]
pub struct EnrollMessages {
    /// Title of the page.
    pub title: &'static str,
    /// While the page comes to life.
    pub start: StartMessages,
    /// The ways to hand over a code.
    pub ways: WayMessages,
    /// The camera.
    pub camera: CameraMessages,
    /// Said while a code is looked at.
    pub reading: &'static str,
    /// Why a code cannot be used.
    pub label_refusal: fn(&LabelRefusal) -> Words,
    /// Before the link of a code that belongs to another portal.
    pub foreign_link: &'static str,
    /// The device ID.
    pub device_id: DeviceIdMessages,
    /// The protected copy.
    pub copy: CopyMessages,
    /// The steps.
    pub progress: ProgressMessages,
    /// Why it is not finished, and what to do.
    pub refusal: fn(&Refusal) -> Words,
    /// What a wrong device ID leaves: the number of tries.
    pub tries_left: fn(u32) -> String,
    /// What to check after a wrong device ID.
    pub check: [&'static str; 3],
    /// Sends the same again.
    pub send_again: &'static str,
    /// Gives up what is waiting.
    pub give_up: &'static str,
    /// Hands over another code.
    pub another_code: &'static str,
    /// The end.
    pub done: DoneMessages,
    /// What this browser is set up for.
    pub held: HeldMessages,
    /// The browser inside another app.
    pub in_app: InAppMessages,
    /// The browser keeps nothing.
    pub no_vault: fn() -> Words,
    /// The part of the page that computes did not load.
    pub broken: fn() -> Words,
    /// Puts a text on the clipboard.
    pub copy_text: &'static str,
    /// Said when it is there.
    pub copied: &'static str,
}

/// A heading and what it means.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    /// The heading.
    pub title: &'static str,
    /// What it means, and what to do next.
    pub text: Cow<'static, str>,
}

/// Words while the page comes to life.
#[derive(Debug)]
pub struct StartMessages {
    /// Said at once.
    pub wait: &'static str,
    /// Heading of what to do when nothing happens.
    pub stuck_title: &'static str,
    /// What to do then.
    pub stuck_text: &'static str,
    /// Said without JavaScript.
    pub no_script: &'static str,
}

/// Words of the ways to hand over a code.
#[derive(Debug)]
pub struct WayMessages {
    /// Where the code is found.
    pub lead: &'static str,
    /// Opens the camera.
    pub scan: &'static str,
    /// Heading of the way by picture.
    pub picture_title: &'static str,
    /// Chooses a picture.
    pub picture: &'static str,
    /// Says what else can be done with a picture.
    pub picture_hint: &'static str,
    /// Heading of the way by manual code.
    pub code_title: &'static str,
    /// Label of its field.
    pub code: &'static str,
    /// What the code looks like.
    pub code_hint: &'static str,
    /// What is wrong with the code typed so far.
    pub code_check: fn(ManualCodeError) -> String,
    /// Said when the check symbol fits.
    pub code_fits: &'static str,
    /// Why the code was not accepted.
    pub code_trouble: fn(CodeTrouble) -> &'static str,
    /// Hands the code over.
    pub go_on: &'static str,
    /// No QR code in a picture.
    pub no_symbol: &'static str,
    /// The file is no picture.
    pub not_a_picture: &'static str,
    /// The device ID was wrong and the code has to be handed over again; takes the tries left.
    pub wrong_device_id: fn(u32) -> String,
}

/// Words of the camera.
#[derive(Debug)]
pub struct CameraMessages {
    /// What to do.
    pub title: &'static str,
    /// Said while the browser asks for permission.
    pub asking: &'static str,
    /// Said while looking.
    pub looking: &'static str,
    /// Said when another code is in view.
    pub other_code: &'static str,
    /// Text alternative of the picture.
    pub view: &'static str,
    /// Stops.
    pub stop: &'static str,
    /// Why it cannot be used.
    pub trouble: fn(CameraTrouble) -> &'static str,
}

/// Words of the device ID.
#[derive(Debug)]
pub struct DeviceIdMessages {
    /// Title of the step.
    pub title: &'static str,
    /// Why it is asked for; takes the provider.
    pub lead: fn(&str) -> String,
    /// Where it is found.
    pub hint: &'static str,
    /// Before the time until which the code can be used.
    pub valid_until: &'static str,
    /// Sends it.
    pub connect: &'static str,
}

/// Words of the protected copy.
#[derive(Debug)]
pub struct CopyMessages {
    /// The fold.
    pub title: &'static str,
    /// What it is, and that it must be asked for now.
    pub text: &'static str,
    /// Asks for it.
    pub wanted: &'static str,
    /// Label of the password.
    pub password: &'static str,
    /// Its rule.
    pub password_hint: &'static str,
    /// Label of the password once more.
    pub repeat: &'static str,
    /// Shows the passwords.
    pub show: &'static str,
    /// Too short.
    pub too_short: &'static str,
    /// A character that cannot be used.
    pub unusual: &'static str,
    /// The two differ.
    pub differ: &'static str,
    /// Heading at the end.
    pub ready_title: &'static str,
    /// What to do with it.
    pub ready_text: &'static str,
    /// Saves it.
    pub save: &'static str,
    /// Said when a reload made it impossible.
    pub missed: &'static str,
}

/// Words of the steps.
#[derive(Debug)]
pub struct ProgressMessages {
    /// Title.
    pub title: &'static str,
    /// The name of a step; takes the provider.
    pub step: fn(Step, &str) -> String,
    /// In place of a provider's name that is not known after a reload.
    pub provider: &'static str,
    /// Said when the keys take long.
    pub slow: &'static str,
    /// Said that the page may be closed.
    pub safe: &'static str,
    /// Before a step that is over, for screen readers.
    pub finished: &'static str,
}

/// Words of the end.
#[derive(Debug)]
pub struct DoneMessages {
    /// Title.
    pub title: &'static str,
    /// What was set up; takes the provider.
    pub lead: fn(&str) -> String,
    /// How long it took; takes milliseconds.
    pub took: fn(u32) -> String,
    /// Before the end of the certificate.
    pub valid_until: &'static str,
    /// Before the settings.
    pub messages: &'static str,
    /// How often the device looks for messages; takes seconds.
    pub every: fn(u32) -> String,
    /// Before the time of renewal.
    pub renewal: &'static str,
    /// How long before the end it is renewed; takes days.
    pub renewal_before: fn(u32) -> String,
    /// Before the provider's contact.
    pub contact: &'static str,
    /// Heading of what comes next.
    pub next_title: &'static str,
    /// What comes next.
    pub next: [&'static str; 3],
    /// The fold with the certificate's figures.
    pub facts: &'static str,
    /// Names of the figures.
    pub fact: FactMessages,
    /// Sets another device up.
    pub another: &'static str,
}

/// Names of a certificate's figures.
#[derive(Debug)]
pub struct FactMessages {
    /// Enrollment id.
    pub enrollment: &'static str,
    /// Settings profile.
    pub profile: &'static str,
    /// Subject.
    pub subject: &'static str,
    /// Issuer.
    pub issuer: &'static str,
    /// Serial number.
    pub serial: &'static str,
    /// Start of validity.
    pub not_before: &'static str,
    /// SHA-256 fingerprint.
    pub fingerprint: &'static str,
    /// OpenADR VEN fingerprint.
    pub ven_fingerprint: &'static str,
    /// IEEE 2030.5 LFDI.
    pub lfdi: &'static str,
    /// IEEE 2030.5 SFDI.
    pub sfdi: &'static str,
}

/// Words about what this browser is set up for.
#[derive(Debug)]
pub struct HeldMessages {
    /// Title.
    pub title: &'static str,
    /// What that means; takes how many.
    pub lead: fn(usize) -> String,
    /// Before the time of enrollment.
    pub since: &'static str,
}

/// Words about the browser inside another app.
#[derive(Debug)]
pub struct InAppMessages {
    /// Heading.
    pub title: &'static str,
    /// What to do.
    pub text: &'static str,
    /// Label of the link.
    pub link: &'static str,
}
