//! What is delivered by a call: short messages to a gateway, events to the systems of providers.

use base64ct::{Base64, Encoding};
use gridpass_protocol::Link;

use super::{
    Failure, MODULE_PIXELS, SmsGateway, Tried,
    http::{Caller, SignedCall},
    texts,
};
use crate::{
    Gridpass, label_image,
    outbox::{Content, Leased, Recipient, Says},
};

impl Gridpass {
    /// Hands a short message to the gateway.
    pub(super) fn call_gateway(
        &self,
        gateway: &SmsGateway,
        message: &Leased,
        content: Option<&Content>,
    ) -> Result<(), Failure> {
        let refused = |why: &str| Failure::Refused(why.to_owned());
        let content = content.ok_or_else(|| refused("this is no short message"))?;
        let Recipient::Mobile { number } = &content.to else {
            return Err(refused("this is no short message"));
        };
        let provider = self
            .provider(&message.provider)
            .ok_or_else(|| refused("the provider is no longer configured"))?;
        let words = texts::plain(content, &provider.config.name, &self.origin);
        let media = match &content.says {
            Says::Text { .. } => Vec::new(),
            Says::Label(label) => {
                let (_, payload) =
                    Link::parse(&label.link).map_err(|_| refused("its label is damaged"))?;
                let png = label_image::png(&Link::new(&self.origin, &payload), MODULE_PIXELS);
                vec![serde_json::json!({
                    "content_type": "image/png",
                    "data": Base64::encode_string(&png),
                })]
            }
        };
        let body = serde_json::json!({
            "type": "message.send",
            "provider": message.provider,
            "to": number,
            "text": words.text,
            "media": media,
        });
        let call = SignedCall::new(
            &gateway.url,
            message.id,
            self.clock_now(),
            body.to_string(),
            &gateway.secret,
        );
        match gateway.caller.call(&call) {
            Ok(200..=299) => Ok(()),
            Ok(status @ (400 | 404 | 410 | 413 | 422)) => {
                Err(Failure::Refused(format!("the gateway answered {status}")))
            }
            Ok(status) => Err(Failure::NotNow(format!("the gateway answered {status}"))),
            Err(error) => Err(Failure::Absent(error)),
        }
    }

    /// Tells an event to the system of a provider. One that is not there keeps no other from
    /// being told.
    pub(super) fn call_endpoint(&self, caller: &dyn Caller, message: &Leased) -> Tried {
        let now = self.clock_now();
        if let Some(system) = message.endpoint
            && let Some(at) = self.silence.of(system, now)
        {
            return Tried {
                left_until: Some(at),
                ..Tried::from(Err(Failure::NotNow(
                    "the system does not answer".to_owned(),
                )))
            };
        }
        let answered = self.make_call(caller, message);
        let outcome = match &answered {
            Ok(200..=299) => Ok(()),
            // Gone for good (Standard Webhooks).
            Ok(410) => Err(Failure::Refused("the system answered 410".to_owned())),
            Ok(status) => Err(Failure::NotNow(format!("the system answered {status}"))),
            Err(failure) => Err(failure.clone()),
        };
        Tried {
            outcome,
            status: answered.ok(),
            left_until: None,
        }
    }

    /// The status of the answer.
    fn make_call(&self, caller: &dyn Caller, message: &Leased) -> Result<u16, Failure> {
        let refused = |why: &str| Failure::Refused(why.to_owned());
        let (Some(system), Some(event)) = (message.endpoint, &message.event) else {
            return Err(refused("this is no event"));
        };
        let (url, secret) = self
            .endpoint(&message.provider, system)
            .map_err(|error| Failure::NotNow(error.to_string()))?
            .ok_or_else(|| refused("the address was removed"))?;
        let call = SignedCall::new(&url, message.id, self.clock_now(), event.clone(), &secret);
        let answered = caller.call(&call);
        match &answered {
            Ok(_) => self.silence.end(system),
            Err(error) => {
                let now = self.clock_now();
                let until = self.silence.note(system, now);
                tracing::warn!(
                    provider = %message.provider,
                    webhook = %system,
                    error,
                    seconds = until.since(now),
                    "a system does not answer; what it is to be told waits"
                );
            }
        }
        answered.map_err(Failure::NotNow)
    }
}
