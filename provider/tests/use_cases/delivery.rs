//! Delivery: what waits leaves at least once, and nothing of it stays.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use gridpass_protocol::Link;
use gridpass_provider::{
    Actor, Channel, FixedClock, Handover, Invited, Language, MailService, NewColleague, Registered,
    Registration, RegistrationError, Role,
    delivery::{Carriers, Delivered, Failure, MailCarrier, OutgoingMail},
};

use crate::fixture::{DEVICE_ID, Device, Fixture, Folder, HOME, demo, device_id, operator};
use crate::sign_in::browser;
use crate::staff::staff;

/// Takes mails, or refuses them in a given way.
#[derive(Clone, Default)]
struct Postbox {
    taken: Arc<Mutex<Vec<Taken>>>,
    refusal: Arc<Mutex<Option<Failure>>>,
    asked: Arc<AtomicUsize>,
}

struct Taken {
    id: String,
    to: String,
    text: String,
    html: Option<String>,
    picture: Option<Vec<u8>>,
}

impl MailCarrier for Postbox {
    fn carry(&self, mail: &OutgoingMail) -> Result<(), Failure> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some(refusal) = &*self.refusal.lock().unwrap() {
            return Err(refusal.clone());
        }
        self.taken.lock().unwrap().push(Taken {
            id: mail.id.to_string(),
            to: mail.to.clone(),
            text: mail.text.clone(),
            html: mail.rich.as_ref().map(|rich| rich.html.clone()),
            picture: mail.rich.as_ref().map(|rich| rich.picture.clone()),
        });
        Ok(())
    }
}

impl Postbox {
    fn carriers(&self) -> Carriers {
        Carriers {
            mail: Some(Box::new(self.clone())),
            ..Carriers::default()
        }
    }

    fn refuse(&self, refusal: Option<Failure>) {
        *self.refusal.lock().unwrap() = refusal;
    }

    fn taken(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}

fn register_by_mail(fixture: &Fixture, device: &str) -> Registered {
    try_register_by_mail(fixture, "1001", device).unwrap()
}

fn try_register_by_mail(
    fixture: &Fixture,
    account: &str,
    device: &str,
) -> Result<Registered, RegistrationError> {
    let registration = Registration {
        provider: demo(),
        account: gridpass_provider::AccountRef::Number(account.parse().unwrap()),
        device_id: device_id(device),
        kind: gridpass_provider::EnrollmentKind::Device,
        channel: Channel::Email,
        key_algorithm: None,
        idempotency: None,
        nickname: None,
        language: Some(Language::Spanish),
    };
    fixture.gridpass.register(registration, operator())
}

/// The link in a mail, as a person finds it.
fn link_in(text: &str) -> Link {
    let word = text
        .split_whitespace()
        .find(|word| word.contains("/e#"))
        .unwrap();
    let (origin, payload) = Link::parse(word).unwrap();
    Link::new(&origin, &payload)
}

/// Whether the database holds these bytes, also as a leftover.
fn is_kept(folder: &Folder, bytes: &[u8]) -> bool {
    let kept = folder.kept_bytes();
    kept.windows(bytes.len()).any(|window| window == bytes)
}

/// The sealed contents that wait, as they lie in the database.
fn sealed_contents(fixture: &Fixture) -> Vec<Vec<u8>> {
    let connection = fixture.database();
    let mut statement = connection
        .prepare_cached("SELECT sealed_content FROM outbox WHERE sealed_content IS NOT NULL")
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap()
}

#[test]
fn a_label_by_mail_enrols_and_is_shown_to_nobody_else() {
    let fixture = Fixture::new();
    let registered = register_by_mail(&fixture, DEVICE_ID);
    let Handover::Sent { to } = &registered.label else {
        panic!("the label was handed back");
    };
    assert_eq!(to, "A***@Customers.example");
    assert_eq!(
        registered.expires_at,
        crate::fixture::NOW.plus(24 * 60 * 60),
        "a mail is good for a day"
    );
    let postbox = Postbox::default();
    let sent = fixture
        .gridpass
        .deliver_due(&postbox.carriers(), 10)
        .unwrap();
    assert_eq!(sent.sent, 1);
    let taken = postbox.taken.lock().unwrap();
    let mail = &taken[0];
    assert_eq!(mail.to, "A1001@Customers.example");
    assert!(mail.text.starts_with("Hola, Ada Example:"), "{}", mail.text);
    let html = mail.html.as_ref().unwrap();
    assert!(html.contains("cid:label") && html.contains("lang=\"es\""));
    let link = link_in(&mail.text);
    assert!(html.contains(link.as_str()));
    let from_picture = crate::label_image::decode(mail.picture.as_ref().unwrap());
    assert_eq!(from_picture, link.as_str());
    fixture.confirm(&Device::new(1, &link, DEVICE_ID)).unwrap();
}

#[test]
fn after_delivery_no_file_holds_what_was_sent() {
    let fixture = Fixture::new();
    register_by_mail(&fixture, DEVICE_ID);
    fixture
        .gridpass
        .request_sign_in(&demo(), "1001", None, &browser(HOME))
        .unwrap();
    let sealed = sealed_contents(&fixture);
    assert_eq!(sealed.len(), 2);
    let folder = &fixture.folder;
    for content in &sealed {
        assert!(is_kept(folder, content), "it waits in the files");
    }
    let postbox = Postbox::default();
    fixture
        .gridpass
        .deliver_due(&postbox.carriers(), 10)
        .unwrap();
    assert!(fixture.gridpass.forget_delivered().unwrap());
    for content in &sealed {
        // A page may be torn between two versions: half of it would be material as well.
        for part in content.chunks(content.len().div_ceil(4)) {
            assert!(!is_kept(folder, part), "a part of it is left");
        }
    }
}

#[test]
fn a_registration_by_mail_and_its_mail_are_one() {
    let fixture = Fixture::new();
    assert!(matches!(
        try_register_by_mail(&fixture, "9999", DEVICE_ID),
        Err(RegistrationError::NoAddress(Channel::Email))
    ));
    assert_eq!(fixture.gridpass.outbox_messages().unwrap(), []);
    register_by_mail(&fixture, DEVICE_ID);
    let mails = fixture.gridpass.outbox_messages().unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "A1001@Customers.example");
}

#[test]
fn a_channel_that_the_provider_does_not_use_is_refused() {
    let fixture = Fixture::with(|config| config.providers[0].channels = vec![Channel::Screen]);
    assert!(matches!(
        try_register_by_mail(&fixture, "1001", DEVICE_ID),
        Err(RegistrationError::ChannelUnavailable(Channel::Email))
    ));
    let session = crate::sign_in::sign_in(&fixture, "1001").session;
    let offers = fixture.gridpass.channel_offers(&session).unwrap();
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].channel, Channel::Screen);
}

#[test]
fn a_customer_is_never_handed_a_label_as_a_system_is() {
    let fixture = Fixture::new();
    let session = crate::sign_in::sign_in(&fixture, "1001").session;
    let registration = Registration {
        provider: demo(),
        account: gridpass_provider::AccountRef::Id(session.account_id),
        device_id: device_id(DEVICE_ID),
        kind: gridpass_provider::EnrollmentKind::Device,
        channel: Channel::Api,
        key_algorithm: None,
        idempotency: None,
        nickname: None,
        language: None,
    };
    let actor = gridpass_provider::Actor::customer(&session);
    assert!(matches!(
        fixture.gridpass.register(registration, actor),
        Err(RegistrationError::ChannelUnavailable(Channel::Api))
    ));
}

#[test]
fn a_mail_server_that_is_away_for_a_day_costs_no_message() {
    let fixture = Fixture::with(|config| config.providers[0].lifetimes.email = 3 * 24 * 60 * 60);
    for device in ["SN-4711-0001", "SN-4711-0002", "SN-4711-0003"] {
        register_by_mail(&fixture, device);
    }
    let postbox = Postbox::default();
    let carriers = postbox.carriers();
    postbox.refuse(Some(Failure::Absent("connection refused".into())));
    for _ in 0..(24 * 60) {
        fixture.gridpass.deliver_due(&carriers, 10).unwrap();
        fixture.clock.advance(60);
    }
    assert!(
        postbox.asked.load(Ordering::SeqCst) > 24,
        "it was tried all day"
    );
    postbox.refuse(None);
    fixture.clock.advance(60 * 60 * 2);
    fixture.gridpass.deliver_due(&carriers, 10).unwrap();
    assert_eq!(postbox.taken(), 3);
}

#[test]
fn what_was_put_off_under_a_clock_that_ran_ahead_does_not_wait_until_then() {
    const AHEAD: u64 = 400 * 24 * 60 * 60;
    let fixture = Fixture::new();
    let postbox = Postbox::default();
    register_by_mail(&fixture, DEVICE_ID);
    postbox.refuse(Some(Failure::NotNow("busy".to_owned())));
    fixture.clock.advance(AHEAD);
    let deliver = || {
        fixture
            .gridpass
            .deliver_due(&postbox.carriers(), 10)
            .unwrap()
    };
    assert_eq!(deliver().put_off, 1);
    fixture.clock.set_back(AHEAD);
    postbox.refuse(None);
    assert!(deliver().is_idle());
    assert_eq!(fixture.gridpass.run_housekeeping().unwrap().dated_back, 1);
    assert_eq!(deliver().sent, 1);
}

/// Takes its time for every mail.
struct Slow(Postbox, Arc<FixedClock>);

impl MailCarrier for Slow {
    fn carry(&self, mail: &OutgoingMail) -> Result<(), Failure> {
        self.1.advance(50);
        self.0.carry(mail)
    }
}

#[test]
fn a_slow_mail_server_gets_no_mail_twice_from_two_senders() {
    let fixture = Fixture::new();
    let postbox = Postbox::default();
    for number in 0..8 {
        register_by_mail(&fixture, &format!("SN-4711-000{number}"));
    }
    let carriers = Carriers {
        mail: Some(Box::new(Slow(postbox.clone(), Arc::clone(&fixture.clock)))),
        ..Carriers::default()
    };
    let mut rounds = 0;
    while postbox.taken() < 8 {
        rounds += 1;
        assert!(rounds <= 8, "every round takes something");
        let done = fixture.gridpass.deliver_due(&carriers, 16).unwrap();
        assert!((1..=2).contains(&done.sent), "{done:?}");
    }
    assert_eq!(postbox.asked.load(Ordering::SeqCst), 8, "each once");
    assert!(
        fixture
            .gridpass
            .deliver_due(&carriers, 16)
            .unwrap()
            .is_idle()
    );
}

#[test]
fn a_refusal_for_now_is_followed_by_a_later_try_and_one_for_good_by_none() {
    let fixture = Fixture::new();
    register_by_mail(&fixture, DEVICE_ID);
    let postbox = Postbox::default();
    let carriers = postbox.carriers();
    let deliver = || fixture.gridpass.deliver_due(&carriers, 10).unwrap();
    postbox.refuse(Some(Failure::NotNow("450 greylisted".into())));
    assert_eq!(deliver().put_off, 1);
    assert!(deliver().is_idle(), "not at once");
    fixture.clock.advance(60);
    postbox.refuse(Some(Failure::Refused("550 no such user".into())));
    assert_eq!(deliver().dead, 1);
    postbox.refuse(None);
    fixture.clock.advance(24 * 60 * 60);
    assert_eq!(deliver(), Delivered::default());
    assert_eq!(postbox.taken(), 0);
}

#[test]
fn a_message_whose_sender_died_is_sent_again_under_the_same_id() {
    struct Dies(Postbox);
    impl MailCarrier for Dies {
        fn carry(&self, mail: &OutgoingMail) -> Result<(), Failure> {
            self.0.carry(mail).unwrap();
            panic!("killed before it could write that the mail has left");
        }
    }
    let fixture = Fixture::new();
    register_by_mail(&fixture, DEVICE_ID);
    let postbox = Postbox::default();
    let dying = Carriers {
        mail: Some(Box::new(Dies(postbox.clone()))),
        ..Carriers::default()
    };
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        fixture.gridpass.deliver_due(&dying, 10)
    }));
    assert!(died.is_err());
    let carriers = postbox.carriers();
    assert!(
        fixture
            .gridpass
            .deliver_due(&carriers, 10)
            .unwrap()
            .is_idle(),
        "whoever took it may still be at work"
    );
    fixture.clock.advance(120);
    fixture.gridpass.deliver_due(&carriers, 10).unwrap();
    let taken = postbox.taken.lock().unwrap();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].id, taken[1].id);
}

#[test]
fn a_label_that_was_voided_before_it_left_never_leaves() {
    let fixture = Fixture::new();
    let cancelled = register_by_mail(&fixture, "SN-4711-0001");
    let superseded = register_by_mail(&fixture, "SN-4711-0002");
    fixture
        .gridpass
        .cancel(cancelled.enrollment_id, operator())
        .unwrap();
    fixture
        .gridpass
        .resend(superseded.enrollment_id, Channel::Screen, operator())
        .unwrap();
    assert!(sealed_contents(&fixture).is_empty(), "both are erased");
    let postbox = Postbox::default();
    let done = fixture
        .gridpass
        .deliver_due(&postbox.carriers(), 10)
        .unwrap();
    assert!(done.is_idle());
}

#[test]
fn what_could_not_be_sent_in_time_is_erased() {
    let fixture = Fixture::new();
    register_by_mail(&fixture, DEVICE_ID);
    fixture.clock.advance(24 * 60 * 60);
    fixture.gridpass.run_housekeeping().unwrap();
    assert!(sealed_contents(&fixture).is_empty());
}

#[test]
fn senders_at_the_same_time_share_the_work() {
    let fixture = Fixture::new();
    for number in 1000..1040 {
        register_by_mail(&fixture, &format!("SN-4711-{number}"));
    }
    let postbox = Postbox::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let carriers = postbox.carriers();
                while !fixture
                    .gridpass
                    .deliver_due(&carriers, 3)
                    .unwrap()
                    .is_idle()
                {}
            });
        }
    });
    assert_eq!(postbox.taken(), 40, "each left once");
}

#[test]
fn the_desk_sees_what_waits_what_was_given_up_and_what_has_left_and_sends_again() {
    use gridpass_provider::{DeliveryBox, DeliveryError, Retry, Role};
    let fixture = Fixture::with(|config| {
        config.providers.push(crate::fixture::provider("other"));
    });
    register_by_mail(&fixture, DEVICE_ID);
    let postbox = Postbox::default();
    let carriers = postbox.carriers();
    let (operator, actor) = crate::desk::staff_of("demo", Role::Operator);
    let look = |which| {
        fixture
            .gridpass
            .deliveries(&operator, which, None, 10, &actor)
            .unwrap()
            .rows
    };
    assert_eq!(look(DeliveryBox::Waiting)[0].to, "A***@Customers.example");
    postbox.refuse(Some(Failure::Refused("550 no such user".into())));
    fixture.gridpass.deliver_due(&carriers, 10).unwrap();
    let dead = look(DeliveryBox::Dead).remove(0);
    assert_eq!(dead.last_error.as_deref(), Some("550 no such user"));
    assert_eq!(dead.retry, Retry::Possible);
    let (stranger, strangers) = crate::desk::staff_of("other", Role::Admin);
    assert!(matches!(
        fixture
            .gridpass
            .retry_delivery(&stranger, dead.id, strangers),
        Err(DeliveryError::NotFound)
    ));
    let (support, supports) = crate::desk::staff_of("demo", Role::Support);
    assert!(matches!(
        fixture.gridpass.retry_delivery(&support, dead.id, supports),
        Err(DeliveryError::NotAllowed(_))
    ));
    fixture
        .gridpass
        .retry_delivery(&operator, dead.id, actor.clone())
        .unwrap();
    postbox.refuse(None);
    fixture.gridpass.deliver_due(&carriers, 10).unwrap();
    assert_eq!(postbox.taken(), 1);
    let sent = look(DeliveryBox::Sent).remove(0);
    assert_eq!((sent.id, sent.retry), (dead.id, Retry::Pointless));
    assert!(matches!(
        fixture
            .gridpass
            .retry_delivery(&operator, sent.id, actor.clone()),
        Err(DeliveryError::NotFound)
    ));
}

#[test]
fn many_deliveries_are_looked_through_page_by_page() {
    use gridpass_provider::{DeliveryBox, Role};
    let fixture = Fixture::new();
    for number in 0..25 {
        fixture.clock.advance(1);
        register_by_mail(&fixture, &format!("SN-4711-{number:04}"));
    }
    let (staff, actor) = crate::desk::staff_of("demo", Role::Support);
    let (mut seen, mut older_than) = (Vec::new(), None);
    loop {
        let page = fixture
            .gridpass
            .deliveries(&staff, DeliveryBox::Waiting, older_than, 10, &actor)
            .unwrap();
        seen.extend(page.rows.into_iter().map(|row| row.made_at));
        older_than = page.older_than;
        if older_than.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted_by(|a, b| a > b), "youngest first");
}

#[test]
fn an_invitation_goes_by_mail_where_mails_leave_and_is_seen_by_nobody_else() {
    let fixture = Fixture::new();
    let admin = staff(&fixture, Role::Admin);
    let Fixture {
        gridpass, folder, ..
    } = fixture;
    let colleague = |email: &str| NewColleague {
        email: email.into(),
        name: "Sue Support".into(),
        role: Role::Support,
    };
    let actor = || Actor::staff(&admin);
    let sue = colleague("sue@gmec.example");
    let shown = gridpass
        .invite_colleague(&admin, sue, Language::English, actor())
        .unwrap();
    assert!(matches!(shown, Invited::Shown(_)), "no mail leaves here");

    let gridpass = gridpass.with_mail_service(MailService::Carried);
    let sam = colleague("sam@gmec.example");
    let invited = gridpass
        .invite_colleague(&admin, sam, Language::Spanish, actor())
        .unwrap();
    assert!(matches!(&invited, Invited::ByMail { to } if to == "sam@gmec.example"));
    let postbox = Postbox::default();
    gridpass.deliver_due(&postbox.carriers(), 10).unwrap();
    let token = {
        let taken = postbox.taken.lock().unwrap();
        let [mail] = taken.as_slice() else {
            panic!("one mail, not {}", taken.len())
        };
        assert_eq!(mail.to, "sam@gmec.example");
        assert!(mail.text.starts_with("Hola, Sue Support:"), "{}", mail.text);
        let link = mail.text.lines().find(|line| line.contains('#')).unwrap();
        link.split_once('#').unwrap().1.to_owned()
    };
    let offered = gridpass.invitation(&token).unwrap().unwrap();
    assert_eq!(offered.email, "sam@gmec.example");
    gridpass.forget_delivered().unwrap();
    assert!(!is_kept(&folder, token.as_bytes()));

    let people = gridpass.staff_list(&admin, &actor()).unwrap();
    let sam = people
        .iter()
        .find(|one| one.email == offered.email)
        .unwrap();
    let reset = gridpass
        .reset_colleague(&admin, sam.id, Language::English, actor())
        .unwrap();
    assert!(matches!(reset, Invited::ByMail { .. }));
    assert!(
        gridpass.invitation(&token).unwrap().is_none(),
        "the old link is void"
    );
    assert_eq!(
        gridpass.deliver_due(&postbox.carriers(), 10).unwrap().sent,
        1
    );
}
