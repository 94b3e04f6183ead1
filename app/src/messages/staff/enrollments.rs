//! Words of the list of enrollments and of one enrollment.

/// Words of the list of enrollments and of one enrollment.
#[derive(Debug)]
pub struct EnrollmentMessages {
    /// Title of the list.
    pub title: &'static str,
    /// Names the form above the list for screen readers.
    pub filter: &'static str,
    /// The search field.
    pub search: &'static str,
    /// What the search field takes.
    pub search_hint: &'static str,
    /// The filter by state.
    pub state: &'static str,
    /// The filter by channel, and the column.
    pub channel: &'static str,
    /// The filter by age.
    pub age: &'static str,
    /// Leaves everything in.
    pub any: &'static str,
    /// The ages that are offered, youngest first.
    pub ages: AgeMessages,
    /// Applies the filters.
    pub show: &'static str,
    /// Takes all filters away.
    pub show_all: &'static str,
    /// The column of the device.
    pub device: &'static str,
    /// The column of the customer.
    pub customer: &'static str,
    /// The column of the time of registration.
    pub registered: &'static str,
    /// Title when nothing was ever registered.
    pub none_title: &'static str,
    /// What to do then.
    pub none_text: &'static str,
    /// Title when nothing matches.
    pub no_match_title: &'static str,
    /// What to do then.
    pub no_match_text: &'static str,
    /// Leads to the next page.
    pub next: &'static str,
    /// Leads back to the first page.
    pub first: &'static str,
    /// Names the links between pages for screen readers.
    pub pages: &'static str,
    /// Says that the list follows what happens.
    pub live: &'static str,
    /// Names a device by the last characters of its ID.
    pub ending_in: fn(&str) -> String,
    /// Leads back to the list.
    pub back: &'static str,
    /// Names of the states.
    pub states: StateNames,
    /// Names of the channels.
    pub channels: ChannelNames,
    /// What an account's number is called.
    pub account_number: &'static str,
    /// Until when the code is good.
    pub good_until: &'static str,
    /// Wrong device IDs that are left.
    pub tries_left: &'static str,
    /// What the code calls the enrollment.
    pub temporary_id: &'static str,
    /// The kind of the key.
    pub key_algorithm: &'static str,
    /// Title of the facts.
    pub facts: &'static str,
    /// Title of what one can do.
    pub actions: &'static str,
    /// Said to a role that may not do anything.
    pub no_actions: &'static str,
    /// Words of the actions.
    pub act: ActionMessages,
    /// Words of the timeline.
    pub timeline: TimelineMessages,
}

/// Words of what one can do about an enrollment.
#[derive(Debug)]
pub struct ActionMessages {
    /// Why one acts.
    pub reason: &'static str,
    /// Who reads the reason.
    pub reason_hint: &'static str,
    /// Sends a new code.
    pub renew: &'static str,
    /// What it does.
    pub renew_text: &'static str,
    /// What it does for a locked one.
    pub unlock_text: &'static str,
    /// How it is sent.
    pub way: &'static str,
    /// There is no way to send it.
    pub no_way: &'static str,
    /// Calls the enrollment off.
    pub cancel: &'static str,
    /// What it does.
    pub cancel_text: &'static str,
    /// Does it.
    pub cancel_confirm: &'static str,
    /// Revokes the certificate.
    pub revoke: &'static str,
    /// What it does.
    pub revoke_text: &'static str,
    /// What happened to the device.
    pub revoke_why: &'static str,
    /// The answers to that.
    pub revocation: RevocationNames,
    /// Does it.
    pub revoke_confirm: &'static str,
    /// Writes a note.
    pub note: &'static str,
    /// What to write.
    pub note_text: &'static str,
    /// The field of the note.
    pub note_field: &'static str,
    /// Keeps the note.
    pub note_confirm: &'static str,
    /// Said after a code was sent.
    pub renewed: &'static str,
    /// Said after it was called off.
    pub cancelled: &'static str,
    /// Said after it was revoked.
    pub revoked: &'static str,
    /// Said after a note was kept.
    pub noted: &'static str,
    /// Said after a device was registered.
    pub registered: &'static str,
    /// The reason is missing or too long.
    pub bad_reason: &'static str,
    /// The enrollment has moved on meanwhile.
    pub moved_on: &'static str,
    /// The account has no address for the chosen way.
    pub no_address: &'static str,
}

/// What may have happened to a device.
#[derive(Debug)]
pub struct RevocationNames {
    /// Nobody knows where it is.
    pub lost: &'static str,
    /// Its key may be known to others.
    pub compromised: &'static str,
    /// It was given or thrown away.
    pub disposed: &'static str,
    /// Another one does its work.
    pub replaced: &'static str,
    /// The customer has left the programme.
    pub left: &'static str,
}

/// Words of the timeline.
#[derive(Debug)]
pub struct TimelineMessages {
    /// Its title.
    pub title: &'static str,
    /// Who: the customer.
    pub customer: &'static str,
    /// Who: one of the provider's systems.
    pub api: &'static str,
    /// Who: somebody at the command line.
    pub operator: fn(&str) -> String,
    /// Who: a colleague who is not known any more.
    pub colleague: &'static str,
    /// Who: the device.
    pub device: &'static str,
    /// Who: somebody who has not signed in.
    pub visitor: &'static str,
    /// Who: the portal itself.
    pub system: &'static str,
    /// The device was registered.
    pub registered: &'static str,
    /// The code reached the customer.
    pub delivered: &'static str,
    /// The code was used for the first time.
    pub opened: &'static str,
    /// A wrong device ID, with the tries left.
    pub wrong_device_id: fn(u64) -> String,
    /// Locked.
    pub locked: &'static str,
    /// The confirmation was refused, with the reason word.
    pub bad_request: fn(&str) -> String,
    /// The certificate was issued.
    pub confirmed: &'static str,
    /// The certificate was handed out again.
    pub repeated: &'static str,
    /// The device spoke.
    pub activated: &'static str,
    /// Put on hold.
    pub suspended: &'static str,
    /// A new key has its certificate.
    pub key_requested: &'static str,
    /// A new key took over.
    pub key_changed: &'static str,
    /// Takes part in an event.
    pub opted_in: &'static str,
    /// Does not take part in one.
    pub opted_out: &'static str,
    /// Was put into a group.
    pub group_entered: &'static str,
    /// Was taken out of one.
    pub group_left: &'static str,
    /// There may be a copy.
    pub possible_copy: &'static str,
    /// Another device than the registered one.
    pub wrong_device: &'static str,
    /// That suspicion was taken back.
    pub copy_dismissed: &'static str,
    /// The customer was told that the certificate ends.
    pub expiry_told: &'static str,
    /// The hold ended.
    pub resumed: &'static str,
    /// One of several certificates was revoked.
    pub certificate_revoked: &'static str,
    /// Not used in time.
    pub expired: &'static str,
    /// A newer code took its place.
    pub superseded: &'static str,
    /// Staff sent a new code.
    pub renewed: &'static str,
    /// Called off.
    pub cancelled: &'static str,
    /// Revoked.
    pub revoked: &'static str,
    /// A note.
    pub note: &'static str,
    /// Leads to the enrollment that took its place.
    pub see_newer: &'static str,
}

/// The ages that are offered.
#[derive(Debug)]
pub struct AgeMessages {
    /// One day.
    pub day: &'static str,
    /// Seven days.
    pub week: &'static str,
    /// Thirty days.
    pub month: &'static str,
    /// Ninety days.
    pub quarter: &'static str,
}

/// Names of the states, as staff call them.
#[derive(Debug)]
pub struct StateNames {
    /// A code is out.
    pub open: &'static str,
    /// The certificate is issued.
    pub issued: &'static str,
    /// The device speaks.
    pub active: &'static str,
    /// Stopped on suspicion.
    pub suspended: &'static str,
    /// Too many wrong device IDs.
    pub locked: &'static str,
    /// Not used in time.
    pub expired: &'static str,
    /// A newer code took its place.
    pub superseded: &'static str,
    /// Called off.
    pub cancelled: &'static str,
    /// The certificate was revoked.
    pub revoked: &'static str,
}

/// Names of the channels.
#[derive(Debug)]
pub struct ChannelNames {
    /// Shown to the signed-in customer.
    pub screen: &'static str,
    /// By e-mail.
    pub email: &'static str,
    /// By SMS.
    pub sms: &'static str,
    /// By letter.
    pub letter: &'static str,
    /// By the provider's own systems.
    pub api: &'static str,
}

/// English.
pub const EN: EnrollmentMessages = EnrollmentMessages {
    title: "Enrollments",
    filter: "Search and filter",
    search: "Search",
    search_hint: "A whole device ID, an account number, the beginning of a name, an ID from a letter or a log, or a certificate's serial number, fingerprint, LFDI or SFDI.",
    state: "State",
    channel: "Sent by",
    age: "Registered",
    any: "All",
    ages: AgeMessages {
        day: "In the last 24 hours",
        week: "In the last 7 days",
        month: "In the last 30 days",
        quarter: "In the last 90 days",
    },
    show: "Show",
    show_all: "Show all",
    device: "Device",
    customer: "Customer",
    registered: "Registered",
    none_title: "No enrollments yet",
    none_text: "They appear here as soon as a device is registered: by a customer, on the phone, from a file or by your systems.",
    no_match_title: "Nothing found",
    no_match_text: "Check the spelling, or take a filter away. A device ID is found only if it is typed whole.",
    next: "Next page",
    first: "First page",
    pages: "Pages",
    live: "This list follows what happens.",
    ending_in: |end| format!("Ending in {end}"),
    back: "All enrollments",
    states: StateNames {
        open: "Waiting",
        issued: "Connected",
        active: "Active",
        suspended: "On hold",
        locked: "Locked",
        expired: "Expired",
        superseded: "Replaced",
        cancelled: "Cancelled",
        revoked: "Revoked",
    },
    channels: ChannelNames {
        screen: "Screen",
        email: "E-mail",
        sms: "Text message",
        letter: "Letter",
        api: "Own systems",
    },
    account_number: "Account number",
    good_until: "Code good until",
    tries_left: "Tries left",
    temporary_id: "Temporary ID",
    key_algorithm: "Kind of key",
    facts: "Facts",
    actions: "What you can do",
    no_actions: "There is nothing to do here, or your role only looks.",
    act: ActionMessages {
        reason: "Reason",
        reason_hint: "Your colleagues and auditors read it.",
        renew: "Send a new code",
        renew_text: "The code that is out stops working at once. The new one goes to the address on file; nobody here sees it.",
        unlock_text: "After five wrong device IDs a code stays locked for good, so that nobody gets more guesses. A new code goes to the address on file.",
        way: "Send it by",
        no_way: "There is no address on file for any way of sending. Add one to the customer first.",
        cancel: "Cancel",
        cancel_text: "The code stops working at once.",
        cancel_confirm: "Cancel this enrollment",
        revoke: "Revoke",
        revoke_text: "The device's certificate stops being valid. To connect the device again, it has to be registered anew.",
        revoke_why: "What happened",
        revocation: RevocationNames {
            lost: "The device is lost",
            compromised: "Somebody else may have its key",
            disposed: "The device was given or thrown away",
            replaced: "Another device took its place",
            left: "The customer left the programme",
        },
        revoke_confirm: "Revoke the certificate",
        note: "Write a note",
        note_text: "For colleagues who open this page later.",
        note_field: "Note",
        note_confirm: "Keep the note",
        renewed: "A new code is on its way. This is its enrollment.",
        cancelled: "Cancelled. The code no longer works.",
        revoked: "Revoked. The certificate is no longer valid.",
        noted: "Your note is kept.",
        registered: "Registered. The code is on its way to the customer.",
        bad_reason: "Please write 1 to 500 characters.",
        moved_on: "This enrollment has moved on meanwhile. Look at its state below.",
        no_address: "There is no address on file for this way, or your organisation does not use it. Choose another one.",
    },
    timeline: TimelineMessages {
        title: "What happened",
        customer: "The customer",
        api: "One of your systems",
        operator: |name| format!("{name}, at the command line"),
        colleague: "A former colleague",
        device: "The device",
        visitor: "Somebody who was not signed in",
        system: "The portal",
        registered: "Registered the device",
        delivered: "The code reached the customer",
        opened: "The code was used for the first time",
        wrong_device_id: |left| match left {
            1 => "Entered a wrong device ID; 1 try left".to_owned(),
            left => format!("Entered a wrong device ID; {left} tries left"),
        },
        locked: "Entered a wrong device ID once too often: locked",
        bad_request: |reason| format!("Sent a request that was refused ({reason})"),
        confirmed: "Received its certificate",
        repeated: "Received the same certificate again",
        activated: "Spoke for the first time",
        key_requested: "Asked for a certificate of a new key",
        key_changed: "Goes on with its new key",
        opted_in: "Takes part in an event",
        opted_out: "Does not take part in an event",
        group_entered: "Put into a group",
        group_left: "Taken out of a group",
        possible_copy: "Somebody spoke out of turn with this device's key: there may be a copy",
        wrong_device: "The key spoke from another device than the registered one",
        copy_dismissed: "The suspicion of a copy was taken back",
        expiry_told: "The customer was told that the connection ends",
        suspended: "Put on hold",
        resumed: "Ended the hold",
        certificate_revoked: "Revoked one certificate",
        expired: "The code was not used in time",
        superseded: "Replaced by a newer code",
        renewed: "Sent a new code",
        cancelled: "Cancelled",
        revoked: "Revoked the certificate",
        note: "Noted",
        see_newer: "See the newer one",
    },
};

/// Spanish.
pub const ES: EnrollmentMessages = EnrollmentMessages {
    title: "Inscripciones",
    filter: "Buscar y filtrar",
    search: "Buscar",
    search_hint: "Un ID de dispositivo completo, un número de cuenta, el comienzo de un nombre, un ID de una carta o de un registro, o el número de serie, la huella, el LFDI o el SFDI de un certificado.",
    state: "Estado",
    channel: "Enviado por",
    age: "Registrado",
    any: "Todos",
    ages: AgeMessages {
        day: "En las últimas 24 horas",
        week: "En los últimos 7 días",
        month: "En los últimos 30 días",
        quarter: "En los últimos 90 días",
    },
    show: "Mostrar",
    show_all: "Mostrar todo",
    device: "Dispositivo",
    customer: "Cliente",
    registered: "Registrado",
    none_title: "Aún no hay inscripciones",
    none_text: "Aparecen aquí en cuanto se registra un dispositivo: por un cliente, por teléfono, desde un archivo o por sus sistemas.",
    no_match_title: "No se encontró nada",
    no_match_text: "Revise lo escrito o quite un filtro. Un ID de dispositivo solo se encuentra si se escribe completo.",
    next: "Página siguiente",
    first: "Primera página",
    pages: "Páginas",
    live: "Esta lista sigue lo que ocurre.",
    ending_in: |end| format!("Termina en {end}"),
    back: "Todas las inscripciones",
    states: StateNames {
        open: "En espera",
        issued: "Conectado",
        active: "Activo",
        suspended: "En pausa",
        locked: "Bloqueado",
        expired: "Caducado",
        superseded: "Reemplazado",
        cancelled: "Cancelado",
        revoked: "Revocado",
    },
    channels: ChannelNames {
        screen: "Pantalla",
        email: "Correo electrónico",
        sms: "Mensaje de texto",
        letter: "Carta",
        api: "Sistemas propios",
    },
    account_number: "Número de cuenta",
    good_until: "Código válido hasta",
    tries_left: "Intentos restantes",
    temporary_id: "ID temporal",
    key_algorithm: "Tipo de clave",
    facts: "Datos",
    actions: "Qué puede hacer",
    no_actions: "Aquí no hay nada que hacer, o su función solo permite mirar.",
    act: ActionMessages {
        reason: "Motivo",
        reason_hint: "Lo leen sus colegas y los auditores.",
        renew: "Enviar un código nuevo",
        renew_text: "El código anterior deja de servir de inmediato. El nuevo va a la dirección registrada; aquí nadie lo ve.",
        unlock_text: "Tras cinco ID equivocados un código queda bloqueado para siempre, para que nadie pueda seguir probando. Un código nuevo va a la dirección registrada.",
        way: "Enviar por",
        no_way: "No hay ninguna dirección registrada para enviarlo. Añada primero una al cliente.",
        cancel: "Cancelar",
        cancel_text: "El código deja de servir de inmediato.",
        cancel_confirm: "Cancelar esta inscripción",
        revoke: "Revocar",
        revoke_text: "El certificado del dispositivo deja de ser válido. Para conectarlo otra vez hay que registrarlo de nuevo.",
        revoke_why: "Qué pasó",
        revocation: RevocationNames {
            lost: "El dispositivo se perdió",
            compromised: "Puede que otra persona tenga su clave",
            disposed: "El dispositivo se regaló o se tiró",
            replaced: "Otro dispositivo ocupó su lugar",
            left: "El cliente dejó el programa",
        },
        revoke_confirm: "Revocar el certificado",
        note: "Escribir una nota",
        note_text: "Para los colegas que abran esta página más tarde.",
        note_field: "Nota",
        note_confirm: "Guardar la nota",
        renewed: "Un código nuevo está en camino. Esta es su inscripción.",
        cancelled: "Cancelada. El código ya no sirve.",
        revoked: "Revocado. El certificado ya no es válido.",
        noted: "Su nota está guardada.",
        registered: "Registrado. El código está en camino al cliente.",
        bad_reason: "Escriba de 1 a 500 caracteres.",
        moved_on: "Esta inscripción ha cambiado entretanto. Mire su estado abajo.",
        no_address: "No hay dirección registrada para esta forma de envío, o su organización no la usa. Elija otra.",
    },
    timeline: TimelineMessages {
        title: "Qué ocurrió",
        customer: "El cliente",
        api: "Uno de sus sistemas",
        operator: |name| format!("{name}, en la línea de órdenes"),
        colleague: "Un antiguo colega",
        device: "El dispositivo",
        visitor: "Alguien que no había entrado",
        system: "El portal",
        registered: "Registró el dispositivo",
        delivered: "El código llegó al cliente",
        opened: "El código se usó por primera vez",
        wrong_device_id: |left| match left {
            1 => "Escribió un ID equivocado; queda 1 intento".to_owned(),
            left => format!("Escribió un ID equivocado; quedan {left} intentos"),
        },
        locked: "Escribió un ID equivocado una vez de más: bloqueado",
        bad_request: |reason| format!("Envió una solicitud que fue rechazada ({reason})"),
        confirmed: "Recibió su certificado",
        repeated: "Recibió otra vez el mismo certificado",
        activated: "Habló por primera vez",
        key_requested: "Pidió un certificado para una clave nueva",
        key_changed: "Sigue con su clave nueva",
        opted_in: "Participa en un evento",
        opted_out: "No participa en un evento",
        group_entered: "Puesto en un grupo",
        group_left: "Quitado de un grupo",
        possible_copy: "Alguien habló fuera de turno con la clave de este dispositivo: puede haber una copia",
        wrong_device: "La clave habló desde otro dispositivo que el registrado",
        copy_dismissed: "Se retiró la sospecha de una copia",
        expiry_told: "Se avisó al cliente de que la conexión termina",
        suspended: "Puso en pausa",
        resumed: "Terminó la pausa",
        certificate_revoked: "Revocó un certificado",
        expired: "El código no se usó a tiempo",
        superseded: "Reemplazado por un código más reciente",
        renewed: "Envió un código nuevo",
        cancelled: "Canceló",
        revoked: "Revocó el certificado",
        note: "Anotó",
        see_newer: "Ver la más reciente",
    },
};
