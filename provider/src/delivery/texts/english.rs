//! English.

use super::Texts;
use crate::tenant::Language;

pub(super) const TEXTS: Texts = Texts {
    language: Language::English,
    sign_in_subject: |provider| format!("Sign in to {provider}"),
    sign_in_text: |name, link, code, provider| {
        format!(
            "Hello {name},\n\n\
             open this link to sign in and manage your devices:\n\n\
             {link}\n\n\
             Or type this code where you asked for it:\n\n\
             {code}\n\n\
             Both work once, for 10 minutes, in the browser that asked. If you did not ask, \
             ignore this message: nobody can sign in without it.\n\n\
             {provider}\n"
        )
    },
    sign_in_sms: |code, provider| {
        format!(
            "{code} is your code to sign in to {provider}. It works once, for 10 minutes. \
             Nobody from {provider} will ever ask you for it."
        )
    },
    invitation_subject: |provider| format!("Your way into the desk of {provider}"),
    invitation_text: |name, link, provider, until| {
        format!(
            "Hello {name},\n\n\
             an admin of {provider} invites you to its desk. Open this link and choose how you \
             sign in from then on:\n\n\
             {link}\n\n\
             It works once, until {until}. Keep it to yourself: whoever opens it first joins in \
             your name. If you do not expect it, tell your admin.\n\n\
             {provider}\n"
        )
    },
    expiry_subject: |provider| format!("Renew the connection of your device – {provider}"),
    expiry_text: |name, device, address, until, provider| {
        format!(
            "Hello {name},\n\n\
             the connection of your device {device} ends on {until}. It usually renews itself, but \
             this one has not been in touch. Open this page on the device, and it is done:\n\n\
             {address}\n\n\
             If you no longer use the device, there is nothing to do.\n\n\
             {provider}\n"
        )
    },
    expiry_sms: |provider, device, address, until| {
        format!(
            "{provider}: the connection of your device {device} ends on {until}. \
             Open {address} on it to renew it."
        )
    },
    label_subject: |provider| format!("Your code to connect a device – {provider}"),
    greeting: |name| match name {
        "" => "Hello,".to_owned(),
        name => format!("Hello {name},"),
    },
    label_lead: |provider| {
        format!("this is the code that connects a device of yours to {provider}.")
    },
    label_steps: [
        "Take the device you want to connect and point its camera at the code.",
        "Tap the link that appears.",
        "Enter the device's ID. That is all.",
    ],
    qr_alt: "QR code for your device",
    label_here: "Do you read this on the device that you want to connect? Then open this link:",
    label_open: "Connect this device",
    label_manual: |address| format!("No camera? On the device, open {address} and type this code:"),
    label_until: |date| format!("The code works once, until {date}."),
    label_care: "Keep it to yourself until then. If you did not ask for it, please tell us: it is of \
                 no use to anybody without the device's ID.",
    label_sms: |provider, address, code, date| {
        format!(
            "{provider}: to connect your device, open {address} on it and type {code}. \
             Works once, until {date}."
        )
    },
    letter_title: "Connect your device",
    letter_help: |contact| format!("Questions? {contact}"),
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    date: |day, month, year| format!("{day} {month} {year}"),
};
