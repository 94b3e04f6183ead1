//! Words of signing in at an issuer of the provider: on the customers' page and on the desk's.

/// Words of signing in at an issuer of the provider.
#[derive(Debug)]
pub struct OidcMessages {
    /// Leads to the issuer: the provider's name.
    pub sign_in_with: fn(&str) -> String,
    /// It did not work; it does not tell why.
    pub refused: &'static str,
    /// The issuer does not answer.
    pub unavailable: &'static str,
    /// Where a browser stays that does not go on by itself.
    pub go_on: &'static str,
}

/// English.
pub const EN: OidcMessages = OidcMessages {
    sign_in_with: |provider| format!("Sign in with {provider}"),
    refused: "This sign-in did not work. Try it once more; if it fails again, use another way or ask your provider.",
    unavailable: "Your provider’s sign-in does not answer at the moment. Try again in a few minutes, or use another way.",
    go_on: "You are signed in. Go on",
};

/// Spanish.
pub const ES: OidcMessages = OidcMessages {
    sign_in_with: |provider| format!("Iniciar sesión con {provider}"),
    refused: "No se pudo iniciar la sesión así. Inténtelo otra vez; si vuelve a fallar, use otra forma o pregunte a su proveedor.",
    unavailable: "El inicio de sesión de su proveedor no responde en este momento. Inténtelo de nuevo en unos minutos o use otra forma.",
    go_on: "Ha iniciado sesión. Continuar",
};
