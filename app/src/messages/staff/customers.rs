//! Words of the account directory.

use gridpass_protocol::problem::ProblemName;

/// Words of the account directory.
#[derive(Debug)]
pub struct CustomersMessages {
    /// Title of the list.
    pub title: &'static str,
    /// Label of the search.
    pub search: &'static str,
    /// What can be searched for.
    pub search_hint: &'static str,
    /// Searches.
    pub search_send: &'static str,
    /// Nothing was found.
    pub none: &'static str,
    /// Leads to the next page.
    pub next: &'static str,
    /// Leads to the import.
    pub import: &'static str,
    /// Title of the form of a new account.
    pub new_title: &'static str,
    /// Title of the form of a known account.
    pub edit_title: &'static str,
    /// Sends either.
    pub save: &'static str,
    /// Something is not acceptable.
    pub invalid: &'static str,
    /// The fields.
    pub fields: FieldNames,
    /// Title of the list of devices.
    pub devices: &'static str,
    /// There is none.
    pub devices_none: &'static str,
    /// Title of the import.
    pub import_title: &'static str,
    /// How a table looks.
    pub import_lead: &'static str,
    /// Label of the file.
    pub import_file: &'static str,
    /// Hands it in.
    pub import_check: &'static str,
    /// What is wrong with a line, by the word of its problem.
    pub reasons: fn(&str) -> &'static str,
    /// The table was not read at all.
    pub not_read: &'static str,
}

/// The fields of an account.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is named after its field")]
pub struct FieldNames {
    pub number: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub mobile: &'static str,
    pub mobile_hint: &'static str,
    pub line_1: &'static str,
    pub line_2: &'static str,
    pub postal_code: &'static str,
    pub city: &'static str,
    pub region: &'static str,
    pub country: &'static str,
    pub country_hint: &'static str,
    pub language: &'static str,
}

impl CustomersMessages {
    /// The form's own words for a refusal.
    pub fn form_refusal(&self, name: ProblemName) -> Option<&'static str> {
        (name == ProblemName::Invalid).then_some(self.invalid)
    }
}

/// English.
pub const EN: CustomersMessages = CustomersMessages {
    title: "Customers",
    search: "Search",
    search_hint: "The beginning of a name or an account number, or a whole e-mail address or mobile number.",
    search_send: "Search",
    none: "No customer fits.",
    next: "Next page",
    import: "Import customers",
    new_title: "Add a customer",
    edit_title: "Change this customer",
    save: "Save",
    invalid: "Something is missing or not right. An address needs street, postal code, town and a country of two letters; a mobile number begins with a plus sign.",
    fields: FieldNames {
        number: "Account number",
        name: "Name",
        email: "E-mail address",
        mobile: "Mobile number",
        mobile_hint: "With the country's code, as in +1 802 555 0100.",
        line_1: "Street and house",
        line_2: "Address, second line",
        postal_code: "Postal code",
        city: "Town",
        region: "State or province",
        country: "Country",
        country_hint: "Two letters, as in US.",
        language: "Language",
    },
    devices: "Devices",
    devices_none: "No device has been registered.",
    import_title: "Import customers",
    import_lead: "A table of comma-separated values in UTF-8. Its first line names the columns: number and name, and any of email, mobile, address_line_1, address_line_2, postal_code, city, region, country, language. It is checked first; nothing is written before you say so. Who is known by the number is brought up to date.",
    import_file: "Table",
    import_check: "Check the table",
    reasons: |word| match word {
        "shape" => "This line does not have the columns of the first one, or is not UTF-8.",
        "repeated" => "A line above has the same account number.",
        "number" => "The account number is missing or longer than 64 characters.",
        "name" => "The name is missing or longer than 128 characters.",
        "email" => "This is not an e-mail address.",
        "mobile" => "A mobile number begins with a plus sign and the country's code.",
        "address" => "An address needs street, postal code, town and country.",
        "country" => "A country is two letters, as in US.",
        _ => "The language must be en or es.",
    },
    not_read: "This is not a table that can be read. It needs commas or semicolons between its fields, UTF-8, the columns number and name, no column of an unknown name, at least one customer, and at most 250,000 lines and 64 MiB.",
};

/// Spanish.
pub const ES: CustomersMessages = CustomersMessages {
    title: "Clientes",
    search: "Buscar",
    search_hint: "El principio de un nombre o de un número de cliente, o un correo electrónico o número de móvil enteros.",
    search_send: "Buscar",
    none: "No hay ningún cliente así.",
    next: "Página siguiente",
    import: "Importar clientes",
    new_title: "Añadir un cliente",
    edit_title: "Cambiar este cliente",
    save: "Guardar",
    invalid: "Falta algo o no es correcto. Una dirección necesita calle, código postal, población y un país de dos letras; un número de móvil empieza con el signo más.",
    fields: FieldNames {
        number: "Número de cliente",
        name: "Nombre",
        email: "Correo electrónico",
        mobile: "Número de móvil",
        mobile_hint: "Con el prefijo del país, como +1 802 555 0100.",
        line_1: "Calle y número",
        line_2: "Dirección, segunda línea",
        postal_code: "Código postal",
        city: "Población",
        region: "Estado o provincia",
        country: "País",
        country_hint: "Dos letras, como US.",
        language: "Idioma",
    },
    devices: "Dispositivos",
    devices_none: "No se ha registrado ningún dispositivo.",
    import_title: "Importar clientes",
    import_lead: "Una tabla de valores separados por comas en UTF-8. Su primera línea nombra las columnas: number y name, y cualquiera de email, mobile, address_line_1, address_line_2, postal_code, city, region, country, language. Primero se revisa; nada se escribe antes de que usted lo diga. Quien ya figura con ese número se actualiza.",
    import_file: "Tabla",
    import_check: "Revisar la tabla",
    reasons: |word| match word {
        "shape" => "Esta línea no tiene las columnas de la primera, o no es UTF-8.",
        "repeated" => "Una línea anterior tiene el mismo número de cliente.",
        "number" => "Falta el número de cliente o tiene más de 64 caracteres.",
        "name" => "Falta el nombre o tiene más de 128 caracteres.",
        "email" => "No es un correo electrónico.",
        "mobile" => "Un número de móvil empieza con el signo más y el prefijo del país.",
        "address" => "Una dirección necesita calle, código postal, población y país.",
        "country" => "Un país son dos letras, como US.",
        _ => "El idioma debe ser en o es.",
    },
    not_read: "No es una tabla que se pueda leer. Necesita comas o puntos y coma entre los campos, UTF-8, las columnas number y name, ninguna columna desconocida, al menos un cliente y como mucho 250 000 líneas y 64 MiB.",
};
