//! Words of registering a device for somebody on the phone.

/// Words of registering a device for somebody on the phone.
#[derive(Debug)]
pub struct IntakeMessages {
    /// Title, and what leads there.
    pub title: &'static str,
    /// What to do.
    pub lead: &'static str,
    /// Title of the first step.
    pub customer_title: &'static str,
    /// The field that finds the customer.
    pub find: &'static str,
    /// What it takes.
    pub find_hint: &'static str,
    /// Looks for the customer.
    pub find_button: &'static str,
    /// Says how many were found.
    pub found: fn(usize) -> String,
    /// Nobody was found.
    pub none: &'static str,
    /// There are more than are shown.
    pub more: &'static str,
    /// Takes a customer: the name.
    pub choose: fn(&str) -> String,
    /// Begins anew with another customer.
    pub other_customer: &'static str,
    /// Title of the second step.
    pub device_title: &'static str,
    /// The device ID.
    pub device_id: &'static str,
    /// How to take it down.
    pub device_id_hint: &'static str,
    /// The customer's name for the device.
    pub nickname: &'static str,
    /// What a name is good for.
    pub nickname_hint: &'static str,
    /// What kind of device it is.
    pub kind: &'static str,
    /// A phone, a computer, an appliance.
    pub kind_device: &'static str,
    /// A gateway.
    pub kind_gateway: &'static str,
    /// How the code is sent.
    pub way: &'static str,
    /// Where the code goes, and that nobody sees it.
    pub way_hint: &'static str,
    /// There is no way to send it.
    pub no_way: &'static str,
    /// The language of what is sent.
    pub language: &'static str,
    /// The customer's own.
    pub own_language: &'static str,
    /// Registers the device.
    pub register: &'static str,
    /// The device ID cannot be one.
    pub bad_device_id: &'static str,
    /// Another customer has it.
    pub taken: &'static str,
    /// The way does not go.
    pub bad_way: &'static str,
    /// A field cannot be read.
    pub bad_field: &'static str,
}

/// English.
pub const EN: IntakeMessages = IntakeMessages {
    title: "Register by phone",
    lead: "Register a device for a customer who calls. The code goes to the address on file, not to you and not to the caller.",
    customer_title: "1. The customer",
    find: "Customer",
    find_hint: "The account number, or the beginning of the name.",
    find_button: "Find",
    found: |count| match count {
        1 => "1 customer found".to_owned(),
        count => format!("{count} customers found"),
    },
    none: "Nobody found. Check the spelling, or ask for the account number.",
    more: "There are more. Type more of the name.",
    choose: |name| format!("Choose {name}"),
    other_customer: "Another customer",
    device_title: "2. The device",
    device_id: "Device ID",
    device_id_hint: "From the device's label or its settings. Read it back character by character.",
    nickname: "Name of the device",
    nickname_hint: "So that the customer recognises it, for example: Hall thermostat.",
    kind: "What it is",
    kind_device: "Phone, computer or appliance",
    kind_gateway: "Gateway that controls appliances",
    way: "Send the code by",
    way_hint: "It goes to the address on file.",
    no_way: "There is no address on file for any way of sending. Add one to the customer first.",
    language: "Language of the message",
    own_language: "The customer's own",
    register: "Register and send the code",
    bad_device_id: "This is not a device ID. It has 8 to 64 letters and digits; the check digit of an IMEI must be right.",
    taken: "This device is connected for another account. It has to be disconnected there first.",
    bad_way: "There is no address on file for this way, or your organisation does not use it. Choose another one.",
    bad_field: "Something in the form could not be read. Check it and send it again.",
};

/// Spanish.
pub const ES: IntakeMessages = IntakeMessages {
    title: "Registrar por teléfono",
    lead: "Registre un dispositivo para un cliente que llama. El código va a la dirección registrada, no a usted ni a quien llama.",
    customer_title: "1. El cliente",
    find: "Cliente",
    find_hint: "El número de cuenta o el comienzo del nombre.",
    find_button: "Buscar",
    found: |count| match count {
        1 => "1 cliente encontrado".to_owned(),
        count => format!("{count} clientes encontrados"),
    },
    none: "No se encontró a nadie. Revise lo escrito o pida el número de cuenta.",
    more: "Hay más. Escriba más letras del nombre.",
    choose: |name| format!("Elegir a {name}"),
    other_customer: "Otro cliente",
    device_title: "2. El dispositivo",
    device_id: "ID del dispositivo",
    device_id_hint: "De la etiqueta del dispositivo o de sus ajustes. Léalo en voz alta carácter por carácter.",
    nickname: "Nombre del dispositivo",
    nickname_hint: "Para que el cliente lo reconozca, por ejemplo: Termostato del pasillo.",
    kind: "Qué es",
    kind_device: "Teléfono, ordenador o aparato",
    kind_gateway: "Pasarela que controla aparatos",
    way: "Enviar el código por",
    way_hint: "Va a la dirección registrada.",
    no_way: "No hay ninguna dirección registrada para enviarlo. Añada primero una al cliente.",
    language: "Idioma del mensaje",
    own_language: "El del cliente",
    register: "Registrar y enviar el código",
    bad_device_id: "Esto no es un ID de dispositivo. Tiene de 8 a 64 letras y cifras; la cifra de control de un IMEI debe ser correcta.",
    taken: "Este dispositivo está conectado para otra cuenta. Primero hay que desconectarlo allí.",
    bad_way: "No hay dirección registrada para esta forma de envío, o su organización no la usa. Elija otra.",
    bad_field: "Algo del formulario no se pudo leer. Revíselo y envíelo otra vez.",
};
