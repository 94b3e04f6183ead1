use serde::{Deserialize, Serialize};

use crate::{LabelText, Secret, WayOn};

/// Under this name a tab keeps the label in hand until the enrollment is over: JSON of a
/// [`LabelText`].
pub const KEPT_LABEL: &str = "gridpass.label";

/// What a label is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelFor {
    /// The browser that reads it.
    #[default]
    Device,
    /// A gateway on the site, to which it is handed over.
    Gateway,
}

/// A message from the page that hands a gateway over to the worker.
#[derive(Debug, Serialize, Deserialize)]
pub struct GatewayAsked {
    /// Counts what the page asks; the worker repeats it.
    pub turn: u32,
    /// What the page wants.
    pub ask: GatewayAsk,
}

/// A message from the worker to the page that hands a gateway over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayTold {
    /// The turn this answers; 0 when nobody asked.
    pub turn: u32,
    /// The answer.
    pub tell: GatewayTell,
}

/// What the page that hands a gateway over can ask for. No word of it is one of the other pages'.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayAsk {
    /// Read the label of a gateway. Answered by [`GatewayTell::Label`] or
    /// [`GatewayTell::LabelRefused`].
    GatewayLabel(LabelText),
    /// Where to go with it. Answered by [`GatewayTell::Go`] or [`GatewayTell::BadAddress`].
    HandOver {
        /// Host of the gateway, as typed.
        address: String,
    },
    /// Look at what came from a gateway. Answered by [`GatewayTell::Came`] or
    /// [`GatewayTell::NothingCame`].
    LookAt {
        /// As it came.
        text: String,
    },
    /// Confirm with the label read last for the gateway that this came from. Answered by
    /// [`GatewayTell::Issued`] or [`GatewayTell::Refused`].
    Vouch {
        /// As it came.
        text: String,
        /// What is printed on the gateway, as typed.
        device_id: Secret,
    },
}

/// What came from a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// Its request for a certificate.
    Request,
    /// The word that it is enrolled.
    Done,
}

/// What the worker tells the page that hands a gateway over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayTell {
    /// The worker runs and listens.
    Ready,
    /// The worker cannot run, or has stopped.
    Broken,
    /// A good label of a gateway.
    Label {
        /// Name of the provider that made it.
        provider: String,
    },
    /// The label cannot be used here: where labels are read it is said why.
    LabelRefused,
    /// Where the browser has to go.
    Go {
        /// The gateway's page, with what it needs of the label.
        url: String,
        /// Joins the steps: what comes back has to have it.
        nonce: String,
    },
    /// That is no address.
    BadAddress,
    /// Something came from a gateway.
    Came {
        /// What.
        came: Came,
        /// Joins the steps.
        nonce: String,
        /// A number that the gateway shows as well, to be compared.
        check: Option<String>,
    },
    /// What came is not from a gateway, or damaged.
    NothingCame,
    /// The provider has issued: what the gateway has to get.
    Issued {
        /// For the gateway's page, or for a file.
        text: String,
    },
    /// The provider has not.
    Refused {
        /// What the words for it are marked with ([`crate::Refusal::mark`]).
        mark: String,
        /// What can be done about it.
        way_on: WayOn,
    },
}
