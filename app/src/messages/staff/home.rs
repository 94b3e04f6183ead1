//! The first page of the desk.

/// How many there are, as far as they were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// One.
    One,
    /// As many as this.
    Of(usize),
    /// At least as many as this.
    AtLeast(usize),
}

impl Count {
    /// This many, or more; `None` for none.
    pub const fn of(count: usize, or_more: bool) -> Option<Self> {
        match (count, or_more) {
            (0, _) => None,
            (_, true) => Some(Self::AtLeast(count)),
            (1, false) => Some(Self::One),
            (_, false) => Some(Self::Of(count)),
        }
    }
}

/// Words of the first page of the desk: what waits for somebody, and what the other pages are for.
#[derive(Debug)]
pub struct HomeMessages {
    /// Nothing waits for anybody.
    pub nothing_waits: &'static str,
    /// How many codes of the last 7 days are locked.
    pub locked: fn(Count) -> String,
    /// Leads to them.
    pub show_locked: &'static str,
    /// How many messages of the last 7 days were given up.
    pub undelivered: fn(Count) -> String,
    /// Leads to them.
    pub show_undelivered: &'static str,
    /// Title above the other pages.
    pub places: &'static str,
    /// What the enrollments are for.
    pub enrollments: &'static str,
    /// What the account directory is for.
    pub customers: &'static str,
    /// What the files of registrations are for.
    pub jobs: &'static str,
    /// What the programme's figures are for.
    pub programme: &'static str,
    /// What the events are for.
    pub events: &'static str,
    /// What the deliveries are for.
    pub deliveries: &'static str,
    /// What the colleagues are for.
    pub people: &'static str,
    /// What the tokens are for.
    pub tokens: &'static str,
    /// What the settings of devices are for.
    pub settings: &'static str,
    /// What the systems that are told are for.
    pub webhooks: &'static str,
    /// What the record is for.
    pub audit: &'static str,
}

/// English.
pub const EN: HomeMessages = HomeMessages {
    nothing_waits: "Nothing waits for you at the moment.",
    locked: |count| match count {
        Count::One => {
            "One code of the last 7 days is locked after too many wrong device IDs.".to_owned()
        }
        Count::Of(count) => {
            format!("{count} codes of the last 7 days are locked after too many wrong device IDs.")
        }
        Count::AtLeast(count) => format!(
            "At least {count} codes of the last 7 days are locked after too many wrong device IDs."
        ),
    },
    show_locked: "Show the locked codes",
    undelivered: |count| match count {
        Count::One => "One message of the last 7 days could not be delivered.".to_owned(),
        Count::Of(count) => {
            format!("{count} messages of the last 7 days could not be delivered.")
        }
        Count::AtLeast(count) => {
            format!("At least {count} messages of the last 7 days could not be delivered.")
        }
    },
    show_undelivered: "Show what was not delivered",
    places: "What you find where",
    enrollments: "Each device of a customer: where it stands, what happened, a new code, suspending and revoking.",
    customers: "Accounts, how customers are reached, and their import from a table.",
    jobs: "Many devices at once: from a file to printed letters.",
    programme: "How many of the codes that were made led to a connected device.",
    events: "Call on devices to use less or more, and see who follows and what it brings.",
    deliveries: "Mails, text messages, letters and calls to other systems: what waits, what has left, what was given up.",
    people: "Who works at the desk, and with which role.",
    tokens: "Access of your own systems to the interface.",
    settings: "What connected devices are told: how often they ask, when they renew.",
    webhooks: "Your own systems that are told of changes as they happen.",
    audit: "Who did what and when, in a record that cannot be changed unnoticed.",
};

/// Spanish.
pub const ES: HomeMessages = HomeMessages {
    nothing_waits: "Ahora mismo nada espera por usted.",
    locked: |count| match count {
        Count::One => {
            "Un código de los últimos 7 días está bloqueado tras demasiados ID equivocados."
                .to_owned()
        }
        Count::Of(count) => format!(
            "{count} códigos de los últimos 7 días están bloqueados tras demasiados ID equivocados."
        ),
        Count::AtLeast(count) => format!(
            "Al menos {count} códigos de los últimos 7 días están bloqueados tras demasiados ID equivocados."
        ),
    },
    show_locked: "Ver los códigos bloqueados",
    undelivered: |count| match count {
        Count::One => "Un mensaje de los últimos 7 días no se pudo entregar.".to_owned(),
        Count::Of(count) => {
            format!("{count} mensajes de los últimos 7 días no se pudieron entregar.")
        }
        Count::AtLeast(count) => {
            format!("Al menos {count} mensajes de los últimos 7 días no se pudieron entregar.")
        }
    },
    show_undelivered: "Ver lo que no se entregó",
    places: "Qué hay en cada sitio",
    enrollments: "Cada dispositivo de un cliente: cómo está, qué ha pasado, un código nuevo, suspender y revocar.",
    customers: "Cuentas, cómo se contacta con los clientes y su importación desde una tabla.",
    jobs: "Muchos dispositivos a la vez: desde un archivo hasta las cartas impresas.",
    programme: "Cuántos de los códigos creados llevaron a un dispositivo conectado.",
    events: "Pedir a los dispositivos que usen menos o más, y ver quién responde y qué se consigue.",
    deliveries: "Correos, mensajes de texto, cartas y avisos a otros sistemas: lo que espera, lo que salió y lo que se abandonó.",
    people: "Quién trabaja en la mesa y con qué función.",
    tokens: "Acceso de sus propios sistemas a la interfaz.",
    settings: "Lo que se indica a los dispositivos conectados: cada cuánto preguntan y cuándo renuevan.",
    webhooks: "Sus propios sistemas, avisados de los cambios en el momento.",
    audit: "Quién hizo qué y cuándo, en un registro que no se puede cambiar sin que se note.",
};
