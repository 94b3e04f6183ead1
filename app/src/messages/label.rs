//! Words of the label: QR code, manual code and what to do with them.

/// Words of the label.
#[derive(Debug)]
pub struct LabelMessages {
    /// Title of the page; takes the device's name, if it has one.
    pub title: fn(Option<&str>) -> String,
    /// Text alternative of the QR code.
    pub qr_alt: &'static str,
    /// Before the time at which the code ends.
    pub valid_until: &'static str,
    /// Tries that are left after wrong device IDs.
    pub tries_left: fn(u32) -> String,
    /// Title of the next steps.
    pub next_title: &'static str,
    /// The next steps.
    pub next: [&'static str; 3],
    /// Says that the page notices when the device is done.
    pub watching: &'static str,
    /// Title of the way without a camera.
    pub manual_title: &'static str,
    /// That way; before the address.
    pub manual_text: &'static str,
    /// Text alternative of the manual code.
    pub manual_code: &'static str,
    /// Title of the way on this very device.
    pub here_title: &'static str,
    /// That way.
    pub here_text: &'static str,
    /// Its action.
    pub here_open: &'static str,
    /// Title of keeping the code.
    pub keep_title: &'static str,
    /// Prints the label.
    pub print: &'static str,
    /// Saves the code as a drawing.
    pub save_svg: &'static str,
    /// Saves the code as a picture.
    pub save_png: &'static str,
    /// How to treat it.
    pub keep_text: &'static str,
    /// Title when this browser does not have the code.
    pub elsewhere_title: &'static str,
    /// Why, and what to do.
    pub elsewhere_text: &'static str,
    /// Title of the other actions.
    pub more_title: &'static str,
    /// Heading of the printed sheet.
    pub sheet_title: &'static str,
    /// Steps on the printed sheet; the second takes the portal's address.
    pub sheet_steps: [&'static str; 3],
    /// Before the portal's address on the printed sheet.
    pub sheet_address: &'static str,
    /// Title once the device is connected; takes its name, if it has one.
    pub connected_title: fn(Option<&str>) -> String,
}

/// English.
pub const EN: LabelMessages = LabelMessages {
    title: |name| match name {
        Some(name) => format!("Connect {name}"),
        None => "Here is your code".to_owned(),
    },
    qr_alt: "QR code for your device",
    valid_until: "Valid until",
    tries_left: |tries| match tries {
        1 => "A wrong device ID was entered. One try is left.".to_owned(),
        _ => format!("A wrong device ID was entered. {tries} tries are left."),
    },
    next_title: "What to do now",
    next: [
        "Take the device you want to connect and point its camera at this code.",
        "Tap the link that appears.",
        "Enter the device's ID once more. That is all.",
    ],
    watching: "This page tells you when the device is connected.",
    manual_title: "No camera?",
    manual_text: "On the device, open this address and type the code:",
    manual_code: "Code to type",
    here_title: "Are you on that device now?",
    here_text: "Then you do not need the camera.",
    here_open: "Connect this device",
    keep_title: "Take it with you",
    print: "Print",
    save_svg: "Save as SVG",
    save_png: "Save as PNG",
    keep_text: "Keep the code to yourself and apart from the device until it is used.",
    elsewhere_title: "The code is in another browser",
    elsewhere_text: "For your safety a code is only shown in the browser in which it was made. Use it there, or make a new one here; the old one then stops working.",
    more_title: "Something wrong with this code?",
    sheet_title: "Connect your device",
    sheet_steps: [
        "Point the device's camera at this code and tap the link.",
        "No camera? Open the address below on the device and type the code.",
        "Enter the device's ID. That is all.",
    ],
    sheet_address: "Address",
    connected_title: |name| format!("{} is connected", name.unwrap_or("Your device")),
};

/// Spanish.
pub const ES: LabelMessages = LabelMessages {
    title: |name| match name {
        Some(name) => format!("Conectar {name}"),
        None => "Este es su código".to_owned(),
    },
    qr_alt: "Código QR para su dispositivo",
    valid_until: "Válido hasta",
    tries_left: |tries| match tries {
        1 => "Se escribió un ID equivocado. Queda un intento.".to_owned(),
        _ => format!("Se escribió un ID equivocado. Quedan {tries} intentos."),
    },
    next_title: "Qué hacer ahora",
    next: [
        "Tome el dispositivo que quiere conectar y apunte su cámara a este código.",
        "Toque el enlace que aparece.",
        "Escriba otra vez el ID del dispositivo. Eso es todo.",
    ],
    watching: "Esta página le avisa cuando el dispositivo esté conectado.",
    manual_title: "¿Sin cámara?",
    manual_text: "En el dispositivo, abra esta dirección y escriba el código:",
    manual_code: "Código para escribir",
    here_title: "¿Está ahora en ese dispositivo?",
    here_text: "Entonces no necesita la cámara.",
    here_open: "Conectar este dispositivo",
    keep_title: "Lléveselo",
    print: "Imprimir",
    save_svg: "Guardar como SVG",
    save_png: "Guardar como PNG",
    keep_text: "Guarde el código para usted y aparte del dispositivo hasta que se use.",
    elsewhere_title: "El código está en otro navegador",
    elsewhere_text: "Por su seguridad, un código solo se muestra en el navegador en el que se creó. Úselo allí o cree uno nuevo aquí; el anterior dejará de servir.",
    more_title: "¿Algo va mal con este código?",
    sheet_title: "Conecte su dispositivo",
    sheet_steps: [
        "Apunte la cámara del dispositivo a este código y toque el enlace.",
        "¿Sin cámara? Abra en el dispositivo la dirección de abajo y escriba el código.",
        "Escriba el ID del dispositivo. Eso es todo.",
    ],
    sheet_address: "Dirección",
    connected_title: |name| match name {
        Some(name) => format!("Conectado: {name}"),
        None => "Su dispositivo está conectado".to_owned(),
    },
};
