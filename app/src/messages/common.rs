//! Words of the header, the footer, and what several pages say.

/// Words of the header, the footer, and what several pages say.
#[derive(Debug)]
pub struct CommonMessages {
    /// Meta description of the site.
    pub description: &'static str,
    /// Jumps over the header.
    pub skip_to_content: &'static str,
    /// Name of the main navigation for screen readers.
    pub navigation: &'static str,
    /// Leads to the devices.
    pub my_devices: &'static str,
    /// Leads to signing in.
    pub sign_in: &'static str,
    /// Ends the session.
    pub sign_out: &'static str,
    /// Names the language switch for screen readers.
    pub language: &'static str,
    /// What is said at the foot of every page.
    pub footer: &'static str,
    /// Before the provider's contact.
    pub help_from: fn(&str) -> String,
    /// Shown while something is fetched.
    pub loading: &'static str,
    /// Shown on a button while its request is under way.
    pub working: &'static str,
    /// Leads to the landing page.
    pub to_home: &'static str,
    /// Loads the page again.
    pub try_again: &'static str,
    /// Marks a field that may stay empty.
    pub optional: &'static str,
    /// Title of the page for addresses that lead nowhere.
    pub not_found_title: &'static str,
    /// What to do on that page.
    pub not_found_text: &'static str,
    /// Title of the page shown when something failed.
    pub trouble_title: &'static str,
    /// Makes one date and time of UTC of its parts: year, month, day, hour, minute.
    pub utc: fn(u16, u8, u8, u8, u8) -> String,
}

const EN_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const ES_MONTHS: [&str; 12] = [
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
];

fn month(names: &[&'static str; 12], month: u8) -> &'static str {
    names
        .get(usize::from(month).wrapping_sub(1))
        .copied()
        .unwrap_or_default()
}

/// English.
pub const EN: CommonMessages = CommonMessages {
    description: "Connect your devices to your energy provider, safely and in a minute.",
    skip_to_content: "Skip to content",
    navigation: "Main",
    my_devices: "My devices",
    sign_in: "Sign in",
    sign_out: "Sign out",
    language: "Language",
    footer: "Gridpass connects your devices to your energy provider. The secret key of a device is made on it and never leaves it.",
    help_from: |provider| format!("Help from {provider}"),
    loading: "One moment…",
    working: "One moment…",
    to_home: "To the start page",
    try_again: "Try again",
    optional: "optional",
    not_found_title: "This page does not exist",
    not_found_text: "The address may be mistyped, or the page has moved. If you have a code from your provider, you can still use it.",
    trouble_title: "That did not work",
    utc: |year, m, day, hour, minute| {
        format!(
            "{} {day}, {year}, {hour:02}:{minute:02} UTC",
            month(&EN_MONTHS, m)
        )
    },
};

/// Spanish.
pub const ES: CommonMessages = CommonMessages {
    description: "Conecte sus dispositivos con su compañía de energía, de forma segura y en un minuto.",
    skip_to_content: "Saltar al contenido",
    navigation: "Principal",
    my_devices: "Mis dispositivos",
    sign_in: "Entrar",
    sign_out: "Salir",
    language: "Idioma",
    footer: "Gridpass conecta sus dispositivos con su compañía de energía. La clave secreta de un dispositivo se crea en él y nunca sale de él.",
    help_from: |provider| format!("Ayuda de {provider}"),
    loading: "Un momento…",
    working: "Un momento…",
    to_home: "Ir al inicio",
    try_again: "Intentar de nuevo",
    optional: "opcional",
    not_found_title: "Esta página no existe",
    not_found_text: "Puede que la dirección esté mal escrita o que la página haya cambiado de lugar. Si tiene un código de su compañía, aún puede usarlo.",
    trouble_title: "No ha funcionado",
    utc: |year, m, day, hour, minute| {
        format!(
            "{day} de {} de {year}, {hour:02}:{minute:02} UTC",
            month(&ES_MONTHS, m)
        )
    },
};
