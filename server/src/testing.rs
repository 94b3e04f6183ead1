//! A portal in this process: the real router over a real database, with a clock that stands still.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::{Extension, Router};
use gridpass_app::ssr::cookies::{session_name, staff_name};
use gridpass_app::ssr::{Assets, CookieSecurity, DevOutbox, ScriptAssets, Turns};
use gridpass_bench::client::Call;
use gridpass_bench::device::{self, Device};
use gridpass_protocol::UnixTime;
use gridpass_provider::delivery::{Carriers, Failure, MailCarrier, OutgoingMail};
use gridpass_provider::{
    Actor, Amount, ApiScope, Browser, Channel, DeliveryBox, EventDraft, FixedClock, Gridpass,
    NewStaff, Peer, ProgramDraft, Registration, Role, Signal, SignalKind, StaffSession, Target,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::config::Config;
use crate::door::{Standing, StandingPlace};
use crate::http::health::Verdict;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::mtls::{self, ShownCertificate};
use crate::state::App;
use crate::{router, security};

const NOW: UnixTime = UnixTime(1_795_000_000);
pub(crate) const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../gridpass.toml");

/// The demo installation on a fresh database.
pub(crate) struct Portal {
    pub gridpass: Arc<Gridpass>,
    pub clock: Arc<FixedClock>,
    pub app: Arc<App>,
    pub router: Router,
    devices: Router,
    _folder: TempDir,
}

/// A device after its enrollment.
pub(crate) struct EnrolledDevice {
    /// Its keys and what it knows from its label.
    pub device: Device,
    /// As TLS shows it.
    pub peer: Peer,
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// A device to be registered over the API, with nothing said of it but what it is and whose.
pub(crate) fn registration(provider: &str, account: &str, device_id: &str) -> Registration {
    device::registration(provider, account, device_id).unwrap()
}

/// A mail server that takes nothing.
struct Closed;

impl MailCarrier for Closed {
    fn carry(&self, _: &OutgoingMail) -> Result<(), Failure> {
        Err(Failure::Refused("nobody of this name".to_owned()))
    }
}

/// A mail that was given up.
pub(crate) fn dead_letter(gridpass: &Gridpass, admin: &StaffSession) -> String {
    let registration = Registration {
        channel: Channel::Email,
        ..registration(admin.provider.as_str(), "A-1001", "SN-4711-0816")
    };
    gridpass.register(registration, Actor::system()).unwrap();
    let carriers = Carriers {
        mail: Some(Box::new(Closed)),
        ..Carriers::default()
    };
    gridpass.deliver_due(&carriers, 10).unwrap();
    let actor = Actor::staff(admin);
    let dead = gridpass.deliveries(admin, DeliveryBox::Dead, None, 1, &actor);
    dead.unwrap().rows[0].id.to_string()
}

impl Portal {
    pub(crate) fn new() -> Self {
        Self::with_turns(4)
    }

    /// One that works on so many things at a time.
    pub(crate) fn with_turns(turns: usize) -> Self {
        Self::with(turns, |_| {})
    }

    /// One that serves another provider too, `other`, whose accounts have
    /// the same numbers.
    pub(crate) fn of_two_providers() -> Self {
        Self::with(4, |config| {
            let mut other = config.providers[0].clone();
            other.id = "other".parse().unwrap();
            "Other Power".clone_into(&mut other.name);
            for account in &mut other.accounts {
                account.name = format!("Somebody {}", account.number);
            }
            config.providers.push(other);
        })
    }

    /// One whose staff approve every device that comes over EST.
    pub(crate) fn with_approval() -> Self {
        Self::with(4, |config| {
            config.providers[0].est.approval = gridpass_provider::Approval::Manual;
        })
    }

    fn with(turns: usize, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap().to_owned();
        let environment = [("GRIDPASS_DATA_DIR".to_owned(), data)];
        let mut config = Config::read(CONFIG.as_ref(), environment).unwrap();
        change(&mut config);
        let random = Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(1)));
        let clock = Arc::new(FixedClock::new(NOW));
        let gridpass = Gridpass::open(
            config.installation().unwrap(),
            Arc::clone(&clock) as _,
            random,
        )
        .unwrap();
        let line = config.mtls.as_ref().unwrap().line(&config.origin, 3443);
        let gridpass = Arc::new(gridpass.with_device_line(line.unwrap()));
        let policy = security::content_security_policy(None);
        let app = App {
            gridpass: Arc::clone(&gridpass),
            assets: Arc::new(Assets {
                js: "/pkg/a.js".into(),
                wasm: "/pkg/a_bg.wasm".into(),
                css: "/pkg/a.css".into(),
                worker: "/pkg/worker-loader.js".into(),
                desk: ScriptAssets {
                    js: "/pkg/desk.js".into(),
                    wasm: "/pkg/desk_bg.wasm".into(),
                },
                phone: ScriptAssets {
                    js: "/pkg/phone.js".into(),
                    wasm: "/pkg/phone_bg.wasm".into(),
                },
            }),
            origin: config.origin.clone(),
            trusted_proxies: Vec::new(),
            dev_outbox: DevOutbox::Shown,
            cookie_security: CookieSecurity::Loopback,
            content_security_policy: HeaderValue::from_str(&policy).unwrap(),
            live: Live::default(),
            metrics: Arc::new(Metrics::new(&gridpass)),
            readiness: Verdict::default(),
            standing: Standing::default(),
            timeout: config.http.timeout,
            turns: Arc::new(Turns::new(Arc::clone(&gridpass), turns)),
        };
        let app = Arc::new(app);
        let devices = mtls::router(Arc::clone(&app));
        let router = router::router(Arc::clone(&app), &config.site);
        Self {
            gridpass,
            clock,
            app,
            router,
            devices,
            _folder: folder,
        }
    }

    /// Takes every place of requests that stand, for the client of the tests.
    pub(crate) fn stand_all(&self) -> Vec<StandingPlace> {
        std::iter::from_fn(|| self.app.standing.take(Ipv4Addr::LOCALHOST.into())).collect()
    }

    /// A token that may post registrations.
    pub(crate) fn token(&self) -> String {
        let provider = "demo".parse().unwrap();
        let scopes = [ApiScope::RegistrationsWrite];
        self.gridpass
            .make_api_token(&provider, &scopes, "test", Actor::system())
            .unwrap()
    }

    /// The cookie of a customer of `provider`, signed in by the code of the newest message.
    pub(crate) fn customer_cookie(&self, provider: &str, account: &str) -> String {
        let (provider, browser) = (provider.parse().unwrap(), Browser::default());
        let gridpass = &self.gridpass;
        let asking = gridpass
            .request_sign_in(&provider, account, None, &browser)
            .unwrap();
        // Messages of one second are in no order: the one that this browser asked for opens.
        let begun = gridpass
            .outbox_messages()
            .unwrap()
            .iter()
            .filter_map(|message| message.text.split_once("/account/link#"))
            .filter_map(|(_, rest)| rest.lines().next())
            .find_map(|token| gridpass.finish_sign_in(token, Some(&asking), &browser).ok())
            .unwrap();
        let name = session_name(CookieSecurity::Loopback);
        format!("{name}={}", begun.token)
    }

    /// A device registered for an account: the id of its enrollment.
    pub(crate) fn enrollment_of(&self, provider: &str, account: &str) -> String {
        let registration = registration(provider, account, "SN-4711-0815");
        let registered = self.gridpass.register(registration, Actor::system());
        registered.unwrap().enrollment_id.to_string()
    }

    /// The cookie of one more admin of `demo`.
    pub(crate) fn another_admin(&self) -> String {
        self.staff_cookie_of("demo", Role::Admin, "second")
    }

    /// The cookie of somebody of this role on the staff of `provider`, signed in.
    pub(crate) fn staff_cookie(&self, provider: &str, role: Role) -> String {
        self.staff_cookie_of(provider, role, role.as_str())
    }

    fn staff_cookie_of(&self, provider: &str, role: Role, who: &str) -> String {
        let new = NewStaff {
            provider: provider.parse().unwrap(),
            email: format!("{who}@{provider}.example"),
            name: format!("The {role}"),
            role,
        };
        let gridpass = &self.gridpass;
        let link = gridpass.invite_staff(new, Actor::system()).unwrap().link;
        let (_, token) = link.split_once('#').unwrap();
        let offered = gridpass.invitation(token).unwrap().unwrap();
        let secret = totp_rs::Secret::try_from_base32(&offered.totp_secret).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let code = totp.generate(gridpass.clock_now().0).to_string();
        let begun = gridpass
            .accept_by_password(token, "correct horse battery", &code, Browser::default())
            .unwrap();
        let name = staff_name(CookieSecurity::Loopback);
        format!("{name}={}", begun.token)
    }

    /// A device of `provider` that has its label.
    pub(crate) async fn labelled(&self, provider: &str, device_id: &str) -> Device {
        let provider = provider.parse().unwrap();
        let scopes = [ApiScope::RegistrationsWrite];
        let token = self
            .gridpass
            .make_api_token(&provider, &scopes, device_id, Actor::system());
        let bearer = format!("Bearer {}", token.unwrap());
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", device_id),
        ];
        let registration = serde_json::json!({
            "account": "A-1001", "device_id": device_id, "kind": "device", "channel": "api",
        });
        let path = "/api/v1/registrations";
        let registered = self.post(path, &headers, &registration.to_string()).await;
        assert_eq!(
            registered.status,
            StatusCode::CREATED,
            "{}",
            registered.body
        );
        let link = device::link_of(registered.body.as_bytes()).unwrap();
        let directory = self.gridpass.directory(Some(&provider));
        let mut rng = ChaCha20Rng::from_seed(sha256(device_id.as_bytes()));
        let now = self.gridpass.clock_now();
        Device::make(&link, device_id, &directory, now, &mut rng).unwrap()
    }

    /// A device of `provider`, enrolled.
    pub(crate) async fn enrolled(&self, provider: &str, device_id: &str) -> EnrolledDevice {
        let device = self.labelled(provider, device_id).await;
        let Call { path, body, .. } = &device.confirmation;
        let body = std::str::from_utf8(body).unwrap();
        let jose = [("content-type", "application/jose")];
        let answer = self.post(path, &jose, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let certificate = device.open(answer.body.as_bytes()).unwrap().certificate;
        let peer = self.gridpass.peer(certificate.into()).unwrap();
        EnrolledDevice { device, peer }
    }

    /// A programme of `demo` and an event of it in an hour, for a group that holds this device:
    /// their ids.
    pub(crate) fn event_for(&self, peer: &Peer, name: &str) -> (String, String) {
        let gridpass = &self.gridpass;
        let cookie = self.staff_cookie("demo", Role::Operator);
        let (_, token) = cookie.split_once('=').unwrap();
        let staff = gridpass.staff_session(token).unwrap().unwrap();
        let actor = || Actor::staff(&staff);
        let draft = ProgramDraft {
            name: format!("Programme of {name}"),
            description: String::new(),
        };
        let program = gridpass.make_dr_program(&staff, draft, actor()).unwrap();
        let group = gridpass.make_dr_group(&staff, name, actor()).unwrap();
        let draft = EventDraft {
            program,
            name: name.to_owned(),
            starts_at: gridpass.clock_now().plus(60 * 60),
            length: 60 * 60,
            randomize_start: 0,
            signal: Signal {
                kind: SignalKind::Simple,
                amounts: vec![Amount::from_thousandths(2000)],
            },
            priority: None,
            incentive: None,
            targets: vec![Target::Group { group }],
        };
        let event = gridpass.make_dr_event(&staff, draft, actor()).unwrap();
        let device = peer.enrollment.to_string();
        gridpass
            .add_to_dr_group(&staff, group, &device, actor())
            .unwrap();
        (program.to_string(), event.to_string())
    }

    /// What the listener for devices answers to whoever shows this certificate, or none. It is looked
    /// up as in a connection; only TLS is left out.
    pub(crate) async fn send_over_mtls(
        &self,
        certificate: Option<&Arc<[u8]>>,
        mut request: Request<Body>,
    ) -> Answer {
        let shown = ShownCertificate(certificate.cloned());
        request.extensions_mut().insert(shown);
        Self::answer(&self.devices, request).await
    }

    /// What the listener for devices answers to this device.
    pub(crate) async fn send_as(&self, peer: &Peer, request: Request<Body>) -> Answer {
        self.send_over_mtls(Some(&peer.certificate), request).await
    }

    /// Serves the listener for devices to whoever comes to this address, as this device.
    pub(crate) async fn serve_as(&self, peer: &Peer) -> SocketAddr {
        let shown = ShownCertificate(Some(peer.certificate.clone()));
        let router = self.devices.clone().layer(Extension(shown));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Self::answer(&self.router, request).await
    }

    async fn answer(router: &Router, request: Request<Body>) -> Answer {
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.into()).unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// What a browser names as its origin.
    pub(crate) fn origin(&self) -> &str {
        self.gridpass.origin().as_str()
    }

    /// A page as whoever holds this cookie sees it.
    pub(crate) async fn get_as(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path)
            .header("cookie", cookie)
            .header("accept", "text/html");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = headers
            .iter()
            .fold(Request::post(path), |request, (name, value)| {
                request.header(*name, *value)
            });
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }
}

impl Answer {
    /// The name in the problem document.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{}",
            self.body
        );
        let problem: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|detail| detail.len() > 10)
        );
        problem["type"]
            .as_str()
            .unwrap()
            .trim_start_matches("urn:gridpass:problem:")
            .to_owned()
    }
}
