//! Words of registrations in bulk.

/// Words of registrations in bulk.
#[derive(Debug)]
pub struct JobMessages {
    /// Title of the list, and what leads there.
    pub title: &'static str,
    /// What it is for.
    pub lead: &'static str,
    /// Title of the form.
    pub new_title: &'static str,
    /// The file.
    pub file: &'static str,
    /// What the file looks like.
    pub file_hint: &'static str,
    /// The way of lines that name none.
    pub channel: &'static str,
    /// When it is used.
    pub channel_hint: &'static str,
    /// Your organisation sends nothing.
    pub no_channel: &'static str,
    /// Hands the file in.
    pub check: &'static str,
    /// There are no jobs.
    pub none: &'static str,
    /// The column of the file.
    pub column_file: &'static str,
    /// The column of what a file is about.
    pub column_kind: &'static str,
    /// The column of the state.
    pub column_state: &'static str,
    /// The column of the lines.
    pub column_lines: &'static str,
    /// The column of the time.
    pub column_made: &'static str,
    /// Back to the list.
    pub back: &'static str,
    /// Being checked: its name, and a sentence about it.
    pub checking: (&'static str, &'static str),
    /// Words about files of devices.
    pub devices: FileWords,
    /// Words about tables of customers.
    pub customers: FileWords,
    /// Names the progress bar: done, of how many.
    pub progress: fn(u64, u64) -> String,
    /// Lines of the file.
    pub lines: &'static str,
    /// Lines that were refused.
    pub refused: &'static str,
    /// Customers who are, or would be, new.
    pub added: &'static str,
    /// Customers of whom something is, or would be, different.
    pub changed: &'static str,
    /// Stops the job.
    pub stop: &'static str,
    /// The result file.
    pub result: &'static str,
    /// The letters.
    pub letters: &'static str,
    /// What happens with them.
    pub letters_text: &'static str,
    /// There is no letter to print.
    pub no_letters: &'static str,
    /// Title of the refused lines.
    pub problems_title: &'static str,
    /// Only the first are shown.
    pub problems_first: fn(usize) -> String,
    /// Before a line's number.
    pub line: &'static str,
    /// The column of the account.
    pub account: &'static str,
    /// The column of the reason.
    pub reason: &'static str,
    /// What may be wrong with a line.
    pub problems: ProblemNames,
    /// What may be wrong with a file.
    pub too_large: &'static str,
    /// Not text.
    pub not_text: &'static str,
    /// The first line is wrong.
    pub columns: &'static str,
    /// Nothing in it.
    pub empty: &'static str,
    /// It did not arrive whole.
    pub broken: &'static str,
    /// The job has moved on meanwhile.
    pub moved_on: &'static str,
}

/// Words that depend on what a file is about.
#[derive(Debug)]
pub struct FileWords {
    /// What it is about.
    pub kind: &'static str,
    /// Checked: its name, and a sentence about it.
    pub checked: (&'static str, &'static str),
    /// Being written.
    pub registering: (&'static str, &'static str),
    /// Finished.
    pub finished: (&'static str, &'static str),
    /// Stopped.
    pub cancelled: (&'static str, &'static str),
    /// Lines that can be written.
    pub fine: &'static str,
    /// Lines that cannot.
    pub faulty: &'static str,
    /// Lines that were written.
    pub registered: &'static str,
    /// Writes what can be written.
    pub start: fn(u64) -> String,
    /// What stopping does.
    pub stop_text: &'static str,
}

/// What may be wrong with a line, and what to do about it.
#[derive(Debug)]
pub struct ProblemNames {
    /// The number of fields.
    pub fields: &'static str,
    /// The account number.
    pub account: &'static str,
    /// No such account.
    pub unknown_account: &'static str,
    /// The device ID.
    pub device_id: &'static str,
    /// The same device twice.
    pub repeated: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The channel.
    pub channel: &'static str,
    /// No address.
    pub no_address: &'static str,
    /// The name.
    pub nickname: &'static str,
    /// The language.
    pub language: &'static str,
    /// Another account has it.
    pub already_enrolled: &'static str,
}

/// English.
pub const EN: JobMessages = JobMessages {
    title: "Bulk registration",
    lead: "Register many devices from a file. It is checked first; nothing is registered before you say so.",
    new_title: "A new file",
    file: "CSV file",
    file_hint: "The first line names the columns: account, device_id, and if need be kind (device or gateway), channel (email, sms or letter), name, language (en or es). At most 200,000 lines.",
    channel: "Send the codes by",
    channel_hint: "For lines that name no channel.",
    no_channel: "Your organisation sends codes neither by mail nor by text message nor by letter. An administrator of the portal can change that.",
    check: "Check the file",
    none: "No file was handed in yet.",
    column_file: "File",
    column_kind: "About",
    column_state: "State",
    column_lines: "Lines",
    column_made: "Handed in",
    back: "All files",
    checking: (
        "Being checked",
        "Every line is being looked at. You can leave this page; the work goes on.",
    ),
    devices: FileWords {
        kind: "Devices",
        checked: (
            "Checked",
            "Nothing is registered yet. Look at the lines that cannot be registered, then decide.",
        ),
        registering: (
            "Being registered",
            "The devices are being registered. You can leave this page; the work goes on.",
        ),
        finished: (
            "Finished",
            "Every line was registered or refused. The result file tells which.",
        ),
        cancelled: (
            "Stopped",
            "What was registered before stays registered. The rest of the file is erased.",
        ),
        fine: "Can be registered",
        faulty: "Cannot be registered",
        registered: "Registered",
        start: |lines| match lines {
            1 => "Register 1 device".to_owned(),
            lines => format!("Register {lines} devices"),
        },
        stop_text: "What is registered stays registered; the rest of the file is erased.",
    },
    customers: FileWords {
        kind: "Customers",
        checked: (
            "Checked",
            "Nothing is written yet. Look at the lines that cannot be imported, then decide.",
        ),
        registering: (
            "Being imported",
            "The customers are being imported. You can leave this page; the work goes on.",
        ),
        finished: (
            "Finished",
            "Every line was imported or left out. The result file tells which.",
        ),
        cancelled: (
            "Stopped",
            "Who was imported before stays imported. The rest of the table is erased.",
        ),
        fine: "Can be imported",
        faulty: "Cannot be imported",
        registered: "Imported",
        start: |lines| match lines {
            1 => "Import 1 customer".to_owned(),
            lines => format!("Import {lines} customers"),
        },
        stop_text: "Who is imported stays imported; the rest of the table is erased.",
    },
    progress: |done, all| format!("{done} of {all} lines done"),
    lines: "Lines",
    refused: "Refused",
    added: "New",
    changed: "Different",
    stop: "Stop",
    result: "Download the result (CSV)",
    letters: "Print the letters (PDF)",
    letters_text: "The letters of this file that have not been posted yet, at most 2,000 at a time.",
    no_letters: "None of this file's letters waits to be printed.",
    problems_title: "Lines that are not registered",
    problems_first: |count| format!("The first {count}. The result file has all of them."),
    line: "Line",
    account: "Account",
    reason: "Reason",
    problems: ProblemNames {
        fields: "It has more or fewer fields than the first line.",
        account: "The account number is missing or too long.",
        unknown_account: "There is no such account. Import it first.",
        device_id: "This is no device ID: 8 to 64 letters and digits, an IMEI with its check digit.",
        repeated: "An earlier line has the same device ID.",
        kind: "The kind is neither device nor gateway.",
        channel: "The channel is not one by which your organisation sends codes.",
        no_address: "The account has no address on file for this channel.",
        nickname: "The name is longer than 64 characters.",
        language: "The language is neither en nor es.",
        already_enrolled: "The device is connected for another account.",
    },
    too_large: "The file has more than 200,000 lines or 16 MiB. Split it.",
    not_text: "The file is not UTF-8 text. Save it as CSV (UTF-8).",
    columns: "The first line must name the columns account and device_id, and may name kind, channel, name and language beside them.",
    empty: "The file holds no registration.",
    broken: "The file did not arrive whole. Choose it and send it again.",
    moved_on: "This has moved on meanwhile. Look at its state below.",
};

/// Spanish.
pub const ES: JobMessages = JobMessages {
    title: "Registro masivo",
    lead: "Registre muchos dispositivos desde un archivo. Primero se revisa; nada se registra antes de que usted lo diga.",
    new_title: "Un archivo nuevo",
    file: "Archivo CSV",
    file_hint: "La primera línea nombra las columnas: account, device_id y, si hace falta, kind (device o gateway), channel (email, sms o letter), name, language (en o es). Como máximo 200 000 líneas.",
    channel: "Enviar los códigos por",
    channel_hint: "Para líneas que no nombran ninguna forma.",
    no_channel: "Su organización no envía códigos por correo electrónico, mensaje ni carta. Quien administra el portal puede cambiarlo.",
    check: "Revisar el archivo",
    none: "Aún no se ha entregado ningún archivo.",
    column_file: "Archivo",
    column_kind: "Sobre",
    column_state: "Estado",
    column_lines: "Líneas",
    column_made: "Entregado",
    back: "Todos los archivos",
    checking: (
        "En revisión",
        "Se está mirando cada línea. Puede salir de esta página; el trabajo sigue.",
    ),
    devices: FileWords {
        kind: "Dispositivos",
        checked: (
            "Revisado",
            "Aún no hay nada registrado. Mire las líneas que no se pueden registrar y decida.",
        ),
        registering: (
            "En registro",
            "Se están registrando los dispositivos. Puede salir de esta página; el trabajo sigue.",
        ),
        finished: (
            "Terminado",
            "Cada línea se registró o se rechazó. El archivo de resultados dice cuál.",
        ),
        cancelled: (
            "Detenido",
            "Lo registrado antes sigue registrado. El resto del archivo se borró.",
        ),
        fine: "Se pueden registrar",
        faulty: "No se pueden registrar",
        registered: "Registradas",
        start: |lines| match lines {
            1 => "Registrar 1 dispositivo".to_owned(),
            lines => format!("Registrar {lines} dispositivos"),
        },
        stop_text: "Lo registrado sigue registrado; el resto del archivo se borra.",
    },
    customers: FileWords {
        kind: "Clientes",
        checked: (
            "Revisado",
            "Aún no se ha escrito nada. Mire las líneas que no se pueden importar y decida.",
        ),
        registering: (
            "En importación",
            "Se están importando los clientes. Puede salir de esta página; el trabajo sigue.",
        ),
        finished: (
            "Terminado",
            "Cada línea se importó o se omitió. El archivo de resultados dice cuál.",
        ),
        cancelled: (
            "Detenido",
            "Quien se importó antes sigue importado. El resto de la tabla se borró.",
        ),
        fine: "Se pueden importar",
        faulty: "No se pueden importar",
        registered: "Importadas",
        start: |lines| match lines {
            1 => "Importar 1 cliente".to_owned(),
            lines => format!("Importar {lines} clientes"),
        },
        stop_text: "Quien se importó sigue importado; el resto de la tabla se borra.",
    },
    progress: |done, all| format!("{done} de {all} líneas hechas"),
    lines: "Líneas",
    refused: "Rechazadas",
    added: "Nuevas",
    changed: "Distintas",
    stop: "Detener",
    result: "Descargar el resultado (CSV)",
    letters: "Imprimir las cartas (PDF)",
    letters_text: "Las cartas de este archivo que aún no se han enviado, como máximo 2000 a la vez.",
    no_letters: "Ninguna carta de este archivo espera ser impresa.",
    problems_title: "Líneas que no se registran",
    problems_first: |count| {
        format!("Las primeras {count}. El archivo de resultados las tiene todas.")
    },
    line: "Línea",
    account: "Cuenta",
    reason: "Motivo",
    problems: ProblemNames {
        fields: "Tiene más o menos campos que la primera línea.",
        account: "Falta el número de cuenta o es demasiado largo.",
        unknown_account: "No existe esa cuenta. Impórtela primero.",
        device_id: "Esto no es un ID de dispositivo: de 8 a 64 letras y cifras, un IMEI con su cifra de control.",
        repeated: "Una línea anterior tiene el mismo ID.",
        kind: "El tipo no es ni device ni gateway.",
        channel: "Su organización no envía códigos por esa forma.",
        no_address: "La cuenta no tiene dirección registrada para esa forma de envío.",
        nickname: "El nombre tiene más de 64 caracteres.",
        language: "El idioma no es ni en ni es.",
        already_enrolled: "El dispositivo está conectado para otra cuenta.",
    },
    too_large: "El archivo tiene más de 200 000 líneas o 16 MiB. Divídalo.",
    not_text: "El archivo no es texto UTF-8. Guárdelo como CSV (UTF-8).",
    columns: "La primera línea debe nombrar las columnas account y device_id, y puede nombrar además kind, channel, name y language.",
    empty: "El archivo no contiene ningún registro.",
    broken: "El archivo no llegó entero. Elíjalo y envíelo otra vez.",
    moved_on: "Esto ha cambiado entretanto. Mire su estado abajo.",
};
