//! Signing in at an issuer of the provider. The issuer is made up here: it answers behind the port
//! that requests to issuers go through, and signs with a key of its own.

use std::sync::{Arc, Mutex};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use gridpass_protocol::b64u;
use gridpass_provider::{
    Actor, Audience, AuditFilter, AuditVerifyError, Gridpass, NewStaff, OidcAnswer, OidcConfig,
    OidcError, OidcHttp, OidcHttpError, OidcSession, Role, StaffChange, StaffSession, Standing,
};
use openidconnect::{HttpRequest, HttpResponse, http, url::Url};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, NOW, demo, operator},
    staff::browser,
};

const ISSUER: &str = "https://login.gmec.example";
const CALLBACK: &str = "https://portal.gmec.example/oidc/callback";

/// What the issuer does next.
#[derive(Clone)]
struct Next {
    claims: Value,
    /// The challenge of the authorization request whose code is exchanged.
    challenge: String,
    /// Which key it signs with.
    key: usize,
    /// Which key it publishes.
    published: usize,
}

struct Issuer {
    keys: [EcdsaKeyPair; 2],
    next: Mutex<Next>,
    asked: Mutex<Vec<String>>,
}

impl Issuer {
    fn new() -> Arc<Self> {
        let key = || EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let next = Next {
            claims: Value::Null,
            challenge: String::new(),
            key: 0,
            published: 0,
        };
        Arc::new(Self {
            keys: [key(), key()],
            next: Mutex::new(next),
            asked: Mutex::default(),
        })
    }

    fn jwks(&self) -> Value {
        let published = self.next.lock().unwrap().published;
        let point = self.keys[published].public_key().as_ref();
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": "1", "alg": "ES256",
            "x": b64u(&point[1..33]), "y": b64u(&point[33..65]),
        }] })
    }

    fn id_token(&self, next: &Next) -> String {
        let header = b64u(json!({ "alg": "ES256", "kid": "1" }).to_string().as_bytes());
        let signed = format!("{header}.{}", b64u(next.claims.to_string().as_bytes()));
        let signature = self.keys[next.key]
            .sign(&SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", b64u(signature.as_ref()))
    }

    fn exchange(&self, request: &HttpRequest) -> Value {
        let next = self.next.lock().unwrap().clone();
        let query = format!("?{}", String::from_utf8(request.body().clone()).unwrap());
        let sent = Url::parse(ISSUER).unwrap().join(&query).unwrap();
        assert_eq!(parameter(&sent, "code"), "the-code");
        assert_eq!(parameter(&sent, "redirect_uri"), CALLBACK);
        let verifier = parameter(&sent, "code_verifier");
        let challenge = b64u(digest(&SHA256, verifier.as_bytes()).as_ref());
        assert_eq!(challenge, next.challenge, "PKCE");
        assert!(request.headers().contains_key("authorization"));
        json!({
            "access_token": "unused", "token_type": "Bearer", "id_token": self.id_token(&next),
        })
    }
}

impl OidcHttp for Issuer {
    fn call(&self, request: HttpRequest) -> Result<HttpResponse, OidcHttpError> {
        let path = request.uri().path().to_owned();
        let answer = match path.as_str() {
            "/.well-known/openid-configuration" => json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/authorize"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/jwks"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            }),
            "/jwks" => self.jwks(),
            "/token" => self.exchange(&request),
            other => return Err(OidcHttpError(format!("nothing at {other}"))),
        };
        self.asked.lock().unwrap().push(path);
        Ok(http::Response::builder()
            .header("content-type", "application/json")
            .body(answer.to_string().into_bytes())
            .unwrap())
    }
}

fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("{name}")).1.into_owned()
}

struct Scene {
    fixture: Fixture,
    issuer: Arc<Issuer>,
}

/// A browser on its way to the issuer.
struct Visit {
    url: Url,
    browser: String,
}

impl Visit {
    fn answer(&self) -> OidcAnswer {
        OidcAnswer {
            state: parameter(&self.url, "state"),
            code: Some("the-code".into()),
            iss: None,
        }
    }
}

impl Scene {
    fn new() -> Self {
        Self::demanding(&json!({}))
    }

    /// Where the issuer has to know staff as strongly as this says.
    fn demanding(strength: &Value) -> Self {
        let oidc: OidcConfig = serde_json::from_value(json!({
            "issuer": ISSUER,
            "client_id": "gridpass",
            "client_secret": "between-us",
            "customers": { "account_claim": "account_number" },
            "staff": {
                "role_claim": "roles",
                "roles": { "gridpass-admins": "admin", "helpdesk": "support" },
                "strength": strength,
            },
        }))
        .unwrap();
        let mut fixture = Fixture::with(|config| config.providers[0].oidc = Some(oidc));
        let issuer = Issuer::new();
        fixture.gridpass = fixture.gridpass.with_oidc_http(issuer.clone());
        Self { fixture, issuer }
    }

    fn gridpass(&self) -> &Gridpass {
        &self.fixture.gridpass
    }

    /// Goes to the issuer, who will say this of the person.
    fn visit(&self, audience: Audience, claims: &Value) -> Visit {
        let begun = self
            .gridpass()
            .oidc_begin(&demo(), audience, &browser())
            .unwrap();
        let url = Url::parse(&begun.url).unwrap();
        let mut all = json!({
            "iss": ISSUER, "aud": "gridpass", "sub": "person-1",
            "iat": NOW.0, "exp": NOW.0 + 300, "nonce": parameter(&url, "nonce"),
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        let mut next = self.issuer.next.lock().unwrap();
        next.claims = all;
        next.challenge = parameter(&url, "code_challenge");
        Visit {
            url,
            browser: begun.browser,
        }
    }

    fn sign_in(&self, audience: Audience, claims: &Value) -> Result<OidcSession, OidcError> {
        let visit = self.visit(audience, claims);
        self.gridpass()
            .oidc_finish(&visit.answer(), &visit.browser, browser())
    }

    fn staff(&self, claims: &Value) -> Result<StaffSession, OidcError> {
        match self.sign_in(Audience::Staff, claims)? {
            OidcSession::Staff(begun) => Ok(begun.session),
            OidcSession::Customer(_) => panic!("a customer's session"),
        }
    }

    /// The youngest entry of the audit: action, result, credential.
    fn audited(&self) -> (String, String) {
        let connection = self.fixture.database();
        connection
            .query_row(
                "SELECT action, result FROM audit_entries ORDER BY seq DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap()
    }
}

fn refused(result: Result<impl std::fmt::Debug, OidcError>) {
    assert!(
        matches!(result, Err(OidcError::Refused { .. })),
        "{result:?}"
    );
}

fn colleague() -> Value {
    json!({
        "email": "Grace@gmec.example", "email_verified": true, "name": "Grace",
        "roles": ["everybody", "helpdesk"],
    })
}

#[test]
fn a_customer_signs_in_to_the_account_that_the_issuer_names() {
    let scene = Scene::new();
    let visit = scene.visit(Audience::Customer, &json!({ "account_number": "1001" }));
    assert_eq!(visit.url.origin().ascii_serialization(), ISSUER);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "gridpass"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&visit.url, name), value);
    }
    let begun = scene
        .gridpass()
        .oidc_finish(&visit.answer(), &visit.browser, browser());
    let Ok(OidcSession::Customer(begun)) = begun else {
        panic!("{begun:?}");
    };
    assert_eq!(begun.session.account_number.to_string(), "1001");
    let session = scene.gridpass().session(&begun.token).unwrap().unwrap();
    assert_eq!(session, begun.session);
    assert_eq!(scene.audited(), ("session.begin".into(), "ok".into()));
    // A number is the same as its digits.
    let claims = json!({ "account_number": 1001 });
    scene.sign_in(Audience::Customer, &claims).unwrap();
}

#[test]
fn whom_nobody_knows_is_refused_and_nobody_learns_why() {
    let scene = Scene::new();
    for (claims, result) in [
        (json!({ "account_number": "9999" }), "unknown-account"),
        (json!({ "account_number": ["1001"] }), "no-account"),
        (json!({}), "no-account"),
    ] {
        refused(scene.sign_in(Audience::Customer, &claims));
        assert_eq!(scene.audited(), ("sign-in.finish".into(), result.into()));
    }
}

#[test]
fn an_id_token_that_is_not_for_this_sign_in_is_refused() {
    let scene = Scene::new();
    let now = NOW.0;
    for wrong in [
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "iss": "https://evil.example" }),
        json!({ "aud": "somebody-else" }),
        json!({ "aud": ["gridpass", "somebody-else"] }),
        json!({ "exp": now - 61 }),
        json!({ "iat": now + 61 }),
    ] {
        let mut claims = json!({ "account_number": "1001" });
        for (name, value) in wrong.as_object().unwrap() {
            claims[name] = value.clone();
        }
        refused(scene.sign_in(Audience::Customer, &claims));
        let audited = ("sign-in.finish".into(), "wrong-token".into());
        assert_eq!(scene.audited(), audited, "{wrong}");
    }
    // Clocks may be a minute apart.
    for near in [json!({ "exp": now - 59 }), json!({ "iat": now + 59 })] {
        let mut claims = near;
        claims["account_number"] = "1001".into();
        scene.sign_in(Audience::Customer, &claims).unwrap();
    }
    scene.issuer.next.lock().unwrap().key = 1;
    refused(scene.sign_in(Audience::Customer, &json!({ "account_number": "1001" })));
    assert_eq!(scene.audited().1, "wrong-token", "signed by somebody else");
}

#[test]
fn an_answer_works_once_for_ten_minutes_in_the_browser_that_asked() {
    let scene = Scene::new();
    let claims = json!({ "account_number": "1001" });
    let finish =
        |answer: &OidcAnswer, kept: &str| scene.gridpass().oidc_finish(answer, kept, browser());

    let visit = scene.visit(Audience::Customer, &claims);
    finish(&visit.answer(), &visit.browser).unwrap();
    refused(finish(&visit.answer(), &visit.browser));

    let (mine, theirs) = (
        scene.visit(Audience::Customer, &claims),
        scene.visit(Audience::Customer, &claims),
    );
    refused(finish(&theirs.answer(), "nobody's"));
    refused(finish(&theirs.answer(), &mine.browser));
    assert_eq!(scene.audited().1, "wrong-state");

    let visit = scene.visit(Audience::Customer, &claims);
    let elsewhere = OidcAnswer {
        iss: Some("https://evil.example".into()),
        ..visit.answer()
    };
    refused(finish(&elsewhere, &visit.browser));
    assert_eq!(scene.audited().1, "wrong-issuer");

    let visit = scene.visit(Audience::Customer, &claims);
    let denied = OidcAnswer {
        code: None,
        ..visit.answer()
    };
    refused(finish(&denied, &visit.browser));
    assert_eq!(scene.audited().1, "refused-by-issuer");

    let visit = scene.visit(Audience::Customer, &claims);
    scene.fixture.clock.advance(10 * 60);
    refused(finish(&visit.answer(), &visit.browser));
}

#[test]
fn the_issuer_decides_the_role_of_staff() {
    let scene = Scene::new();
    let joined = scene.staff(&colleague()).unwrap();
    assert_eq!(
        (joined.name.as_str(), joined.role),
        ("Grace", Role::Support)
    );
    let mut promoted = colleague();
    promoted["roles"] = json!(["helpdesk", "gridpass-admins"]);
    let again = scene.staff(&promoted).unwrap();
    assert_eq!(again.staff_id, joined.staff_id, "the same person");
    assert_eq!(again.role, Role::Admin, "the role that may do most");
    assert_eq!(scene.staff(&colleague()).unwrap().role, Role::Support);
}

#[test]
fn staff_is_known_as_strongly_as_the_provider_demands_and_customers_are_not_asked() {
    let scene = Scene::demanding(&json!({ "acr": ["3", "2"], "amr": ["otp"], "max_age": 600 }));
    let url = scene.visit(Audience::Staff, &colleague()).url;
    assert_eq!(parameter(&url, "acr_values"), "3 2");
    assert_eq!(parameter(&url, "max_age"), "600");
    let mut strong = colleague();
    strong["acr"] = json!("2");
    strong["amr"] = json!(["pwd", "otp"]);
    strong["auth_time"] = json!(NOW.0 - 300);
    assert_eq!(scene.staff(&strong).unwrap().role, Role::Support);
    for (claim, weak) in [
        ("acr", json!("1")),
        ("amr", json!(["pwd"])),
        ("auth_time", json!(NOW.0 - 700)),
        ("auth_time", Value::Null),
    ] {
        let mut claims = strong.clone();
        claims[claim] = weak;
        refused(scene.staff(&claims));
        assert_eq!(scene.audited().1, "too-weak", "{claim}");
    }
    let customer = scene.visit(Audience::Customer, &json!({ "account_number": "A-1001" }));
    assert!(!customer.url.query().unwrap().contains("acr_values"));
}

#[test]
fn whoever_has_no_role_or_no_verified_address_does_not_join() {
    let scene = Scene::new();
    for (name, value, result) in [
        ("roles", json!(["everybody"]), "no-role"),
        ("roles", json!(null), "no-role"),
        ("email_verified", json!(false), "no-verified-address"),
        ("email_verified", json!(null), "no-verified-address"),
        ("email", json!("nobody"), "no-verified-address"),
    ] {
        let mut claims = colleague();
        claims[name] = value;
        refused(scene.staff(&claims));
        assert_eq!(scene.audited(), ("staff.sign-in".into(), result.into()));
    }
}

#[test]
fn disabled_staff_stays_out() {
    let scene = Scene::new();
    let grace = scene.staff(&colleague()).unwrap();
    let mut boss = colleague();
    boss["email"] = "boss@gmec.example".into();
    boss["roles"] = "gridpass-admins".into();
    let boss = scene.staff(&boss).unwrap();
    let actor = Actor::staff(&boss);
    scene
        .gridpass()
        .change_colleague(&boss, grace.staff_id, StaffChange::Disable, actor)
        .unwrap();
    refused(scene.staff(&colleague()));
    assert_eq!(scene.audited(), ("staff.sign-in".into(), "disabled".into()));
}

#[test]
fn an_invited_colleague_is_the_same_person() {
    let scene = Scene::new();
    let new = NewStaff {
        provider: demo(),
        email: "grace@gmec.example".into(),
        name: "Grace Hopper".into(),
        role: Role::Auditor,
    };
    let invited = scene.gridpass().invite_staff(new, operator()).unwrap();
    let session = scene.staff(&colleague()).unwrap();
    assert_eq!(session.staff_id, invited.staff);
    assert_eq!(session.role, Role::Support);
}

#[test]
fn whom_the_issuer_vouches_for_is_on_the_staff_and_not_merely_invited() {
    let scene = Scene::new();
    let mut boss = colleague();
    boss["email"] = "boss@gmec.example".into();
    boss["roles"] = "gridpass-admins".into();
    let boss = scene.staff(&boss).unwrap();
    let gridpass = scene.gridpass();
    let new = NewStaff {
        provider: demo(),
        email: "later@gmec.example".into(),
        name: "Later".into(),
        role: Role::Auditor,
    };
    gridpass.invite_staff(new, operator()).unwrap();
    let people = gridpass.staff_list(&boss, &Actor::staff(&boss)).unwrap();
    let standings: Vec<_> = people
        .iter()
        .map(|person| (person.email.as_str(), person.standing))
        .collect();
    assert!(standings.contains(&("boss@gmec.example", Standing::Active)));
    assert!(standings.contains(&("later@gmec.example", Standing::Invited)));

    let filter = AuditFilter {
        action: "staff.join".into(),
        ..AuditFilter::default()
    };
    let page = gridpass
        .audit_page::<AuditVerifyError>(&boss, &filter, None, 10)
        .unwrap();
    let name = people.iter().find(|one| one.id == boss.staff_id).unwrap();
    assert_eq!(page.names.get(&page.entries[0].actor), Some(&name.name));
}

#[test]
fn an_issuer_is_asked_about_itself_once_an_hour() {
    let scene = Scene::new();
    let claims = json!({ "account_number": "1001" });
    scene.sign_in(Audience::Customer, &claims).unwrap();
    scene.sign_in(Audience::Customer, &claims).unwrap();
    let asked = |path: &str| {
        let asked = scene.issuer.asked.lock().unwrap();
        asked.iter().filter(|asked| *asked == path).count()
    };
    assert_eq!((asked("/jwks"), asked("/token")), (1, 2));
    scene.fixture.clock.advance(60 * 60);
    scene.visit(Audience::Customer, &claims);
    assert_eq!(asked("/jwks"), 2);
}

#[test]
fn a_key_that_the_issuer_changed_to_is_asked_for() {
    let scene = Scene::new();
    let claims = json!({ "account_number": "1001" });
    scene.sign_in(Audience::Customer, &claims).unwrap();
    let mut next = scene.issuer.next.lock().unwrap();
    (next.key, next.published) = (1, 1);
    drop(next);
    scene.fixture.clock.advance(59);
    refused(scene.sign_in(Audience::Customer, &claims));
    scene.fixture.clock.advance(1);
    scene.sign_in(Audience::Customer, &claims).unwrap();
}

#[test]
fn what_an_installation_says_of_an_issuer_is_checked() {
    let folder = crate::fixture::Folder::new();
    let refusal = |pointer: &str, value: Value| {
        let mut all = json!({
            "issuer": ISSUER, "client_id": "gridpass", "client_secret": "between-us",
            "customers": { "account_claim": "n" },
            "staff": { "role_claim": "r", "roles": { "a": "admin" } },
        });
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        all.pointer_mut(parent).unwrap()[name] = value;
        let oidc: OidcConfig = serde_json::from_value(all).unwrap();
        assert!(!format!("{oidc:?}").contains("between-us"));
        let mut config = crate::fixture::config(&folder);
        config.providers[0].oidc = Some(oidc);
        config.validate().err().map(|error| error.name)
    };
    for issuer in ["http://localhost:9000", "http://127.0.0.1:9000/op"] {
        assert_eq!(refusal("/issuer", issuer.into()), None);
    }
    for (pointer, value, name) in [
        ("/issuer", "http://login.gmec.example".into(), "issuer"),
        ("/issuer", "http://localhost.evil.example".into(), "issuer"),
        ("/issuer", "https://login.gmec.example?a=b".into(), "issuer"),
        ("/issuer", "login".into(), "issuer"),
        ("/client_id", "".into(), "client_id"),
        ("/client_secret", Value::Null, "client_secret"),
        ("/client_secret_file", "secret".into(), "client_secret"),
        ("/scopes", json!(["a b"]), "scopes"),
        (
            "/customers/account_claim",
            "".into(),
            "customers.account_claim",
        ),
        ("/staff/role_claim", "".into(), "staff.role_claim"),
        ("/staff/roles", json!({}), "staff.roles"),
        (
            "/staff/strength",
            json!({ "amr": ["a b"] }),
            "staff.strength.amr",
        ),
        (
            "/staff/strength",
            json!({ "max_age": 0 }),
            "staff.strength.max_age",
        ),
    ] {
        let expected = format!("providers.demo.oidc.{name}");
        assert_eq!(refusal(pointer, value), Some(expected));
    }
}

#[test]
fn a_provider_without_an_issuer_offers_nothing() {
    let fixture = Fixture::new();
    let begun = fixture
        .gridpass
        .oidc_begin(&demo(), Audience::Staff, &browser());
    assert!(matches!(begun, Err(OidcError::NotOffered)), "{begun:?}");
    assert!(
        fixture
            .gridpass
            .oidc_providers(Audience::Customer)
            .is_empty()
    );
}
