use std::borrow::Cow;

use super::{
    CameraMessages, CopyMessages, DeviceIdMessages, DoneMessages, EnrollMessages, FactMessages,
    HeldMessages, InAppMessages, ProgressMessages, StartMessages, WayMessages, Words,
};
use crate::pages::enroll::{CameraTrouble, CodeTrouble};
use gridpass_protocol::label::ManualCodeError;
use gridpass_wire::{ExpiredReason, LabelRefusal, Refusal, Step};

/// English.
pub const EN: EnrollMessages = EnrollMessages {
    title: "Connect this device",
    start: StartMessages {
        wait: "One moment…",
        stuck_title: "Nothing happens?",
        stuck_text: "The secret key is made by your browser, so this step needs an up-to-date one. Open the link in another browser or on another device, or type the code from your provider there. Nothing has been used up.",
        no_script: "JavaScript is switched off. The secret key is made by your browser, so this step needs it. Switch it on and reload the page, or type the code from your provider on another device.",
    },
    ways: WayMessages {
        lead: "You have a code from your energy provider: on paper, in an e-mail or on another screen.",
        scan: "Scan the QR code",
        picture_title: "Use a picture",
        picture: "Choose a picture of the QR code",
        picture_hint: "A photo or a screenshot. You can also drop it here or paste it.",
        code_title: "Type the code",
        code: "Code",
        code_hint: "20 letters and digits in four groups, beside the QR code. Capitals, spaces and hyphens do not matter.",
        code_check: |error| match error {
            ManualCodeError::Character { character } => {
                format!("“{character}” does not appear in any code.")
            }
            ManualCodeError::Length { length } if length < 20 => {
                format!("{length} of 20 letters and digits.")
            }
            ManualCodeError::Length { length } => {
                format!("{length} letters and digits: that is more than 20.")
            }
            ManualCodeError::Check => {
                "One letter or digit is wrong, or two are swapped. Compare it once more.".to_owned()
            }
        },
        code_fits: "That is a complete code.",
        code_trouble: |trouble| match trouble {
            CodeTrouble::Mistyped => {
                "There is a typing error in this code. Compare it with the original, group by group."
            }
            CodeTrouble::Unknown => {
                "Nothing belongs to this code. It may have expired or been replaced: ask your provider for a new one."
            }
        },
        go_on: "Continue",
        no_symbol: "There is no readable QR code in that picture. Take it straight from above, in good light, with the whole code in it.",
        not_a_picture: "This file cannot be opened as a picture. Use a JPEG or PNG file, for instance a screenshot.",
        wrong_device_id: |remaining| {
            format!(
                "That device ID was not the right one. {} Hand over the code again to try once more.",
                tries_left(remaining)
            )
        },
    },
    camera: CameraMessages {
        title: "Show the QR code to the camera",
        asking: "Your browser asks whether this page may use the camera. Please allow it.",
        looking: "Looking for the code…",
        other_code: "That is a QR code, but not one from your provider. Looking on…",
        view: "What the camera sees",
        stop: "Stop the camera",
        trouble: |trouble| match trouble {
            CameraTrouble::Missing => {
                "No camera was found. Use a picture of the code, or type the code."
            }
            CameraTrouble::Refused => {
                "This page may not use the camera. Allow it in the browser, by the symbol beside the address, and try again; or use a picture, or type the code."
            }
            CameraTrouble::InUse => {
                "Another program is using the camera. Close it and try again; or use a picture, or type the code."
            }
            CameraTrouble::Insecure => {
                "The camera works only over a secure connection (https). Use a picture of the code, or type the code."
            }
        },
    },
    reading: "Reading the code…",
    label_refusal,
    foreign_link: "Link of the code",
    device_id: DeviceIdMessages {
        title: "Enter the device ID",
        lead: |provider| {
            format!("{provider} made this code for one device. Its ID shows that this is the one.")
        },
        hint: "The one you gave your provider: a serial number, MAC address or IMEI. It is on the device or its box, or in the settings under About. Capitals, spaces, hyphens and colons do not matter.",
        valid_until: "The code can be used until",
        connect: "Connect this device",
    },
    copy: CopyMessages {
        title: "Also make a protected copy for another device",
        text: "Only if you need the same certificate in another program or device: you get a file (PKCS#12), locked with a password. It can only be made now. Afterwards nobody can take the key out of this browser, not even you.",
        wanted: "Make a protected copy",
        password: "Password for the copy",
        password_hint: "At least 12 characters. Nobody can restore it for you.",
        repeat: "The same password again",
        show: "Show the passwords",
        too_short: "The password needs at least 12 characters.",
        unusual: "Use letters, digits and signs only: the file cannot take emoji.",
        differ: "The two passwords are not the same.",
        ready_title: "Your protected copy",
        ready_text: "Save it now: it is gone when you leave this page. Let either the copy or this browser speak with your provider: two at once look like a stolen key.",
        save: "Save the protected copy",
        missed: "The protected copy could not be made, because the page was reloaded in between. Should you need one, ask your provider for a new code.",
    },
    progress: ProgressMessages {
        title: "Connecting…",
        step: |step, provider| match step {
            Step::Keying => "Making the keys on this device".to_owned(),
            Step::Confirmation => format!("Asking {provider}"),
            Step::Issuance => "Checking the answer".to_owned(),
            Step::Keeping => "Keeping certificate and settings in this browser".to_owned(),
        },
        provider: "your provider",
        slow: "These keys take a few seconds to make, on an older phone up to a minute.",
        safe: "If the connection breaks or the page is closed, it goes on from here when you come back.",
        finished: "Done:",
    },
    refusal,
    tries_left,
    check: [
        "Is it this device's ID, and the one you gave your provider?",
        "Easily mistaken: 0 and O, 1 and I, 8 and B, 5 and S.",
        "Some devices have several IDs. Try the one your provider asked for.",
    ],
    send_again: "Try again",
    give_up: "Give up and start anew",
    another_code: "Use another code",
    done: DoneMessages {
        title: "This device is connected",
        lead: |provider| format!("{provider} now knows this browser on this device."),
        took: |milliseconds| {
            let seconds = f64::from(milliseconds) / 1000.0;
            format!("It took {seconds:.1} seconds.")
        },
        valid_until: "Certificate valid until",
        messages: "Looks for messages",
        every: |seconds| match seconds {
            60 => "every minute".to_owned(),
            3600 => "every hour".to_owned(),
            seconds if seconds % 3600 == 0 => format!("every {} hours", seconds / 3600),
            seconds if seconds % 60 == 0 => format!("every {} minutes", seconds / 60),
            seconds => format!("every {seconds} seconds"),
        },
        renewal: "Renewal",
        renewal_before: |days| match days {
            1 => "from 1 day before the end".to_owned(),
            days => format!("from {days} days before the end"),
        },
        contact: "Questions",
        next_title: "What comes next",
        next: [
            "There is nothing more to do. You can close this page.",
            "The key is kept in this browser alone. Clearing this site's data deletes it; you would need a new code then.",
            "The code is used up. You can throw the letter away.",
        ],
        facts: "Certificate details",
        fact: FactMessages {
            enrollment: "Enrollment",
            profile: "Settings profile",
            subject: "Subject",
            issuer: "Issued by",
            serial: "Serial number",
            not_before: "Valid from",
            fingerprint: "SHA-256 fingerprint",
            ven_fingerprint: "OpenADR VEN fingerprint",
            lfdi: "IEEE 2030.5 LFDI",
            sfdi: "IEEE 2030.5 SFDI",
        },
        another: "Set up another device",
    },
    held: HeldMessages {
        title: "This browser is connected",
        lead: |count| match count {
            1 => "There is nothing to do here.".to_owned(),
            count => format!("It is connected {count} times. There is nothing to do here."),
        },
        since: "Connected since",
    },
    in_app: InAppMessages {
        title: "Open this page in your browser",
        text: "You are inside another app. There the camera often does not work, and what is set up is lost when the app closes. Copy the link and open it in your usual browser, such as Chrome, Safari or Firefox.",
        link: "Link of this page",
    },
    no_vault: || {
        words(
            "This browser keeps nothing",
            "The key has to stay in this browser, and it cannot be stored here: perhaps this is a private window, or storage is switched off for this page. Open the link in a normal window. Your code has not been used up.",
        )
    },
    broken: || {
        words(
            "A part of this page did not load",
            "Perhaps the connection broke, or the browser is too old. Try again, or open the link in another browser. Your code has not been used up.",
        )
    },
    copy_text: "Copy the link",
    copied: "Copied",
};

fn words(title: &'static str, text: &'static str) -> Words {
    Words {
        title,
        text: Cow::Borrowed(text),
    }
}

fn tries_left(remaining: u32) -> String {
    match remaining {
        0 => "No try is left.".to_owned(),
        1 => "You have 1 try left.".to_owned(),
        remaining => format!("You have {remaining} tries left."),
    }
}

fn minutes(seconds: u64) -> String {
    match seconds.div_ceil(60) {
        0 | 1 => "one minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

fn label_refusal(refusal: &LabelRefusal) -> Words {
    match refusal {
        LabelRefusal::NotALabel => words(
            "That is another kind of code",
            "This QR code is not one for connecting a device. Use the one from your energy provider.",
        ),
        LabelRefusal::Foreign { origin, .. } => Words {
            title: "This code belongs to another portal",
            text: Cow::Owned(format!(
                "It was made by {origin}. If you know that portal and expected its code, open the link below there."
            )),
        },
        LabelRefusal::Damaged => words(
            "The code is damaged",
            "Part of it is missing or was changed on the way. Scan it once more; if you followed a link, make sure that all of it was copied.",
        ),
        LabelRefusal::NewerVersion => words(
            "This page is out of date",
            "The code is newer than this page. Reload the page; if that does not help, ask your provider.",
        ),
        LabelRefusal::Expired { .. } => words(
            "This code has expired",
            "Codes can be used for a limited time. Ask your provider for a new one, or make one under My devices. Should the date be wrong, check this device's clock.",
        ),
        LabelRefusal::UnknownProvider => words(
            "No provider here stands behind this code",
            "The code names a provider that this portal does not know (any more), so nothing is sent. Ask your provider for a new code.",
        ),
        LabelRefusal::MistypedCode | LabelRefusal::UnknownCode => words(
            "This code was not found",
            "Compare it with the original, group by group. It may also have expired.",
        ),
        LabelRefusal::RateLimited { retry_after } => Words {
            title: "Too many codes",
            text: Cow::Owned(format!(
                "To keep guessers out, this connection has to wait. Try again in {}.",
                minutes(*retry_after)
            )),
        },
        LabelRefusal::Offline => words(
            "No connection",
            "The portal cannot be reached. Check your connection; this page tries again by itself when it is back.",
        ),
        LabelRefusal::Unavailable => words(
            "The portal cannot answer just now",
            "Nothing is lost and your code has not been used up. Try again in a few minutes.",
        ),
    }
}

fn refusal(refusal: &Refusal) -> Words {
    match refusal {
        Refusal::InvalidDeviceId => words(
            "That cannot be a device ID",
            "A device ID has 8 to 64 letters and digits. Compare it once more.",
        ),
        Refusal::WrongDeviceId { remaining } => Words {
            title: "That is not the right device ID",
            text: Cow::Owned(tries_left(*remaining)),
        },
        Refusal::Locked => words(
            "This code is locked",
            "There were too many wrong device IDs. Ask your provider for a new code, or make one under My devices, and have the right device ID at hand.",
        ),
        Refusal::Expired(ExpiredReason::Expired) => words(
            "This code has expired",
            "Codes can be used for a limited time. Ask your provider for a new one, or make one under My devices.",
        ),
        Refusal::Expired(ExpiredReason::Superseded) => words(
            "There is a newer code for this device",
            "A newer one has taken the place of this code. Use the newest one you were given.",
        ),
        Refusal::Expired(ExpiredReason::Cancelled) => words(
            "This code was cancelled",
            "You or your provider called it off. Ask your provider for a new one if you still want to connect the device.",
        ),
        Refusal::AlreadyEnrolled => words(
            "This code has been used",
            "A device was connected with it, by another browser or another device. If that was you, there is nothing to do. If not, tell your provider at once.",
        ),
        Refusal::RateLimited { retry_after } => Words {
            title: "Too many wrong tries",
            text: Cow::Owned(format!(
                "To keep guessers out, this connection has to wait. Try again in {}; nothing is lost.",
                minutes(*retry_after)
            )),
        },
        Refusal::Unavailable => words(
            "Your provider cannot answer just now",
            "Nothing is lost: your code has not been used up, and what was prepared is kept in this browser. Try again in a few minutes.",
        ),
        Refusal::Offline => words(
            "No connection",
            "Your provider cannot be reached. Nothing is lost: it goes on by itself when the connection is back, also if you come back later.",
        ),
        Refusal::BadRequest { reason } => Words {
            title: "Your provider did not accept the request",
            text: match reason {
                Some(reason) => Cow::Owned(format!(
                    "Ask your provider for a new code, and tell them this word: {reason}."
                )),
                None => Cow::Borrowed("Ask your provider for a new code."),
            },
        },
        Refusal::NotGenuine => words(
            "The answer did not come from your provider",
            "Something on the way may have changed it, so nothing was set up. Try again over another network, such as mobile data. If it stays, tell your provider.",
        ),
        Refusal::KeysNotKept | Refusal::NotKept => words(
            "This browser could not store the keys",
            "Perhaps its storage is full or was just cleared. Make room, or use a normal window instead of a private one, and try again. Your code has not been used up.",
        ),
        Refusal::NothingToDo => words(
            "There is nothing to go on with",
            "What was begun is finished or was given up, perhaps in another window. Hand over your code to begin anew.",
        ),
    }
}
