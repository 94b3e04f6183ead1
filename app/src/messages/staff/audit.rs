//! Words of the record of who did what.

use gridpass_provider::AuditFinding;

/// Words of the record of who did what.
#[derive(Debug)]
pub struct AuditMessages {
    /// Title of the page.
    pub title: &'static str,
    /// What it is.
    pub lead: &'static str,
    /// Name of the filter.
    pub filter: &'static str,
    /// Who; how it begins.
    pub actor: &'static str,
    /// What; how it begins.
    pub action: &'static str,
    /// With what result.
    pub result: &'static str,
    /// An example of an actor.
    pub actor_hint: &'static str,
    /// An example of an action.
    pub action_hint: &'static str,
    /// An example of a result.
    pub result_hint: &'static str,
    /// Applies the filter.
    pub show: &'static str,
    /// Clears the filter.
    pub show_all: &'static str,
    /// The number of an entry.
    pub number: &'static str,
    /// When.
    pub when: &'static str,
    /// From where.
    pub from: &'static str,
    /// Facts.
    pub detail: &'static str,
    /// Leads to the enrollment.
    pub enrollment: &'static str,
    /// No entry passes the filter.
    pub none: &'static str,
    /// There may be older ones that do.
    pub none_here: &'static str,
    /// Verifies the whole record.
    pub verify: &'static str,
    /// What that finds.
    pub verify_text: &'static str,
    /// It is being verified: entries read, of how many.
    pub verifying: fn(u64, u64) -> String,
    /// Before the time at which it was verified.
    pub verified_at: &'static str,
    /// It is whole; takes entries and checkpoints.
    pub whole: fn(u64, usize) -> String,
    /// It is not.
    pub broken: &'static str,
    /// What is wrong.
    pub finding: fn(&AuditFinding) -> String,
    /// Downloads the record.
    pub export: &'static str,
    /// Leads to older ones.
    pub older: &'static str,
    /// Leads back to the youngest.
    pub newest: &'static str,
    /// Name of the ways between pages.
    pub pages: &'static str,
}

/// English.
pub const EN: AuditMessages = AuditMessages {
    title: "Audit",
    lead: "Who did what, when, from where and with what result. Nothing in it can be changed without being found.",
    filter: "Find entries",
    actor: "Who",
    action: "What",
    result: "Result",
    actor_hint: "How it begins, like staff: or device",
    action_hint: "How it begins, like enrollment.",
    result_hint: "The whole word, like ok or forbidden",
    show: "Show",
    show_all: "Show all",
    number: "No.",
    when: "When",
    from: "From",
    detail: "Facts",
    enrollment: "enrollment",
    none: "No entry is like that.",
    none_here: "No entry on this page is like that. There may be older ones.",
    verify: "Verify",
    verify_text: "Reads every entry and finds what was removed, changed, moved or cut off.",
    verifying: |read, of| {
        format!("Being verified: {read} of {of} entries read. You can leave this page.")
    },
    verified_at: "Verified",
    whole: |entries, checkpoints| {
        format!("All {entries} entries and {checkpoints} checkpoints are as they were written.")
    },
    broken: "Somebody has changed the record. Keep the database as it is and tell whoever runs this installation.",
    finding: |finding| match finding {
        AuditFinding::Missing { seq } => format!("Entry {seq} is missing."),
        AuditFinding::Changed { seq } => format!("Entry {seq} was changed or moved."),
        AuditFinding::Cut { head, last } => {
            format!("The last entry is {last}, but {head} were written.")
        }
        AuditFinding::Head => "The end of the record was removed or moved.".to_owned(),
        AuditFinding::Checkpoint { seq } => {
            format!("The checkpoint at entry {seq} was not signed by this installation.")
        }
        AuditFinding::Rewritten { seq } => {
            format!("Entry {seq} is not the one that a checkpoint has seen.")
        }
    },
    export: "Download as JSON lines",
    older: "Older",
    newest: "Newest",
    pages: "Pages",
};

/// Spanish.
pub const ES: AuditMessages = AuditMessages {
    title: "Registro",
    lead: "Quién hizo qué, cuándo, desde dónde y con qué resultado. Nada se puede cambiar en él sin que se descubra.",
    filter: "Buscar entradas",
    actor: "Quién",
    action: "Qué",
    result: "Resultado",
    actor_hint: "Cómo empieza, como staff: o device",
    action_hint: "Cómo empieza, como enrollment.",
    result_hint: "La palabra entera, como ok o forbidden",
    show: "Mostrar",
    show_all: "Mostrar todo",
    number: "N.º",
    when: "Cuándo",
    from: "Desde",
    detail: "Datos",
    enrollment: "inscripción",
    none: "Ninguna entrada es así.",
    none_here: "Ninguna entrada de esta página es así. Puede haberlas anteriores.",
    verify: "Verificar",
    verify_text: "Lee todas las entradas y descubre lo que se quitó, cambió, movió o cortó.",
    verifying: |read, of| {
        format!(
            "Se está verificando: {read} de {of} anotaciones leídas. Puede salir de esta página."
        )
    },
    verified_at: "Verificado",
    whole: |entries, checkpoints| {
        format!(
            "Las {entries} entradas y los {checkpoints} puntos de control están como se escribieron."
        )
    },
    broken: "Alguien ha cambiado el registro. Conserve la base de datos como está y avise a quien administra esta instalación.",
    finding: |finding| match finding {
        AuditFinding::Missing { seq } => format!("Falta la entrada {seq}."),
        AuditFinding::Changed { seq } => format!("La entrada {seq} se cambió o se movió."),
        AuditFinding::Cut { head, last } => {
            format!("La última entrada es la {last}, pero se escribieron {head}.")
        }
        AuditFinding::Head => "El final del registro se quitó o se movió.".to_owned(),
        AuditFinding::Checkpoint { seq } => {
            format!("El punto de control de la entrada {seq} no lo firmó esta instalación.")
        }
        AuditFinding::Rewritten { seq } => {
            format!("La entrada {seq} no es la que vio un punto de control.")
        }
    },
    export: "Descargar como líneas JSON",
    older: "Anteriores",
    newest: "Más recientes",
    pages: "Páginas",
};
