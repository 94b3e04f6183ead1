//! What the pages of a device and their worker say to each other.
//!
//! Both WASM bundles use these types, and nothing else joins them: the page asks ([`Asked`]), the
//! worker tells ([`Told`]). Each goes through `postMessage` as `[json]` or `[json, bytes]`, where
//! `bytes` is a transferred `ArrayBuffer`: the pixels of a picture, or a PKCS#12 file.

mod device;
mod gateway;
mod inbox;
mod label;
mod outcome;
mod secret;

pub use device::{
    DeviceAsk, DeviceAsked, DeviceIdTry, DeviceTell, DeviceTold, HeldDevice, Outlook, Standing,
    TakeOutReason,
};
pub use gateway::{Came, GatewayAsk, GatewayAsked, GatewayTell, GatewayTold, KEPT_LABEL, LabelFor};
pub use inbox::{AskedSpan, Decision, EventCall, HeldEvent, HeldInbox, HeldNote, Knocking, Taking};
pub use label::{Keying, LabelFacts, LabelRefusal, LabelText};
pub use outcome::{
    Answer, CertificateFacts, CopyOutcome, DeviceFacts, Enrolled, ExpiredReason, PendingFacts,
    Refusal, Step, WayOn,
};
pub use secret::Secret;

use serde::{Deserialize, Serialize};

/// A message from the page to the worker.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    /// Counts what the page asks. The worker repeats it, so that a late answer to something the
    /// page has since left is told from the one it waits for.
    pub turn: u32,
    /// What the page wants.
    pub ask: Ask,
}

/// A message from the worker to the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The turn this answers; 0 when nobody asked.
    pub turn: u32,
    /// The answer, or a piece of progress on the way to it.
    pub tell: Tell,
}

/// What the page can ask for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// What does this browser hold already? Answered by [`Tell::Found`].
    Look,
    /// Read a label. Answered by [`Tell::Label`] or [`Tell::LabelRefused`], or by [`Tell::Found`]
    /// when this browser has used that very label already.
    Label(LabelText),
    /// Find a label in a picture whose RGBA pixels travel beside this message. Answered as
    /// [`Ask::Label`], or by [`Tell::NoSymbol`].
    Picture(Picture),
    /// Enrol with the label read last. Answered by [`Tell::Progress`] and at the end
    /// [`Tell::Answer`].
    Enroll {
        /// As the person typed it.
        device_id: Secret,
        /// The password of a PKCS#12 copy, when one is wanted.
        copy_password: Option<Secret>,
    },
    /// Send a pending confirmation again. Answered as [`Ask::Enroll`].
    Resume {
        /// Names the pending enrollment, as in [`PendingFacts`].
        temporary_id: String,
    },
    /// Forget a pending enrollment and its keys. Answered by [`Tell::Found`].
    Discard {
        /// Names the pending enrollment, as in [`PendingFacts`].
        temporary_id: String,
    },
}

/// The pixels that travel beside [`Ask::Picture`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// How hard to look.
    pub effort: Effort,
}

/// How much time a picture is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// A camera frame: one quick look, a little different at each frame.
    Frame,
    /// A chosen picture: every way of looking, for there is no other.
    Thorough,
}

/// What the worker can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tell {
    /// The worker runs and listens.
    Ready,
    /// The worker cannot run, or has stopped: no answer will come any more.
    Broken,
    /// This browser keeps nothing (private mode, storage switched off, no WebCrypto).
    NoVault,
    /// What this browser holds, or as much of it as belongs to the label that was asked about.
    Found {
        /// The enrollments of this browser, newest first.
        devices: Vec<DeviceFacts>,
        /// Confirmations sent without an answer yet, newest first.
        pending: Vec<PendingFacts>,
    },
    /// There is no readable QR code in the picture.
    NoSymbol,
    /// A good label: the device ID is wanted now.
    Label(LabelFacts),
    /// The label cannot be used.
    LabelRefused(LabelRefusal),
    /// A step of the enrollment begins.
    Progress(Step),
    /// The enrollment is over, or stuck.
    Answer(Answer),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_script_speaks_this_protocol() {
        let broken = Told {
            turn: 0,
            tell: Tell::Broken,
        };
        let json = serde_json::to_string(&broken).unwrap();
        let loader = include_str!("../../gridpass-worker-loader.js");
        assert!(loader.contains(&json), "the loader must post {json}");
    }

    #[test]
    fn a_debugged_message_shows_no_secret() {
        let asked = Asked {
            turn: 7,
            ask: Ask::Enroll {
                device_id: Secret::new("00:1A:2B:3C:4D:5E".to_owned()),
                copy_password: Some(Secret::new("correct horse battery".to_owned())),
            },
        };
        let debug = format!("{asked:?}");
        assert!(
            !debug.contains("1A:2B") && !debug.contains("horse"),
            "{debug}"
        );
    }

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let told = Told {
            turn: 3,
            tell: Tell::Answer(Answer::Refused(Refusal::WrongDeviceId { remaining: 2 })),
        };
        let json = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<Told>(&json).unwrap(), told);
    }
}
