//! The hand-over through a customer's browser (protocol, Gateways, 1): a one-page site on the home
//! network. The portal sends the browser here with what the label says, the gateway makes its key
//! and request, and the browser brings the request to the portal and the answer back.
//!
//! The home network is not to be trusted, and neither is who opens the page. So the gateway goes on
//! only when a person at the page has agreed to the provider and the website that it names; it
//! looks up the provider at that website by itself; it sends the browser nowhere else; and it
//! believes an answer only when the provider has signed it for the key that the gateway made.

mod http;
mod page;
mod words;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use gridpass_protocol::{
    DirectoryError, Handover, HandoverNonce, HandoverRequest, Origin, UnixTime,
    handover::HANDOVER_PATH,
};

use crate::{
    clock::Clock,
    enroll::{self, EnrollError, OtherPending},
    issuance::{self, AnswerError},
    portal::{CallError, Portal, is_safe},
    state::{Enrolled, LabelFacts, Pending, State},
    store::{Store, StoreError},
    token::TokenError,
};

/// Seconds within which a person has to agree, and the answer has to come.
const LIFETIME: u64 = 15 * 60;
/// Hand-overs that wait for a person's word at a time.
const MOST_OPEN: usize = 8;

/// Why a step of a hand-over is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("not a step of a hand-over")]
    Damaged,
    #[error("the gateway is enrolled already")]
    Enrolled,
    #[error("the hand-over has ended")]
    Ended,
    #[error("the portal is not the one of the provider: {0}")]
    Unknown(String),
    #[error("the portal cannot be reached: {0}")]
    Offline(CallError),
    #[error("the answer does not belong to this enrollment")]
    NotGenuine,
    #[error("{0}. Everything is kept: bring the answer again with the token.")]
    Token(TokenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Enroll(EnrollError),
}

impl From<EnrollError> for Refusal {
    fn from(error: EnrollError) -> Self {
        match error {
            EnrollError::AlreadyEnrolled(_) => Self::Enrolled,
            EnrollError::Store(error) => Self::Store(error),
            error => Self::Enroll(error),
        }
    }
}

impl From<AnswerError> for Refusal {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::NotGenuine(_) => Self::NotGenuine,
            AnswerError::Token(error) => Self::Token(error),
        }
    }
}

/// What the page does next.
pub(super) enum Step {
    /// Asks the person.
    Ask {
        nonce: HandoverNonce,
        provider: String,
        portal: Origin,
    },
    /// Says that the gateway is enrolled, and offers the way back.
    Done { back: String },
}

/// A hand-over that waits for a person's word.
struct Open {
    request: HandoverRequest,
    provider: gridpass_protocol::DirectoryEntry,
    since: UnixTime,
}

/// What the steps of a hand-over work with.
pub(super) struct Desk {
    store: Store,
    portal: Portal,
    /// The only portal that is served, if the configuration says one.
    expected: Option<Origin>,
    clock: Clock,
    open: Mutex<Vec<Open>>,
    is_enrolled: AtomicBool,
}

/// How hand-overs are served.
pub(crate) struct Serving {
    pub(crate) listen: SocketAddr,
    /// Names of the gateway beside those that only a home network has.
    pub(crate) names: Vec<String>,
    pub(crate) expected: Option<Origin>,
}

/// Serves hand-overs until the gateway is enrolled and the browser was told.
pub(crate) fn serve(
    store: Store,
    portal: Portal,
    clock: Clock,
    serving: Serving,
) -> io::Result<()> {
    let listener = TcpListener::bind(serving.listen)?;
    tracing::info!(address = %listener.local_addr()?, "serving the hand-over at /enroll");
    let desk = Desk {
        store,
        portal,
        expected: serving.expected,
        clock,
        open: Mutex::default(),
        is_enrolled: AtomicBool::new(false),
    };
    http::serve(
        &listener,
        |request| page::answer(&desk, request, &serving.names),
        || desk.is_enrolled.load(Ordering::SeqCst),
    )
}

impl Desk {
    /// The browser has come with something in its address.
    pub(super) fn open(&self, text: &str) -> Result<Step, Refusal> {
        match Handover::parse(text) {
            Ok(Handover::Request(request)) => self.look_at(*request),
            Ok(Handover::Issuance {
                nonce,
                issuance,
                provider_certificate,
            }) => {
                let enrolled = accept(
                    &self.store,
                    nonce,
                    &issuance,
                    &provider_certificate,
                    self.clock.now(),
                )?;
                self.is_enrolled.store(true, Ordering::SeqCst);
                Ok(Step::Done {
                    back: back(&enrolled.label.origin, &Handover::Done { nonce }),
                })
            }
            Ok(Handover::Csr { .. } | Handover::Done { .. }) | Err(_) => Err(Refusal::Damaged),
        }
    }

    /// Looks up who asks, for the person to decide.
    fn look_at(&self, request: HandoverRequest) -> Result<Step, Refusal> {
        let label = LabelFacts::of_request(&request);
        enroll::pending_of(&self.store, &label.temporary_id, OtherPending::GivenUp)?;
        let now = self.clock.now();
        if label.expires_at <= now {
            return Err(Refusal::Ended);
        }
        let portal = request.portal.clone();
        let is_expected = self
            .expected
            .as_ref()
            .is_none_or(|expected| *expected == portal);
        if !is_safe(&portal) || !is_expected {
            return Err(Refusal::Unknown(portal.to_string()));
        }
        let directory = self.portal.directory(&portal).map_err(Refusal::Offline)?;
        let found = directory.find(&label.provider_certificate(), now);
        let (provider, _) =
            found.map_err(|error: DirectoryError| Refusal::Unknown(error.to_string()))?;
        let (nonce, name) = (request.nonce, provider.name.clone());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|other| now.since(other.since) < LIFETIME && other.request.nonce != nonce);
        if open.len() >= MOST_OPEN {
            open.remove(0);
        }
        open.push(Open {
            request,
            provider: provider.clone(),
            since: now,
        });
        Ok(Step::Ask {
            nonce,
            provider: name,
            portal,
        })
    }

    /// The person has agreed: key and request, and the way back. Good once for each hand-over.
    pub(super) fn agree(&self, nonce: HandoverNonce) -> Result<String, Refusal> {
        let now = self.clock.now();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let place = open.iter().position(|open| open.request.nonce == nonce);
        let agreed = open.remove(place.ok_or(Refusal::Ended)?);
        if now.since(agreed.since) >= LIFETIME {
            return Err(Refusal::Ended);
        }
        let label = LabelFacts::of_request(&agreed.request);
        let pending = request(&self.store, label, Some(nonce), OtherPending::GivenUp)?;
        let pending = Pending {
            provider: Some(agreed.provider),
            ..pending
        };
        self.store.keep_pending(&pending)?;
        let csr = Handover::Csr {
            nonce,
            csr: pending.csr,
        };
        Ok(back(&pending.label.origin, &csr))
    }
}

/// Where the browser goes with something for the portal.
pub(crate) fn back(portal: &Origin, handover: &Handover) -> String {
    format!("{portal}{HANDOVER_PATH}#{}", handover.to_text())
}

/// A request for a certificate with which somebody else confirms: the one made before for this
/// label, else a new one, written down.
pub(crate) fn request(
    store: &Store,
    label: LabelFacts,
    nonce: Option<HandoverNonce>,
    others: OtherPending,
) -> Result<Pending, EnrollError> {
    let mut pending = match enroll::pending_of(store, &label.temporary_id, others)? {
        Some(kept) => kept,
        None => enroll::make_request(store, label)?.1,
    };
    pending.handover = nonce.or(pending.handover);
    store.keep_pending(&pending)?;
    Ok(pending)
}

/// Takes the answer that somebody brought in a file.
pub(crate) fn install(store: &Store, text: &str, now: UnixTime) -> Result<Enrolled, Refusal> {
    match Handover::parse(text) {
        Ok(Handover::Issuance {
            nonce,
            issuance,
            provider_certificate,
        }) => accept(store, nonce, &issuance, &provider_certificate, now),
        _ => Err(Refusal::Damaged),
    }
}

/// Opens the provider's answer that somebody brought, and keeps what is in it.
pub(super) fn accept(
    store: &Store,
    nonce: HandoverNonce,
    answer: &str,
    provider_certificate: &[u8],
    now: UnixTime,
) -> Result<Enrolled, Refusal> {
    let pending = match store.state()? {
        Some(State::Pending(pending)) => pending,
        Some(State::Enrolled(enrolled)) => return again(*enrolled, answer),
        None => return Err(Refusal::Ended),
    };
    if pending.handover != Some(nonce) {
        return Err(Refusal::Ended);
    }
    // The label says who its provider is, whatever came with the answer.
    if !pending
        .label
        .provider_certificate()
        .matches(provider_certificate)
    {
        return Err(Refusal::NotGenuine);
    }
    let key = store.key(&pending.key)?;
    let mut enrolled = issuance::accept(answer, &pending, &key, provider_certificate, now)?;
    enrolled.handover = Some(sha256_text(answer));
    store.keep(&enrolled)?;
    Ok(enrolled)
}

/// The same answer again, from a browser that did not hear that it had arrived.
fn again(enrolled: Enrolled, answer: &str) -> Result<Enrolled, Refusal> {
    if enrolled.handover == Some(sha256_text(answer)) {
        Ok(enrolled)
    } else {
        Err(Refusal::Enrolled)
    }
}

fn sha256_text(answer: &str) -> String {
    gridpass_protocol::KeyId::of_certificate(answer.as_bytes()).to_string()
}
