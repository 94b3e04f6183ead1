//! `GET /api/openapi.json`: the calls as OpenAPI 3.1, generated from the handlers themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use gridpass_app::ssr::reference::ApiDocument;
use gridpass_protocol::ProblemName;
use gridpass_protocol::problem::Problem;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};

use crate::state::App;

/// What the document says of the whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gridpass",
        description = "Calls of a Gridpass portal. Every refusal is a problem document (RFC 9457) whose `type` names what went wrong and whose `detail` says what to do next."
    ),
    components(schemas(ProblemDocument)),
    modifiers(&BearerToken),
    tags(
        (name = "enrollment", description = "What a device calls while it enrols. Open to everybody."),
        (name = "devices", description = "What an enrolled device says. Open to whoever has a certificate."),
        (name = "registrations", description = "Registering devices, with a token of the provider."),
        (name = "instructions", description = "Sending instructions to devices, and hearing what became of them, with a token of the provider."),
        (name = "accounts", description = "What a provider's systems say of its customers, with a token of the provider."),
        (name = "service", description = "Whether the portal lives and can do its work.")
    )
)]
pub(crate) struct Document;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "token",
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        );
    }
}

/// A problem document.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "the schema of what `Problem` serializes to")]
struct ProblemDocument {
    /// What went wrong, in one stable word.
    #[schema(pattern = "^urn:gridpass:problem:[a-z-]+$")]
    r#type: String,
    /// A few words, the same for every occurrence.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened and what to do next.
    detail: String,
    /// Tries that are left.
    #[schema(required = false, nullable = false)]
    remaining: Option<u32>,
    /// Why, in one stable word.
    #[schema(required = false, nullable = false)]
    reason: Option<String>,
    /// When to come back, in seconds.
    #[schema(required = false, nullable = false)]
    retry_after: Option<u64>,
    /// Finds the request in the provider's logs.
    #[schema(required = false, nullable = false)]
    request_id: Option<String>,
}

/// The refusals of a call, by status: what several problems of one status mean stands in one text.
pub(crate) fn responses_of(names: &[ProblemName]) -> BTreeMap<String, RefOr<Response>> {
    let mut sentences: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for name in names {
        sentences
            .entry(name.status())
            .or_default()
            .push(format!("`{name}`: {}.", name.title()));
    }
    let response = |sentences: Vec<String>| {
        ResponseBuilder::new()
            .description(sentences.join(" "))
            .content(
                Problem::CONTENT_TYPE,
                Content::new(Some(Ref::from_schema_name("Problem"))),
            )
            .build()
    };
    sentences
        .into_iter()
        .map(|(status, sentences)| (status.to_string(), response(sentences).into()))
        .collect()
}

/// Names what a call may refuse, for its `responses(…)`.
macro_rules! refusals {
    ($(#[$doc:meta])* $set:ident: $($name:ident),+ $(,)?) => {
        $(#[$doc])*
        pub(crate) struct $set;

        impl utoipa::IntoResponses for $set {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::Response>,
            > {
                $crate::http::openapi::responses_of(&[
                    $(gridpass_protocol::ProblemName::$name,)+
                    gridpass_protocol::ProblemName::ServiceUnavailable,
                ])
            }
        }
    };
}
pub(crate) use refusals;

/// The document for the page that shows it.
pub(crate) fn for_page(document: &utoipa::openapi::OpenApi) -> ApiDocument {
    ApiDocument(Arc::new(
        serde_json::to_value(document).expect("the document is made of texts and numbers"),
    ))
}

/// Serves the document.
pub(crate) fn route(document: &utoipa::openapi::OpenApi) -> Router<Arc<App>> {
    let text: Arc<str> = serde_json::to_string(document)
        .expect("the document is made of texts and numbers")
        .into();
    Router::new().route(
        "/api/openapi.json",
        get(|| async move {
            let headers = [
                (CONTENT_TYPE, "application/json"),
                (CACHE_CONTROL, "public, max-age=300"),
            ];
            (headers, text.to_string())
        }),
    )
}
