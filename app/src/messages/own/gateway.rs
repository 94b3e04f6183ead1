//! Words of the page that hands a gateway over.

/// Words of the page that hands a gateway over.
#[derive(Debug)]
pub struct GatewayMessages {
    /// Title of the page.
    pub title: &'static str,
    /// Without scripts it cannot be done.
    pub no_script: &'static str,
    /// While the code is read.
    pub loading: &'static str,
    /// There is no code yet: title and text.
    pub no_label: (&'static str, &'static str),
    /// Something came from a gateway already: the same, but on the way.
    pub label_wanted: (&'static str, &'static str),
    /// Leads to where a code is read.
    pub scan: &'static str,
    /// The first step: title and text; before the text stands whose code it is.
    pub connect: (&'static str, &'static str),
    /// Before the provider's name.
    pub of: &'static str,
    /// The address of the gateway.
    pub address: &'static str,
    /// Where it is found.
    pub address_hint: &'static str,
    /// What was typed is none.
    pub address_error: &'static str,
    /// What happens next.
    pub going: &'static str,
    /// Goes to the gateway.
    pub go: &'static str,
    /// Unfolds the other way.
    pub other_way: &'static str,
    /// The other way in words.
    pub other_way_text: &'static str,
    /// The field for the gateway's file.
    pub request_file: &'static str,
    /// The file is not a gateway's.
    pub nothing_came: &'static str,
    /// The second step: title and text.
    pub device_id: (&'static str, &'static str),
    /// The field.
    pub device_id_field: &'static str,
    /// Where it is found.
    pub device_id_hint: &'static str,
    /// Comparing the number that the gateway shows: what to do.
    pub check: &'static str,
    /// The person has compared it.
    pub check_fits: &'static str,
    /// Sends it.
    pub confirm: &'static str,
    /// While the provider verifies.
    pub working: &'static str,
    /// The third step, back at the gateway: title and text.
    pub hand_back: (&'static str, &'static str),
    /// Goes to the gateway once more.
    pub hand_back_go: &'static str,
    /// The third step with a file: title and text.
    pub file: (&'static str, &'static str),
    /// Saves the file.
    pub save: &'static str,
    /// The end: title and text.
    pub done: (&'static str, &'static str),
    /// Leads to the customer's devices.
    pub my_devices: &'static str,
    /// What came does not belong to what was begun here: title and text.
    pub stranger: (&'static str, &'static str),
    /// A part of the page did not load: title and text.
    pub broken: (&'static str, &'static str),
    /// Tries the same once more.
    pub again: &'static str,
    /// Begins with another code.
    pub another: &'static str,
}

/// English.
pub const EN: GatewayMessages = GatewayMessages {
    title: "Connect a gateway",
    no_script: "JavaScript is switched off. Without it your phone cannot speak with the gateway. Switch it on and reload the page.",
    loading: "One moment…",
    no_label: (
        "First, the code from your provider",
        "You have it on paper, in an e-mail or on another screen. Scan it, and you come back here.",
    ),
    label_wanted: (
        "Now the code from your provider",
        "The gateway's part is here. Scan the code from your provider as well, and you come back here.",
    ),
    scan: "Scan the code",
    connect: (
        "Connect the gateway at home",
        "The code is for a gateway. Your phone takes it there: both have to be in the same home network, for instance the same Wi-Fi.",
    ),
    of: "Provider",
    address: "Address of the gateway",
    address_hint: "Stands in the manual or on the gateway's label, for instance gateway.local or 192.168.1.20.",
    address_error: "That is no address. Type a name like gateway.local or numbers like 192.168.1.20.",
    going: "The page of the gateway opens. It asks whether you agree, makes its own key and sends you back here. It has no secure connection in your home network; nothing secret is sent to it.",
    go: "Go to the gateway",
    other_way: "The gateway cannot be reached?",
    other_way_text: "Have the gateway make a request: by the command “gridpass-gateway request”, or as your installer tells you. If it shows a QR code, scan that with your phone's camera. If it makes a file, choose it here.",
    request_file: "The gateway's file",
    nothing_came: "That is not the file of a gateway, or it is damaged. Have the gateway make it once more.",
    device_id: (
        "Enter the gateway's device ID",
        "It is printed on the gateway and shows that the code is for this very one.",
    ),
    device_id_field: "Device ID",
    device_id_hint: "At least 8 letters and digits. Spaces, hyphens and small letters do not matter.",
    check: "Compare this number with the one that the gateway shows. Go on only if they are the same.",
    check_fits: "The gateway shows the same number",
    confirm: "Connect the gateway",
    working: "Your provider checks the request and makes the certificate…",
    hand_back: (
        "Nearly done",
        "The certificate goes to the gateway now. Its page opens by itself.",
    ),
    hand_back_go: "Take it to the gateway",
    file: (
        "Take this file to the gateway",
        "Save it and bring it to the gateway, for instance on a USB stick. There it is read by the command “gridpass-gateway install”. Only this gateway can open it.",
    ),
    save: "Save the file",
    done: (
        "The gateway is connected",
        "It keeps its own key and speaks with your provider by itself from now on. Nothing of it stays on this phone.",
    ),
    my_devices: "My devices",
    stranger: (
        "This does not belong together",
        "What came back is not from the gateway that you went to from here. Nothing was connected. Begin anew with the code from your provider.",
    ),
    broken: (
        "A part of this page did not load",
        "Check the connection and load the page again. Nothing has been used up.",
    ),
    again: "Try again",
    another: "Use another code",
};

/// Spanish.
pub const ES: GatewayMessages = GatewayMessages {
    title: "Conectar un equipo de control",
    no_script: "JavaScript está desactivado. Sin él, su teléfono no puede comunicarse con el equipo. Actívelo y vuelva a cargar la página.",
    loading: "Un momento…",
    no_label: (
        "Primero, el código de su proveedor",
        "Lo tiene en papel, en un correo o en otra pantalla. Escanéelo y volverá aquí.",
    ),
    label_wanted: (
        "Ahora, el código de su proveedor",
        "La parte del equipo ya está aquí. Escanee también el código de su proveedor y volverá aquí.",
    ),
    scan: "Escanear el código",
    connect: (
        "Conectar el equipo en casa",
        "El código es para un equipo de control. Su teléfono lo lleva hasta él: ambos tienen que estar en la misma red de casa, por ejemplo en la misma wifi.",
    ),
    of: "Proveedor",
    address: "Dirección del equipo",
    address_hint: "Está en el manual o en la etiqueta del equipo, por ejemplo gateway.local o 192.168.1.20.",
    address_error: "Eso no es una dirección. Escriba un nombre como gateway.local o números como 192.168.1.20.",
    going: "Se abre la página del equipo. Le pregunta si está de acuerdo, crea su propia clave y le envía de vuelta aquí. En la red de casa no tiene una conexión segura; no se le envía nada secreto.",
    go: "Ir al equipo",
    other_way: "¿No se puede llegar al equipo?",
    other_way_text: "Haga que el equipo cree una solicitud: con la orden «gridpass-gateway request» o como le indique su instalador. Si muestra un código QR, escanéelo con la cámara del teléfono. Si crea un archivo, elíjalo aquí.",
    request_file: "El archivo del equipo",
    nothing_came: "Ese archivo no es de un equipo o está dañado. Haga que el equipo lo cree otra vez.",
    device_id: (
        "Escriba el identificador del equipo",
        "Está impreso en el equipo y muestra que el código es para este equipo y no para otro.",
    ),
    device_id_field: "Identificador",
    device_id_hint: "Al menos 8 letras y cifras. No importan los espacios, los guiones ni las minúsculas.",
    check: "Compare este número con el que muestra el equipo. Siga solo si son iguales.",
    check_fits: "El equipo muestra el mismo número",
    confirm: "Conectar el equipo",
    working: "Su proveedor comprueba la solicitud y crea el certificado…",
    hand_back: (
        "Casi listo",
        "Ahora el certificado va al equipo. Su página se abre sola.",
    ),
    hand_back_go: "Llevarlo al equipo",
    file: (
        "Lleve este archivo al equipo",
        "Guárdelo y llévelo al equipo, por ejemplo en una memoria USB. Allí se lee con la orden «gridpass-gateway install». Solo este equipo puede abrirlo.",
    ),
    save: "Guardar el archivo",
    done: (
        "El equipo está conectado",
        "Guarda su propia clave y desde ahora habla por sí mismo con su proveedor. En este teléfono no queda nada de él.",
    ),
    my_devices: "Mis dispositivos",
    stranger: (
        "Esto no va junto",
        "Lo que ha vuelto no es del equipo al que fue desde aquí. No se ha conectado nada. Empiece de nuevo con el código de su proveedor.",
    ),
    broken: (
        "Una parte de esta página no se ha cargado",
        "Compruebe la conexión y vuelva a cargar la página. No se ha gastado nada.",
    ),
    again: "Intentar de nuevo",
    another: "Usar otro código",
};
