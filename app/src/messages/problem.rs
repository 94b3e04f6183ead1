//! Refusals and faults as sentences that say what to do next.

use crate::api::ApiError;
use gridpass_protocol::problem::ProblemName;

/// Refusals and faults as sentences that say what to do next.
#[derive(Debug)]
pub struct ProblemMessages {
    /// The request never reached the portal.
    pub unreachable: &'static str,
    /// Too many requests; takes the minutes to wait, if known.
    pub rate_limited: fn(Option<u64>) -> String,
    /// The session is over.
    pub unauthorized: &'static str,
    /// Not this account's.
    pub not_found: &'static str,
    /// No device ID.
    pub invalid_device_id: &'static str,
    /// Connected through another account.
    pub already_enrolled: &'static str,
    /// Something changed in the meantime.
    pub conflict: &'static str,
    /// What was sent is not what the page sends.
    pub bad_request: &'static str,
    /// For the moment.
    pub unavailable: &'static str,
    /// Everything else.
    pub other: &'static str,
}

impl ProblemMessages {
    /// The sentence for one refusal.
    pub fn sentence(&self, error: &ApiError) -> String {
        let ApiError::Problem { name, retry_after } = error else {
            return self.unreachable.to_owned();
        };
        match name {
            ProblemName::RateLimited => return (self.rate_limited)(retry_after.map(minutes)),
            ProblemName::Unauthorized => self.unauthorized,
            ProblemName::NotFound | ProblemName::Forbidden => self.not_found,
            ProblemName::InvalidDeviceId => self.invalid_device_id,
            ProblemName::AlreadyEnrolled => self.already_enrolled,
            ProblemName::Conflict => self.conflict,
            ProblemName::BadRequest | ProblemName::Invalid => self.bad_request,
            ProblemName::ServiceUnavailable | ProblemName::CaUnavailable => self.unavailable,
            _ => self.other,
        }
        .to_owned()
    }
}

/// Whole minutes to wait, at least one.
fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60).max(1)
}

/// English.
pub const EN: ProblemMessages = ProblemMessages {
    unreachable: "The portal cannot be reached. Check your connection, then try again; what you typed is still here.",
    rate_limited: |minutes| match minutes {
        None => {
            "That was too often in a short time. Wait a few minutes, then try again.".to_owned()
        }
        Some(1) => "That was too often in a short time. Try again in a minute.".to_owned(),
        Some(minutes) => {
            format!("That was too often in a short time. Try again in {minutes} minutes.")
        }
    },
    unauthorized: "You are no longer signed in. Sign in again; it takes a moment.",
    not_found: "There is no such device in your account. Go back to your devices.",
    invalid_device_id: "That is not a device ID. Compare it with the device, then try again.",
    already_enrolled: "This device is connected through another account. If it is yours, ask your provider for help.",
    conflict: "Something has changed in the meantime. Load the page again to see how it stands.",
    bad_request: "Something is missing or not filled in as expected. Check the fields, then try again.",
    unavailable: "This does not work for the moment. Try again in a minute; nothing is lost.",
    other: "Something went wrong on our side. Try again; if it stays like that, ask your provider for help.",
};

/// Spanish.
pub const ES: ProblemMessages = ProblemMessages {
    unreachable: "No se puede llegar al portal. Revise su conexión e inténtelo otra vez; lo que escribió sigue aquí.",
    rate_limited: |minutes| match minutes {
        None => {
            "Han sido demasiadas veces en poco tiempo. Espere unos minutos e inténtelo otra vez."
                .to_owned()
        }
        Some(1) => {
            "Han sido demasiadas veces en poco tiempo. Inténtelo otra vez en un minuto.".to_owned()
        }
        Some(minutes) => {
            format!(
                "Han sido demasiadas veces en poco tiempo. Inténtelo otra vez en {minutes} minutos."
            )
        }
    },
    unauthorized: "Su sesión ha terminado. Entre otra vez; es cuestión de un momento.",
    not_found: "No hay ningún dispositivo así en su cuenta. Vuelva a sus dispositivos.",
    invalid_device_id: "Eso no es un ID de dispositivo. Compárelo con el dispositivo e inténtelo otra vez.",
    already_enrolled: "Este dispositivo está conectado a través de otra cuenta. Si es suyo, pida ayuda a su compañía.",
    conflict: "Algo ha cambiado entretanto. Cargue la página otra vez para ver cómo está.",
    bad_request: "Falta algo o no está escrito como se espera. Revise los campos e inténtelo otra vez.",
    unavailable: "Por el momento no funciona. Inténtelo otra vez en un minuto; no se pierde nada.",
    other: "Algo ha fallado por nuestra parte. Inténtelo otra vez; si sigue igual, pida ayuda a su compañía.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_told_in_minutes_and_never_zero() {
        let wait = |seconds| {
            EN.sentence(&ApiError::Problem {
                name: ProblemName::RateLimited,
                retry_after: Some(seconds),
            })
        };
        assert!(wait(0).contains("in a minute"));
        assert!(wait(61).contains("2 minutes"));
    }
}
