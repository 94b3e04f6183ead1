//! Words around every page of the desk.

/// Words around every page of the desk.
#[derive(Debug)]
pub struct FrameMessages {
    /// Name of the desk's navigation for screen readers.
    pub navigation: &'static str,
    /// Leads to the account directory.
    pub customers: &'static str,
    /// Leads to the colleagues.
    pub people: &'static str,
    /// Leads to the tokens.
    pub tokens: &'static str,
    /// Leads to the own way in.
    pub security: &'static str,
    /// Title of the first page.
    pub title: &'static str,
    /// Leads to the enrollments.
    pub enrollments: &'static str,
    /// Leads to the demand-response events.
    pub events: &'static str,
    /// Leads to what is delivered.
    pub deliveries: &'static str,
    /// Leads to the systems that are told of changes.
    pub webhooks: &'static str,
    /// How connected devices go on.
    pub settings: &'static str,
    /// Leads to the record of who did what.
    pub audit: &'static str,
    /// Leads to the files of registrations.
    pub jobs: &'static str,
    /// Leads to the programme's figures.
    pub programme: &'static str,
    /// Says who is signed in: name, role.
    pub signed_in_as: fn(&str, &str) -> String,
    /// Ends the session.
    pub sign_out: &'static str,
    /// The role that helps customers.
    pub support: &'static str,
    /// The role that runs the programme.
    pub operator: &'static str,
    /// The role that decides who may do what.
    pub admin: &'static str,
    /// The role that only looks.
    pub auditor: &'static str,
    /// Title where the role does not suffice.
    pub forbidden_title: &'static str,
    /// What to do then.
    pub forbidden_text: &'static str,
    /// What a form says then, or when what it changed is gone.
    pub gone: &'static str,
}

/// English.
pub const EN: FrameMessages = FrameMessages {
    navigation: "Desk",
    customers: "Customers",
    people: "Colleagues",
    tokens: "Tokens",
    security: "Your sign-in",
    title: "The desk",
    enrollments: "Enrollments",
    events: "Events",
    deliveries: "Deliveries",
    webhooks: "Webhooks",
    settings: "Device settings",
    audit: "Audit",
    jobs: "Bulk registration",
    programme: "Programme",
    signed_in_as: |name, role| format!("You are signed in as {name} ({role})."),
    sign_out: "Sign out",
    support: "support",
    operator: "operator",
    admin: "admin",
    auditor: "auditor",
    forbidden_title: "Your role does not include this",
    forbidden_text: "An admin of your organisation can change your role, or do this for you.",
    gone: "What you wanted to change is no longer there. Load the page again.",
};

/// Spanish.
pub const ES: FrameMessages = FrameMessages {
    navigation: "Mesa",
    customers: "Clientes",
    people: "Personal",
    tokens: "Credenciales",
    security: "Su acceso",
    title: "La mesa",
    enrollments: "Inscripciones",
    events: "Eventos",
    deliveries: "Envíos",
    webhooks: "Webhooks",
    settings: "Ajustes",
    audit: "Registro",
    jobs: "Registro masivo",
    programme: "Programa",
    signed_in_as: |name, role| format!("Ha entrado como {name} ({role})."),
    sign_out: "Salir",
    support: "atención",
    operator: "operación",
    admin: "administración",
    auditor: "auditoría",
    forbidden_title: "Su función no incluye esto",
    forbidden_text: "Una persona con función de administración puede cambiar la suya, o hacerlo por usted.",
    gone: "Lo que quería cambiar ya no está. Vuelva a cargar la página.",
};
