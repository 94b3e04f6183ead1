//! Words of a customer's devices and their states.

/// Words of a customer's devices and their states.
#[derive(Debug)]
pub struct DeviceMessages {
    /// Title of the list.
    pub title: &'static str,
    /// Title of an empty list.
    pub empty_title: &'static str,
    /// What to do with an empty list.
    pub empty_text: &'static str,
    /// Leads to registering a device.
    pub add: &'static str,
    /// Names a device without a name of its own by the last characters of its ID.
    pub ending_in: fn(&str) -> String,
    /// Names a device without a name of its own where its ID must not show.
    pub your_device: &'static str,
    /// Kinds of IDs.
    pub id_kind: IdKindMessages,
    /// States in words.
    pub state: StateMessages,
    /// Leads to the code of a device that waits.
    pub show_code: &'static str,
    /// Leads to one device.
    pub show_device: &'static str,
    /// Voids the code and makes another one.
    pub new_code: &'static str,
    /// Gives up connecting this device.
    pub cancel: &'static str,
    /// Asks before giving up.
    pub cancel_question: &'static str,
    /// Confirms giving up.
    pub cancel_confirm: &'static str,
    /// Back to the list.
    pub back: &'static str,
    /// Title of a device's facts.
    pub facts_title: &'static str,
    /// When the device was registered.
    pub added_at: &'static str,
    /// When the device received its pass.
    pub connected_at: &'static str,
    /// When the pass ends.
    pub pass_until: &'static str,
    /// The ID's last characters.
    pub device_id: &'static str,
    /// Title of the fold with technical facts.
    pub technical: &'static str,
    /// What the technical facts are for.
    pub technical_text: &'static str,
    /// SHA-256 fingerprint of the certificate.
    pub fingerprint: &'static str,
    /// OpenADR fingerprint.
    pub ven_fingerprint: &'static str,
    /// IEEE 2030.5 long form device identifier.
    pub lfdi: &'static str,
    /// IEEE 2030.5 short form device identifier.
    pub sfdi: &'static str,
    /// The kind of the device's key.
    pub key_algorithm: &'static str,
    /// No such device in this account.
    pub unknown: &'static str,
}

/// Names of the kinds of IDs.
#[derive(Debug)]
pub struct IdKindMessages {
    /// EUI-48.
    pub mac: &'static str,
    /// EUI-64.
    pub eui64: &'static str,
    /// IMEI.
    pub imei: &'static str,
    /// UDID.
    pub udid: &'static str,
    /// Serial number.
    pub serial: &'static str,
}

/// Name of a state, and a sentence that says what to do next.
#[derive(Debug)]
pub struct StateMessages {
    /// A code is out.
    pub open: (&'static str, &'static str),
    /// The device has its pass and has not spoken yet.
    pub issued: (&'static str, &'static str),
    /// The device has its pass and uses it.
    pub active: (&'static str, &'static str),
    /// Stopped until the provider has looked into something.
    pub suspended: (&'static str, &'static str),
    /// Five wrong device IDs.
    pub locked: (&'static str, &'static str),
    /// The code became too old.
    pub expired: (&'static str, &'static str),
    /// A newer code took its place.
    pub superseded: (&'static str, &'static str),
    /// Given up.
    pub cancelled: (&'static str, &'static str),
    /// The pass was withdrawn.
    pub revoked: (&'static str, &'static str),
}

/// English.
pub const EN: DeviceMessages = DeviceMessages {
    title: "My devices",
    empty_title: "No devices yet",
    empty_text: "Add your first device: you need its ID, about a minute, and the device itself.",
    add: "Add a device",
    ending_in: |end| format!("Device ending in {end}"),
    your_device: "Your device",
    id_kind: IdKindMessages {
        mac: "Network address (MAC)",
        eui64: "Network address (EUI-64)",
        imei: "IMEI",
        udid: "Apple device ID (UDID)",
        serial: "Serial number",
    },
    state: StateMessages {
        open: (
            "Waiting for the device",
            "Scan the code with the device to finish.",
        ),
        issued: (
            "Connected",
            "The device has its pass. There is nothing left to do.",
        ),
        active: (
            "Connected",
            "The device has its pass and uses it. There is nothing to do.",
        ),
        suspended: (
            "On hold",
            "Your provider is looking into something about this device. Please contact them.",
        ),
        locked: (
            "Locked",
            "A wrong device ID was entered five times. Check the ID on the device, then make a new code.",
        ),
        expired: (
            "Code too old",
            "The code was not used in time. Make a new one; it takes a moment.",
        ),
        superseded: (
            "Replaced",
            "A newer code was made for this device. Use that one.",
        ),
        cancelled: (
            "Cancelled",
            "This code no longer works. To connect the device, make a new code.",
        ),
        revoked: (
            "Disconnected",
            "The pass of this device was withdrawn. To connect it again, add it once more.",
        ),
    },
    show_code: "Show the code",
    show_device: "Details",
    new_code: "Make a new code",
    cancel: "Cancel",
    cancel_question: "The code stops working at once. You can make a new one at any time.",
    cancel_confirm: "Stop this code",
    back: "All devices",
    facts_title: "About this device",
    added_at: "Added",
    connected_at: "Connected since",
    pass_until: "Pass valid until",
    device_id: "Device ID",
    technical: "Technical facts",
    technical_text: "Your provider's support may ask for these.",
    fingerprint: "Fingerprint (SHA-256)",
    ven_fingerprint: "OpenADR fingerprint",
    lfdi: "LFDI",
    sfdi: "SFDI",
    key_algorithm: "Kind of key",
    unknown: "There is no such device in your account.",
};

/// Spanish.
pub const ES: DeviceMessages = DeviceMessages {
    title: "Mis dispositivos",
    empty_title: "Aún no hay dispositivos",
    empty_text: "Añada su primer dispositivo: necesita su ID, un minuto y el propio dispositivo.",
    add: "Añadir un dispositivo",
    ending_in: |end| format!("Dispositivo que termina en {end}"),
    your_device: "Su dispositivo",
    id_kind: IdKindMessages {
        mac: "Dirección de red (MAC)",
        eui64: "Dirección de red (EUI-64)",
        imei: "IMEI",
        udid: "ID de dispositivo Apple (UDID)",
        serial: "Número de serie",
    },
    state: StateMessages {
        open: (
            "Esperando al dispositivo",
            "Escanee el código con el dispositivo para terminar.",
        ),
        issued: (
            "Conectado",
            "El dispositivo tiene su pase. No queda nada por hacer.",
        ),
        active: (
            "Conectado",
            "El dispositivo tiene su pase y lo usa. No hay nada que hacer.",
        ),
        suspended: (
            "En pausa",
            "Su compañía está revisando algo de este dispositivo. Póngase en contacto con ella.",
        ),
        locked: (
            "Bloqueado",
            "Se escribió cinco veces un ID equivocado. Revise el ID en el dispositivo y cree un código nuevo.",
        ),
        expired: (
            "Código caducado",
            "El código no se usó a tiempo. Cree uno nuevo; es cuestión de un momento.",
        ),
        superseded: (
            "Reemplazado",
            "Se creó un código más reciente para este dispositivo. Use ese.",
        ),
        cancelled: (
            "Cancelado",
            "Este código ya no sirve. Para conectar el dispositivo, cree un código nuevo.",
        ),
        revoked: (
            "Desconectado",
            "El pase de este dispositivo fue retirado. Para conectarlo otra vez, añádalo de nuevo.",
        ),
    },
    show_code: "Mostrar el código",
    show_device: "Detalles",
    new_code: "Crear un código nuevo",
    cancel: "Cancelar",
    cancel_question: "El código deja de servir de inmediato. Puede crear otro cuando quiera.",
    cancel_confirm: "Anular este código",
    back: "Todos los dispositivos",
    facts_title: "Sobre este dispositivo",
    added_at: "Añadido",
    connected_at: "Conectado desde",
    pass_until: "Pase válido hasta",
    device_id: "ID del dispositivo",
    technical: "Datos técnicos",
    technical_text: "Puede que la asistencia de su compañía los pida.",
    fingerprint: "Huella (SHA-256)",
    ven_fingerprint: "Huella OpenADR",
    lfdi: "LFDI",
    sfdi: "SFDI",
    key_algorithm: "Tipo de clave",
    unknown: "No hay ningún dispositivo así en su cuenta.",
};
