//! Handing a gateway over (protocol, Gateways, 1): the label is read here and confirmed here, with
//! the gateway's own key. Nothing of it is kept.

use gridpass_protocol::{
    Confirmation, Csr, DeviceId, Handover, HandoverNonce, HandoverRequest, KeyId, LabelKind,
    Origin, handover::MAX_HANDOVER_LENGTH,
};
use gridpass_wire::{Came, GatewayAsk, GatewayTell, LabelText, Refusal, Secret};
use rand_core::CryptoRng;

use super::Session;
use crate::{label, portal};

/// The page of a gateway, after its address.
const PAGE: &str = "/enroll";

impl Session {
    /// Does what the page that hands a gateway over asks.
    pub(crate) async fn answer_gateway(
        &self,
        ask: GatewayAsk,
        rng: &mut impl CryptoRng,
    ) -> GatewayTell {
        match ask {
            GatewayAsk::GatewayLabel(text) => self.gateway_label(text).await,
            GatewayAsk::HandOver { address } => self.hand_over(&address, rng),
            GatewayAsk::LookAt { text } => look_at(&text),
            GatewayAsk::Vouch { text, device_id } => {
                match self.vouch(&text, &device_id, rng).await {
                    Ok(text) => GatewayTell::Issued { text },
                    Err(refusal) => GatewayTell::Refused {
                        mark: refusal.mark(),
                        way_on: refusal.way_on(),
                    },
                }
            }
        }
    }

    async fn gateway_label(&self, text: LabelText) -> GatewayTell {
        let payload = match label::payload(&text, &self.origin).await {
            Ok(payload) if payload.kind == LabelKind::Gateway => payload,
            _ => return GatewayTell::LabelRefused,
        };
        match label::admit(text, payload, self.clock.now()).await {
            Ok(label) => {
                let provider = label.provider.name.clone();
                self.label.replace(Some(label));
                GatewayTell::Label { provider }
            }
            Err(_) => GatewayTell::LabelRefused,
        }
    }

    fn hand_over(&self, address: &str, rng: &mut impl CryptoRng) -> GatewayTell {
        let label = self.label.borrow();
        let (Some(label), Some(gateway)) = (label.as_ref(), gateway_at(address)) else {
            return GatewayTell::BadAddress;
        };
        let nonce = HandoverNonce::make(rng);
        let request = HandoverRequest::new(&label.payload, self.origin.clone(), nonce);
        let text = Handover::Request(request.into()).to_text();
        GatewayTell::Go {
            url: format!("{gateway}{PAGE}#{text}"),
            nonce: nonce.to_string(),
        }
    }

    /// Confirms with the one-time password of the label and the request of the gateway.
    async fn vouch(
        &self,
        text: &str,
        device_id: &Secret,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Refusal> {
        let device_id =
            DeviceId::parse_checked(device_id.expose()).map_err(|_| Refusal::InvalidDeviceId)?;
        let Some(Handover::Csr { nonce, csr }) = read(text) else {
            return Err(Refusal::NothingToDo);
        };
        let public_key = public_key(&csr).ok_or(Refusal::NothingToDo)?;
        let (temporary_id, provider_certificate, confirmation) = {
            let label = self.label.borrow();
            let label = label.as_ref().ok_or(Refusal::NothingToDo)?;
            let payload = &label.payload;
            let confirmation = Confirmation {
                otp: payload
                    .otp_ciphertext
                    .decrypt(&device_id, &payload.temporary_id),
                public_key,
                csr,
            };
            let sealed = confirmation
                .seal(&label.provider_certificate, rng)
                .map_err(|_| Refusal::BadRequest { reason: None })?;
            let certificate = label.provider_certificate.clone();
            (payload.temporary_id, certificate, sealed)
        };
        let issuance = portal::confirm(&temporary_id, &confirmation)
            .await
            .map_err(portal::confirmation_refusal)?;
        Ok(Handover::Issuance {
            nonce,
            issuance,
            provider_certificate,
        }
        .to_text())
    }
}

/// What is behind the `#` of an address, or a text that is no address.
fn read(text: &str) -> Option<Handover> {
    if text.len() > MAX_HANDOVER_LENGTH {
        return None;
    }
    let handed = text.rsplit_once('#').map_or(text, |(_, handed)| handed);
    Handover::parse(handed).ok()
}

fn look_at(text: &str) -> GatewayTell {
    match read(text) {
        Some(Handover::Csr { nonce, csr }) => match public_key(&csr) {
            Some(public_key) => GatewayTell::Came {
                came: Came::Request,
                nonce: nonce.to_string(),
                check: Some(KeyId::of_spki(&public_key).check_number()),
            },
            None => GatewayTell::NothingCame,
        },
        Some(Handover::Done { nonce }) => GatewayTell::Came {
            came: Came::Done,
            nonce: nonce.to_string(),
            check: None,
        },
        _ => GatewayTell::NothingCame,
    }
}

fn public_key(csr: &[u8]) -> Option<Vec<u8>> {
    Csr::claimed_spki(csr).ok()
}

/// A gateway's site, from what a person types: a host, perhaps with a port, perhaps with more of
/// an address around it.
fn gateway_at(typed: &str) -> Option<Origin> {
    let typed = typed.trim();
    let host = typed.strip_prefix("http://").unwrap_or(typed);
    let host = host.split('/').next().unwrap_or_default();
    Origin::parse(&format!("http://{host}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_people_type_it() {
        for (typed, origin) in [
            ("gateway.local", "http://gateway.local"),
            (" 192.168.1.20 ", "http://192.168.1.20"),
            (
                "http://192.168.1.20:8080/enroll",
                "http://192.168.1.20:8080",
            ),
            ("[fe80::1]", "http://[fe80::1]"),
        ] {
            assert_eq!(gateway_at(typed).unwrap().as_str(), origin, "{typed}");
        }
        for typed in [
            "",
            "https://gateway.local",
            "a b",
            "javascript:alert(1)",
            "x@y",
        ] {
            assert!(gateway_at(typed).is_none(), "{typed}");
        }
    }
}
