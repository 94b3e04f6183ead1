//! What devices are sent, and what became of it.

/// Words about the mailbox of a device.
#[derive(Debug)]
pub struct MailboxMessages {
    /// Title of the list.
    pub title: &'static str,
    /// What it shows.
    pub lead: &'static str,
    /// Nothing was sent yet.
    pub empty: &'static str,
    /// An instruction; takes its name.
    pub instruction: fn(&str) -> String,
    /// An event; takes its name.
    pub event: fn(&str) -> String,
    /// Settings; takes their version.
    pub settings: fn(u32) -> String,
    /// Before who sent it.
    pub from: &'static str,
    /// One of the provider's own systems.
    pub from_system: &'static str,
    /// A demand-response event.
    pub from_event: &'static str,
    /// A colleague whose name is not known any more.
    pub from_colleague: &'static str,
    /// Before when it was sent.
    pub sent: &'static str,
    /// Before when it was in an answer.
    pub delivered_at: &'static str,
    /// Before when its receipt came.
    pub acknowledged_at: &'static str,
    /// Before when it was over.
    pub closed_at: &'static str,
    /// Before when that was by the device's clock.
    pub device_at: &'static str,
    /// Before when it ends.
    pub good_until: &'static str,
    /// Before what the device said.
    pub device_said: &'static str,
    /// The states.
    pub states: StateMessages,
    /// Opens the form.
    pub send: &'static str,
    /// What happens then.
    pub send_text: &'static str,
    /// Label of the name.
    pub name: &'static str,
    /// What a name looks like.
    pub name_hint: &'static str,
    /// Label of the arguments.
    pub arguments: &'static str,
    /// What arguments look like.
    pub arguments_hint: &'static str,
    /// Label of the time.
    pub valid_for: &'static str,
    /// So many hours.
    pub hours: fn(u64) -> String,
    /// So many days.
    pub days: fn(u64) -> String,
    /// Sends it.
    pub send_confirm: &'static str,
    /// It was sent.
    pub was_sent: &'static str,
    /// Takes an instruction back.
    pub take_back: &'static str,
    /// It was taken back.
    pub was_taken_back: &'static str,
    /// Name or arguments are no good.
    pub invalid: &'static str,
    /// The device is not in service.
    pub not_in_service: &'static str,
    /// In the timeline: an instruction was sent; takes its name.
    pub event_sent: fn(&str) -> String,
    /// In the timeline: it was in an answer.
    pub event_delivered: &'static str,
    /// In the timeline: it was taken back.
    pub event_taken_back: &'static str,
    /// In the timeline: the device has it.
    pub event_acknowledged: &'static str,
    /// In the timeline: done.
    pub event_executed: &'static str,
    /// In the timeline: tried in vain.
    pub event_failed: &'static str,
    /// In the timeline: will not be done.
    pub event_refused: &'static str,
}

/// Where something stands, in words.
#[derive(Debug)]
pub struct StateMessages {
    /// Waits for the device.
    pub queued: &'static str,
    /// Was in an answer.
    pub delivered: &'static str,
    /// The device has it.
    pub acknowledged: &'static str,
    /// Done.
    pub executed: &'static str,
    /// Tried in vain.
    pub failed: &'static str,
    /// Will not be done.
    pub refused: &'static str,
    /// Too late.
    pub expired: &'static str,
    /// Taken back.
    pub cancelled: &'static str,
}

/// English.
pub const EN: MailboxMessages = MailboxMessages {
    title: "Sent to the device",
    lead: "What waits for the device, and what it said about what it received. It hears of new things when it next connects.",
    empty: "Nothing was sent to this device yet.",
    instruction: |name| format!("Instruction: {name}"),
    event: |name| format!("Event: {name}"),
    settings: |version| format!("Settings, version {version}"),
    from: "From",
    from_system: "a system of the provider",
    from_event: "the event programme",
    from_colleague: "a colleague",
    sent: "Sent",
    delivered_at: "Delivered",
    acknowledged_at: "Acknowledged",
    closed_at: "Finished",
    device_at: "By the device's clock",
    good_until: "Good until",
    device_said: "The device said",
    states: StateMessages {
        queued: "Waiting for the device",
        delivered: "Delivered",
        acknowledged: "Acknowledged",
        executed: "Done",
        failed: "Failed",
        refused: "Refused by the device",
        expired: "Ran out of time",
        cancelled: "Taken back",
    },
    send: "Send an instruction",
    send_text: "The device carries it out when it next connects, and reports back here. It must know the instruction by name.",
    name: "Instruction",
    name_hint: "Small letters, digits, hyphens, dots and underscores, for example set-point.",
    arguments: "Details (optional)",
    arguments_hint: "A JSON object, for example {\"celsius\": 20}.",
    valid_for: "Good for",
    hours: |hours| match hours {
        1 => "1 hour".to_owned(),
        hours => format!("{hours} hours"),
    },
    days: |days| match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    },
    send_confirm: "Send",
    was_sent: "The instruction was sent.",
    take_back: "Take back",
    was_taken_back: "The instruction was taken back.",
    invalid: "Check the name and the details: the name has small letters, digits, hyphens, dots and underscores, and the details are a JSON object of at most 4,096 characters.",
    not_in_service: "This device is not in service: it is sent nothing.",
    event_sent: |name| format!("Sent the instruction {name}"),
    event_delivered: "Fetched an instruction",
    event_taken_back: "Took an instruction back",
    event_acknowledged: "Acknowledged an instruction",
    event_executed: "Carried out an instruction",
    event_failed: "Could not carry out an instruction",
    event_refused: "Refused an instruction",
};

/// Spanish.
pub const ES: MailboxMessages = MailboxMessages {
    title: "Enviado al dispositivo",
    lead: "Lo que espera al dispositivo y lo que este dijo de lo recibido. Se entera de lo nuevo cuando vuelve a conectarse.",
    empty: "Aún no se ha enviado nada a este dispositivo.",
    instruction: |name| format!("Instrucción: {name}"),
    event: |name| format!("Evento: {name}"),
    settings: |version| format!("Ajustes, versión {version}"),
    from: "De",
    from_system: "un sistema del proveedor",
    from_event: "el programa de eventos",
    from_colleague: "un compañero",
    sent: "Enviado",
    delivered_at: "Entregado",
    acknowledged_at: "Confirmado",
    closed_at: "Terminado",
    device_at: "Según el reloj del dispositivo",
    good_until: "Válido hasta",
    device_said: "El dispositivo dijo",
    states: StateMessages {
        queued: "Espera al dispositivo",
        delivered: "Entregado",
        acknowledged: "Confirmado",
        executed: "Hecho",
        failed: "Falló",
        refused: "Rechazado por el dispositivo",
        expired: "Se acabó el tiempo",
        cancelled: "Retirado",
    },
    send: "Enviar una instrucción",
    send_text: "El dispositivo la ejecuta cuando vuelve a conectarse y lo comunica aquí. Debe conocer la instrucción por su nombre.",
    name: "Instrucción",
    name_hint: "Minúsculas, cifras, guiones, puntos y guiones bajos, por ejemplo set-point.",
    arguments: "Detalles (opcional)",
    arguments_hint: "Un objeto JSON, por ejemplo {\"celsius\": 20}.",
    valid_for: "Válida durante",
    hours: |hours| match hours {
        1 => "1 hora".to_owned(),
        hours => format!("{hours} horas"),
    },
    days: |days| match days {
        1 => "1 día".to_owned(),
        days => format!("{days} días"),
    },
    send_confirm: "Enviar",
    was_sent: "La instrucción fue enviada.",
    take_back: "Retirar",
    was_taken_back: "La instrucción fue retirada.",
    invalid: "Revise el nombre y los detalles: el nombre lleva minúsculas, cifras, guiones, puntos y guiones bajos, y los detalles son un objeto JSON de 4096 caracteres como máximo.",
    not_in_service: "Este dispositivo no está en servicio: no se le envía nada.",
    event_sent: |name| format!("Envió la instrucción {name}"),
    event_delivered: "Recogió una instrucción",
    event_taken_back: "Retiró una instrucción",
    event_acknowledged: "Confirmó una instrucción",
    event_executed: "Ejecutó una instrucción",
    event_failed: "No pudo ejecutar una instrucción",
    event_refused: "Rechazó una instrucción",
};
