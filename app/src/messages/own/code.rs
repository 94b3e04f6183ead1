//! Words of typing the code of the mail.

/// Words of typing the code of the mail.
#[derive(Debug)]
pub struct CodeMessages {
    /// Title once the message was asked for.
    pub title: &'static str,
    /// What to do now; the answer is the same for accounts that do not exist.
    pub lead: &'static str,
    /// Label of the code.
    pub code: &'static str,
    /// What it looks like.
    pub code_hint: &'static str,
    /// The code is wrong, used or too old.
    pub refused: &'static str,
    /// What to do when nothing comes.
    pub nothing: &'static str,
    /// Back to the form.
    pub again: &'static str,
    /// Leads to the outbox of a development installation.
    pub outbox: &'static str,
}

/// English.
pub const EN: CodeMessages = CodeMessages {
    title: "Look into your mail",
    lead: "If we know this account, a link and a code are on their way to the address on file. Open the link in this browser, or type the code here. Both work once, for 10 minutes.",
    code: "Code from the message",
    code_hint: "Eight digits.",
    refused: "This code is not right, or it has been used or is too old. Check the digits; after five wrong ones you have to ask again.",
    nothing: "Nothing there after a minute? Look into the spam folder, or check the number and ask again.",
    again: "Ask again",
    outbox: "Open the development outbox",
};

/// Spanish.
pub const ES: CodeMessages = CodeMessages {
    title: "Mire su correo",
    lead: "Si conocemos esta cuenta, un enlace y un código van en camino a la dirección registrada. Abra el enlace en este navegador o escriba aquí el código. Ambos sirven una sola vez, durante 10 minutos.",
    code: "Código del mensaje",
    code_hint: "Ocho cifras.",
    refused: "Este código no es correcto, ya se usó o es demasiado antiguo. Revise las cifras; después de cinco erróneas tendrá que pedir otro.",
    nothing: "¿No llega nada en un minuto? Mire en la carpeta de correo no deseado, o revise el número y pídalo otra vez.",
    again: "Pedirlo otra vez",
    outbox: "Abrir la bandeja de desarrollo",
};
