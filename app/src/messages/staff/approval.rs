//! Devices that somebody has to approve.

/// Words about a device that waits for its approval.
#[derive(Debug)]
pub struct ApprovalMessages {
    /// Title while it waits.
    pub waits: &'static str,
    /// What to do.
    pub waits_text: &'static str,
    /// Title once it is approved.
    pub approved: &'static str,
    /// What happens next.
    pub approved_text: &'static str,
    /// The fingerprint of its key.
    pub key: &'static str,
    /// Since when.
    pub since: &'static str,
    /// Approves it.
    pub approve: &'static str,
    /// It was approved.
    pub done: &'static str,
    /// Somebody was faster, or the device has asked with another key.
    pub moved_on: &'static str,
    /// Title of the list of those that wait; takes how many.
    pub waiting_title: fn(usize) -> String,
    /// What to do about them.
    pub waiting_text: &'static str,
    /// In the timeline: it asked.
    pub event_asked: &'static str,
    /// In the timeline: it was approved.
    pub event_approved: &'static str,
}

/// English.
pub const EN: ApprovalMessages = ApprovalMessages {
    waits: "This device waits for your approval",
    waits_text: "It has shown the right one-time password. Compare the fingerprint with what the device shows, or with what its owner reads out, then approve it. To refuse it, cancel it below.",
    approved: "This device is approved",
    approved_text: "It gets its certificate when it asks the next time.",
    key: "Fingerprint of its key (SHA-256)",
    since: "Asked",
    approve: "Approve this device",
    done: "The device is approved. It gets its certificate when it asks the next time.",
    moved_on: "Nothing waits with this fingerprint any more. Look at the page again.",
    waiting_title: |count| match count {
        1 => "One device waits for an approval".to_owned(),
        count => format!("{count} devices wait for an approval"),
    },
    waiting_text: "Open each of them, compare the fingerprint with the device's, then approve or cancel it.",
    event_asked: "The device asked for its certificate and waits for an approval",
    event_approved: "The device was approved",
};

/// Spanish.
pub const ES: ApprovalMessages = ApprovalMessages {
    waits: "Este dispositivo espera su aprobación",
    waits_text: "Ha mostrado la contraseña de un solo uso correcta. Compare la huella con la que muestra el dispositivo o lee su dueño y apruébelo. Para rechazarlo, cancélelo más abajo.",
    approved: "Este dispositivo está aprobado",
    approved_text: "Recibirá su certificado la próxima vez que lo pida.",
    key: "Huella de su clave (SHA-256)",
    since: "Lo pidió",
    approve: "Aprobar este dispositivo",
    done: "El dispositivo está aprobado. Recibirá su certificado la próxima vez que lo pida.",
    moved_on: "Ya nada espera con esta huella. Vuelva a mirar la página.",
    waiting_title: |count| match count {
        1 => "Un dispositivo espera una aprobación".to_owned(),
        count => format!("{count} dispositivos esperan una aprobación"),
    },
    waiting_text: "Abra cada uno, compare la huella con la del dispositivo y apruébelo o cancélelo.",
    event_asked: "El dispositivo pidió su certificado y espera una aprobación",
    event_approved: "El dispositivo fue aprobado",
};
