//! The settings of devices.

/// Words about the settings of devices.
#[derive(Debug)]
pub struct SettingsMessages {
    /// Title of the page.
    pub title: &'static str,
    /// What it is for.
    pub lead: &'static str,
    /// Phones, tablets, computers.
    pub devices: &'static str,
    /// Gateways.
    pub gateways: &'static str,
    /// Before the form.
    pub change: &'static str,
    /// What a change does.
    pub change_text: &'static str,
    /// Label of the time between two polls.
    pub poll_interval: &'static str,
    /// Its bounds.
    pub poll_interval_hint: &'static str,
    /// Label of the e-mail address.
    pub support_email: &'static str,
    /// Label of the phone number.
    pub support_phone: &'static str,
    /// Who sees them.
    pub contact_hint: &'static str,
    /// Makes the new version.
    pub save: &'static str,
    /// It was made.
    pub saved: &'static str,
    /// Something is out of its bounds.
    pub invalid: &'static str,
    /// Title of the versions; takes the kind.
    pub versions: fn(&str) -> String,
    /// Head of the column: number.
    pub version: &'static str,
    /// Head of the column: what it says.
    pub says: &'static str,
    /// Head of the column: since when and by whom.
    pub made: &'static str,
    /// Head of the column: how far it has come.
    pub reach: &'static str,
    /// Head of the column: what one can do.
    pub action: &'static str,
    /// The version in force.
    pub in_force: &'static str,
    /// The one of the configuration.
    pub configured: &'static str,
    /// It brought an older one back; takes which.
    pub brought_back: fn(u32) -> String,
    /// Polls; takes seconds.
    pub polls: fn(u32) -> String,
    /// How far it has come: applied, still waiting, refused or failed.
    pub counts: fn(u64, u64, u64) -> String,
    /// Not every mailbox has it yet.
    pub spreading: &'static str,
    /// Makes an older version the newest one; takes which.
    pub bring_back: fn(u32) -> String,
    /// It was done.
    pub was_brought_back: &'static str,
}

/// English.
pub const EN: SettingsMessages = SettingsMessages {
    title: "Settings of devices",
    lead: "How connected devices go on. A change is a new version; each device hears of it when it next connects, and says when it goes by it.",
    devices: "Phones, tablets and computers",
    gateways: "Gateways",
    change: "Change",
    change_text: "Makes a new version for all devices of this kind.",
    poll_interval: "Seconds between two polls",
    poll_interval_hint: "1 to 86,400. Fewer seconds: devices hear sooner, and this server has more to do.",
    support_email: "Help by e-mail",
    support_phone: "Help by phone",
    contact_hint: "Shown to customers on their device.",
    save: "Make new version",
    saved: "There is a new version. The devices are being told.",
    invalid: "Check the values: 1 to 86,400 seconds; contacts of at most 255 characters.",
    versions: |kind| format!("Versions: {kind}"),
    version: "Version",
    says: "Says",
    made: "Made",
    reach: "Devices",
    action: "Action",
    in_force: "In force",
    configured: "From the configuration",
    brought_back: |version| format!("Brought back version {version}"),
    polls: |seconds| format!("Polls every {seconds} s"),
    counts: |applied, waiting, refused| {
        format!("{applied} go by it, {waiting} waiting, {refused} refused or failed")
    },
    spreading: "Still being handed out",
    bring_back: |version| format!("Bring back version {version}"),
    was_brought_back: "The older version is the newest one now. The devices are being told.",
};

/// Spanish.
pub const ES: SettingsMessages = SettingsMessages {
    title: "Ajustes de los dispositivos",
    lead: "Cómo siguen los dispositivos conectados. Un cambio es una versión nueva; cada dispositivo se entera cuando vuelve a conectarse y dice cuándo la sigue.",
    devices: "Teléfonos, tabletas y ordenadores",
    gateways: "Pasarelas",
    change: "Cambiar",
    change_text: "Crea una versión nueva para todos los dispositivos de esta clase.",
    poll_interval: "Segundos entre dos consultas",
    poll_interval_hint: "De 1 a 86 400. Con menos segundos los dispositivos se enteran antes y este servidor tiene más trabajo.",
    support_email: "Ayuda por correo",
    support_phone: "Ayuda por teléfono",
    contact_hint: "Los clientes lo ven en su dispositivo.",
    save: "Crear versión nueva",
    saved: "Hay una versión nueva. Se está comunicando a los dispositivos.",
    invalid: "Revise los valores: de 1 a 86 400 segundos; contactos de 255 caracteres como máximo.",
    versions: |kind| format!("Versiones: {kind}"),
    version: "Versión",
    says: "Contenido",
    made: "Creada",
    reach: "Dispositivos",
    action: "Acción",
    in_force: "Vigente",
    configured: "De la configuración",
    brought_back: |version| format!("Recuperó la versión {version}"),
    polls: |seconds| format!("Consulta cada {seconds} s"),
    counts: |applied, waiting, refused| {
        format!("{applied} la siguen, {waiting} en espera, {refused} rechazada o fallida")
    },
    spreading: "Aún se está repartiendo",
    bring_back: |version| format!("Recuperar la versión {version}"),
    was_brought_back: "La versión anterior es ahora la más reciente. Se está comunicando a los dispositivos.",
};
