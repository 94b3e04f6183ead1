//! Words of how a code reaches a customer.

use super::{Language, use_language};
use crate::api::device::CodeWay;

/// Words of how a code reaches a customer.
#[derive(Debug)]
pub struct DeliveryMessages {
    /// Above the choice.
    pub ways: &'static str,
    /// A way.
    pub way: fn(CodeWay) -> &'static str,
    /// What a way means; takes the address on file, shortened.
    pub way_help: fn(CodeWay, &str) -> String,
    /// Title once the code is on its way.
    pub sent_title: fn(CodeWay) -> &'static str,
    /// What to do then.
    pub sent_text: fn(CodeWay) -> &'static str,
}

static EN: DeliveryMessages = DeliveryMessages {
    ways: "How do you want to get the code?",
    way: |way| match way {
        CodeWay::Screen => "Here, on this screen",
        CodeWay::Email => "By e-mail",
        CodeWay::Sms => "By SMS",
        CodeWay::Letter => "By letter",
    },
    way_help: |way, to| match way {
        CodeWay::Screen => "At once. Nobody else sees it.".to_owned(),
        CodeWay::Email => format!("To the address we have of you: {to}"),
        CodeWay::Sms => {
            format!("To the number we have of you: {to}. It has to be used within minutes.")
        }
        CodeWay::Letter => format!("To the address we have of you: {to}. It takes some days."),
    },
    sent_title: |way| match way {
        CodeWay::Screen => "Your code",
        CodeWay::Email => "Your code is on its way by e-mail",
        CodeWay::Sms => "Your code is on its way by SMS",
        CodeWay::Letter => "Your code comes by letter",
    },
    sent_text: |way| match way {
        CodeWay::Email => {
            "Open the mail and follow its three steps. If it is not there after some minutes, look into the folder for unwanted mail."
        }
        CodeWay::Sms => "Use it soon: it is good for a short time only.",
        CodeWay::Letter => {
            "It takes some days. Keep the letter apart from the device until you use it."
        }
        CodeWay::Screen => "",
    },
};

static ES: DeliveryMessages = DeliveryMessages {
    ways: "¿Cómo quiere recibir el código?",
    way: |way| match way {
        CodeWay::Screen => "Aquí, en esta pantalla",
        CodeWay::Email => "Por correo electrónico",
        CodeWay::Sms => "Por SMS",
        CodeWay::Letter => "Por carta",
    },
    way_help: |way, to| match way {
        CodeWay::Screen => "Al momento. Nadie más lo ve.".to_owned(),
        CodeWay::Email => format!("A la dirección que tenemos de usted: {to}"),
        CodeWay::Sms => {
            format!("Al número que tenemos de usted: {to}. Hay que usarlo en pocos minutos.")
        }
        CodeWay::Letter => format!("A la dirección que tenemos de usted: {to}. Tarda unos días."),
    },
    sent_title: |way| match way {
        CodeWay::Screen => "Su código",
        CodeWay::Email => "Su código va por correo electrónico",
        CodeWay::Sms => "Su código va por SMS",
        CodeWay::Letter => "Su código va por carta",
    },
    sent_text: |way| match way {
        CodeWay::Email => {
            "Abra el correo y siga sus tres pasos. Si no está en unos minutos, mire en la carpeta de correo no deseado."
        }
        CodeWay::Sms => "Úselo pronto: solo sirve un rato.",
        CodeWay::Letter => {
            "Tarda unos días. Guarde la carta aparte del dispositivo hasta que la use."
        }
        CodeWay::Screen => "",
    },
};

/// The words in the language of the page being shown.
pub fn use_delivery_messages() -> &'static DeliveryMessages {
    match use_language() {
        Language::English => &EN,
        Language::Spanish => &ES,
    }
}
