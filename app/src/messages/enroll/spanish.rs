use std::borrow::Cow;

use super::{
    CameraMessages, CopyMessages, DeviceIdMessages, DoneMessages, EnrollMessages, FactMessages,
    HeldMessages, InAppMessages, ProgressMessages, StartMessages, WayMessages, Words,
};
use crate::pages::enroll::{CameraTrouble, CodeTrouble};
use gridpass_protocol::label::ManualCodeError;
use gridpass_wire::{ExpiredReason, LabelRefusal, Refusal, Step};

/// Spanish.
pub const ES: EnrollMessages = EnrollMessages {
    title: "Conectar este dispositivo",
    start: StartMessages {
        wait: "Un momento…",
        stuck_title: "¿No ocurre nada?",
        stuck_text: "La clave secreta la crea su navegador, así que este paso necesita uno actualizado. Abra el enlace en otro navegador o en otro dispositivo, o escriba allí el código de su compañía. No se ha gastado nada.",
        no_script: "JavaScript está desactivado. La clave secreta la crea su navegador, así que este paso lo necesita. Actívelo y cargue la página de nuevo, o escriba el código de su compañía en otro dispositivo.",
    },
    ways: WayMessages {
        lead: "Tiene un código de su compañía de energía: en papel, en un correo o en otra pantalla.",
        scan: "Escanear el código QR",
        picture_title: "Usar una imagen",
        picture: "Elegir una imagen del código QR",
        picture_hint: "Una foto o una captura de pantalla. También puede soltarla aquí o pegarla.",
        code_title: "Escribir el código",
        code: "Código",
        code_hint: "20 letras y cifras en cuatro grupos, junto al código QR. Las mayúsculas, los espacios y los guiones no importan.",
        code_check: |error| match error {
            ManualCodeError::Character { character } => {
                format!("«{character}» no aparece en ningún código.")
            }
            ManualCodeError::Length { length } if length < 20 => {
                format!("{length} de 20 letras y cifras.")
            }
            ManualCodeError::Length { length } => {
                format!("{length} letras y cifras: son más de 20.")
            }
            ManualCodeError::Check => {
                "Una letra o cifra está mal, o dos están cambiadas. Compárelo otra vez.".to_owned()
            }
        },
        code_fits: "El código está completo.",
        code_trouble: |trouble| match trouble {
            CodeTrouble::Mistyped => {
                "Este código tiene un error. Compárelo con el original, grupo por grupo."
            }
            CodeTrouble::Unknown => {
                "Nada corresponde a este código. Puede haber caducado o haber sido sustituido: pida uno nuevo a su compañía."
            }
        },
        go_on: "Continuar",
        no_symbol: "En esa imagen no se puede leer ningún código QR. Tómela de frente, con buena luz y con el código entero.",
        not_a_picture: "Este archivo no se puede abrir como imagen. Use un archivo JPEG o PNG, por ejemplo una captura de pantalla.",
        wrong_device_id: |remaining| {
            format!(
                "Ese ID del dispositivo no era el correcto. {} Use el código otra vez para volver a intentarlo.",
                tries_left(remaining)
            )
        },
    },
    camera: CameraMessages {
        title: "Muestre el código QR a la cámara",
        asking: "Su navegador pregunta si esta página puede usar la cámara. Permítalo, por favor.",
        looking: "Buscando el código…",
        other_code: "Es un código QR, pero no de su compañía. Se sigue buscando…",
        view: "Lo que ve la cámara",
        stop: "Detener la cámara",
        trouble: |trouble| match trouble {
            CameraTrouble::Missing => {
                "No se ha encontrado ninguna cámara. Use una imagen del código o escriba el código."
            }
            CameraTrouble::Refused => {
                "Esta página no puede usar la cámara. Permítalo en el navegador, con el símbolo junto a la dirección, e inténtelo de nuevo; o use una imagen, o escriba el código."
            }
            CameraTrouble::InUse => {
                "Otro programa está usando la cámara. Ciérrelo e inténtelo de nuevo; o use una imagen, o escriba el código."
            }
            CameraTrouble::Insecure => {
                "La cámara solo funciona con una conexión segura (https). Use una imagen del código o escriba el código."
            }
        },
    },
    reading: "Leyendo el código…",
    label_refusal,
    foreign_link: "Enlace del código",
    device_id: DeviceIdMessages {
        title: "Escriba el ID del dispositivo",
        lead: |provider| {
            format!(
                "{provider} hizo este código para un solo dispositivo. Su ID demuestra que es este."
            )
        },
        hint: "El que dio a su compañía: un número de serie, una dirección MAC o un IMEI. Está en el dispositivo o en su caja, o en los ajustes, en Información. Las mayúsculas, los espacios, los guiones y los dos puntos no importan.",
        valid_until: "El código se puede usar hasta el",
        connect: "Conectar este dispositivo",
    },
    copy: CopyMessages {
        title: "Hacer también una copia protegida para otro dispositivo",
        text: "Solo si necesita el mismo certificado en otro programa o dispositivo: recibe un archivo (PKCS#12) cerrado con una contraseña. Solo se puede hacer ahora. Después nadie puede sacar la clave de este navegador, tampoco usted.",
        wanted: "Hacer una copia protegida",
        password: "Contraseña de la copia",
        password_hint: "Al menos 12 caracteres. Nadie puede recuperarla.",
        repeat: "La misma contraseña otra vez",
        show: "Mostrar las contraseñas",
        too_short: "La contraseña necesita al menos 12 caracteres.",
        unusual: "Use solo letras, cifras y signos: el archivo no admite emojis.",
        differ: "Las dos contraseñas no son iguales.",
        ready_title: "Su copia protegida",
        ready_text: "Guárdela ahora: desaparece cuando deja esta página. Deje que hable con su compañía o la copia o este navegador: los dos a la vez parecen una clave robada.",
        save: "Guardar la copia protegida",
        missed: "No se pudo hacer la copia protegida, porque la página se cargó de nuevo entretanto. Si la necesita, pida un código nuevo a su compañía.",
    },
    progress: ProgressMessages {
        title: "Conectando…",
        step: |step, provider| match step {
            Step::Keying => "Creando las claves en este dispositivo".to_owned(),
            Step::Confirmation => format!("Preguntando a {provider}"),
            Step::Issuance => "Comprobando la respuesta".to_owned(),
            Step::Keeping => "Guardando certificado y ajustes en este navegador".to_owned(),
        },
        provider: "su compañía",
        slow: "Crear estas claves tarda unos segundos; en un teléfono antiguo, hasta un minuto.",
        safe: "Si se corta la conexión o se cierra la página, seguirá desde aquí cuando vuelva.",
        finished: "Hecho:",
    },
    refusal,
    tries_left,
    check: [
        "¿Es el ID de este dispositivo, y el que dio a su compañía?",
        "Se confunden con facilidad: 0 y O, 1 e I, 8 y B, 5 y S.",
        "Algunos dispositivos tienen varios ID. Pruebe el que le pidió su compañía.",
    ],
    send_again: "Intentar de nuevo",
    give_up: "Dejarlo y empezar de nuevo",
    another_code: "Usar otro código",
    done: DoneMessages {
        title: "Este dispositivo está conectado",
        lead: |provider| format!("{provider} ya conoce este navegador en este dispositivo."),
        took: |milliseconds| {
            let seconds = format!("{:.1}", f64::from(milliseconds) / 1000.0).replace('.', ",");
            format!("Ha tardado {seconds} segundos.")
        },
        valid_until: "Certificado válido hasta",
        messages: "Busca mensajes",
        every: |seconds| match seconds {
            60 => "cada minuto".to_owned(),
            3600 => "cada hora".to_owned(),
            seconds if seconds % 3600 == 0 => format!("cada {} horas", seconds / 3600),
            seconds if seconds % 60 == 0 => format!("cada {} minutos", seconds / 60),
            seconds => format!("cada {seconds} segundos"),
        },
        renewal: "Renovación",
        renewal_before: |days| match days {
            1 => "desde 1 día antes del final".to_owned(),
            days => format!("desde {days} días antes del final"),
        },
        contact: "Preguntas",
        next_title: "Y ahora",
        next: [
            "No hay nada más que hacer. Puede cerrar esta página.",
            "La clave está solo en este navegador. Si borra los datos de este sitio, se pierde; entonces necesitaría un código nuevo.",
            "El código ya está usado. Puede tirar la carta.",
        ],
        facts: "Detalles del certificado",
        fact: FactMessages {
            enrollment: "Inscripción",
            profile: "Perfil de ajustes",
            subject: "Titular",
            issuer: "Emitido por",
            serial: "Número de serie",
            not_before: "Válido desde",
            fingerprint: "Huella SHA-256",
            ven_fingerprint: "Huella VEN de OpenADR",
            lfdi: "LFDI de IEEE 2030.5",
            sfdi: "SFDI de IEEE 2030.5",
        },
        another: "Conectar otro dispositivo",
    },
    held: HeldMessages {
        title: "Este navegador está conectado",
        lead: |count| match count {
            1 => "Aquí no hay nada que hacer.".to_owned(),
            count => format!("Está conectado {count} veces. Aquí no hay nada que hacer."),
        },
        since: "Conectado desde el",
    },
    in_app: InAppMessages {
        title: "Abra esta página en su navegador",
        text: "Está dentro de otra aplicación. Allí la cámara a menudo no funciona, y lo que se configura se pierde al cerrarla. Copie el enlace y ábralo en su navegador habitual, como Chrome, Safari o Firefox.",
        link: "Enlace de esta página",
    },
    no_vault: || {
        words(
            "Este navegador no guarda nada",
            "La clave tiene que quedarse en este navegador y aquí no se puede guardar: quizá sea una ventana privada, o el almacenamiento esté desactivado para esta página. Abra el enlace en una ventana normal. Su código no se ha gastado.",
        )
    },
    broken: || {
        words(
            "Una parte de esta página no se ha cargado",
            "Quizá se cortó la conexión o el navegador es demasiado antiguo. Inténtelo de nuevo o abra el enlace en otro navegador. Su código no se ha gastado.",
        )
    },
    copy_text: "Copiar el enlace",
    copied: "Copiado",
};

fn words(title: &'static str, text: &'static str) -> Words {
    Words {
        title,
        text: Cow::Borrowed(text),
    }
}

fn tries_left(remaining: u32) -> String {
    match remaining {
        0 => "No queda ningún intento.".to_owned(),
        1 => "Le queda 1 intento.".to_owned(),
        remaining => format!("Le quedan {remaining} intentos."),
    }
}

fn minutes(seconds: u64) -> String {
    match seconds.div_ceil(60) {
        0 | 1 => "un minuto".to_owned(),
        minutes => format!("{minutes} minutos"),
    }
}

fn label_refusal(refusal: &LabelRefusal) -> Words {
    match refusal {
        LabelRefusal::NotALabel => words(
            "Es otro tipo de código",
            "Este código QR no sirve para conectar un dispositivo. Use el de su compañía de energía.",
        ),
        LabelRefusal::Foreign { origin, .. } => Words {
            title: "Este código es de otro portal",
            text: Cow::Owned(format!(
                "Lo hizo {origin}. Si conoce ese portal y esperaba su código, abra allí el enlace de abajo."
            )),
        },
        LabelRefusal::Damaged => words(
            "El código está dañado",
            "Le falta una parte o cambió por el camino. Escanéelo otra vez; si siguió un enlace, compruebe que se copió entero.",
        ),
        LabelRefusal::NewerVersion => words(
            "Esta página es antigua",
            "El código es más nuevo que esta página. Cárguela de nuevo; si no ayuda, pregunte a su compañía.",
        ),
        LabelRefusal::Expired { .. } => words(
            "Este código ha caducado",
            "Los códigos se pueden usar durante un tiempo limitado. Pida uno nuevo a su compañía, o créelo en Mis dispositivos. Si la fecha no es correcta, revise el reloj de este dispositivo.",
        ),
        LabelRefusal::UnknownProvider => words(
            "Ninguna compañía de aquí responde por este código",
            "El código nombra una compañía que este portal no conoce (o ya no conoce), así que no se envía nada. Pida un código nuevo a su compañía.",
        ),
        LabelRefusal::MistypedCode | LabelRefusal::UnknownCode => words(
            "No se ha encontrado este código",
            "Compárelo con el original, grupo por grupo. También puede haber caducado.",
        ),
        LabelRefusal::RateLimited { retry_after } => Words {
            title: "Demasiados códigos",
            text: Cow::Owned(format!(
                "Para que nadie pruebe códigos al azar, esta conexión tiene que esperar. Inténtelo de nuevo en {}.",
                minutes(*retry_after)
            )),
        },
        LabelRefusal::Offline => words(
            "Sin conexión",
            "No se puede llegar al portal. Revise su conexión; esta página lo intenta de nuevo por sí sola cuando vuelva.",
        ),
        LabelRefusal::Unavailable => words(
            "El portal no puede responder ahora",
            "No se ha perdido nada y su código no se ha gastado. Inténtelo de nuevo en unos minutos.",
        ),
    }
}

fn refusal(refusal: &Refusal) -> Words {
    match refusal {
        Refusal::InvalidDeviceId => words(
            "Eso no puede ser un ID de dispositivo",
            "Un ID de dispositivo tiene de 8 a 64 letras y cifras. Compárelo otra vez.",
        ),
        Refusal::WrongDeviceId { remaining } => Words {
            title: "Ese no es el ID correcto",
            text: Cow::Owned(tries_left(*remaining)),
        },
        Refusal::Locked => words(
            "Este código está bloqueado",
            "Hubo demasiados ID de dispositivo equivocados. Pida un código nuevo a su compañía, o créelo en Mis dispositivos, y tenga a mano el ID correcto.",
        ),
        Refusal::Expired(ExpiredReason::Expired) => words(
            "Este código ha caducado",
            "Los códigos se pueden usar durante un tiempo limitado. Pida uno nuevo a su compañía, o créelo en Mis dispositivos.",
        ),
        Refusal::Expired(ExpiredReason::Superseded) => words(
            "Hay un código más nuevo para este dispositivo",
            "Uno más nuevo ha ocupado el lugar de este código. Use el último que le dieron.",
        ),
        Refusal::Expired(ExpiredReason::Cancelled) => words(
            "Este código se anuló",
            "Usted o su compañía lo anularon. Pida uno nuevo a su compañía si todavía quiere conectar el dispositivo.",
        ),
        Refusal::AlreadyEnrolled => words(
            "Este código ya se usó",
            "Con él se conectó un dispositivo, desde otro navegador u otro dispositivo. Si fue usted, no hay nada que hacer. Si no, avise a su compañía enseguida.",
        ),
        Refusal::RateLimited { retry_after } => Words {
            title: "Demasiados intentos equivocados",
            text: Cow::Owned(format!(
                "Para que nadie pruebe al azar, esta conexión tiene que esperar. Inténtelo de nuevo en {}; no se ha perdido nada.",
                minutes(*retry_after)
            )),
        },
        Refusal::Unavailable => words(
            "Su compañía no puede responder ahora",
            "No se ha perdido nada: su código no se ha gastado y lo preparado queda en este navegador. Inténtelo de nuevo en unos minutos.",
        ),
        Refusal::Offline => words(
            "Sin conexión",
            "No se puede llegar a su compañía. No se ha perdido nada: seguirá por sí solo cuando vuelva la conexión, también si vuelve más tarde.",
        ),
        Refusal::BadRequest { reason } => Words {
            title: "Su compañía no ha aceptado la petición",
            text: match reason {
                Some(reason) => Cow::Owned(format!(
                    "Pida un código nuevo a su compañía y dígale esta palabra: {reason}."
                )),
                None => Cow::Borrowed("Pida un código nuevo a su compañía."),
            },
        },
        Refusal::NotGenuine => words(
            "La respuesta no vino de su compañía",
            "Algo por el camino puede haberla cambiado, así que no se ha configurado nada. Inténtelo de nuevo por otra red, como los datos móviles. Si sigue igual, avise a su compañía.",
        ),
        Refusal::KeysNotKept | Refusal::NotKept => words(
            "Este navegador no pudo guardar las claves",
            "Quizá su almacenamiento esté lleno o se acabe de vaciar. Haga sitio, o use una ventana normal en lugar de una privada, e inténtelo de nuevo. Su código no se ha gastado.",
        ),
        Refusal::NothingToDo => words(
            "No hay nada con que seguir",
            "Lo que se empezó está terminado o se dejó, quizá en otra ventana. Use su código para empezar de nuevo.",
        ),
    }
}
