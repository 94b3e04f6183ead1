//! Who may do what: every page, every server function and every other route, for nobody, for a
//! customer and for every role, at each of two providers.
//!
//! The lists are taken from the code itself: what is new and has no entry here fails the test.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use gridpass_provider::{
    AccountForm, Actor, Amount, ApiScope, BulkStep, Channel, EventDraft, Gridpass, NewStaff,
    Permission, ProgramDraft, ProviderId, Role, Signal, SignalKind, StaffSession, Target,
};
use leptos::server_fn::axum::server_fn_paths;

use crate::testing::{Answer, Portal, dead_letter};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Customer,
    Staff(Role),
}

const EVERYBODY: [Who; 6] = [
    Who::Nobody,
    Who::Customer,
    Who::Staff(Role::Support),
    Who::Staff(Role::Operator),
    Who::Staff(Role::Admin),
    Who::Staff(Role::Auditor),
];

/// For whom something is.
#[derive(Clone, Copy, Debug)]
enum For {
    Everybody,
    Customers,
    /// Every member of staff.
    Staff,
    /// Whoever may do this.
    Desk(Permission),
}

impl For {
    fn allows(self, who: Who) -> bool {
        match (self, who) {
            (Self::Everybody, _)
            | (Self::Customers, Who::Customer)
            | (Self::Staff, Who::Staff(_)) => true,
            (Self::Desk(permission), Who::Staff(role)) => role.allows(permission),
            _ => false,
        }
    }

    /// Whether somebody signed in as this gets past the first door.
    fn knows(self, who: Who) -> bool {
        match self {
            Self::Everybody => true,
            Self::Customers => who == Who::Customer,
            Self::Staff | Self::Desk(_) => matches!(who, Who::Staff(_)),
        }
    }
}

/// Whether something is about an object of one provider, named in its address or its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Anything,
    /// Somebody of another provider is told that there is no such thing.
    AnObject,
}

use About::{AnObject, Anything};
use For::{Customers, Desk, Everybody, Staff};
use Permission::{
    ActOnEnrollments, EditAccounts, ImportInBulk, ManageSettings, ManageStaff, ManageTokens,
    ManageWebhooks, PrintLetters, ReadAudit, RegisterDevices, RetryDeliveries, RevokeCertificates,
    RunEvents, SeeDeliveries, SeeEnrollments, SeeEvents, SeeProgramme, SendInstructions,
};

/// Every page by its route. `{…}` stands for an object of the provider `demo`.
const PAGES: &[(&str, For, About)] = &[
    ("/", Everybody, Anything),
    ("/account", Everybody, Anything),
    ("/account/code", Everybody, Anything),
    ("/account/data", Customers, Anything),
    ("/account/link", Everybody, Anything),
    ("/dev/outbox", Everybody, Anything),
    ("/developers", Everybody, Anything),
    ("/device", Everybody, Anything),
    ("/devices", Customers, Anything),
    ("/devices/new", Customers, Anything),
    ("/devices/{id}", Customers, AnObject),
    ("/e", Everybody, Anything),
    ("/e/gateway", Everybody, Anything),
    ("/staff", Everybody, Anything),
    ("/staff/audit", Desk(ReadAudit), Anything),
    ("/staff/customers", Desk(SeeEnrollments), Anything),
    ("/staff/customers/import", Desk(ImportInBulk), Anything),
    ("/staff/customers/{id}", Desk(SeeEnrollments), AnObject),
    ("/staff/deliveries", Desk(SeeDeliveries), Anything),
    ("/staff/dr", Desk(SeeEvents), Anything),
    ("/staff/dr/events/{id}", Desk(SeeEvents), AnObject),
    ("/staff/dr/events/{id}/change", Desk(RunEvents), AnObject),
    ("/staff/dr/groups", Desk(SeeEvents), Anything),
    ("/staff/dr/groups/{id}", Desk(SeeEvents), AnObject),
    ("/staff/dr/new", Desk(RunEvents), Anything),
    ("/staff/dr/programs", Desk(SeeEvents), Anything),
    ("/staff/enrollments", Desk(SeeEnrollments), Anything),
    ("/staff/enrollments/{id}", Desk(SeeEnrollments), AnObject),
    ("/staff/intake", Desk(RegisterDevices), Anything),
    ("/staff/invitation", Everybody, Anything),
    ("/staff/jobs", Desk(ImportInBulk), Anything),
    ("/staff/jobs/{id}", Desk(ImportInBulk), AnObject),
    ("/staff/people", Desk(ManageStaff), Anything),
    ("/staff/programme", Desk(SeeProgramme), Anything),
    ("/staff/security", Staff, Anything),
    ("/staff/settings", Desk(ManageSettings), Anything),
    ("/staff/tokens", Desk(ManageTokens), Anything),
    ("/staff/webhooks", Desk(ManageWebhooks), Anything),
];

/// Every server function by its endpoint, and a body that reads.
const FUNCTIONS: &[(&str, For, About, &str)] = &[
    ("devices", Customers, Anything, ""),
    ("devices/cancel", Customers, AnObject, "id={enrollment}"),
    ("devices/lost", Customers, AnObject, "id={enrollment}"),
    ("devices/new-code", Customers, AnObject, "id={enrollment}"),
    (
        "devices/register",
        Customers,
        Anything,
        "choice=other&device_id=SN-1234-5678&nickname=",
    ),
    ("devices/show", Customers, AnObject, "id={enrollment}"),
    ("devices/state", Customers, AnObject, "id={enrollment}"),
    ("language", Everybody, Anything, "language=en"),
    ("outbox", Everybody, Anything, ""),
    ("reference", Everybody, Anything, ""),
    ("session", Everybody, Anything, ""),
    ("sign-in", Everybody, Anything, "provider=demo&account=A-1"),
    ("sign-out", Everybody, Anything, ""),
    ("sign-out-everywhere", Customers, Anything, ""),
    ("site", Everybody, Anything, ""),
    ("staff/audit/verify", Desk(ReadAudit), Anything, ""),
    (
        "staff/customers/write",
        Desk(EditAccounts),
        Anything,
        "account[number]=X-1&account[name]=Xu",
    ),
    ("staff/deliveries/posted", Desk(PrintLetters), Anything, ""),
    (
        "staff/deliveries/retry",
        Desk(RetryDeliveries),
        AnObject,
        "id={delivery}",
    ),
    (
        "staff/dr/cancel",
        Desk(RunEvents),
        AnObject,
        "id={event}&version=1",
    ),
    (
        "staff/dr/change",
        Desk(RunEvents),
        AnObject,
        "id={event}&version=1&event[program]={program}&event[name]=Earlier\
         &event[start]=2026-12-01T17:00&event[minutes]=60&event[kind]=simple&event[amounts]=2",
    ),
    (
        "staff/dr/check",
        Desk(RunEvents),
        AnObject,
        "event[program]={program}&event[name]=Peak&event[start]=2026-12-01T18:00\
         &event[minutes]=60&event[kind]=simple&event[amounts]=1&event[reach]=all",
    ),
    ("staff/dr/group", Desk(RunEvents), Anything, "name=South"),
    (
        "staff/dr/group/add",
        Desk(RunEvents),
        AnObject,
        "id={group}&device=SN-4711-0899",
    ),
    (
        "staff/dr/group/remove",
        Desk(RunEvents),
        AnObject,
        "id={group}&enrollment={enrollment}",
    ),
    (
        "staff/dr/make",
        Desk(RunEvents),
        AnObject,
        "counted=all+&event[program]={program}&event[name]=Peak&event[start]=2026-12-01T18:00\
         &event[minutes]=60&event[kind]=simple&event[amounts]=1&event[reach]=all",
    ),
    (
        "staff/dr/program",
        Desk(RunEvents),
        Anything,
        "name=Winter&description=",
    ),
    (
        "staff/enrollments/approve",
        Desk(ActOnEnrollments),
        AnObject,
        "id={enrollment}&key=5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f",
    ),
    (
        "staff/enrollments/cancel",
        Desk(ActOnEnrollments),
        AnObject,
        "id={enrollment}&words=asked",
    ),
    (
        "staff/enrollments/dismiss-copy",
        Desk(RevokeCertificates),
        AnObject,
        "id={enrollment}&words=explained",
    ),
    (
        "staff/enrollments/hold",
        Desk(RevokeCertificates),
        AnObject,
        "id={enrollment}&words=asked",
    ),
    (
        "staff/enrollments/note",
        Desk(ActOnEnrollments),
        AnObject,
        "id={enrollment}&words=called",
    ),
    (
        "staff/enrollments/release",
        Desk(RevokeCertificates),
        AnObject,
        "id={enrollment}&words=asked",
    ),
    (
        "staff/enrollments/renew",
        Desk(ActOnEnrollments),
        AnObject,
        "id={enrollment}&channel=email&words=asked",
    ),
    (
        "staff/enrollments/revoke",
        Desk(RevokeCertificates),
        AnObject,
        "id={enrollment}&reason=lost&words=asked",
    ),
    (
        "staff/enrollments/revoke-certificate",
        Desk(RevokeCertificates),
        AnObject,
        "id={enrollment}&serial=7f00a1&reason=lost&words=asked",
    ),
    (
        "staff/enrollments/search",
        Desk(SeeEnrollments),
        Anything,
        "q=Ada&state=&channel=&age=",
    ),
    (
        "staff/intake",
        Desk(RegisterDevices),
        AnObject,
        "account={account}&device_id=SN-1234-5678&nickname=&kind=device&channel=email&language=en",
    ),
    ("staff/jobs/start", Desk(ImportInBulk), AnObject, "id={job}"),
    ("staff/jobs/stop", Desk(ImportInBulk), AnObject, "id={job}"),
    (
        "staff/mailbox/instruct",
        Desk(SendInstructions),
        AnObject,
        "id={enrollment}&name=off&arguments=&valid_for=3600",
    ),
    (
        "staff/mailbox/take-back",
        Desk(SendInstructions),
        AnObject,
        "id={enrollment}&instruction={enrollment}",
    ),
    ("staff/passkey/add/begin", Staff, Anything, ""),
    ("staff/passkey/remove", Staff, Anything, "id=AAAA"),
    ("staff/passkey/sign-in/begin", Everybody, Anything, ""),
    (
        "staff/people/disable",
        Desk(ManageStaff),
        AnObject,
        "id={colleague}",
    ),
    (
        "staff/people/enable",
        Desk(ManageStaff),
        AnObject,
        "id={colleague}",
    ),
    (
        "staff/people/invite",
        Desk(ManageStaff),
        Anything,
        "email=new@gmec.example&name=New&role=support",
    ),
    (
        "staff/people/reset",
        Desk(ManageStaff),
        AnObject,
        "id={colleague}",
    ),
    (
        "staff/people/role",
        Desk(ManageStaff),
        AnObject,
        "id={colleague}&role=auditor",
    ),
    ("staff/security/sign-out-everywhere", Staff, Anything, ""),
    (
        "staff/settings/bring-back",
        Desk(ManageSettings),
        Anything,
        "kind=device&version=1",
    ),
    (
        "staff/settings/change",
        Desk(ManageSettings),
        Anything,
        "kind=device&poll_interval=60&support_email=&support_phone=",
    ),
    ("staff/sign-out", Everybody, Anything, ""),
    (
        "staff/tokens/make",
        Desk(ManageTokens),
        Anything,
        "name=Billing&scopes[]=accounts:read",
    ),
    (
        "staff/tokens/revoke",
        Desk(ManageTokens),
        AnObject,
        "id={token}",
    ),
    (
        "staff/webhooks/add",
        Desk(ManageWebhooks),
        Anything,
        "url=https://hooks.gmec.example/gridpass",
    ),
    (
        "staff/webhooks/remove",
        Desk(ManageWebhooks),
        AnObject,
        "id={webhook}",
    ),
];

/// Server functions whose own secret decides, whoever is signed in: a link, a code, a password.
/// Tests of their own show that a wrong one opens nothing.
const BY_SECRET: &[&str] = &[
    "sign-in/code",
    "sign-in/link",
    "staff/accept",
    "staff/invitation",
    "staff/passkey/accept/begin",
    "staff/passkey/accept/finish",
    "staff/passkey/add/finish",
    "staff/passkey/sign-in/finish",
    "staff/security/password",
    "staff/sign-in",
];

/// Every other route of the site. The calls of the API have tokens instead of people; the tests
/// beside them show what each scope opens.
const OTHERS: &[(&str, For, About)] = &[
    ("/account/data.json", Customers, Anything),
    ("/api/fn/{*name}", Everybody, Anything),
    ("/api/{*rest}", Everybody, Anything),
    ("/devices/{id}/label.png", Customers, AnObject),
    ("/devices/{id}/label.svg", Customers, AnObject),
    ("/manifest.webmanifest", Everybody, Anything),
    ("/oidc/callback", Everybody, Anything),
    ("/oidc/{provider}/{audience}/begin", Everybody, Anything),
    ("/staff/customers/import", Desk(ImportInBulk), Anything),
    ("/staff/audit.jsonl", Desk(ReadAudit), Anything),
    ("/staff/events", Staff, Anything),
    ("/staff/jobs/upload", Desk(ImportInBulk), Anything),
    ("/staff/jobs/{id}/letters", Desk(PrintLetters), AnObject),
    ("/staff/jobs/{id}/result.csv", Desk(ImportInBulk), AnObject),
    ("/staff/letters.pdf", Desk(PrintLetters), Anything),
    ("/staff/programme.csv", Desk(SeeProgramme), Anything),
    ("/sw.js", Everybody, Anything),
];

/// A portal of two providers with something of everything at the first.
struct Scene {
    portal: Portal,
    enrollment: String,
    account: String,
    colleague: String,
    token: String,
    job: String,
    webhook: String,
    delivery: String,
    program: String,
    event: String,
    group: String,
}

/// A programme, an event of it, and a group.
fn demand_response(gridpass: &Gridpass, admin: &StaffSession) -> [String; 3] {
    let actor = || Actor::staff(admin);
    let draft = ProgramDraft {
        name: "Summer of Demo".into(),
        description: String::new(),
    };
    let program = gridpass.make_dr_program(admin, draft, actor()).unwrap();
    let event = EventDraft {
        program,
        name: "Peak of Demo".into(),
        starts_at: gridpass.clock_now().plus(60 * 60),
        length: 60 * 60,
        randomize_start: 0,
        signal: Signal {
            kind: SignalKind::Simple,
            amounts: vec![Amount::from_thousandths(1000)],
        },
        priority: None,
        incentive: None,
        targets: vec![Target::All],
    };
    let event = gridpass.make_dr_event(admin, event, actor()).unwrap();
    let group = gridpass.make_dr_group(admin, "North of Demo", actor());
    [
        program.to_string(),
        event.to_string(),
        group.unwrap().to_string(),
    ]
}

/// A file that was handed in and checked.
fn checked_job(gridpass: &Gridpass, admin: &StaffSession) -> String {
    let file = b"account,device_id\nA-1001,SN-9999-0001\n";
    let id = gridpass
        .make_bulk_job(
            admin,
            "Job of Demo.csv",
            file,
            Channel::Email,
            Actor::staff(admin),
        )
        .unwrap();
    while gridpass.run_bulk_step().unwrap() == BulkStep::Worked {}
    id.to_string()
}

fn webhook(gridpass: &Gridpass, admin: &StaffSession) -> String {
    let url = "https://webhook-of-demo.example/";
    let added = gridpass.add_webhook(admin, url, Actor::staff(admin));
    added.unwrap().id.to_string()
}

fn provider(id: &str) -> ProviderId {
    id.parse().unwrap()
}

impl Scene {
    async fn new() -> Self {
        let portal = Portal::of_two_providers();
        let gridpass = &portal.gridpass;
        let cookie = portal.staff_cookie("demo", Role::Admin);
        let (_, token) = cookie.split_once('=').unwrap();
        let admin: StaffSession = gridpass.staff_session(token).unwrap().unwrap();
        let form = AccountForm {
            number: "A-1001".into(),
            name: "Ada Alvarez".into(),
            email: "ada@customers.example".into(),
            ..AccountForm::default()
        };
        let account = gridpass
            .write_account(&admin, &form, Actor::staff(&admin))
            .unwrap()
            .id();
        let colleague = NewStaff {
            provider: provider("demo"),
            email: "victim@gmec.example".into(),
            name: "Victim of Demo".into(),
            role: Role::Support,
        };
        let colleague = gridpass.invite_staff(colleague, Actor::system()).unwrap();
        gridpass
            .make_api_token(
                &provider("demo"),
                &[ApiScope::AccountsRead],
                "Token of Demo",
                Actor::system(),
            )
            .unwrap();
        let token = gridpass.api_tokens_of(&provider("demo")).unwrap()[0].id;
        let enrollment = portal.enrollment_of("demo", "A-1001");
        let [program, event, group] = demand_response(gridpass, &admin);
        portal.enrolled("demo", "SN-4711-0899").await;
        Self {
            enrollment,
            account: account.to_string(),
            colleague: colleague.staff.to_string(),
            token: token.to_string(),
            job: checked_job(gridpass, &admin),
            webhook: webhook(gridpass, &admin),
            delivery: dead_letter(gridpass, &admin),
            program,
            event,
            group,
            portal,
        }
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{enrollment}", &self.enrollment)
            .replace("{account}", &self.account)
            .replace("{colleague}", &self.colleague)
            .replace("{token}", &self.token)
            .replace("{job}", &self.job)
            .replace("{webhook}", &self.webhook)
            .replace("{delivery}", &self.delivery)
            .replace("{program}", &self.program)
            .replace("{event}", &self.event)
            .replace("{group}", &self.group)
    }

    /// The address of a page or route about an object of `demo`.
    fn address(&self, route: &str) -> String {
        let object = if route.starts_with("/staff/customers/") {
            &self.account
        } else if route.starts_with("/staff/jobs/") {
            &self.job
        } else if route.starts_with("/staff/dr/events/") {
            &self.event
        } else if route.starts_with("/staff/dr/groups/") {
            &self.group
        } else {
            &self.enrollment
        };
        route.replace("{id}", object)
    }

    fn cookie(&self, at: &str, who: Who) -> String {
        match who {
            Who::Nobody => String::new(),
            Who::Customer if at == "demo" => self.portal.customer_cookie(at, "A-1001"),
            Who::Customer => self.portal.customer_cookie(at, "A-1002"),
            Who::Staff(Role::Admin) if at == "demo" => self.portal.another_admin(),
            Who::Staff(role) => self.portal.staff_cookie(at, role),
        }
    }

    /// A route that is no page, as its form or its link asks for it.
    async fn ask(&self, route: &str, cookie: &str) -> Answer {
        let address = self.address(route);
        let posted = POSTED.iter().find(|(posted, _)| *posted == route);
        let Some((_, (kind, body))) = posted else {
            return self.portal.get_as(&address, cookie).await;
        };
        let headers = [
            ("cookie", cookie),
            ("origin", self.portal.origin()),
            ("content-type", kind),
        ];
        self.portal.post(&address, &headers, body).await
    }

    async fn call(&self, endpoint: &str, body: &str, cookie: &str) -> Answer {
        let headers = [
            ("cookie", cookie),
            ("origin", self.portal.origin()),
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let path = format!("/api/fn/{endpoint}");
        self.portal.post(&path, &headers, &self.filled(body)).await
    }
}

fn assert_tells_nothing_of_demo(body: &str, case: &str) {
    for own in [
        "Ada Alvarez",
        "Victim of Demo",
        "Token of Demo",
        "Job of Demo",
        "webhook-of-demo",
        "@demo.example",
        "Summer of Demo",
        "Peak of Demo",
        "North of Demo",
    ] {
        assert!(!body.contains(own), "{case} tells: {own}");
    }
}

fn assert_same(found: impl IntoIterator<Item = String>, listed: impl IntoIterator<Item = String>) {
    let (found, listed): (BTreeSet<_>, BTreeSet<_>) =
        (found.into_iter().collect(), listed.into_iter().collect());
    let missing: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(missing.is_empty(), "without an entry: {missing:?}");
    assert!(gone.is_empty(), "an entry for nothing: {gone:?}");
}

#[tokio::test]
async fn every_page_and_server_function_and_route_has_an_entry() {
    assert_same(
        crate::router::PAGES.iter().cloned(),
        PAGES.iter().map(|(path, ..)| (*path).to_owned()),
    );

    let functions = server_fn_paths().map(|(path, _)| path.replace("/api/fn/", ""));
    let listed = FUNCTIONS
        .iter()
        .map(|(endpoint, ..)| *endpoint)
        .chain(BY_SECRET.iter().copied())
        .map(str::to_owned);
    assert_same(functions, listed);

    let source = include_str!("router.rs");
    let routes = source.split(".route(").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once(|c: char| !c.is_whitespace()).map(|_| {
            let rest = rest.trim_start();
            rest.split_at(usize::from(rest.starts_with('"')))
        })?;
        rest.starts_with('/')
            .then(|| rest.split('"').next().unwrap_or_default().to_owned())
    });
    assert_same(routes, OTHERS.iter().map(|(path, ..)| (*path).to_owned()));
}

#[tokio::test]
async fn each_page_is_shown_to_whom_it_is_for_and_tells_nothing_of_another_provider() {
    let scene = Scene::new().await;
    for at in ["demo", "other"] {
        for who in EVERYBODY {
            let cookie = scene.cookie(at, who);
            for (route, whom, about) in PAGES {
                let answer = scene.portal.get_as(&scene.address(route), &cookie).await;
                let expected = if whom.allows(who) {
                    match (about, at) {
                        (AnObject, "other") => StatusCode::NOT_FOUND,
                        _ => StatusCode::OK,
                    }
                } else if whom.knows(who) {
                    StatusCode::FORBIDDEN
                } else {
                    StatusCode::FOUND
                };
                assert_eq!(answer.status, expected, "{route} for {who:?} of {at}");
                if at == "other" && *route != "/dev/outbox" {
                    assert_tells_nothing_of_demo(&answer.body, &format!("{route} for {who:?}"));
                }
            }
        }
    }
}

#[tokio::test]
async fn each_server_function_works_for_whom_it_is_for() {
    for (endpoint, whom, about, body) in FUNCTIONS {
        let scene = Scene::new().await;
        // First those who may not: nothing of theirs may change what the others find.
        for at in ["other", "demo"] {
            let mut everybody = EVERYBODY;
            everybody.sort_by_key(|who| whom.allows(*who));
            for who in everybody {
                let cookie = scene.cookie(at, who);
                let status = scene.call(endpoint, body, &cookie).await.status;
                let case = format!("{endpoint} for {who:?} of {at}: {status}");
                if !whom.knows(who) {
                    assert_eq!(status, StatusCode::UNAUTHORIZED, "{case}");
                } else if !whom.allows(who) {
                    assert_eq!(status, StatusCode::FORBIDDEN, "{case}");
                } else if *about == AnObject && at == "other" {
                    // An account that is not there is a field that is not right.
                    assert!(matches!(status.as_u16(), 404 | 422), "{case}");
                } else {
                    assert!(
                        !matches!(status.as_u16(), 400 | 401 | 403 | 404 | 500..),
                        "{case}"
                    );
                }
            }
        }
    }
}

const FILE: &str = "multipart/form-data; boundary=x";
/// A form that is whole, with a table that holds nothing.
const TABLE: &str = "--x\r\ncontent-disposition: form-data; name=\"channel\"\r\n\r\nemail\r\n\
     --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"t.csv\"\r\n\r\n\
     account,device_id\r\n\r\n--x--\r\n";
const FIELDS: &str = "application/x-www-form-urlencoded";

/// Routes that a form posts to, and what it sends.
const POSTED: &[(&str, (&str, &str))] = &[
    ("/staff/customers/import", (FILE, TABLE)),
    ("/staff/jobs/upload", (FILE, TABLE)),
    ("/staff/jobs/{id}/letters", (FIELDS, "")),
    ("/staff/letters.pdf", (FIELDS, "which=waiting")),
];

#[tokio::test]
async fn each_other_route_opens_for_whom_it_is_for() {
    let scene = Scene::new().await;
    for (at, who) in ["other", "demo"]
        .into_iter()
        .flat_map(|at| EVERYBODY.map(|who| (at, who)))
    {
        let cookie = scene.cookie(at, who);
        for (route, whom, about) in OTHERS {
            // A stream of events has no end to wait for.
            if matches!(whom, Everybody) || (*route == "/staff/events" && whom.allows(who)) {
                continue;
            }
            let answer = scene.ask(route, &cookie).await;
            let status = answer.status.as_u16();
            let case = format!("{route} for {who:?} of {at}: {status}");
            if !whom.allows(who) && whom.knows(who) {
                assert_eq!(status, 403, "{case}");
            } else if !whom.allows(who) {
                assert!(matches!(status, 302 | 303 | 401 | 404), "{case}");
            } else if *about == AnObject && at == "other" {
                assert_eq!(status, 404, "{case}");
            } else {
                assert!(!matches!(status, 302 | 401 | 403 | 500..), "{case}");
            }
            if at == "other" || !whom.allows(who) {
                assert_tells_nothing_of_demo(&answer.body, &case);
            }
        }
    }
}
