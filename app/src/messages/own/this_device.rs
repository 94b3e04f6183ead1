//! Words of the page of an enrolled device: how it stands, in every case.

/// Words of the page of an enrolled device.
#[derive(Debug)]
pub struct ThisDeviceMessages {
    /// Title of the page; leads to it.
    pub title: &'static str,
    /// What the page is for.
    pub lead: &'static str,
    /// Leads to the page from where devices are connected.
    pub lead_to: &'static str,
    /// Without scripts nothing can be shown.
    pub no_script: &'static str,
    /// While the browser is asked what it keeps.
    pub loading: &'static str,
    /// Nothing is connected here: title and text.
    pub empty: (&'static str, &'static str),
    /// Leads to where a device is connected.
    pub begin: &'static str,
    /// Leads to the customer's devices.
    pub my_devices: &'static str,
    /// The browser keeps nothing: title and text.
    pub no_vault: (&'static str, &'static str),
    /// A part of the page did not load: title and text.
    pub broken: (&'static str, &'static str),
    /// Loads the page anew.
    pub reload: &'static str,
    /// While it speaks with the provider.
    pub speaking: &'static str,
    /// While a new key is made.
    pub renewing: &'static str,
    /// How it stands.
    pub standing: StandingMessages,
    /// Offline: before the time of the last answer.
    pub offline_since: &'static str,
    /// Offline, and there was no answer ever.
    pub never_spoke: &'static str,
    /// The provider's word for why a key was refused.
    pub reason: &'static str,
    /// Facts.
    pub fact: ThisDeviceFacts,
    /// Says once more what was not answered.
    pub again: &'static str,
    /// Makes a new key.
    pub renew: &'static str,
    /// When that is of use.
    pub renew_hint: &'static str,
    /// Notifications.
    pub knocking: KnockingMessages,
    /// Asking for the device ID.
    pub device_id: DeviceIdMessages,
    /// Going out of service.
    pub take_out: TakeOutMessages,
    /// Removes what is over from this browser.
    pub forget: &'static str,
}

/// How a device stands: a short name, and what it means and what to do.
#[derive(Debug)]
pub struct StandingMessages {
    /// It has not spoken yet.
    pub new: (&'static str, &'static str),
    /// The provider answered.
    pub connected: (&'static str, &'static str),
    /// It has a new key.
    pub renewed: (&'static str, &'static str),
    /// Stopped for the time being.
    pub suspended: (&'static str, &'static str),
    /// Withdrawn by provider or customer.
    pub withdrawn: (&'static str, &'static str),
    /// Taken out of service here.
    pub taken_out: (&'static str, &'static str),
    /// Somebody else has the same key.
    pub looks_copied: (&'static str, &'static str),
    /// The device ID is wanted.
    pub device_id_wanted: (&'static str, &'static str),
    /// The provider does not know it.
    pub unknown: (&'static str, &'static str),
    /// The certificate ended.
    pub expired: (&'static str, &'static str),
    /// The new key was refused.
    pub renewal_refused: (&'static str, &'static str),
    /// No connection.
    pub offline: (&'static str, &'static str),
    /// The provider cannot answer.
    pub unavailable: (&'static str, &'static str),
    /// The answer is not genuine.
    pub not_genuine: (&'static str, &'static str),
    /// The browser could not keep it.
    pub not_kept: (&'static str, &'static str),
}

/// Names of facts.
#[derive(Debug)]
pub struct ThisDeviceFacts {
    /// When the provider last answered.
    pub spoke_at: &'static str,
    /// It never did.
    pub never: &'static str,
    /// How often it looks for messages.
    pub looks: &'static str,
    /// Before the length of time between two looks.
    pub every: &'static str,
    /// And at once while the page is open.
    pub at_once: &'static str,
    /// When it renews itself.
    pub renews: &'static str,
    /// After the length of time before the end of the certificate.
    pub before_end: &'static str,
    /// Version of the settings.
    pub settings_version: &'static str,
    /// The end of the certificate.
    pub not_after: &'static str,
    /// When it was connected.
    pub enrolled_at: &'static str,
    /// Whom to ask.
    pub contact: &'static str,
    /// Title of the fold with identifiers.
    pub details: &'static str,
    /// What they are for.
    pub details_text: &'static str,
    /// UUID of the enrollment.
    pub enrollment: &'static str,
    /// Settings profile.
    pub profile: &'static str,
    /// The kind of key.
    pub key_algorithm: &'static str,
    /// Subject of the certificate.
    pub subject: &'static str,
    /// Its issuer.
    pub issuer: &'static str,
    /// Its serial number.
    pub serial: &'static str,
    /// Its beginning.
    pub not_before: &'static str,
    /// SHA-256.
    pub fingerprint: &'static str,
    /// OpenADR VEN fingerprint.
    pub ven_fingerprint: &'static str,
    /// IEEE 2030.5 LFDI.
    pub lfdi: &'static str,
    /// IEEE 2030.5 SFDI.
    pub sfdi: &'static str,
}

/// Notifications of what is new.
#[derive(Debug)]
pub struct KnockingMessages {
    /// The browser was told to show none.
    pub denied: &'static str,
    /// They are shown.
    pub on: &'static str,
    /// No longer.
    pub stop: &'static str,
    /// From now on.
    pub begin: &'static str,
    /// What that means.
    pub hint: &'static str,
}

/// Asking for the device ID once more.
#[derive(Debug)]
pub struct DeviceIdMessages {
    /// Label of the field.
    pub label: &'static str,
    /// Where to find it.
    pub hint: &'static str,
    /// It cannot be one.
    pub invalid: &'static str,
    /// It is another one.
    pub wrong: &'static str,
    /// Sends it.
    pub send: &'static str,
}

/// Going out of service.
#[derive(Debug)]
pub struct TakeOutMessages {
    /// Opens the question.
    pub title: &'static str,
    /// What it means.
    pub question: &'static str,
    /// Asks for the reason.
    pub why: &'static str,
    /// Reasons: another device does its work.
    pub replaced: &'static str,
    /// Given away or thrown away.
    pub disposed: &'static str,
    /// No longer taking part.
    pub left: &'static str,
    /// Lost.
    pub lost: &'static str,
    /// Somebody else may have used it.
    pub compromised: &'static str,
    /// Does it.
    pub confirm: &'static str,
}

/// English.
pub const EN: ThisDeviceMessages = ThisDeviceMessages {
    title: "This device",
    lead: "What this browser is connected to, and whether all is well.",
    lead_to: "Connected already? See how this device stands",
    no_script: "This page has to ask your browser what it keeps, and needs scripts (JavaScript) for that. Switch them on for this page and load it again. Your devices are listed under “My devices” without them.",
    loading: "One moment: looking at what this browser keeps…",
    empty: (
        "Nothing is connected in this browser",
        "Perhaps you used another browser or another device. To connect this one, use the code of your provider.",
    ),
    begin: "I have a code",
    my_devices: "My devices",
    no_vault: (
        "This browser keeps nothing",
        "Perhaps this is a private window, or storage is switched off for this page, or the browser is too old. Open the page in the window in which you connected the device.",
    ),
    broken: (
        "A part of this page did not load",
        "Perhaps the connection broke, or the browser is too old. Nothing is lost: load the page again.",
    ),
    reload: "Load again",
    speaking: "Speaking with your provider…",
    renewing: "Making a new key. This takes a few seconds, on an older phone up to a minute. Leave the page open…",
    standing: StandingMessages {
        new: (
            "Not greeted yet",
            "This device has its pass, and has not spoken with the provider since.",
        ),
        connected: (
            "Connected",
            "Your provider knows this device. There is nothing to do.",
        ),
        renewed: (
            "Renewed",
            "This device has a new key and a new certificate. There is nothing to do.",
        ),
        suspended: (
            "Stopped by the provider",
            "Your provider has stopped this device for the time being. Nothing is lost. Ask your provider why; afterwards it goes on by itself.",
        ),
        withdrawn: (
            "Withdrawn",
            "The pass of this device was withdrawn by your provider or in your account, and cannot be used any more. To connect the device again, ask for a new code.",
        ),
        taken_out: (
            "Out of service",
            "You took this device out of service; its pass cannot be used any more. To connect it again, ask for a new code.",
        ),
        looks_copied: (
            "Looks like a copy",
            "Your provider has heard this key from another place: what this browser keeps was copied, or restored from a backup. Use one of the two only. Tell your provider, and connect the device anew with a new code if both were you; if not, somebody may have your key.",
        ),
        device_id_wanted: (
            "Device ID wanted",
            "Your provider wants to be sure that this is still the device that was registered. Type its device ID once; it is kept so that nobody can read it.",
        ),
        unknown: (
            "Not known",
            "Your provider does not know this device any more. Ask your provider for a new code.",
        ),
        expired: (
            "Certificate has ended",
            "The certificate of this device ended too long ago to be renewed. Ask for a new code and connect the device again.",
        ),
        renewal_refused: (
            "Not renewed",
            "Your provider did not accept the new key. The present one stays in use. If this happens again, ask your provider.",
        ),
        offline: (
            "No connection",
            "Your provider could not be reached. Nothing is lost; it tries again by itself.",
        ),
        unavailable: (
            "Provider busy",
            "Your provider cannot answer at the moment. Nothing is lost; it tries again by itself.",
        ),
        not_genuine: (
            "Answer refused",
            "The answer was not from your provider, or not for this device. It was not used. Try again in another network; if it happens again, ask your provider.",
        ),
        not_kept: (
            "Not kept",
            "This browser could not keep what was said. Perhaps its storage is full. Free some space and try again.",
        ),
    },
    offline_since: "Without a connection since",
    never_spoke: "Your provider has not answered yet.",
    reason: "The provider’s word for it:",
    fact: ThisDeviceFacts {
        spoke_at: "Last spoke",
        never: "not yet",
        looks: "Looks for news",
        every: "every",
        at_once: "and at once while this page is open",
        renews: "Renews itself",
        before_end: "before the end of its certificate",
        settings_version: "Version of the settings",
        not_after: "Certificate good until",
        enrolled_at: "Connected since",
        contact: "Questions",
        details: "Identifiers and certificate",
        details_text: "For your provider’s support staff, and for other systems that know this device by its certificate.",
        enrollment: "Enrollment",
        profile: "Settings profile",
        key_algorithm: "Key",
        subject: "Subject",
        issuer: "Issued by",
        serial: "Serial number",
        not_before: "Valid from",
        fingerprint: "SHA-256 fingerprint",
        ven_fingerprint: "OpenADR VEN fingerprint",
        lfdi: "IEEE 2030.5 LFDI",
        sfdi: "IEEE 2030.5 SFDI",
    },
    again: "Try again",
    renew: "Renew now",
    renew_hint: "A new key and a new certificate. It happens by itself when it is due and this page is opened.",
    knocking: KnockingMessages {
        denied: "This browser shows no notifications of this page. You can change that in its settings; the page shows all that is new in any case.",
        on: "You are told when there is news, also while this page is closed.",
        stop: "Tell me no more",
        begin: "Tell me when there is news",
        hint: "Also while this page is closed. The notification itself says nothing about what it is.",
    },
    device_id: DeviceIdMessages {
        label: "Device ID",
        hint: "On the label of the device or in its settings: the one you gave your provider.",
        invalid: "This cannot be a device ID. It has 8 to 64 letters and digits.",
        wrong: "This is not the device ID that your provider has on file. Check it.",
        send: "Send",
    },
    take_out: TakeOutMessages {
        title: "This device was lost or given away",
        question: "It goes out of service for good: nobody can use its pass any more, here or elsewhere. This cannot be taken back. To connect it again you need a new code.",
        why: "Why?",
        replaced: "Another device takes its place",
        disposed: "I give it away or throw it away",
        left: "I no longer take part",
        lost: "It was lost, and has turned up again",
        compromised: "Somebody else may have used it",
        confirm: "Take it out of service",
    },
    forget: "Remove it from this browser",
};

/// Spanish.
pub const ES: ThisDeviceMessages = ThisDeviceMessages {
    title: "Este dispositivo",
    lead: "A qué está conectado este navegador y si todo va bien.",
    lead_to: "¿Ya está conectado? Vea el estado de este dispositivo",
    no_script: "Esta página tiene que preguntar a su navegador qué guarda, y para eso necesita scripts (JavaScript). Actívelos para esta página y cárguela otra vez. Sus dispositivos figuran en «Mis dispositivos» también sin ellos.",
    loading: "Un momento: mirando qué guarda este navegador…",
    empty: (
        "No hay nada conectado en este navegador",
        "Quizá usó otro navegador u otro dispositivo. Para conectar este, use el código de su compañía.",
    ),
    begin: "Tengo un código",
    my_devices: "Mis dispositivos",
    no_vault: (
        "Este navegador no guarda nada",
        "Quizá es una ventana privada, el almacenamiento está desactivado para esta página o el navegador es demasiado antiguo. Abra la página en la ventana en la que conectó el dispositivo.",
    ),
    broken: (
        "Una parte de esta página no se cargó",
        "Quizá se cortó la conexión o el navegador es demasiado antiguo. No se ha perdido nada: cargue la página otra vez.",
    ),
    reload: "Cargar otra vez",
    speaking: "Hablando con su compañía…",
    renewing: "Creando una clave nueva. Tarda unos segundos; en un teléfono antiguo, hasta un minuto. Deje la página abierta…",
    standing: StandingMessages {
        new: (
            "Aún sin saludar",
            "Este dispositivo tiene su pase y todavía no ha hablado con la compañía.",
        ),
        connected: (
            "Conectado",
            "Su compañía conoce este dispositivo. No tiene que hacer nada.",
        ),
        renewed: (
            "Renovado",
            "Este dispositivo tiene una clave y un certificado nuevos. No tiene que hacer nada.",
        ),
        suspended: (
            "Detenido por la compañía",
            "Su compañía ha detenido este dispositivo por el momento. No se ha perdido nada. Pregunte el motivo a su compañía; después seguirá por sí solo.",
        ),
        withdrawn: (
            "Retirado",
            "El pase de este dispositivo fue retirado por su compañía o desde su cuenta y ya no se puede usar. Para conectarlo otra vez, pida un código nuevo.",
        ),
        taken_out: (
            "Fuera de servicio",
            "Usted puso este dispositivo fuera de servicio; su pase ya no se puede usar. Para conectarlo otra vez, pida un código nuevo.",
        ),
        looks_copied: (
            "Parece una copia",
            "Su compañía ha oído esta clave desde otro lugar: lo que guarda este navegador se copió o se restauró de una copia de seguridad. Use solo uno de los dos. Avise a su compañía y, si ambos eran suyos, conecte el dispositivo de nuevo con un código nuevo; si no, alguien puede tener su clave.",
        ),
        device_id_wanted: (
            "Falta el ID del dispositivo",
            "Su compañía quiere estar segura de que este sigue siendo el dispositivo registrado. Escriba una vez su ID; se guarda de modo que nadie puede leerlo.",
        ),
        unknown: (
            "Desconocido",
            "Su compañía ya no conoce este dispositivo. Pida un código nuevo a su compañía.",
        ),
        expired: (
            "Certificado terminado",
            "El certificado de este dispositivo terminó hace demasiado tiempo para renovarlo. Pida un código nuevo y conecte el dispositivo otra vez.",
        ),
        renewal_refused: (
            "No renovado",
            "Su compañía no aceptó la clave nueva. La actual sigue en uso. Si vuelve a ocurrir, pregunte a su compañía.",
        ),
        offline: (
            "Sin conexión",
            "No se pudo hablar con su compañía. No se ha perdido nada; se intentará otra vez por sí solo.",
        ),
        unavailable: (
            "Compañía ocupada",
            "Su compañía no puede responder en este momento. No se ha perdido nada; se intentará otra vez por sí solo.",
        ),
        not_genuine: (
            "Respuesta rechazada",
            "La respuesta no era de su compañía o no era para este dispositivo. No se ha usado. Inténtelo en otra red; si vuelve a ocurrir, pregunte a su compañía.",
        ),
        not_kept: (
            "No guardado",
            "Este navegador no pudo guardar lo dicho. Quizá su almacenamiento está lleno. Libere espacio e inténtelo otra vez.",
        ),
    },
    offline_since: "Sin conexión desde",
    never_spoke: "Su compañía aún no ha respondido.",
    reason: "La palabra de la compañía para ello:",
    fact: ThisDeviceFacts {
        spoke_at: "Habló por última vez",
        never: "todavía no",
        looks: "Busca novedades",
        every: "cada",
        at_once: "y al instante mientras esta página está abierta",
        renews: "Se renueva",
        before_end: "antes de que termine su certificado",
        settings_version: "Versión de la configuración",
        not_after: "Certificado válido hasta",
        enrolled_at: "Conectado desde",
        contact: "Preguntas",
        details: "Identificadores y certificado",
        details_text: "Para el personal de ayuda de su compañía y para otros sistemas que conocen este dispositivo por su certificado.",
        enrollment: "Inscripción",
        profile: "Perfil de ajustes",
        key_algorithm: "Clave",
        subject: "Titular",
        issuer: "Emitido por",
        serial: "Número de serie",
        not_before: "Válido desde",
        fingerprint: "Huella SHA-256",
        ven_fingerprint: "Huella VEN de OpenADR",
        lfdi: "LFDI de IEEE 2030.5",
        sfdi: "SFDI de IEEE 2030.5",
    },
    again: "Intentarlo otra vez",
    renew: "Renovar ahora",
    renew_hint: "Una clave nueva y un certificado nuevo. Ocurre por sí solo cuando toca y se abre esta página.",
    knocking: KnockingMessages {
        denied: "Este navegador no muestra avisos de esta página. Puede cambiarlo en su configuración; la página muestra en todo caso lo que hay de nuevo.",
        on: "Se le avisa cuando hay novedades, también con esta página cerrada.",
        stop: "No avisarme más",
        begin: "Avisarme cuando haya novedades",
        hint: "También con esta página cerrada. El aviso mismo no dice de qué se trata.",
    },
    device_id: DeviceIdMessages {
        label: "ID del dispositivo",
        hint: "En la etiqueta del dispositivo o en sus ajustes: el que dio a su compañía.",
        invalid: "Esto no puede ser un ID de dispositivo. Tiene de 8 a 64 letras y cifras.",
        wrong: "Este no es el ID que su compañía tiene registrado. Revíselo.",
        send: "Enviar",
    },
    take_out: TakeOutMessages {
        title: "Este dispositivo se perdió o cambió de manos",
        question: "Queda fuera de servicio para siempre: nadie podrá usar su pase, ni aquí ni en otro lugar. No se puede deshacer. Para conectarlo otra vez necesita un código nuevo.",
        why: "¿Por qué?",
        replaced: "Otro dispositivo ocupa su lugar",
        disposed: "Lo regalo o lo tiro",
        left: "Ya no participo",
        lost: "Se perdió y ha vuelto a aparecer",
        compromised: "Puede que otra persona lo haya usado",
        confirm: "Ponerlo fuera de servicio",
    },
    forget: "Quitarlo de este navegador",
};
