//! Words of the page for developers. A catalogue of its own, so that no customer's browser loads it.

use super::Language;

/// Words of the page for developers.
#[derive(Debug)]
pub struct DeveloperMessages {
    /// Title of the page.
    pub title: &'static str,
    /// What the page is for.
    pub lead: &'static str,
    /// Says in which language the descriptions are.
    pub descriptions_are_english: Option<&'static str>,
    /// Leads to the document for machines.
    pub document: &'static str,
    /// How one gets a token.
    pub token_title: &'static str,
    /// How one gets a token.
    pub token_text: &'static str,
    /// Before the scopes of a call.
    pub scope: &'static str,
    /// A call without a token.
    pub open: &'static str,
    /// Title of the parameters.
    pub parameters: &'static str,
    /// Title of the body's members; its media type follows.
    pub body: &'static str,
    /// Title of the answers.
    pub answers: &'static str,
    /// Column: name.
    pub name: &'static str,
    /// Column: type.
    pub shape: &'static str,
    /// Column: meaning.
    pub meaning: &'static str,
    /// Column: status.
    pub status: &'static str,
    /// Beside a field that must be there.
    pub required: &'static str,
    /// Before the members of an answer.
    pub members: &'static str,
}

static EN: DeveloperMessages = DeveloperMessages {
    title: "For developers",
    lead: "The calls that your systems and devices make to this portal.",
    descriptions_are_english: None,
    document: "OpenAPI document",
    token_title: "Your token",
    token_text: "Calls that register devices or touch accounts take a token in the header “Authorization: Bearer …”. An admin of your organisation makes one at the desk, under “Tokens”, with the scopes that your system needs. It is shown once.",
    scope: "Token with scope",
    open: "Open to everybody",
    parameters: "Parameters",
    body: "Body",
    answers: "Answers",
    name: "Name",
    shape: "Type",
    meaning: "Meaning",
    status: "Status",
    required: "required",
    members: "Members",
};

static ES: DeveloperMessages = DeveloperMessages {
    title: "Para desarrolladores",
    lead: "Las llamadas que sus sistemas y dispositivos hacen a este portal.",
    descriptions_are_english: Some("Las descripciones técnicas están en inglés."),
    document: "Documento OpenAPI",
    token_title: "Su token",
    token_text: "Las llamadas que registran dispositivos o tocan cuentas llevan un token en el encabezado «Authorization: Bearer …». Un administrador de su organización lo crea en la mesa de atención, en «Tokens», con los permisos que su sistema necesita. Se muestra una sola vez.",
    scope: "Token con permiso",
    open: "Abierta a todos",
    parameters: "Parámetros",
    body: "Cuerpo",
    answers: "Respuestas",
    name: "Nombre",
    shape: "Tipo",
    meaning: "Significado",
    status: "Estado",
    required: "obligatorio",
    members: "Miembros",
};

impl DeveloperMessages {
    /// The words in one language.
    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &EN,
            Language::Spanish => &ES,
        }
    }
}
