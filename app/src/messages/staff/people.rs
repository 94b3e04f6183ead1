//! Words of the pages about staff: colleagues, tokens, the own way in.

/// Words of the pages about staff: colleagues, tokens, the own way in.
#[derive(Debug)]
pub struct PeopleMessages {
    /// Title of the page about colleagues.
    pub title: &'static str,
    /// Column and label of a name.
    pub name: &'static str,
    /// Column and label of an address.
    pub email: &'static str,
    /// Column and label of a role.
    pub role: &'static str,
    /// Column of where somebody stands.
    pub standing: &'static str,
    /// Column of what can be done.
    pub actions: &'static str,
    /// Has not accepted yet.
    pub invited: &'static str,
    /// Can sign in.
    pub active: &'static str,
    /// Was put off the staff.
    pub disabled: &'static str,
    /// Marks whoever is signed in.
    pub yourself: &'static str,
    /// Gives the chosen role.
    pub change_role: &'static str,
    /// Puts off the staff.
    pub disable: &'static str,
    /// Puts back on the staff.
    pub enable: &'static str,
    /// Takes every way to sign in.
    pub reset: &'static str,
    /// Title of the form that invites.
    pub invite_title: &'static str,
    /// Invites.
    pub invite: &'static str,
    /// An invitation went by mail; takes the address.
    pub mailed: fn(&str) -> String,
    /// Title of a link that is shown once.
    pub link_title: &'static str,
    /// What to do with it.
    pub link_text: &'static str,
    /// The address is taken.
    pub taken: &'static str,
    /// Name or address are none.
    pub invalid: &'static str,
    /// Nobody does this to themselves.
    pub not_yourself: &'static str,
    /// Title of the page about tokens.
    pub tokens_title: &'static str,
    /// What tokens are for.
    pub tokens_lead: &'static str,
    /// There is none.
    pub tokens_none: &'static str,
    /// Column of what a token allows.
    pub scopes: &'static str,
    /// Column of a date.
    pub since: &'static str,
    /// A token that opens nothing any more.
    pub revoked: &'static str,
    /// Revokes a token.
    pub revoke: &'static str,
    /// Title of the form that makes one.
    pub make_title: &'static str,
    /// Label of its name.
    pub token_name: &'static str,
    /// What its name is good for.
    pub token_name_hint: &'static str,
    /// Makes one.
    pub make: &'static str,
    /// Title of a token that is shown once.
    pub token_made: &'static str,
    /// What to do with it.
    pub token_made_text: &'static str,
    /// Name or scope are missing.
    pub token_invalid: &'static str,
    /// Title of the page about the own way in.
    pub security_title: &'static str,
    /// Title of the list of browsers.
    pub sessions: &'static str,
    /// Column of the browser.
    pub browser: &'static str,
    /// Column of the last use.
    pub seen: &'static str,
    /// Marks the browser in front of one.
    pub this_browser: &'static str,
    /// Ends all sessions.
    pub sign_out_everywhere: &'static str,
    /// Title of the form that changes the password.
    pub password_title: &'static str,
    /// Label of the password of today.
    pub password_today: &'static str,
    /// Changes it.
    pub password_change: &'static str,
    /// It was changed.
    pub password_changed: &'static str,
    /// Password or code are wrong.
    pub password_refused: &'static str,
}

/// English.
pub const EN: PeopleMessages = PeopleMessages {
    title: "Colleagues",
    name: "Name",
    email: "Work e-mail address",
    role: "Role",
    standing: "State",
    actions: "Actions",
    invited: "invited",
    active: "active",
    disabled: "off the staff",
    yourself: "you",
    change_role: "Change role",
    disable: "Put off the staff",
    enable: "Put back on the staff",
    reset: "Reset sign-in",
    invite_title: "Invite a colleague",
    invite: "Make an invitation",
    mailed: |address| {
        format!("The invitation is on its way to {address}. It works once, for a week.")
    },
    link_title: "The invitation, shown this once",
    link_text: "Give this link to your colleague and to nobody else: whoever opens it first joins in their name. It works once, for a week.",
    taken: "Somebody with this address is on the staff already. Reset how they sign in instead.",
    invalid: "Enter a name and an e-mail address.",
    not_yourself: "You cannot do this to yourself. Ask another admin.",
    tokens_title: "Tokens",
    tokens_lead: "With a token your own systems register devices and read accounts, without a person.",
    tokens_none: "There is no token yet.",
    scopes: "Allows",
    since: "Since",
    revoked: "revoked",
    revoke: "Revoke",
    make_title: "Make a token",
    token_name: "What it is for",
    token_name_hint: "So that you know later which system uses it.",
    make: "Make the token",
    token_made: "The token, shown this once",
    token_made_text: "Copy it into your system now. Nobody can look it up later.",
    token_invalid: "Give the token a name and at least one thing that it allows.",
    security_title: "Your sign-in",
    sessions: "Where you are signed in",
    browser: "Browser",
    seen: "Last used",
    this_browser: "this browser",
    sign_out_everywhere: "Sign out everywhere",
    password_title: "Change your password",
    password_today: "Password of today",
    password_change: "Change the password",
    password_changed: "Your password is changed; other browsers are signed out.",
    password_refused: "Password or code are not right. A code works only once, so wait for the next one.",
};

/// Spanish.
pub const ES: PeopleMessages = PeopleMessages {
    title: "Personal",
    name: "Nombre",
    email: "Correo electrónico del trabajo",
    role: "Función",
    standing: "Estado",
    actions: "Acciones",
    invited: "con invitación",
    active: "en activo",
    disabled: "de baja",
    yourself: "usted",
    change_role: "Cambiar la función",
    disable: "Dar de baja",
    enable: "Dar de alta",
    reset: "Restablecer el acceso",
    invite_title: "Invitar a alguien",
    invite: "Crear una invitación",
    mailed: |address| {
        format!("La invitación va de camino a {address}. Sirve una sola vez, durante una semana.")
    },
    link_title: "La invitación, solo esta vez",
    link_text: "Entregue este enlace a esa persona y a nadie más: quien lo abra primero se une en su nombre. Sirve una sola vez, durante una semana.",
    taken: "Ya hay alguien con este correo. Restablezca su acceso.",
    invalid: "Escriba un nombre y un correo electrónico.",
    not_yourself: "No puede hacer esto consigo. Pídaselo a otra persona con función de administración.",
    tokens_title: "Credenciales",
    tokens_lead: "Con una credencial sus propios sistemas registran dispositivos y leen cuentas, sin una persona.",
    tokens_none: "Todavía no hay ninguna.",
    scopes: "Permite",
    since: "Desde",
    revoked: "revocada",
    revoke: "Revocar",
    make_title: "Crear una credencial",
    token_name: "Para qué es",
    token_name_hint: "Para saber después qué sistema la usa.",
    make: "Crear la credencial",
    token_made: "La credencial, solo esta vez",
    token_made_text: "Cópiela ahora en su sistema. Después nadie puede consultarla.",
    token_invalid: "Dé un nombre a la credencial y al menos una cosa que permita.",
    security_title: "Su acceso",
    sessions: "Dónde ha entrado",
    browser: "Navegador",
    seen: "Último uso",
    this_browser: "este navegador",
    sign_out_everywhere: "Salir en todas partes",
    password_title: "Cambiar su contraseña",
    password_today: "Contraseña de hoy",
    password_change: "Cambiar la contraseña",
    password_changed: "Su contraseña ha cambiado; los demás navegadores han salido.",
    password_refused: "La contraseña o el código no son correctos. Un código sirve una sola vez, así que espere al siguiente.",
};
