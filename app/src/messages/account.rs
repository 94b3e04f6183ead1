//! Words of signing in.

/// Words of signing in.
#[derive(Debug)]
pub struct AccountMessages {
    /// Title of the page.
    pub title: &'static str,
    /// How signing in works.
    pub lead: &'static str,
    /// Label of the choice between providers.
    pub provider: &'static str,
    /// Label of the field.
    pub account: &'static str,
    /// Where to find the account number.
    pub account_hint: &'static str,
    /// Asks for the link.
    pub send: &'static str,
    /// Shown when the field is empty.
    pub account_missing: &'static str,
    /// Says who is signed in.
    pub signed_in_as: fn(&str) -> String,
    /// Title for somebody who is signed in.
    pub signed_in_title: &'static str,
    /// Title of the page that the link leads to.
    pub link_title: &'static str,
    /// While the link is being checked.
    pub link_working: &'static str,
    /// What to do on that page without a link.
    pub link_paste: &'static str,
    /// Label of its field.
    pub link_code: &'static str,
    /// Its action.
    pub link_send: &'static str,
    /// Shown when its field is empty.
    pub link_missing: &'static str,
    /// The link is unknown, used or too old.
    pub link_refused: &'static str,
    /// The link is good in the browser that asked for it.
    pub link_elsewhere: &'static str,
    /// Asks for a new link.
    pub link_again: &'static str,
}

/// English.
pub const EN: AccountMessages = AccountMessages {
    title: "Sign in",
    lead: "We send a link and a code to the e-mail address your provider has on file. No password needed.",
    provider: "Energy provider",
    account: "Account number or e-mail address",
    account_hint: "You find the account number on your bill.",
    send: "Send me a link",
    account_missing: "Enter your account number or your e-mail address.",
    signed_in_as: |name| format!("You are signed in as {name}."),
    signed_in_title: "You are signed in",
    link_title: "Sign in with your link",
    link_working: "Checking your link…",
    link_paste: "Open the link from our mail, or paste its code here: everything after the # sign.",
    link_code: "Code from the mail",
    link_send: "Sign in",
    link_missing: "Paste the code from the mail.",
    link_refused: "This link has been used or is too old. Ask for a new one; it takes a moment.",
    link_elsewhere: "You asked for this link in another browser, and it works only there. Go back to that browser and open the link there, or type the code from the same message.",
    link_again: "Ask for a new link",
};

/// Spanish.
pub const ES: AccountMessages = AccountMessages {
    title: "Entrar",
    lead: "Enviamos un enlace y un código al correo electrónico que su compañía tiene registrado. No hace falta contraseña.",
    provider: "Compañía de energía",
    account: "Número de cliente o correo electrónico",
    account_hint: "El número de cliente está en su factura.",
    send: "Enviarme un enlace",
    account_missing: "Escriba su número de cliente o su correo electrónico.",
    signed_in_as: |name| format!("Ha entrado como {name}."),
    signed_in_title: "Ya ha entrado",
    link_title: "Entrar con su enlace",
    link_working: "Comprobando su enlace…",
    link_paste: "Abra el enlace de nuestro correo o pegue aquí su código: todo lo que sigue al signo #.",
    link_code: "Código del correo",
    link_send: "Entrar",
    link_missing: "Pegue el código del correo.",
    link_refused: "Este enlace ya se usó o es demasiado antiguo. Pida uno nuevo; es cuestión de un momento.",
    link_elsewhere: "Usted pidió este enlace en otro navegador, y solo sirve allí. Vuelva a ese navegador y abra allí el enlace, o escriba el código del mismo mensaje.",
    link_again: "Pedir un enlace nuevo",
};
