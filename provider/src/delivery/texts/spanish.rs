//! Spanish.

use super::Texts;
use crate::tenant::Language;

pub(super) const TEXTS: Texts = Texts {
    language: Language::Spanish,
    sign_in_subject: |provider| format!("Inicie sesión en {provider}"),
    sign_in_text: |name, link, code, provider| {
        format!(
            "Hola, {name}:\n\n\
             abra este enlace para iniciar sesión y administrar sus dispositivos:\n\n\
             {link}\n\n\
             O escriba este código donde lo pidió:\n\n\
             {code}\n\n\
             Ambos sirven una sola vez, durante 10 minutos, en el navegador que los pidió. \
             Si usted no los pidió, ignore este mensaje: nadie puede iniciar sesión sin él.\n\n\
             {provider}\n"
        )
    },
    sign_in_sms: |code, provider| {
        format!(
            "{code} es su código para iniciar sesión en {provider}. Sirve una sola vez, durante \
             10 minutos. Nadie de {provider} se lo pedirá nunca."
        )
    },
    invitation_subject: |provider| format!("Su acceso a la mesa de {provider}"),
    invitation_text: |name, link, provider, until| {
        format!(
            "Hola, {name}:\n\n\
             {provider} le invita a su mesa de atención. Abra este enlace y elija cómo iniciará \
             sesión desde entonces:\n\n\
             {link}\n\n\
             Sirve una sola vez, hasta el {until}. Guárdelo para usted: quien lo abra primero se \
             une en su nombre. Si no lo esperaba, avise a su administrador.\n\n\
             {provider}\n"
        )
    },
    expiry_subject: |provider| format!("Renueve la conexión de su dispositivo – {provider}"),
    expiry_text: |name, device, address, until, provider| {
        format!(
            "Hola, {name}:\n\n\
             la conexión de su dispositivo {device} termina el {until}. Normalmente se renueva \
             sola, pero este no ha dado señales. Abra esta página en el dispositivo y estará \
             listo:\n\n\
             {address}\n\n\
             Si ya no usa el dispositivo, no tiene que hacer nada.\n\n\
             {provider}\n"
        )
    },
    expiry_sms: |provider, device, address, until| {
        format!(
            "{provider}: la conexión de su dispositivo {device} termina el {until}. \
             Abra {address} en él para renovarla."
        )
    },
    label_subject: |provider| format!("Su código para conectar un dispositivo – {provider}"),
    greeting: |name| match name {
        "" => "Hola:".to_owned(),
        name => format!("Hola, {name}:"),
    },
    label_lead: |provider| {
        format!("este es el código que conecta un dispositivo suyo con {provider}.")
    },
    label_steps: [
        "Tome el dispositivo que quiere conectar y apunte su cámara al código.",
        "Toque el enlace que aparece.",
        "Escriba el ID del dispositivo. Eso es todo.",
    ],
    qr_alt: "Código QR para su dispositivo",
    label_here: "¿Lee esto en el dispositivo que quiere conectar? Entonces abra este enlace:",
    label_open: "Conectar este dispositivo",
    label_manual: |address| {
        format!("¿Sin cámara? En el dispositivo, abra {address} y escriba este código:")
    },
    label_until: |date| format!("El código sirve una sola vez, hasta el {date}."),
    label_care: "Hasta entonces, guárdelo para usted. Si no lo pidió, avísenos, por favor: sin el \
                 ID del dispositivo no le sirve a nadie.",
    label_sms: |provider, address, code, date| {
        format!(
            "{provider}: para conectar su dispositivo, abra en él {address} y escriba {code}. \
             Sirve una vez, hasta el {date}."
        )
    },
    letter_title: "Conecte su dispositivo",
    letter_help: |contact| format!("¿Preguntas? {contact}"),
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    date: |day, month, year| format!("{day} de {month} de {year}"),
};
