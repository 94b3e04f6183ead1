//! Words of the app that a phone installs: its entry among the others, and what it says while it is
//! closed.

/// Words of the installed app.
#[derive(Debug)]
pub struct InstalledMessages {
    /// What it is, where a phone lists its apps.
    pub description: &'static str,
    /// Title of the notification that there is something.
    pub news: &'static str,
    /// What to do about it.
    pub news_text: &'static str,
}

/// English.
pub const EN: InstalledMessages = InstalledMessages {
    description: "Your energy provider’s events on this device: see them, take part or sit one out.",
    news: "News from your energy provider",
    news_text: "Open the page to see what it is.",
};

/// Spanish.
pub const ES: InstalledMessages = InstalledMessages {
    description: "Los eventos de su compañía de energía en este dispositivo: véalos, participe o no participe en uno.",
    news: "Novedades de su compañía de energía",
    news_text: "Abra la página para ver qué es.",
};
