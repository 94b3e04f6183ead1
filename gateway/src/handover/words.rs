//! The words of the local page.

use serde::Serialize;

/// The language that the page speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Spanish,
}

impl Language {
    /// The one that a browser asks for first, of those that there are (RFC 9110, 12.5.4).
    pub(super) fn of(accept_language: Option<&str>) -> Self {
        let tags = accept_language.unwrap_or_default().split(',');
        let known = tags.filter_map(|tag| {
            let tag = tag.split(';').next().unwrap_or_default().trim();
            match tag.split('-').next().unwrap_or_default() {
                language if language.eq_ignore_ascii_case("es") => Some(Self::Spanish),
                language if language.eq_ignore_ascii_case("en") => Some(Self::English),
                _ => None,
            }
        });
        known.into_iter().next().unwrap_or(Self::English)
    }

    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }
}

/// What the page says.
#[derive(Serialize)]
pub(super) struct Words {
    pub(super) title: &'static str,
    /// Opened by hand, without a code.
    pub(super) idle: &'static str,
    pub(super) busy: &'static str,
    pub(super) ask: &'static str,
    pub(super) provider: &'static str,
    pub(super) website: &'static str,
    pub(super) only_if: &'static str,
    pub(super) connect: &'static str,
    pub(super) leave: &'static str,
    pub(super) left: &'static str,
    pub(super) going_back: &'static str,
    pub(super) done: &'static str,
    pub(super) done_text: &'static str,
    pub(super) back: &'static str,
    pub(super) enrolled: &'static str,
    pub(super) damaged: &'static str,
    pub(super) ended: &'static str,
    pub(super) unknown: &'static str,
    pub(super) offline: &'static str,
    pub(super) not_genuine: &'static str,
    pub(super) failed: &'static str,
}

const ENGLISH: Words = Words {
    title: "Connect this gateway",
    idle: "This page connects the gateway with your energy provider. Scan the code from your provider with your phone, and it will bring you back here.",
    busy: "One moment…",
    ask: "Connect this gateway with this provider?",
    provider: "Provider",
    website: "Website",
    only_if: "Go on only if you have just scanned a code from this provider.",
    connect: "Connect",
    leave: "No, do not connect",
    left: "Nothing was connected. You can close this page.",
    going_back: "Going back to your provider's website…",
    done: "This gateway is connected",
    done_text: "The gateway keeps its own key. Nothing of it stays on your phone.",
    back: "Back to your provider's website",
    enrolled: "This gateway is connected already. To connect it anew, it has to be reset first.",
    damaged: "This page was opened with an address that is not complete. Scan the code again.",
    ended: "This took too long, or the code has ended. Scan the code again.",
    unknown: "The website that sent you here is not the one of the provider that made the code. Nothing was connected.",
    offline: "The gateway cannot reach your provider. Check that it has a connection to the Internet, then try again.",
    not_genuine: "The answer is not for this gateway, or not from your provider. Scan the code again.",
    failed: "The gateway could not do this. Try again; if it happens again, ask your installer.",
};

const SPANISH: Words = Words {
    title: "Conectar este equipo",
    idle: "Esta página conecta el equipo con su proveedor de energía. Escanee con el teléfono el código de su proveedor y volverá aquí.",
    busy: "Un momento…",
    ask: "¿Conectar este equipo con este proveedor?",
    provider: "Proveedor",
    website: "Sitio web",
    only_if: "Siga solo si acaba de escanear un código de este proveedor.",
    connect: "Conectar",
    leave: "No conectar",
    left: "No se ha conectado nada. Puede cerrar esta página.",
    going_back: "Volviendo al sitio web de su proveedor…",
    done: "Este equipo está conectado",
    done_text: "El equipo guarda su propia clave. En su teléfono no queda nada de ella.",
    back: "Volver al sitio web de su proveedor",
    enrolled: "Este equipo ya está conectado. Para conectarlo de nuevo, primero hay que restablecerlo.",
    damaged: "La dirección con la que se abrió esta página no está completa. Escanee el código otra vez.",
    ended: "Se ha tardado demasiado o el código ya no vale. Escanee el código otra vez.",
    unknown: "El sitio web que le envió aquí no es el del proveedor que hizo el código. No se ha conectado nada.",
    offline: "El equipo no puede comunicarse con su proveedor. Compruebe que tiene conexión a Internet e inténtelo de nuevo.",
    not_genuine: "La respuesta no es para este equipo o no es de su proveedor. Escanee el código otra vez.",
    failed: "El equipo no ha podido hacerlo. Inténtelo de nuevo; si vuelve a ocurrir, pregunte a su instalador.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_the_browsers_language() {
        for (asked, language) in [
            (None, Language::English),
            (Some("es-US,es;q=0.9,en;q=0.8"), Language::Spanish),
            (Some("fr, en-GB;q=0.5"), Language::English),
            (Some("de"), Language::English),
        ] {
            assert_eq!(Language::of(asked), language, "{asked:?}");
        }
    }
}
