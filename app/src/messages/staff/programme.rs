//! Words of the programme's figures.

/// Words of the programme's figures.
#[derive(Debug)]
pub struct ProgrammeMessages {
    /// Title.
    pub title: &'static str,
    /// What the figures are about.
    pub lead: &'static str,
    /// Names the form for screen readers.
    pub filter: &'static str,
    /// How far back.
    pub span: &'static str,
    /// So many days.
    pub days: fn(u64) -> String,
    /// Which channel.
    pub channel: &'static str,
    /// All of them.
    pub any: &'static str,
    /// Applies the choice.
    pub show: &'static str,
    /// The figures as a file.
    pub export: &'static str,
    /// Nothing was registered.
    pub none: &'static str,
    /// Names the drawing of the stages.
    pub chart: &'static str,
    /// Names the drawing of the days.
    pub days_chart: &'static str,
    /// The stages in their order.
    pub stages: [&'static str; 5],
    /// Title of the table by channel.
    pub by_channel: &'static str,
    /// The column and row of the sum.
    pub all_channels: &'static str,
    /// Title of the table by day.
    pub by_day: &'static str,
    /// The column of the day.
    pub day: &'static str,
    /// Title of what the figures mean.
    pub meaning_title: &'static str,
    /// What they mean.
    pub meaning: [&'static str; 3],
}

/// English.
pub const EN: ProgrammeMessages = ProgrammeMessages {
    title: "Programme",
    lead: "Of the codes made in this time: how many came how far.",
    filter: "Choose the figures",
    span: "Codes made",
    days: |days| format!("In the last {days} days"),
    channel: "Sent by",
    any: "All",
    show: "Show",
    export: "Download as a table (CSV)",
    none: "No codes were made in this time.",
    chart: "How far the codes came",
    days_chart: "Codes made each day, and how many of them are confirmed",
    stages: ["Registered", "Delivered", "Opened", "Confirmed", "Active"],
    by_channel: "By channel",
    all_channels: "All",
    by_day: "By day",
    day: "Day (UTC)",
    meaning_title: "What the figures mean",
    meaning: [
        "Each line tells of the codes made that day, whenever they went further. A device that got a second code counts twice.",
        "Delivered: shown on the screen, handed to your systems, taken over by the mail server or the carrier, or posted.",
        "Opened: somebody who holds the code used it, by typing it in or by confirming. That a QR code was only scanned is not known here: it tells the portal nothing, and nobody is followed.",
    ],
};

/// Spanish.
pub const ES: ProgrammeMessages = ProgrammeMessages {
    title: "Programa",
    lead: "De los códigos creados en este tiempo: cuántos llegaron hasta dónde.",
    filter: "Elegir las cifras",
    span: "Códigos creados",
    days: |days| format!("En los últimos {days} días"),
    channel: "Enviado por",
    any: "Todos",
    show: "Mostrar",
    export: "Descargar como tabla (CSV)",
    none: "En este tiempo no se creó ningún código.",
    chart: "Hasta dónde llegaron los códigos",
    days_chart: "Códigos creados cada día y cuántos están confirmados",
    stages: [
        "Registrados",
        "Entregados",
        "Abiertos",
        "Confirmados",
        "Activos",
    ],
    by_channel: "Por forma de envío",
    all_channels: "Todas",
    by_day: "Por día",
    day: "Día (UTC)",
    meaning_title: "Qué significan las cifras",
    meaning: [
        "Cada línea habla de los códigos creados ese día, avancen cuando avancen. Un dispositivo con un segundo código cuenta dos veces.",
        "Entregados: mostrados en la pantalla, entregados a sus sistemas, aceptados por el servidor de correo o el operador, o echados al correo.",
        "Abiertos: alguien que tiene el código lo usó, al escribirlo o al confirmar. Que un código QR solo se escaneó no se sabe aquí: no dice nada al portal, y no se sigue a nadie.",
    ],
};
