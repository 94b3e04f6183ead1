//! Words of registering a device.

use crate::api::device::DeviceChoice;
use gridpass_protocol::device_id::{DeviceIdKind, InvalidDeviceId};

/// Words of registering a device.
#[derive(Debug)]
pub struct RegistrationMessages {
    /// Title of the page.
    pub title: &'static str,
    /// What happens next.
    pub lead: &'static str,
    /// Label of the choice of what the device is.
    pub choice: &'static str,
    /// What the device is, and where to find its ID.
    pub choices: fn(DeviceChoice) -> ChoiceMessages,
    /// Label of the field.
    pub device_id: &'static str,
    /// What may be typed.
    pub device_id_hint: &'static str,
    /// What the text typed so far looks like.
    pub looks_like: fn(DeviceIdKind) -> &'static str,
    /// Said while too little is typed; takes what is missing.
    pub keep_going: fn(usize) -> String,
    /// Why it is no device ID.
    pub invalid: fn(InvalidDeviceId) -> String,
    /// Label of the field.
    pub nickname: &'static str,
    /// What a nickname is for.
    pub nickname_hint: &'static str,
    /// Makes the code.
    pub make_code: &'static str,
}

/// What a device is, and where to find its ID.
#[derive(Debug)]
pub struct ChoiceMessages {
    /// What it is.
    pub name: &'static str,
    /// Where its ID is found.
    pub help: &'static str,
}

/// English.
pub const EN: RegistrationMessages = RegistrationMessages {
    title: "Add a device",
    lead: "Enter the device's ID. You then get a code, which the device scans.",
    choice: "What do you want to connect?",
    choices: |choice| match choice {
        DeviceChoice::Phone => ChoiceMessages {
            name: "Phone or tablet",
            help: "Open Settings, then About. Use the serial number or the IMEI. On a phone you can also dial *#06# to see the IMEI.",
        },
        DeviceChoice::Computer => ChoiceMessages {
            name: "Computer",
            help: "The serial number is on a label underneath or in the system settings under About.",
        },
        DeviceChoice::Charger => ChoiceMessages {
            name: "Car charger",
            help: "Look for a label on the side or inside the cover: S/N or Serial. It is also in the charger's app, under About.",
        },
        DeviceChoice::Thermostat => ChoiceMessages {
            name: "Thermostat",
            help: "Take the front off its base: the label is on the back. Or look in its menu under About or Device information.",
        },
        DeviceChoice::Gateway => ChoiceMessages {
            name: "Gateway or hub",
            help: "On the label underneath: MAC (12 letters and digits) or EUI-64 (16 letters and digits).",
        },
        DeviceChoice::Other => ChoiceMessages {
            name: "Something else",
            help: "Any serial number or network address printed on the device will do, if it has at least 8 letters and digits.",
        },
    },
    device_id: "Device ID",
    device_id_hint: "Letters and digits. Spaces, hyphens and colons do not matter.",
    looks_like: |kind| match kind {
        DeviceIdKind::Mac => "Looks right: a network address (MAC).",
        DeviceIdKind::Eui64 => "Looks right: a network address (EUI-64).",
        DeviceIdKind::Imei => "Looks right: an IMEI.",
        DeviceIdKind::Udid => "Looks right: an Apple device ID (UDID).",
        DeviceIdKind::Serial => "Looks right: a serial number.",
    },
    keep_going: |missing| match missing {
        1 => "At least one more letter or digit.".to_owned(),
        _ => format!("At least {missing} more letters or digits."),
    },
    invalid: |reason| match reason {
        InvalidDeviceId::TooShort { length: 0 } => "Enter the device's ID.".to_owned(),
        InvalidDeviceId::TooShort { length } => {
            format!("That is too short: {length} of at least 8 letters and digits.")
        }
        InvalidDeviceId::TooLong { length } => {
            format!("That is too long: {length} letters and digits, at most 64 are possible.")
        }
        InvalidDeviceId::Character { character } => {
            format!(
                "“{character}” does not belong in a device ID. It has only letters A to Z and digits."
            )
        }
        InvalidDeviceId::ImeiCheckDigit => {
            "One digit of this IMEI is wrong or swapped. Compare it once more.".to_owned()
        }
    },
    nickname: "Name",
    nickname_hint: "So that you recognise it, like “Kitchen tablet”.",
    make_code: "Make the code",
};

/// Spanish.
pub const ES: RegistrationMessages = RegistrationMessages {
    title: "Añadir un dispositivo",
    lead: "Escriba el ID del dispositivo. Después recibe un código que el dispositivo escanea.",
    choice: "¿Qué quiere conectar?",
    choices: |choice| match choice {
        DeviceChoice::Phone => ChoiceMessages {
            name: "Teléfono o tableta",
            help: "Abra Ajustes y luego Información. Use el número de serie o el IMEI. En un teléfono también puede marcar *#06# para ver el IMEI.",
        },
        DeviceChoice::Computer => ChoiceMessages {
            name: "Ordenador",
            help: "El número de serie está en una etiqueta debajo, o en los ajustes del sistema, en Información.",
        },
        DeviceChoice::Charger => ChoiceMessages {
            name: "Cargador de coche",
            help: "Busque una etiqueta en el lateral o dentro de la tapa: S/N o Serial. También está en la aplicación del cargador, en Información.",
        },
        DeviceChoice::Thermostat => ChoiceMessages {
            name: "Termostato",
            help: "Separe el frente de su base: la etiqueta está detrás. O mire en su menú, en Información del dispositivo.",
        },
        DeviceChoice::Gateway => ChoiceMessages {
            name: "Pasarela o concentrador",
            help: "En la etiqueta de debajo: MAC (12 letras y cifras) o EUI-64 (16 letras y cifras).",
        },
        DeviceChoice::Other => ChoiceMessages {
            name: "Otra cosa",
            help: "Sirve cualquier número de serie o dirección de red impresos en el dispositivo, si tiene al menos 8 letras y cifras.",
        },
    },
    device_id: "ID del dispositivo",
    device_id_hint: "Letras y cifras. Los espacios, guiones y dos puntos no importan.",
    looks_like: |kind| match kind {
        DeviceIdKind::Mac => "Parece correcto: una dirección de red (MAC).",
        DeviceIdKind::Eui64 => "Parece correcto: una dirección de red (EUI-64).",
        DeviceIdKind::Imei => "Parece correcto: un IMEI.",
        DeviceIdKind::Udid => "Parece correcto: un ID de dispositivo Apple (UDID).",
        DeviceIdKind::Serial => "Parece correcto: un número de serie.",
    },
    keep_going: |missing| match missing {
        1 => "Al menos una letra o cifra más.".to_owned(),
        _ => format!("Al menos {missing} letras o cifras más."),
    },
    invalid: |reason| match reason {
        InvalidDeviceId::TooShort { length: 0 } => "Escriba el ID del dispositivo.".to_owned(),
        InvalidDeviceId::TooShort { length } => {
            format!("Es demasiado corto: {length} de al menos 8 letras y cifras.")
        }
        InvalidDeviceId::TooLong { length } => {
            format!("Es demasiado largo: {length} letras y cifras; como mucho pueden ser 64.")
        }
        InvalidDeviceId::Character { character } => {
            format!(
                "«{character}» no puede estar en un ID de dispositivo. Solo tiene letras de la A a la Z y cifras."
            )
        }
        InvalidDeviceId::ImeiCheckDigit => {
            "Una cifra de este IMEI está mal o cambiada de sitio. Compárelo otra vez.".to_owned()
        }
    },
    nickname: "Nombre",
    nickname_hint: "Para que lo reconozca, como «Tableta de la cocina».",
    make_code: "Crear el código",
};
