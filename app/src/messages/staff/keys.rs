//! The keys of a device, and copies of them.

/// Words about the keys of a device.
#[derive(Debug)]
pub struct KeyMessages {
    /// Title of the series.
    pub title: &'static str,
    /// What the series is.
    pub lead: &'static str,
    /// Text alternative of the graph; takes the number of keys.
    pub graph: fn(usize) -> String,
    /// Before the first key.
    pub one_time_password: &'static str,
    /// Who vouched for a key; takes who.
    pub vouched_by: fn(&str) -> String,
    /// Before since when there is a key.
    pub since: &'static str,
    /// Before until when its certificate is good.
    pub until: &'static str,
    /// The keys before the last ones.
    pub older: &'static str,
    /// Key number so and so.
    pub key: fn(usize) -> String,
    /// Has not spoken.
    pub silent: &'static str,
    /// In use.
    pub current: &'static str,
    /// Replaced.
    pub retired: &'static str,
    /// Its certificate has ended.
    pub ended: &'static str,
    /// Every signature of the series verifies.
    pub verifies: &'static str,
    /// One does not.
    pub does_not_verify: &'static str,
    /// Title of the suspicion.
    pub copy_title: &'static str,
    /// What it means and what to do.
    pub copy_text: &'static str,
    /// Since when it is there.
    pub copy_since: &'static str,
    /// Takes the suspicion back.
    pub copy_dismiss: &'static str,
    /// What that does.
    pub copy_dismiss_text: &'static str,
    /// Title of the list of suspicions; takes how many.
    pub copies_title: fn(usize) -> String,
    /// What to do about them.
    pub copies_text: &'static str,
    /// It was taken back.
    pub dismissed: &'static str,
}

/// English.
pub const EN: KeyMessages = KeyMessages {
    title: "Keys of the device",
    lead: "Each key but the first was vouched for by the one before it.",
    graph: |keys| match keys {
        1 => "One key, vouched for by the one-time password.".to_owned(),
        keys => {
            format!("{keys} keys, from the one-time password on; the list below says the same.")
        }
    },
    one_time_password: "the one-time password",
    vouched_by: |who| format!("vouched for by: {who}"),
    since: "Since",
    until: "certificate good until",
    older: "Older keys",
    key: |number| format!("Key {number}"),
    silent: "Certified, not used yet",
    current: "In use",
    retired: "Replaced",
    ended: "Certificate ended",
    verifies: "Every signature of the series verifies.",
    does_not_verify: "A signature of the series does not verify: somebody has changed the database. Tell your security officer.",
    copy_title: "There may be a copy of this device",
    copy_text: "Somebody has spoken with this device's key out of turn, or from another device. Ask the customer whether the device was restored from a backup or copied. If you cannot explain it, revoke the device and register it anew.",
    copy_since: "Suspected since",
    copy_dismiss: "Take the suspicion back",
    copy_dismiss_text: "The device goes on as before. If there is a copy, the suspicion will come back.",
    copies_title: |count| match count {
        1 => "One device may have a copy".to_owned(),
        count => format!("{count} devices may have copies"),
    },
    copies_text: "Look into each of them: open it, ask the customer, then take the suspicion back or revoke the device.",
    dismissed: "The suspicion was taken back.",
};

/// Spanish.
pub const ES: KeyMessages = KeyMessages {
    title: "Claves del dispositivo",
    lead: "Cada clave, salvo la primera, fue avalada por la anterior.",
    graph: |keys| match keys {
        1 => "Una clave, avalada por la contraseña de un solo uso.".to_owned(),
        keys => format!(
            "{keys} claves, desde la contraseña de un solo uso; la lista de abajo dice lo mismo."
        ),
    },
    one_time_password: "la contraseña de un solo uso",
    vouched_by: |who| format!("avalada por: {who}"),
    since: "Desde",
    until: "certificado válido hasta",
    older: "Claves anteriores",
    key: |number| format!("Clave {number}"),
    silent: "Certificada, sin usar",
    current: "En uso",
    retired: "Sustituida",
    ended: "Certificado terminado",
    verifies: "Todas las firmas de la serie son correctas.",
    does_not_verify: "Una firma de la serie no es correcta: alguien ha modificado la base de datos. Avise a su responsable de seguridad.",
    copy_title: "Puede haber una copia de este dispositivo",
    copy_text: "Alguien ha hablado con la clave de este dispositivo fuera de turno o desde otro dispositivo. Pregunte al cliente si el dispositivo se restauró de una copia de seguridad o se duplicó. Si no tiene explicación, revóquelo y regístrelo de nuevo.",
    copy_since: "Sospecha desde",
    copy_dismiss: "Retirar la sospecha",
    copy_dismiss_text: "El dispositivo sigue como antes. Si hay una copia, la sospecha volverá.",
    copies_title: |count| match count {
        1 => "Un dispositivo puede tener una copia".to_owned(),
        count => format!("{count} dispositivos pueden tener copias"),
    },
    copies_text: "Examínelos uno a uno: ábralo, pregunte al cliente y retire la sospecha o revoque el dispositivo.",
    dismissed: "Se retiró la sospecha.",
};
