//! Words of what is kept about a customer, and of a device that was lost.

/// Words of what is kept about a customer, and of a device that was lost.
#[derive(Debug)]
pub struct DataMessages {
    /// Title of the page; leads to it.
    pub title: &'static str,
    /// Who decides about it.
    pub lead: &'static str,
    /// Name of the account's number.
    pub number: &'static str,
    /// Name of the account's name.
    pub name: &'static str,
    /// Name of the address for mails.
    pub email: &'static str,
    /// Name of the number for short messages.
    pub mobile: &'static str,
    /// Name of the postal address.
    pub address: &'static str,
    /// Hands back everything.
    pub download: &'static str,
    /// Title of the list of browsers.
    pub sessions: &'static str,
    /// When a browser was last used.
    pub seen: &'static str,
    /// Marks the browser in front of one.
    pub this_browser: &'static str,
    /// Ends all sessions.
    pub sign_out_everywhere: &'static str,
    /// Opens the question.
    pub lost: &'static str,
    /// What it means.
    pub lost_question: &'static str,
    /// Does it.
    pub lost_confirm: &'static str,
}

/// English.
pub const EN: DataMessages = DataMessages {
    title: "My data",
    lead: "This is what your energy provider has on file for you. To change it, ask your provider.",
    number: "Account number",
    name: "Name",
    email: "E-mail address",
    mobile: "Mobile number",
    address: "Address",
    download: "Save everything as a file",
    sessions: "Where you are signed in",
    seen: "Last used",
    this_browser: "this browser",
    sign_out_everywhere: "Sign out everywhere",
    lost: "I lost this device",
    lost_question: "Its pass is withdrawn for good, so that nobody who finds it can use it. If the device turns up again, connect it anew.",
    lost_confirm: "Withdraw its pass",
};

/// Spanish.
pub const ES: DataMessages = DataMessages {
    title: "Mis datos",
    lead: "Esto es lo que su compañía de energía tiene registrado de usted. Para cambiarlo, hable con su compañía.",
    number: "Número de cliente",
    name: "Nombre",
    email: "Correo electrónico",
    mobile: "Número de móvil",
    address: "Dirección",
    download: "Guardar todo en un archivo",
    sessions: "Dónde ha entrado",
    seen: "Último uso",
    this_browser: "este navegador",
    sign_out_everywhere: "Salir en todas partes",
    lost: "He perdido este dispositivo",
    lost_question: "Su pase se retira para siempre, para que nadie que lo encuentre pueda usarlo. Si el dispositivo aparece, conéctelo de nuevo.",
    lost_confirm: "Retirar su pase",
};
