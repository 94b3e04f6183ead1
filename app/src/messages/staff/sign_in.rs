//! Words of signing in to the desk and of joining it.

/// Words of signing in to the desk and of joining it.
#[derive(Debug)]
pub struct SignInMessages {
    /// Title of the page.
    pub title: &'static str,
    /// Whom it is for.
    pub lead: &'static str,
    /// Label of the choice between providers.
    pub provider: &'static str,
    /// Label of the address.
    pub email: &'static str,
    /// Label of the password.
    pub password: &'static str,
    /// Label of the code.
    pub code: &'static str,
    /// Where the code comes from.
    pub code_hint: &'static str,
    /// Signs in.
    pub send: &'static str,
    /// Address, password or code are wrong.
    pub refused: &'static str,
    /// Leads to where an invitation is opened.
    pub have_invitation: &'static str,
    /// Title of the page where an invitation is opened.
    pub invitation_title: &'static str,
    /// What to do there.
    pub invitation_lead: &'static str,
    /// Label of the invitation's code.
    pub invitation_code: &'static str,
    /// What its code is.
    pub invitation_code_hint: &'static str,
    /// Opens it.
    pub invitation_open: &'static str,
    /// It is unknown, used or too old.
    pub invitation_refused: &'static str,
    /// Title once it is open.
    pub join_title: fn(&str) -> String,
    /// Who joins as what: address, role.
    pub join_lead: fn(&str, &str) -> String,
    /// Title of the authenticator's part.
    pub authenticator_title: &'static str,
    /// What to do with the QR code.
    pub authenticator_text: &'static str,
    /// What the QR code is, for screen readers.
    pub authenticator_image: &'static str,
    /// Before the secret that can be typed.
    pub authenticator_type: &'static str,
    /// What the code shows after scanning.
    pub authenticator_code_hint: &'static str,
    /// Label of the new password.
    pub new_password: &'static str,
    /// What a good one is.
    pub new_password_hint: &'static str,
    /// The password is too easy.
    pub weak_password: &'static str,
    /// The code is not the authenticator's.
    pub wrong_code: &'static str,
    /// Signs in with a passkey.
    pub passkey_sign_in: &'static str,
    /// Joins with a passkey in place of a password.
    pub passkey_join: &'static str,
    /// Why that is good.
    pub passkey_join_text: &'static str,
    /// Adds one.
    pub passkey_add: &'static str,
    /// Title of the list of passkeys.
    pub passkeys: &'static str,
    /// There is none.
    pub passkeys_none: &'static str,
    /// Removes one.
    pub passkey_remove: &'static str,
    /// It cannot be removed.
    pub passkey_last: &'static str,
    /// It did not work.
    pub passkey_refused: &'static str,
    /// Accepts.
    pub join: &'static str,
}

/// English.
pub const EN: SignInMessages = SignInMessages {
    title: "Sign in to the desk",
    lead: "For staff of the energy provider. Customers sign in to their own pages.",
    provider: "Energy provider",
    email: "Work e-mail address",
    password: "Password",
    code: "Code of your authenticator app",
    code_hint: "Six digits that change every half minute.",
    send: "Sign in",
    refused: "Address, password or code are not right. Check all three; a code works only once, so wait for the next one.",
    have_invitation: "I have an invitation",
    invitation_title: "Open your invitation",
    invitation_lead: "Paste the invitation that your admin gave you. It works once.",
    invitation_code: "Invitation",
    invitation_code_hint: "The whole link, or what follows its # sign.",
    invitation_open: "Open it",
    invitation_refused: "This invitation has been used or is too old. Ask your admin for a new one.",
    join_title: |provider| format!("Join the desk of {provider}"),
    join_lead: |email, role| format!("You will sign in as {email}, with the role {role}."),
    authenticator_title: "Your authenticator app",
    authenticator_text: "Scan this code with an authenticator app on your telephone. The app then shows the codes that you sign in with.",
    authenticator_image: "QR code for your authenticator app",
    authenticator_type: "No camera? Type this key into the app:",
    authenticator_code_hint: "Six digits, as the app shows them now.",
    new_password: "Choose a password",
    new_password_hint: "At least 12 characters. A few words that do not belong together are good.",
    weak_password: "This password is too easy to guess: take at least 12 characters, without your name, your address or the provider's name, and none that you use elsewhere.",
    wrong_code: "This is not the code that the app shows now. Wait for the next one and type it.",
    passkey_sign_in: "Sign in with a passkey",
    passkey_join: "Join with a passkey",
    passkey_join_text: "Easiest and safest: your device asks for your fingerprint, your face or its PIN, and there is nothing to remember. Or choose a password below.",
    passkey_add: "Add a passkey",
    passkeys: "Passkeys",
    passkeys_none: "You have no passkey yet.",
    passkey_remove: "Remove",
    passkey_last: "This is your only way to sign in. Add another one first.",
    passkey_refused: "The passkey did not work. Try again, or use your password.",
    join: "Join",
};

/// Spanish.
pub const ES: SignInMessages = SignInMessages {
    title: "Entrar en la mesa",
    lead: "Para el personal de la compañía de energía. Los clientes entran en sus propias páginas.",
    provider: "Compañía de energía",
    email: "Correo electrónico del trabajo",
    password: "Contraseña",
    code: "Código de su aplicación de autenticación",
    code_hint: "Seis cifras que cambian cada medio minuto.",
    send: "Entrar",
    refused: "El correo, la contraseña o el código no son correctos. Revise los tres; un código sirve una sola vez, así que espere al siguiente.",
    have_invitation: "Tengo una invitación",
    invitation_title: "Abra su invitación",
    invitation_lead: "Pegue la invitación que le dio su administrador. Sirve una sola vez.",
    invitation_code: "Invitación",
    invitation_code_hint: "El enlace entero, o lo que sigue a su signo #.",
    invitation_open: "Abrirla",
    invitation_refused: "Esta invitación ya se usó o es demasiado antigua. Pida una nueva a su administrador.",
    join_title: |provider| format!("Únase a la mesa de {provider}"),
    join_lead: |email, role| format!("Entrará como {email}, con la función de {role}."),
    authenticator_title: "Su aplicación de autenticación",
    authenticator_text: "Escanee este código con una aplicación de autenticación en su teléfono. La aplicación muestra desde entonces los códigos con los que entra.",
    authenticator_image: "Código QR para su aplicación de autenticación",
    authenticator_type: "¿Sin cámara? Escriba esta clave en la aplicación:",
    authenticator_code_hint: "Seis cifras, como la aplicación las muestra ahora.",
    new_password: "Elija una contraseña",
    new_password_hint: "Al menos 12 caracteres. Unas palabras que no van juntas son una buena elección.",
    weak_password: "Esta contraseña es fácil de adivinar: use al menos 12 caracteres, sin su nombre, su correo ni el nombre de la compañía, y ninguna que use en otro lugar.",
    wrong_code: "No es el código que la aplicación muestra ahora. Espere al siguiente y escríbalo.",
    passkey_sign_in: "Entrar con una llave de acceso",
    passkey_join: "Unirse con una llave de acceso",
    passkey_join_text: "Lo más fácil y seguro: su dispositivo pide su huella, su cara o su PIN, y no hay nada que recordar. O elija abajo una contraseña.",
    passkey_add: "Añadir una llave de acceso",
    passkeys: "Llaves de acceso",
    passkeys_none: "Todavía no tiene ninguna llave de acceso.",
    passkey_remove: "Quitar",
    passkey_last: "Es su única forma de entrar. Añada antes otra.",
    passkey_refused: "La llave de acceso no ha funcionado. Inténtelo otra vez o use su contraseña.",
    join: "Unirse",
};
