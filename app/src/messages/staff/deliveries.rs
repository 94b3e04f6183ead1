//! Words of what is delivered.

/// Words of what is delivered.
#[derive(Debug)]
pub struct DeliveryMessages {
    /// Title of the page.
    pub title: &'static str,
    /// What it shows.
    pub lead: &'static str,
    /// Name of the choice between boxes.
    pub boxes: &'static str,
    /// What waits.
    pub waiting: &'static str,
    /// What was given up.
    pub dead: &'static str,
    /// What has left.
    pub sent: &'static str,
    /// Nothing waits.
    pub none_waiting: &'static str,
    /// Nothing was given up.
    pub none_dead: &'static str,
    /// Nothing has left yet.
    pub none_sent: &'static str,
    /// How it travels.
    pub way: &'static str,
    /// Whom it goes to.
    pub to: &'static str,
    /// Where it stands.
    pub state: &'static str,
    /// When it was written.
    pub written: &'static str,
    /// What can be done.
    pub action: &'static str,
    /// By e-mail.
    pub mail: &'static str,
    /// By SMS.
    pub sms: &'static str,
    /// By letter.
    pub letter: &'static str,
    /// To another system.
    pub webhook: &'static str,
    /// About signing in.
    pub about_sign_in: &'static str,
    /// An invitation of a colleague.
    pub about_invitation: &'static str,
    /// The code of a device.
    pub about_label: &'static str,
    /// A certificate that ends.
    pub about_expiry: &'static str,
    /// A change of state.
    pub about_event: &'static str,
    /// Waits for its first try.
    pub state_waiting: &'static str,
    /// Waits for another try; takes how many there were.
    pub state_again: fn(u32) -> String,
    /// Is under way.
    pub state_sending: &'static str,
    /// A letter that is printed.
    pub state_printed: &'static str,
    /// Has left.
    pub state_sent: &'static str,
    /// Was given up.
    pub state_dead: &'static str,
    /// Before the time of the next try.
    pub next_try: &'static str,
    /// Sends again what was given up.
    pub retry: &'static str,
    /// What it said is gone.
    pub erased: &'static str,
    /// It is sent again.
    pub retried: &'static str,
    /// It cannot be sent again.
    pub not_there: &'static str,
    /// Title of the letters.
    pub letters: &'static str,
    /// How letters are printed.
    pub letters_text: &'static str,
    /// Makes the PDF.
    pub print: &'static str,
    /// Makes it once more.
    pub print_again: &'static str,
    /// Says that they were posted.
    pub posted: &'static str,
    /// What that does.
    pub posted_text: &'static str,
    /// It is done; takes how many.
    pub posted_done: fn(&str) -> String,
    /// There is no letter to print.
    pub no_letters: &'static str,
    /// Leads to older ones.
    pub older: &'static str,
    /// Leads back to the youngest.
    pub newest: &'static str,
    /// Name of the ways between pages.
    pub pages: &'static str,
}

/// English.
pub const EN: DeliveryMessages = DeliveryMessages {
    title: "Deliveries",
    lead: "What waits to be sent, what has left, and what could not be sent. Nobody here sees what a message says.",
    boxes: "Which deliveries",
    waiting: "Waiting",
    dead: "Given up",
    sent: "Sent",
    none_waiting: "Nothing waits. Everything that was written has left.",
    none_dead: "Nothing was given up.",
    none_sent: "Nothing has left yet.",
    way: "What",
    to: "To",
    state: "State",
    written: "Written",
    action: "Action",
    mail: "Mail",
    sms: "SMS",
    letter: "Letter",
    webhook: "Webhook",
    about_sign_in: "to sign in",
    about_invitation: "invitation",
    about_label: "code for a device",
    about_expiry: "end of a connection",
    about_event: "change of state",
    state_waiting: "waits",
    state_again: |tries| match tries {
        1 => "waits after 1 try".to_owned(),
        _ => format!("waits after {tries} tries"),
    },
    state_sending: "is being sent",
    state_printed: "printed, not posted",
    state_sent: "sent",
    state_dead: "given up",
    next_try: "next try",
    retry: "Send again",
    erased: "too late to send again",
    retried: "It is sent again within seconds.",
    not_there: "That message cannot be sent again: it has left meanwhile, or its time is over.",
    letters: "Letters",
    letters_text: "One PDF with a page a letter, for window envelopes: US Letter or A4, by the country of the address. At most 2000 at once.",
    print: "Print new letters",
    print_again: "Print once more",
    posted: "All printed letters are posted",
    posted_text: "Say so once they are in the post: what they say is then erased here.",
    posted_done: |count| format!("Letters noted as posted: {count}."),
    no_letters: "There is no letter to print.",
    older: "Older",
    newest: "Newest",
    pages: "Pages",
};

/// Spanish.
pub const ES: DeliveryMessages = DeliveryMessages {
    title: "Envíos",
    lead: "Lo que espera a ser enviado, lo que ya salió y lo que no se pudo enviar. Aquí nadie ve lo que dice un mensaje.",
    boxes: "Qué envíos",
    waiting: "En espera",
    dead: "Abandonados",
    sent: "Enviados",
    none_waiting: "No espera nada. Todo lo escrito ya salió.",
    none_dead: "No se abandonó nada.",
    none_sent: "Aún no ha salido nada.",
    way: "Qué",
    to: "Para",
    state: "Estado",
    written: "Escrito",
    action: "Acción",
    mail: "Correo",
    sms: "SMS",
    letter: "Carta",
    webhook: "Webhook",
    about_sign_in: "para entrar",
    about_invitation: "invitación",
    about_label: "código de un dispositivo",
    about_expiry: "fin de una conexión",
    about_event: "cambio de estado",
    state_waiting: "espera",
    state_again: |tries| match tries {
        1 => "espera tras 1 intento".to_owned(),
        _ => format!("espera tras {tries} intentos"),
    },
    state_sending: "se está enviando",
    state_printed: "impresa, sin echar al correo",
    state_sent: "enviado",
    state_dead: "abandonado",
    next_try: "próximo intento",
    retry: "Enviar otra vez",
    erased: "tarde para enviarlo otra vez",
    retried: "Se envía otra vez en unos segundos.",
    not_there: "Ese mensaje no se puede enviar otra vez: ya salió, o pasó su plazo.",
    letters: "Cartas",
    letters_text: "Un PDF con una página por carta, para sobres con ventana: US Letter o A4, según el país de la dirección. Como mucho 2000 a la vez.",
    print: "Imprimir cartas nuevas",
    print_again: "Imprimir otra vez",
    posted: "Todas las cartas impresas están en el correo",
    posted_text: "Dígalo cuando estén en el correo: entonces se borra aquí lo que dicen.",
    posted_done: |count| format!("Cartas anotadas como enviadas: {count}."),
    no_letters: "No hay ninguna carta que imprimir.",
    older: "Anteriores",
    newest: "Más recientes",
    pages: "Páginas",
};
