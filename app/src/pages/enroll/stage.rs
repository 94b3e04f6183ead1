//! Where an enrollment stands, what the page hears and what it does.

use gridpass_wire::{
    Ask, DeviceFacts, Enrolled, LabelRefusal, LabelText, Refusal, Secret, Step, Tell,
};
use leptos::ev;

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The page comes to life, or finds out what this browser holds. What the server renders.
    Loading,
    /// This browser is enrolled already.
    Held(Vec<DeviceFacts>),
    /// The ways to hand over a label, and why the one tried before did not work.
    Ways(Option<Hitch>),
    /// The camera looks for a label.
    Camera(CameraView),
    /// A label is being read.
    Reading,
    /// The label cannot be used.
    LabelRefused(LabelRefusal),
    /// The device ID is wanted, again when something was wrong with it.
    DeviceId(Option<Refusal>),
    /// The worker is at this step.
    Enrolling(Step),
    /// Not finished, but nothing is lost: the same confirmation can be sent again.
    Waiting(Refusal),
    /// Over; only a new label helps.
    Refused(Refusal),
    /// Enrolled.
    Done(Box<Enrolled>, Option<Download>),
    /// This browser keeps nothing.
    NoVault,
    /// The worker did not start, or died.
    Broken,
}

/// What the camera is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CameraView {
    /// Waiting for the person's permission.
    Asking,
    /// Looking.
    Looking,
    /// Looking; a QR code of something else is in view.
    OtherCode,
}

/// Why a way to hand over a label did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hitch {
    /// No QR code in the picture.
    NoSymbol,
    /// The file is not a picture that this browser opens.
    NotAPicture,
    /// The camera cannot be used.
    Camera(CameraTrouble),
    /// The manual code was not accepted.
    Code(CodeTrouble),
    /// The device ID was wrong, and the label has to be handed over again.
    WrongDeviceId {
        /// Tries left.
        remaining: u32,
    },
}

/// Why the camera cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraTrouble {
    /// There is none.
    Missing,
    /// The person, or a policy, said no.
    Refused,
    /// Another program has it.
    InUse,
    /// The page did not come over https.
    Insecure,
}

/// Why a manual code was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeTrouble {
    /// There is a typing error in it.
    Mistyped,
    /// Nothing belongs to it (any more).
    Unknown,
}

/// A file that the browser offers to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Download {
    /// A `blob:` address.
    pub(crate) url: String,
    /// A name for the file.
    pub(crate) file_name: String,
}

/// What the page hears from browser, worker and person.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The page has come to life; with the label it had before a reload.
    Start(Option<LabelText>),
    /// The page was opened with a label in its address.
    Link(Secret),
    /// The worker speaks.
    Told(Tell, Option<Download>),
    /// The camera changes.
    Camera(Result<CameraView, CameraTrouble>),
    /// A picture was handed over and is being opened.
    PictureOpened,
    /// It is none.
    PictureFailed,
    /// The browser is connected again.
    Online,
    /// The person wants another way, or another device.
    StartOver,
    /// The person handed over a label by hand.
    LabelTyped(LabelText),
    /// The person typed the device ID.
    DeviceIdTyped {
        /// As typed.
        device_id: Secret,
        /// For the protected copy, when one is wanted.
        copy_password: Option<Secret>,
    },
    /// The person wants what failed tried again.
    Retry,
    /// The person gives a waiting enrollment up.
    GiveUp,
}

/// The event that a picture came with.
#[derive(Clone, Debug)]
pub(crate) enum PictureEvent {
    /// A file was chosen in a file field.
    Chosen(ev::Event),
    /// A file was dropped on the page.
    Dropped(ev::DragEvent),
    /// Something was pasted: a picture, or the text of a link.
    Pasted(ev::ClipboardEvent),
}

/// What the page does in the browser.
#[derive(Debug)]
pub(crate) enum Act {
    /// Ask the worker.
    Ask(Ask),
    /// Remember the label until the enrollment is done, also over a reload.
    KeepLabel(LabelText),
    /// Forget it.
    ForgetLabel,
    /// Get the camera.
    OpenCamera,
    /// Let go of the camera.
    StopCamera,
    /// Look for a label in a picture.
    ReadPicture(PictureEvent),
    /// Put a text on the clipboard.
    Copy(String),
    /// Start another worker.
    RestartWorker,
    /// Go on where gateways are connected. The label is kept, and read again there.
    OpenGatewayPage,
    /// Ask the browser not to clear its storage when space gets short.
    Persist,
}

impl Stage {
    /// Which page to show; what is on it may change without another page.
    pub(crate) fn page(&self) -> Page {
        match self {
            Self::Loading => Page::Loading,
            Self::Held(_) => Page::Held,
            Self::Ways(_) => Page::Ways,
            Self::Camera(_) => Page::Camera,
            Self::Reading => Page::Reading,
            Self::LabelRefused(_) => Page::LabelRefused,
            Self::DeviceId(_) => Page::DeviceId,
            Self::Enrolling(_) => Page::Enrolling,
            Self::Waiting(_) => Page::Waiting,
            Self::Refused(_) => Page::Refused,
            Self::Done(..) => Page::Done,
            Self::NoVault => Page::NoVault,
            Self::Broken => Page::Broken,
        }
    }
}

/// A [`Stage`] without what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// [`Stage::Loading`]
    Loading,
    /// [`Stage::Held`]
    Held,
    /// [`Stage::Ways`]
    Ways,
    /// [`Stage::Camera`]
    Camera,
    /// [`Stage::Reading`]
    Reading,
    /// [`Stage::LabelRefused`]
    LabelRefused,
    /// [`Stage::DeviceId`]
    DeviceId,
    /// [`Stage::Enrolling`]
    Enrolling,
    /// [`Stage::Waiting`]
    Waiting,
    /// [`Stage::Refused`]
    Refused,
    /// [`Stage::Done`]
    Done,
    /// [`Stage::NoVault`]
    NoVault,
    /// [`Stage::Broken`]
    Broken,
}
