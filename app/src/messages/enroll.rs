//! Words of the enrollment page `/e`.

/// Words of the enrollment page `/e`.
#[derive(Debug)]
pub struct EnrollMessages {
    /// Title of the page.
    pub title: &'static str,
}

/// English.
pub const EN: EnrollMessages = EnrollMessages {
    title: "Connect this device",
};

/// Spanish.
pub const ES: EnrollMessages = EnrollMessages {
    title: "Conectar este dispositivo",
};
