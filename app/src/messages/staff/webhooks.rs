//! Words of the systems that are told of changes.

/// Words of the systems that are told of changes.
#[derive(Debug)]
pub struct WebhookMessages {
    /// Title of the page.
    pub title: &'static str,
    /// What it is for.
    pub lead: &'static str,
    /// Title of the form.
    pub add_title: &'static str,
    /// The address.
    pub url: &'static str,
    /// What it must be.
    pub url_hint: &'static str,
    /// Adds it.
    pub add: &'static str,
    /// Above the secret.
    pub secret_title: &'static str,
    /// What to do with it.
    pub secret_text: &'static str,
    /// Name of the secret for screen readers.
    pub secret: &'static str,
    /// There is none yet.
    pub none: &'static str,
    /// Since when.
    pub since: &'static str,
    /// Title of the calls to an address.
    pub log: &'static str,
    /// There was no call yet.
    pub log_none: &'static str,
    /// When.
    pub written: &'static str,
    /// What was told.
    pub event: &'static str,
    /// Where the call stands.
    pub state: &'static str,
    /// The calls that were made.
    pub tries: &'static str,
    /// A call that was not answered.
    pub no_answer: &'static str,
    /// None was made yet.
    pub not_tried: &'static str,
    /// Removes the address.
    pub remove: &'static str,
    /// What that does.
    pub remove_text: &'static str,
    /// It was removed.
    pub removed: &'static str,
    /// The address is of no use.
    pub invalid: &'static str,
    /// There are too many.
    pub too_many: &'static str,
}

/// English.
pub const EN: WebhookMessages = WebhookMessages {
    title: "Webhooks",
    lead: "Your own systems are called when an enrollment changes its state. A call says which enrollment and which state, and nothing secret; it is signed after Standard Webhooks.",
    add_title: "Add an address",
    url: "Address",
    url_hint: "Begins with https://. Ten addresses at most.",
    add: "Add",
    secret_title: "The secret of the new address",
    secret_text: "Keep it now: it is shown this once. Your system checks the signature of every call with it.",
    secret: "Secret",
    none: "No system is told of changes yet.",
    since: "since",
    log: "Latest calls",
    log_none: "There was no call yet.",
    written: "Written",
    event: "Event",
    state: "State",
    tries: "Tries",
    no_answer: "no answer",
    not_tried: "not yet",
    remove: "Remove this address",
    remove_text: "It is told nothing more from now on.",
    removed: "The address was removed.",
    invalid: "That is no address that can be called: it begins with https://, has a host, and no name and password in it.",
    too_many: "There are ten addresses already. Remove one first.",
};

/// Spanish.
pub const ES: WebhookMessages = WebhookMessages {
    title: "Webhooks",
    lead: "Se llama a sus propios sistemas cuando una inscripción cambia de estado. Una llamada dice qué inscripción y qué estado, y nada secreto; va firmada según Standard Webhooks.",
    add_title: "Añadir una dirección",
    url: "Dirección",
    url_hint: "Empieza por https://. Diez direcciones como mucho.",
    add: "Añadir",
    secret_title: "El secreto de la nueva dirección",
    secret_text: "Guárdelo ahora: solo se muestra esta vez. Con él su sistema comprueba la firma de cada llamada.",
    secret: "Secreto",
    none: "Aún no se avisa a ningún sistema.",
    since: "desde",
    log: "Últimas llamadas",
    log_none: "Aún no hubo ninguna llamada.",
    written: "Escrita",
    event: "Suceso",
    state: "Estado",
    tries: "Intentos",
    no_answer: "sin respuesta",
    not_tried: "todavía no",
    remove: "Quitar esta dirección",
    remove_text: "A partir de ahora no se le avisa de nada.",
    removed: "La dirección se quitó.",
    invalid: "No es una dirección a la que se pueda llamar: empieza por https://, tiene un servidor, y no lleva nombre ni contraseña.",
    too_many: "Ya hay diez direcciones. Quite una primero.",
};
