//! Words of the landing page.

/// Words of the landing page.
#[derive(Debug)]
pub struct HomeMessages {
    /// Title of the page.
    pub title: &'static str,
    /// What this is, in plain sentences.
    pub lead: &'static str,
    /// The main action: a code is at hand.
    pub have_code: &'static str,
    /// Where such a code comes from.
    pub have_code_hint: &'static str,
    /// The second action.
    pub sign_in: &'static str,
    /// The second action for somebody who is signed in.
    pub my_devices: &'static str,
    /// Title of the three steps.
    pub steps_title: &'static str,
    /// The steps: name and sentence.
    pub steps: [(&'static str, &'static str); 3],
    /// Title of the choice between providers.
    pub providers_title: &'static str,
    /// What the choice is for.
    pub providers_text: &'static str,
    /// Title of what a customer may want to know about safety.
    pub safety_title: &'static str,
    /// How a device's key and the customer's data are treated.
    pub safety_text: &'static str,
}

/// English.
pub const EN: HomeMessages = HomeMessages {
    title: "Connect your devices to your energy provider",
    lead: "When power is scarce or plentiful, your provider can tell your devices, so that they run at better times. Gridpass gives each device a digital pass of its own: messages reach your device and nobody else's.",
    have_code: "I have a code",
    have_code_hint: "A QR code, or 20 letters and digits, from a letter, an e-mail or a screen.",
    sign_in: "Sign in to get a code",
    my_devices: "My devices",
    steps_title: "How it works",
    steps: [
        (
            "Get a code",
            "Sign in and add your device, or use the code your provider sent you.",
        ),
        (
            "Scan it with the device",
            "Point the camera at it, choose a picture or type it in. Then enter the device's ID.",
        ),
        (
            "Done",
            "The device makes its own secret key and receives its pass. That takes seconds.",
        ),
    ],
    providers_title: "Choose your energy provider",
    providers_text: "You sign in with the provider that sends your bill.",
    safety_title: "Your key stays with you",
    safety_text: "The secret key is made on your device and never leaves it. Your provider never sees it, and the code alone is worth nothing without the device's ID.",
};

/// Spanish.
pub const ES: HomeMessages = HomeMessages {
    title: "Conecte sus dispositivos con su compañía de energía",
    lead: "Cuando la electricidad escasea o abunda, su compañía puede avisar a sus dispositivos para que funcionen en mejores momentos. Gridpass da a cada dispositivo su propio pase digital: los mensajes llegan a su dispositivo y al de nadie más.",
    have_code: "Tengo un código",
    have_code_hint: "Un código QR, o 20 letras y cifras, de una carta, un correo o una pantalla.",
    sign_in: "Entrar para obtener un código",
    my_devices: "Mis dispositivos",
    steps_title: "Cómo funciona",
    steps: [
        (
            "Obtenga un código",
            "Entre y añada su dispositivo, o use el código que le envió su compañía.",
        ),
        (
            "Escanéelo con el dispositivo",
            "Apunte la cámara, elija una imagen o escríbalo. Después indique el ID del dispositivo.",
        ),
        (
            "Listo",
            "El dispositivo crea su propia clave secreta y recibe su pase. Tarda unos segundos.",
        ),
    ],
    providers_title: "Elija su compañía de energía",
    providers_text: "Entre con la compañía que le envía la factura.",
    safety_title: "Su clave se queda con usted",
    safety_text: "La clave secreta se crea en su dispositivo y nunca sale de él. Su compañía no la ve nunca, y el código solo no sirve de nada sin el ID del dispositivo.",
};
