//! `/api/v1/accounts/{number}`: what the provider's own systems say of an account.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use gridpass_app::ssr::RequestFacts;
use gridpass_protocol::{Problem, ProblemName};
use gridpass_provider::{
    AccountDetails, AccountError, AccountNumber, Actor, ApiScope, Language, PostalAddress, Upserted,
};
use serde::{Deserialize, Serialize};

use super::bearer::Bearer;
use super::openapi::refusals;
use crate::problem::ProblemResponse;
use crate::state::{App, in_request};

/// What the provider's systems say of an account; what is left out is none.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountChange)]
struct Request {
    /// Whose it is, 1 to 128 printable characters.
    #[schema(min_length = 1, max_length = 128)]
    name: String,
    /// Where mails go.
    email: Option<String>,
    /// Where short messages go: a plus sign and 7 to 15 digits (E.164).
    #[schema(pattern = r"^\+[1-9][0-9]{6,14}$")]
    mobile: Option<String>,
    /// Where letters go.
    address: Option<Address>,
    /// The language of what is sent; English if it is left out.
    #[schema(value_type = Option<super::registrations::LanguageDocument>)]
    language: Option<Language>,
}

/// Where letters go.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PostalAddress)]
struct Address {
    /// Street and house.
    line_1: String,
    /// What else it takes to find the door.
    #[serde(skip_serializing_if = "Option::is_none")]
    line_2: Option<String>,
    /// As the country writes it.
    postal_code: String,
    /// The town.
    city: String,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// ISO 3166-1, two letters.
    #[schema(pattern = "^[A-Z]{2}$")]
    country: String,
}

/// An account as it is known.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Account)]
pub(crate) struct Answer {
    /// The number that the provider gave it.
    #[schema(value_type = String)]
    number: AccountNumber,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    #[schema(value_type = super::registrations::LanguageDocument)]
    language: Language,
}

refusals!(
    /// Why no account is told.
    ReadRefusals: Unauthorized, Forbidden, NotFound
);

refusals!(
    /// Why no account is written.
    WriteRefusals:
        BadRequest, Unauthorized, Forbidden, NotFound, RequestTimeout, PayloadTooLarge,
        UnsupportedMediaType, Invalid,
);

/// An account of the provider.
#[utoipa::path(
    get,
    path = "/api/v1/accounts/{number}",
    operation_id = "show_account",
    tag = "accounts",
    security(("token" = ["accounts:read"])),
    params(("number" = String, Path, description = "The account number")),
    responses((status = 200, description = "As it is known.", body = Answer), ReadRefusals)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Answer>, ProblemResponse> {
    let token = Bearer::of(&headers)?;
    app.run(move |gridpass| {
        let client = token.client(gridpass, ApiScope::AccountsRead)?;
        let found = gridpass
            .account_by_number(&client.provider, &parse(&number)?)
            .map_err(|error| super::store_problem(&error))?
            .ok_or_else(not_found)?;
        Ok(Json(answer(found.details)))
    })
    .await?
}

/// Makes an account, or replaces what is known of it.
#[utoipa::path(
    put,
    path = "/api/v1/accounts/{number}",
    operation_id = "write_account",
    tag = "accounts",
    security(("token" = ["accounts:write"])),
    params(("number" = String, Path, description = "The account number")),
    request_body = Request,
    responses(
        (status = 200, description = "As it is known now.", body = Answer),
        (status = 201, description = "It was not known before.", body = Answer),
        WriteRefusals
    )
)]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<RequestFacts>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Answer>), ProblemResponse> {
    let token = Bearer::of(&headers)?;
    let request = super::json_body(&headers, body);
    app.run(move |gridpass| {
        let client = token.client(gridpass, ApiScope::AccountsWrite)?;
        let actor = in_request(Actor::api_client(&client), &facts);
        let details = details(parse(&number)?, request?);
        let written = gridpass
            .upsert_account(&client.provider, details.clone(), actor)
            .map_err(|error| refusal(&error))?;
        let status = match written {
            Upserted::Made(_) => StatusCode::CREATED,
            Upserted::Changed(_) | Upserted::Unchanged(_) => StatusCode::OK,
        };
        Ok((status, Json(answer(details))))
    })
    .await?
}

fn parse(number: &str) -> Result<AccountNumber, ProblemResponse> {
    number.parse().map_err(|_| not_found())
}

fn not_found() -> ProblemResponse {
    ProblemResponse::saying(
        ProblemName::NotFound,
        "There is no account with this number. Check it, or write the account first.",
    )
}

fn refusal(error: &AccountError) -> ProblemResponse {
    match error {
        AccountError::NotFound => not_found(),
        AccountError::NotAllowed(_) => ProblemResponse::of(ProblemName::Forbidden),
        AccountError::Invalid(problem) => ProblemResponse::new(
            Problem::new(ProblemName::Invalid, format!("Correct this: {problem}."))
                .with_reason(problem.as_str()),
        ),
        AccountError::Store(error) => super::store_problem(error),
    }
}

fn details(number: AccountNumber, request: Request) -> AccountDetails {
    AccountDetails {
        number,
        name: request.name,
        email: request.email,
        mobile: request.mobile,
        address: request.address.map(|address| PostalAddress {
            line_1: address.line_1,
            line_2: address.line_2,
            postal_code: address.postal_code,
            city: address.city,
            region: address.region,
            country: address.country,
        }),
        language: request.language.unwrap_or_default(),
    }
}

fn answer(details: AccountDetails) -> Answer {
    Answer {
        number: details.number,
        name: details.name,
        email: details.email,
        mobile: details.mobile,
        address: details.address.map(|address| Address {
            line_1: address.line_1,
            line_2: address.line_2,
            postal_code: address.postal_code,
            city: address.city,
            region: address.region,
            country: address.country,
        }),
        language: details.language,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use gridpass_provider::{Actor, ApiScope};
    use serde_json::{Value, json};

    use crate::testing::{Answer, Portal};

    const PATH: &str = "/api/v1/accounts/VT%202041";

    fn token(portal: &Portal, scopes: &[ApiScope]) -> String {
        let provider = "demo".parse().unwrap();
        portal
            .gridpass
            .make_api_token(&provider, scopes, "test", Actor::system())
            .unwrap()
    }

    async fn call(portal: &Portal, method: &str, token: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(PATH)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        portal.send(request).await
    }

    #[tokio::test]
    async fn an_account_is_made_changed_and_read_back() {
        let portal = Portal::new();
        let token = token(&portal, &ApiScope::ALL);
        let none = call(&portal, "GET", &token, &Value::Null).await;
        assert_eq!(none.problem(), "not-found");
        let account = json!({
            "name": "Dana Ito", "email": "dana@customers.example", "language": "es",
            "address": {"line_1": "7 Elm St", "postal_code": "05602", "city": "Montpelier", "country": "US"}
        });
        let made = call(&portal, "PUT", &token, &account).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let again = call(&portal, "PUT", &token, &account).await;
        assert_eq!(again.status, StatusCode::OK);
        let read: Value =
            serde_json::from_str(&call(&portal, "GET", &token, &Value::Null).await.body).unwrap();
        assert_eq!(read["number"], "VT 2041");
        assert_eq!(read["address"]["city"], "Montpelier");
        assert_eq!(read["language"], "es");
    }

    #[tokio::test]
    async fn what_is_wrong_with_an_account_is_named_and_nothing_is_written() {
        let portal = Portal::new();
        let token = token(&portal, &ApiScope::ALL);
        for (account, problem, reason) in [
            (json!({"name": ""}), "invalid", "name"),
            (json!({"name": "x", "email": "x"}), "invalid", "email"),
            (json!({"name": "x", "mobile": "5"}), "invalid", "mobile"),
            (json!({"name": "x", "surprise": 1}), "bad-request", ""),
        ] {
            let refused = call(&portal, "PUT", &token, &account).await;
            assert_eq!(refused.problem(), problem, "{account}");
            let body: Value = serde_json::from_str(&refused.body).unwrap();
            assert_eq!(body["reason"].as_str().unwrap_or_default(), reason);
        }
        let none = call(&portal, "GET", &token, &Value::Null).await;
        assert_eq!(none.problem(), "not-found");
    }

    #[tokio::test]
    async fn reading_and_writing_take_a_scope_each() {
        let portal = Portal::new();
        let reads = token(&portal, &[ApiScope::AccountsRead]);
        let writes = token(&portal, &[ApiScope::AccountsWrite]);
        let account = json!({"name": "x"});
        assert_eq!(
            call(&portal, "PUT", &reads, &account).await.problem(),
            "forbidden"
        );
        assert_eq!(
            call(&portal, "GET", &writes, &Value::Null).await.problem(),
            "forbidden"
        );
    }
}
