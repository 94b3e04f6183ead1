//! Words of the outbox of a development installation.

/// Words of the outbox of a development installation.
#[derive(Debug)]
pub struct DevelopmentMessages {
    /// Title of the page.
    pub title: &'static str,
    /// Says that this exists on development installations only.
    pub warning: &'static str,
    /// Nothing was sent yet.
    pub empty: &'static str,
    /// Before the address.
    pub to: &'static str,
    /// Opens the link of a mail.
    pub open: &'static str,
}

/// English.
pub const EN: DevelopmentMessages = DevelopmentMessages {
    title: "Development outbox",
    warning: "Development only: mails are shown here instead of being sent. A real installation has no such page.",
    empty: "No mails yet. Ask for a sign-in link, then come back.",
    to: "To",
    open: "Open the link",
};

/// Spanish.
pub const ES: DevelopmentMessages = DevelopmentMessages {
    title: "Bandeja de desarrollo",
    warning: "Solo para desarrollo: los correos se muestran aquí en vez de enviarse. Una instalación real no tiene esta página.",
    empty: "Aún no hay correos. Pida un enlace para entrar y vuelva aquí.",
    to: "Para",
    open: "Abrir el enlace",
};
