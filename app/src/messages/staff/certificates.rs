//! Words of a device's certificates, and of withdrawing them.

/// Words of a device's certificates, and of withdrawing them.
#[derive(Debug)]
pub struct CertificateMessages {
    /// Title of the certificates of a device.
    pub title: &'static str,
    /// Names one by its serial number.
    pub serial: &'static str,
    /// From when until when it is good.
    pub validity: &'static str,
    /// The identifiers behind a fold.
    pub identifiers: &'static str,
    /// SHA-256 fingerprint.
    pub fingerprint: &'static str,
    /// OpenADR.
    pub ven_fingerprint: &'static str,
    /// IEEE 2030.5, long.
    pub lfdi: &'static str,
    /// IEEE 2030.5, short.
    pub sfdi: &'static str,
    /// Nothing stands against it.
    pub good: &'static str,
    /// Its time is over.
    pub ended: &'static str,
    /// It is on hold.
    pub on_hold: &'static str,
    /// It is revoked.
    pub revoked: &'static str,
    /// Since when it is withdrawn.
    pub since: &'static str,
    /// Puts a device on hold.
    pub hold: &'static str,
    /// What that does.
    pub hold_text: &'static str,
    /// Does it.
    pub hold_confirm: &'static str,
    /// Said when it is done.
    pub held: &'static str,
    /// Ends a hold.
    pub release: &'static str,
    /// What that does.
    pub release_text: &'static str,
    /// Does it.
    pub release_confirm: &'static str,
    /// Said when it is done.
    pub released: &'static str,
    /// Revokes one of several certificates.
    pub revoke_one: &'static str,
    /// What that does.
    pub revoke_one_text: &'static str,
    /// Which one.
    pub which: &'static str,
    /// Does it.
    pub revoke_one_confirm: &'static str,
    /// Said when it is done.
    pub revoked_one: &'static str,
}

/// English.
pub const EN: CertificateMessages = CertificateMessages {
    title: "Certificates",
    serial: "Serial number",
    validity: "Good from and until",
    identifiers: "Identifiers",
    fingerprint: "SHA-256",
    ven_fingerprint: "VEN fingerprint (OpenADR)",
    lfdi: "LFDI (IEEE 2030.5)",
    sfdi: "SFDI (IEEE 2030.5)",
    good: "Good",
    ended: "Ended",
    on_hold: "On hold",
    revoked: "Revoked",
    since: "Since",
    hold: "Put on hold",
    hold_text: "Every certificate of the device stops being valid until you end the hold. For a suspicion that has to be looked into.",
    hold_confirm: "Put the device on hold",
    held: "On hold. Its certificates are not valid for now.",
    release: "End the hold",
    release_text: "The device's certificates are valid again. Who asks for the list or for their state learns it within seconds.",
    release_confirm: "End the hold",
    released: "The hold has ended. The certificates are valid again.",
    revoke_one: "Revoke one certificate",
    revoke_one_text: "This one certificate stops being valid for good; the device goes on with the others.",
    which: "Which certificate",
    revoke_one_confirm: "Revoke this certificate",
    revoked_one: "Revoked. The device's other certificates are still valid.",
};

/// Spanish.
pub const ES: CertificateMessages = CertificateMessages {
    title: "Certificados",
    serial: "Número de serie",
    validity: "Válido desde y hasta",
    identifiers: "Identificadores",
    fingerprint: "SHA-256",
    ven_fingerprint: "Huella VEN (OpenADR)",
    lfdi: "LFDI (IEEE 2030.5)",
    sfdi: "SFDI (IEEE 2030.5)",
    good: "Válido",
    ended: "Vencido",
    on_hold: "En pausa",
    revoked: "Revocado",
    since: "Desde",
    hold: "Poner en pausa",
    hold_text: "Todos los certificados del dispositivo dejan de ser válidos hasta que usted termine la pausa. Para una sospecha que hay que aclarar.",
    hold_confirm: "Poner el dispositivo en pausa",
    held: "En pausa. Sus certificados no son válidos por ahora.",
    release: "Terminar la pausa",
    release_text: "Los certificados del dispositivo vuelven a ser válidos. Quien pida la lista o su estado lo sabrá en segundos.",
    release_confirm: "Terminar la pausa",
    released: "La pausa ha terminado. Los certificados vuelven a ser válidos.",
    revoke_one: "Revocar un certificado",
    revoke_one_text: "Este certificado deja de ser válido para siempre; el dispositivo sigue con los demás.",
    which: "Qué certificado",
    revoke_one_confirm: "Revocar este certificado",
    revoked_one: "Revocado. Los demás certificados del dispositivo siguen siendo válidos.",
};
