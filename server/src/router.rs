//! Every route, and what each request passes through on its way.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, RETRY_AFTER,
};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use gridpass_app::ssr::{Asking, Lane, RequestFacts, request_language};
use gridpass_protocol::ProblemName;
use gridpass_provider::MAX_CONFIRMATION_LENGTH;
use ipnet::IpNet;
use leptos::context::provide_context;
use leptos_axum::{ResponseOptions, generate_route_list, handle_server_fns_with_context};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{
    MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::client_ip::client_ip;
use crate::config::Site;
use crate::door;
use crate::http::{
    accounts, audit, confirmation, directory, health, installed, instructions, label, letters,
    manual, messages, oidc, openapi, own_data, registrations, revocation, staff, staff_import,
    staff_jobs, waiting, wake,
};
use crate::metrics::{Door, Timed};
use crate::problem::{COME_BACK, ProblemResponse};
use crate::security;
use crate::state::{App, busy};
use crate::traces::{PARENT, TARGET};

/// Server functions and forms: a few short fields.
const FORM_LIMIT: usize = 16 * 1024;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The addresses of all pages.
///
/// Listed once in a process: while they are, every page that is being rendered, by whomever, waits for its
/// data for ever (leptos issue 4773).
pub(crate) static PAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
    generate_route_list(gridpass_app::App)
        .iter()
        .map(|page| page.path().to_owned())
        .collect()
});

/// The whole portal.
pub(crate) fn router(app: Arc<App>, site: &Site) -> Router {
    let (calls, document) = calls();
    let routes = Router::new()
        .merge(calls)
        .merge(revocation::routes())
        .merge(pages(&app))
        .merge(files(site))
        .with_state(Arc::clone(&app))
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn_with_state(
                    Arc::clone(&app),
                    facts_and_timeout,
                ))
                .layer(middleware::from_fn_with_state(
                    Arc::clone(&app),
                    security::refuse_forged,
                ))
                .layer(Extension(openapi::for_page(&document))),
        );
    outermost(routes, app)
}

/// What every request passes through first and last, whichever listener it comes by. In one piece: a router
/// boxes whatever it is given as a layer, and every request copies every box, and all that is in it.
pub(crate) fn outermost(routes: Router, app: Arc<App>) -> Router {
    routes.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn_with_state(app, security::headers))
            .layer(CatchPanicLayer::custom(|_| {
                ProblemResponse::of(ProblemName::InternalError).into_response()
            }))
            .layer(SetRequestIdLayer::new(REQUEST_ID, FreshRequestId))
            .layer(PropagateRequestIdLayer::new(REQUEST_ID))
            .layer(middleware::from_fn(door::bounded)),
    )
}

/// The calls of protocol, "HTTP", and the document that describes them.
fn calls() -> (Router<Arc<App>>, utoipa::openapi::OpenApi) {
    let sealed = OpenApiRouter::new()
        .routes(routes!(confirmation::post))
        .routes(routes!(messages::post))
        .layer(DefaultBodyLimit::max(MAX_CONFIRMATION_LENGTH));
    let instructions = OpenApiRouter::new()
        .routes(routes!(instructions::post))
        .layer(DefaultBodyLimit::max(instructions::SIZE_LIMIT));
    let (router, document) = OpenApiRouter::with_openapi(openapi::Document::openapi())
        .routes(routes!(directory::get))
        .routes(routes!(registrations::post))
        .routes(routes!(registrations::one::get))
        .routes(routes!(registrations::one::cancel))
        .routes(routes!(accounts::get, accounts::put))
        .routes(routes!(manual::get))
        .routes(routes!(instructions::one::get))
        .routes(routes!(wake::get))
        .routes(routes!(health::live))
        .routes(routes!(health::lives))
        .routes(routes!(health::ready))
        .layer(DefaultBodyLimit::max(registrations::SIZE_LIMIT))
        .merge(sealed)
        .merge(instructions)
        .split_for_parts();
    let router = router
        .merge(openapi::route(&document))
        .route("/api/{*rest}", axum::routing::any(no_such_call))
        .method_not_allowed_fallback(method_not_allowed);
    (router, document)
}

pub(crate) async fn no_such_call() -> ProblemResponse {
    ProblemResponse::of(ProblemName::NotFound)
}

pub(crate) async fn method_not_allowed() -> ProblemResponse {
    ProblemResponse::of(ProblemName::MethodNotAllowed)
}

/// The site: pages rendered here, and the server functions they call.
fn pages(app: &Arc<App>) -> Router<Arc<App>> {
    let mut router = Router::new()
        .route("/sw.js", get(installed::service_worker))
        .route("/manifest.webmanifest", get(installed::manifest))
        .route("/staff/events", get(staff::events))
        .route("/staff/jobs/{id}/result.csv", get(staff_jobs::result))
        .route("/staff/jobs/{id}/letters", post(staff_jobs::letters))
        .route("/staff/programme.csv", get(staff_jobs::programme))
        .route("/oidc/{provider}/{audience}/begin", get(oidc::begin))
        .route("/oidc/callback", get(oidc::callback))
        .route("/account/data.json", get(own_data::get))
        .route("/staff/letters.pdf", post(letters::print))
        .route("/staff/audit.jsonl", get(audit::export))
        .route("/devices/{id}/label.svg", get(label::svg))
        .route("/devices/{id}/label.png", get(label::png))
        .route(
            "/api/fn/{*name}",
            get(server_function).post(server_function),
        );
    for page in PAGES.iter() {
        router = router.route(page, get(page_handler(app)));
    }
    router
        .fallback(page_handler(app))
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .route(
            "/staff/customers/import",
            post(staff_import::post).layer(DefaultBodyLimit::max(staff_import::SIZE_LIMIT)),
        )
        .route(
            "/staff/jobs/upload",
            post(staff_jobs::upload).layer(DefaultBodyLimit::max(staff_jobs::SIZE_LIMIT)),
        )
        .layer(CompressionLayer::new())
}

/// Renders whichever page the address names; an unknown one says so with a 404.
///
/// A page is rendered to its end even if its reader goes away. Parts of it are tried on other threads
/// meanwhile, and each of them would wait for ever, thread and all, if what it belongs to ended
/// under its hands: the reactive graph looks upwards with a lock on what an end takes down with it.
fn page_handler(
    app: &Arc<App>,
) -> impl Fn(Request) -> Pin<Box<dyn Future<Output = Response> + Send>> + Clone + Send + 'static {
    let app = Arc::clone(app);
    let render = leptos_axum::render_app_async_with_context(
        move || provide(&app),
        || {
            set_content_security_policy();
            set_content_language();
            gridpass_app::ssr::shell()
        },
    );
    move |request| {
        let rendered = render(request);
        Box::pin(async move {
            let page = async move {
                let (head, body) = rendered.await.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await;
                body.map(|body| Response::from_parts(head, body.into()))
            };
            let page = Asking::here().during(page).in_current_span();
            match tokio::spawn(page).await {
                Ok(Ok(page)) => page,
                outcome => {
                    tracing::error!(?outcome, "a page could not be rendered");
                    ProblemResponse::of(ProblemName::InternalError).into_response()
                }
            }
        })
    }
}

async fn server_function(State(app): State<Arc<App>>, request: Request) -> Response {
    handle_server_fns_with_context(move || provide(&app), request)
        .await
        .into_response()
}

/// What pages and server functions find in their context.
fn provide(app: &Arc<App>) {
    provide_context(Arc::clone(&app.turns));
    provide_context(Arc::clone(&app.assets));
    provide_context(app.dev_outbox);
    provide_context(app.cookie_security);
}

/// The page's own policy: the middleware cannot know the nonce.
fn set_content_security_policy() {
    let nonce = leptos::nonce::use_nonce();
    let policy = security::content_security_policy(nonce.as_deref());
    if let (Ok(policy), Some(response)) = (
        HeaderValue::from_str(&policy),
        leptos::context::use_context::<ResponseOptions>(),
    ) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// Who keeps a copy of a page knows its language by it.
fn set_content_language() {
    if let Some(response) = leptos::context::use_context::<ResponseOptions>() {
        let language = HeaderValue::from_static(request_language().tag());
        response.insert_header(CONTENT_LANGUAGE, language);
    }
}

/// The bundles, cached for ever under hashed names, and the static files.
fn files(site: &Site) -> Router<Arc<App>> {
    let immutable =
        SetResponseHeaderLayer::overriding(CACHE_CONTROL, |response: &axum::http::Response<_>| {
            let value = if response.status().is_success() {
                "public, max-age=31536000, immutable"
            } else {
                "no-store"
            };
            Some(HeaderValue::from_static(value))
        });
    let pkg = ServeDir::new(&site.pkg)
        .precompressed_br()
        .precompressed_gzip();
    let public = |name: &str| tower_http::services::ServeFile::new(site.public.join(name));
    let icons = installed::ICONS.map(|icon| icon.path).into_iter();
    icons
        .chain(["/favicon.svg", "/icon-touch-180.png", "/robots.txt"])
        .fold(Router::new(), |router, path| {
            router.route_service(path, public(path.trim_start_matches('/')))
        })
        .nest_service("/pkg", ServiceBuilder::new().layer(immutable).service(pkg))
}

/// Notes who asks, bounds how long the answer may take, and logs the outcome.
async fn facts_and_timeout(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let socket = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(std::net::Ipv4Addr::LOCALHOST.into(), |info| info.0.ip());
    let is_trusted = |net: &IpNet| net.contains(&socket.to_canonical());
    let trace = if app.trusted_proxies.iter().any(is_trusted) {
        Trace::Continued
    } else {
        Trace::New
    };
    let client = client_ip(socket, request.headers(), &app.trusted_proxies);
    with_facts(
        &app,
        Came {
            door: Door::Portal,
            client,
            trace,
        },
        request,
        next,
    )
    .await
}

/// How a request came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Came {
    pub door: Door,
    pub client: IpAddr,
    pub trace: Trace,
}

/// Whether a request may belong to a trace that began elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// Whatever its headers say.
    New,
    /// A trusted proxy has written its headers.
    Continued,
}

/// The same for whoever knows already which client it is.
pub(crate) async fn with_facts(
    app: &App,
    Came {
        door,
        client,
        trace,
    }: Came,
    mut request: Request,
    next: Next,
) -> Response {
    let request_id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default()
        .to_owned();
    // The route's pattern, never the path: a path may hold a temporary id or a lookup.
    let route = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let started = tokio::time::Instant::now();
    let measured = app.metrics.request(door, &route, &method);
    request.extensions_mut().insert(RequestFacts {
        client,
        request_id: request_id.clone(),
        arrived: started,
    });
    let wishes_to_wait = waiting::beyond_timeout(&route, request.headers());
    let timeout = app.timeout + wishes_to_wait;
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        otel.status_code = tracing::field::Empty,
        traceparent = tracing::field::Empty,
        gridpass.request_id = request_id,
    );
    if trace == Trace::Continued
        && let Some(parent) = request.headers().get("traceparent")
        && let Ok(parent) = parent.to_str()
    {
        span.record(PARENT, parent);
    }
    let asking = match lane_of(&route) {
        Lane::House => Asking::default(),
        lane => Asking {
            lane,
            client: Some(client),
        },
    };
    let answered = tokio::time::timeout(
        timeout,
        asking.during(next.run(request).instrument(span.clone())),
    );
    let mut response = match answered.await {
        Ok(response) => response,
        Err(_) => busy().into_response(),
    };
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    let timed = if wishes_to_wait.is_zero() {
        Timed::Yes
    } else {
        Timed::No
    };
    measured.answered(status, timed);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        // Whoever knows better has said so.
        let headers = response.headers_mut().entry(RETRY_AFTER);
        headers.or_insert(HeaderValue::from(COME_BACK));
    }
    let micros = started.elapsed().as_micros();
    if status.is_server_error() {
        tracing::error!(%method, route, status = status.as_u16(), micros, request_id, "request failed");
    } else {
        tracing::info!(%method, route, status = status.as_u16(), micros, request_id, "request");
    }
    response
}

/// What kind of work a route makes.
fn lane_of(route: &str) -> Lane {
    match route {
        "/healthz" | "/livez" | "/readyz" => Lane::House,
        "/oidc/{provider}/{audience}/begin" | "/oidc/callback" => Lane::Issuers,
        call if ["/api/v1/", "/.well-known/", "/crl/", "/ocsp", "/openadr3/"]
            .iter()
            .any(|begin| call.starts_with(begin)) =>
        {
            Lane::Calls
        }
        _ => Lane::Pages,
    }
}

/// A fresh id for each request; one sent by a client is never taken over into our logs.
#[derive(Debug, Clone, Copy)]
struct FreshRequestId;

impl MakeRequestId for FreshRequestId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&uuid::Uuid::new_v4().to_string())
            .ok()
            .map(RequestId::new)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Mutex;
    use std::task::Poll;

    use axum::http::StatusCode;
    use gridpass_provider::Role;

    use crate::testing::{Portal, dead_letter};

    #[tokio::test]
    async fn a_page_is_whole_and_lets_only_its_own_script_run() {
        let portal = Portal::new();
        let page = portal.get("/").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("<h1>") && page.body.contains("</footer>"));
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap();
        for script in page.body.split("<script").skip(1) {
            assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{script}");
        }
        assert!(!page.body.contains(" style="), "no inline style");
        let again = portal.get("/").await;
        assert_ne!(
            again.headers["content-security-policy"], policy,
            "a nonce is used once"
        );
    }

    #[tokio::test]
    async fn staff_pages_load_their_own_script_and_customers_pages_do_not() {
        let portal = Portal::new();
        let scripts = |body: &str| (body.contains("/pkg/a.js"), body.contains("/pkg/desk.js"));
        for (path, expected) in [
            ("/", (true, false)),
            ("/staffing", (true, false)),
            ("/staff", (false, true)),
            ("/staff/nothing", (false, true)),
        ] {
            assert_eq!(scripts(&portal.get(path).await.body), expected, "{path}");
        }
    }

    #[tokio::test]
    async fn every_answer_carries_the_security_headers() {
        let portal = Portal::new();
        for path in [
            "/",
            "/nothing",
            "/healthz",
            "/api/v1/nothing",
            "/.well-known/gridpass",
        ] {
            let headers = portal.get(path).await.headers;
            assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
            assert!(headers.contains_key("content-security-policy"), "{path}");
            assert!(headers.contains_key("x-request-id"), "{path}");
        }
    }

    #[tokio::test]
    async fn what_is_not_there_says_so() {
        let portal = Portal::new();
        let page = portal.get("/nothing").await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(
            page.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
        assert_eq!(portal.get("/api/v1/nothing").await.problem(), "not-found");
        assert_eq!(
            portal
                .get("/.well-known/gridpass?provider=x")
                .await
                .problem(),
            "not-found"
        );
    }

    #[tokio::test]
    async fn another_site_cannot_act_for_a_person() {
        let portal = Portal::new();
        let forged = [
            ("origin", "https://evil.example"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = portal.post("/api/fn/sign-out", &forged, "").await;
        assert_eq!(answer.problem(), "forbidden");
    }

    #[tokio::test]
    async fn alive_and_ready_are_told_apart() {
        let portal = Portal::new();
        assert_eq!(portal.get("/healthz").await.body, "ok\n");
        assert_eq!(portal.get("/livez").await.body, "ok\n");
        assert_eq!(portal.get("/readyz").await.body, "ready\n");
    }

    #[tokio::test]
    async fn a_server_that_stops_says_so_at_once_and_lives_on() {
        let portal = Portal::new();
        assert_eq!(portal.get("/readyz").await.status, StatusCode::OK);
        portal.gridpass.stop();
        let stopping = portal.get("/readyz").await;
        assert_eq!(stopping.problem(), "service-unavailable");
        assert_eq!(portal.get("/livez").await.status, StatusCode::OK);
        assert_eq!(portal.get("/").await.status, StatusCode::OK);
    }

    #[tokio::test]
    async fn the_desk_is_for_staff() {
        let portal = Portal::new();
        let stranger = portal.get("/staff").await;
        assert!(stranger.body.contains("Sign in to the desk"));
        let cookie = portal.staff_cookie("demo", Role::Auditor);
        let inside = portal.get_as("/staff", &cookie).await;
        assert!(
            inside.body.contains("The auditor (auditor)"),
            "{}",
            inside.body
        );
    }

    /// Complaints about pages that lost what they were rendered from.
    static LOST: Mutex<Vec<String>> = Mutex::new(Vec::new());

    fn note_lost_pages() {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let said = panic.to_string();
            if said.contains("outside a <Router>") || said.contains("expected context of type") {
                LOST.lock().unwrap().push(said);
            }
            before(panic);
        }));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_page_whose_reader_goes_away_ends_quietly() {
        note_lost_pages();
        let portal = Portal::new();
        let cookie = portal.staff_cookie("demo", Role::Admin);
        for turn in 0..2000 {
            for path in ["/", "/staff", "/staff/people", "/staff/dr"] {
                let mut page = pin!(portal.get_as(path, &cookie));
                let mut looks = turn % 7;
                poll_fn(|context| {
                    if looks == 0 || page.as_mut().poll(context).is_ready() {
                        return Poll::Ready(());
                    }
                    looks -= 1;
                    Poll::Pending
                })
                .await;
            }
        }
        assert_eq!(*LOST.lock().unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn the_first_page_of_the_desk_says_what_was_not_delivered_in_the_last_week() {
        let portal = Portal::new();
        let cookie = portal.staff_cookie("demo", Role::Admin);
        let (_, token) = cookie.split_once('=').unwrap();
        let admin = portal.gridpass.staff_session(token).unwrap().unwrap();
        let said = "One message of the last 7 days could not be delivered";
        let before = portal.get_as("/staff", &cookie).await.body;
        assert!(before.contains("Nothing waits for you"), "{before}");
        dead_letter(&portal.gridpass, &admin);
        let after = portal.get_as("/staff", &cookie).await.body;
        assert!(after.contains(said), "{after}");
        portal.clock.advance(7 * 24 * 60 * 60 + 1);
        let cookie = portal.staff_cookie("demo", Role::Support);
        let later = portal.get_as("/staff", &cookie).await.body;
        assert!(later.contains("Nothing waits for you"), "{later}");
    }
}
