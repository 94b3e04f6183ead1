//! The mailbox: instructions wait for sleeping devices, receipts go back to who sent them.

use gridpass_protocol::{Item, MessageToken, Outcome, ProblemName, UpKind, WakeKey};
use gridpass_provider::{
    Actor, ApiClient, ApiScope, ApiTokenId, EnrollmentId, IdempotencyKey, Instruction,
    InstructionError, Letter, MessageRequest, ParcelId, ParcelState, Role, TimelineEvent,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    calls::System,
    desk::staff_of,
    fixture::{Fixture, HOME, NOW, ip, provider},
    speaking::{Talker, post},
};

pub(crate) fn arguments(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

pub(crate) fn instruction(name: &str) -> Instruction {
    Instruction {
        name: name.parse().unwrap(),
        arguments: arguments(json!({ "celsius": 20.5 })),
        valid_for: Instruction::USUAL,
    }
}

/// Sends an instruction from the desk.
pub(crate) fn instruct(fixture: &Fixture, id: EnrollmentId, name: &str) -> ParcelId {
    let (staff, actor) = staff_of("demo", Role::Operator);
    fixture
        .gridpass
        .desk_instruct(&staff, id, instruction(name), actor)
        .unwrap()
}

/// What the desk shows of a mailbox, youngest first.
pub(crate) fn letters(fixture: &Fixture, id: EnrollmentId) -> Vec<Letter> {
    let (staff, actor) = staff_of("demo", Role::Support);
    fixture.gridpass.desk_letters(&staff, id, &actor).unwrap()
}

fn state(fixture: &Fixture, id: EnrollmentId) -> ParcelState {
    letters(fixture, id)[0].state
}

pub(crate) fn receipt(item: Uuid, outcome: Outcome) -> UpKind {
    UpKind::Receipt {
        item,
        outcome,
        at: NOW.plus(7),
        detail: Some("done\nso".into()),
    }
}

/// The instructions in an answer, by id and name.
pub(crate) fn instructions(items: &[Item]) -> Vec<(Uuid, String)> {
    let named = |item: &Item| match item {
        Item::Instruction { id, name, .. } => Some((*id, name.clone())),
        _ => None,
    };
    items.iter().filter_map(named).collect()
}

/// A device that has said hello.
fn awake(fixture: &Fixture, seed: u64, id: &str) -> Talker {
    let mut talker = Talker::enrol_as(fixture, seed, id);
    talker.hello(fixture).unwrap();
    talker
}

fn client(provider: &str) -> (ApiClient, Actor) {
    let client = ApiClient {
        id: ApiTokenId::from_uuid(Uuid::from_u128(77)),
        provider: provider.parse().unwrap(),
        name: "billing".into(),
        scopes: vec![ApiScope::InstructionsWrite],
    };
    let actor = Actor::api_client(&client);
    (client, actor)
}

fn with_another_provider() -> Fixture {
    Fixture::with(|config| {
        let mut other = provider("other");
        other.accounts.clear();
        config.providers.push(other);
    })
}

#[test]
fn an_instruction_waits_for_a_sleeping_device_and_is_told_until_its_receipt() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let parcel = instruct(&fixture, talker.id, "set-point");
    assert_eq!(state(&fixture, talker.id), ParcelState::Queued);
    fixture.clock.advance(3600);
    let fixture = fixture.restarted();
    for answer in 0..3 {
        let down = talker.poll(&fixture).unwrap();
        let found = instructions(&down.items);
        assert_eq!(found, [(parcel.uuid(), "set-point".to_owned())], "{answer}");
        assert!(down.items.iter().any(|item| matches!(item,
            Item::Instruction { from, expires_at, arguments, .. }
                if from == "staff" && *expires_at == NOW.plus(Instruction::USUAL)
                    && arguments["celsius"] == 20.5)));
        assert_eq!(state(&fixture, talker.id), ParcelState::Delivered);
    }
    let down = talker
        .say(&fixture, receipt(parcel.uuid(), Outcome::Acknowledged))
        .unwrap();
    assert!(down.items.is_empty(), "the answer does not tell it again");
    assert_eq!(state(&fixture, talker.id), ParcelState::Acknowledged);
    talker
        .say(&fixture, receipt(parcel.uuid(), Outcome::Executed))
        .unwrap();
    assert!(instructions(&talker.hello(&fixture).unwrap().items).is_empty());
    let letter = letters(&fixture, talker.id).remove(0);
    assert_eq!(letter.state, ParcelState::Executed);
    assert_eq!(letter.device_at, Some(NOW.plus(7)));
    assert_eq!(letter.detail.as_deref(), Some("done so"));
    let (staff, actor) = staff_of("demo", Role::Support);
    let dossier = fixture
        .gridpass
        .desk_enrollment(&staff, talker.id, &actor)
        .unwrap();
    let told: Vec<_> = dossier
        .timeline
        .iter()
        .filter_map(|entry| match &entry.what {
            TimelineEvent::InstructionSent { name } => Some(name.clone()),
            TimelineEvent::InstructionDelivered => Some("delivered".into()),
            TimelineEvent::InstructionReceipt { state } => Some(state.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["set-point", "delivered", "acknowledged", "executed"]);
}

#[test]
fn a_receipt_never_goes_back_and_a_repeated_one_changes_nothing() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let id = instruct(&fixture, talker.id, "set-point").uuid();
    talker.poll(&fixture).unwrap();
    talker.say(&fixture, receipt(id, Outcome::Failed)).unwrap();
    let before = letters(&fixture, talker.id);
    fixture.clock.advance(60);
    for outcome in [
        Outcome::Failed,
        Outcome::Acknowledged,
        Outcome::Executed,
        Outcome::Refused,
    ] {
        talker.say(&fixture, receipt(id, outcome)).unwrap();
        assert_eq!(letters(&fixture, talker.id), before);
    }
}

#[test]
fn a_replayed_receipt_gets_the_same_answer_and_counts_once() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let id = instruct(&fixture, talker.id, "set-point").uuid();
    talker.poll(&fixture).unwrap();
    let jwe = talker.seal(receipt(id, Outcome::Executed));
    let answer = post(&fixture, &jwe).unwrap();
    assert_eq!(post(&fixture, &jwe).unwrap(), answer);
    talker.open(&answer);
    talker.poll(&fixture).unwrap();
    // Once the conversation has gone on, the old message is a copy's.
    let error = post(&fixture, &jwe).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::PossibleClone);
    let (staff, actor) = staff_of("demo", Role::Support);
    let dossier = fixture
        .gridpass
        .desk_enrollment(&staff, talker.id, &actor)
        .unwrap();
    let receipts = dossier
        .timeline
        .iter()
        .filter(|entry| matches!(entry.what, TimelineEvent::InstructionReceipt { .. }));
    assert_eq!(receipts.count(), 1);
}

#[test]
fn reordered_receipts_are_refused_and_change_nothing() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let id = instruct(&fixture, talker.id, "set-point").uuid();
    talker.poll(&fixture).unwrap();
    let mut ahead = talker.clone();
    ahead.seq += 1;
    let later = ahead.seal(receipt(id, Outcome::Executed));
    let error = post(&fixture, &later).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::PossibleClone);
    assert_eq!(state(&fixture, talker.id), ParcelState::Delivered);
    talker
        .say(&fixture, receipt(id, Outcome::Acknowledged))
        .unwrap();
    let error = post(&fixture, &later).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::PossibleClone);
    assert_eq!(state(&fixture, talker.id), ParcelState::Acknowledged);
}

#[test]
fn a_receipt_with_a_stale_token_is_refused_and_changes_nothing() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let id = instruct(&fixture, talker.id, "set-point").uuid();
    talker.poll(&fixture).unwrap();
    let stale = talker.token.clone();
    talker.poll(&fixture).unwrap();
    let mut late = talker.clone();
    for token in [stale, Some(MessageToken::from_bytes([3; 16])), None] {
        late.token = token;
        let error = late
            .say(&fixture, receipt(id, Outcome::Executed))
            .unwrap_err();
        assert_eq!(error.problem().name, ProblemName::PossibleClone);
    }
    assert_eq!(state(&fixture, talker.id), ParcelState::Delivered);
}

#[test]
fn a_clone_fetches_no_items_of_the_device_that_spoke_before_it() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let mut copy = talker.clone();
    talker.poll(&fixture).unwrap();
    let id = instruct(&fixture, talker.id, "set-point").uuid();
    let error = copy.poll(&fixture).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::PossibleClone);
    assert_eq!(state(&fixture, talker.id), ParcelState::Queued);
    assert_eq!(instructions(&talker.poll(&fixture).unwrap().items)[0].0, id);
}

#[test]
fn a_receipt_of_the_wrong_recipient_or_for_an_unknown_item_is_passed_over() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let mut other = awake(&fixture, 2, "SN-4711-0002");
    let id = instruct(&fixture, talker.id, "set-point").uuid();
    assert!(instructions(&other.poll(&fixture).unwrap().items).is_empty());
    talker.poll(&fixture).unwrap();
    other.say(&fixture, receipt(id, Outcome::Executed)).unwrap();
    assert_eq!(state(&fixture, talker.id), ParcelState::Delivered);
    assert!(letters(&fixture, other.id).is_empty());
    other
        .say(&fixture, receipt(Uuid::from_u128(4), Outcome::Executed))
        .unwrap();
    other.poll(&fixture).unwrap();
}

#[test]
fn a_receipt_before_the_item_was_in_an_answer_is_passed_over() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let id = instruct(&fixture, talker.id, "set-point").uuid();
    talker
        .say(&fixture, receipt(id, Outcome::Executed))
        .unwrap();
    assert_eq!(state(&fixture, talker.id), ParcelState::Queued);
}

#[test]
fn nobody_instructs_devices_of_another_provider() {
    let fixture = with_another_provider();
    let talker = awake(&fixture, 1, "SN-4711-0001");
    let (staff, actor) = staff_of("other", Role::Admin);
    let refused =
        fixture
            .gridpass
            .desk_instruct(&staff, talker.id, instruction("off"), actor.clone());
    assert!(matches!(refused, Err(InstructionError::UnknownEnrollment(id)) if id == talker.id));
    let (foreign, api) = client("other");
    let refused = fixture
        .gridpass
        .instruct(&foreign, &[talker.id], instruction("off"), None, api);
    assert!(matches!(refused, Err(InstructionError::UnknownEnrollment(id)) if id == talker.id));
    let seen = fixture.gridpass.desk_letters(&staff, talker.id, &actor);
    assert!(seen.unwrap().is_empty());
    let (own, api) = client("demo");
    let id = fixture
        .gridpass
        .instruct(&own, &[talker.id], instruction("off"), None, api)
        .unwrap();
    let seen = fixture.gridpass.instruction(&foreign, id);
    assert!(matches!(seen, Err(InstructionError::NotFound)));
    assert!(fixture.gridpass.instruction(&own, id).is_ok());
}

#[test]
fn roles_decide_who_instructs() {
    let fixture = Fixture::new();
    let talker = awake(&fixture, 1, "SN-4711-0001");
    for role in Role::ALL {
        let (staff, actor) = staff_of("demo", role);
        let sent =
            fixture
                .gridpass
                .desk_instruct(&staff, talker.id, instruction("off"), actor.clone());
        let may = matches!(role, Role::Operator | Role::Admin);
        assert_eq!(sent.is_ok(), may, "{role}");
        let id = match sent {
            Ok(id) => id,
            Err(error) => {
                assert!(matches!(error, InstructionError::NotAllowed(_)));
                continue;
            }
        };
        let take_back = |id| {
            fixture
                .gridpass
                .desk_withdraw_instruction(&staff, talker.id, id, actor.clone())
        };
        take_back(id).unwrap();
        let unknown = take_back(ParcelId::from_uuid(Uuid::from_u128(1)));
        assert!(matches!(unknown, Err(InstructionError::NotSent)));
    }
}

#[test]
fn an_instruction_that_was_taken_back_is_told_no_more() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let (staff, actor) = staff_of("demo", Role::Operator);
    let take_back = |id| {
        fixture
            .gridpass
            .desk_withdraw_instruction(&staff, talker.id, id, actor.clone())
            .unwrap();
    };
    let known = instruct(&fixture, talker.id, "on");
    take_back(known);
    assert_eq!(state(&fixture, talker.id), ParcelState::Cancelled);
    let late = instruct(&fixture, talker.id, "off");
    let mut speaking = talker.clone();
    speaking.poll(&fixture).unwrap();
    take_back(late);
    let down = speaking.poll(&fixture).unwrap();
    assert!(instructions(&down.items).is_empty());
    // What the device did all the same is not hidden.
    let done = receipt(late.uuid(), Outcome::Executed);
    speaking.say(&fixture, done).unwrap();
    assert_eq!(state(&fixture, speaking.id), ParcelState::Executed);
    talker.seq = speaking.seq;
}

#[test]
fn an_instruction_expires_and_is_told_no_more() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    instruct(&fixture, talker.id, "off");
    fixture.clock.advance(Instruction::USUAL);
    let down = talker.poll(&fixture).unwrap();
    assert!(instructions(&down.items).is_empty(), "before housekeeping");
    fixture.gridpass.run_housekeeping().unwrap();
    let letter = letters(&fixture, talker.id).remove(0);
    assert_eq!(letter.state, ParcelState::Expired);
    assert_eq!(letter.closed_at, Some(NOW.plus(Instruction::USUAL)));
    fixture.gridpass.run_housekeeping().unwrap();
    assert_eq!(letters(&fixture, talker.id), [letter]);
}

#[test]
fn only_sound_instructions_are_sent_and_only_to_devices_in_service() {
    let fixture = Fixture::new();
    let talker = awake(&fixture, 1, "SN-4711-0001");
    let open = fixture.register("SN-4711-0002").enrollment_id;
    let (client, actor) = client("demo");
    let send = |to: &[EnrollmentId], change: &dyn Fn(&mut Instruction)| {
        let mut wanted = instruction("off");
        change(&mut wanted);
        fixture
            .gridpass
            .instruct(&client, to, wanted, None, actor.clone())
    };
    let reason = |sent: Result<ParcelId, InstructionError>| sent.unwrap_err().problem().reason;
    let to = [talker.id];
    let long = "x".repeat(Instruction::MAX_ARGUMENTS);
    assert_eq!(reason(send(&[], &|_| {})).as_deref(), Some("enrollments"));
    assert_eq!(
        reason(send(&to, &|wanted| wanted.valid_for = 59)).as_deref(),
        Some("valid-for")
    );
    assert_eq!(
        reason(send(&to, &|wanted| wanted.valid_for = Instruction::LONGEST + 1)).as_deref(),
        Some("valid-for")
    );
    assert_eq!(
        reason(send(&to, &|wanted| wanted.arguments =
            arguments(json!({ "a": long }))))
        .as_deref(),
        Some("arguments")
    );
    // All or nobody.
    assert_eq!(
        reason(send(&[talker.id, open], &|_| {})).as_deref(),
        Some("not-in-service")
    );
    assert!(letters(&fixture, talker.id).is_empty());
    for name in ["", "Off", "-off", "off on", &"x".repeat(65)] {
        assert!(name.parse::<gridpass_provider::InstructionName>().is_err());
    }
}

#[test]
fn a_system_sends_once_with_its_key_and_hears_what_became_of_it() {
    let fixture = Fixture::new();
    let mut first = awake(&fixture, 1, "SN-4711-0001");
    let second = awake(&fixture, 2, "SN-4711-0002");
    let (admin, staff) = staff_of("demo", Role::Admin);
    let url = "https://crm.gmec.example/gridpass";
    let added = fixture.gridpass.add_webhook(&admin, url, staff).unwrap();
    let (client, actor) = client("demo");
    let key: IdempotencyKey = "order-1".parse().unwrap();
    let send = |to: &[EnrollmentId], name: &str| {
        let wanted = instruction(name);
        fixture
            .gridpass
            .instruct(&client, to, wanted, Some(&key), actor.clone())
    };
    let id = send(&[first.id, second.id], "off").unwrap();
    assert_eq!(send(&[second.id, first.id], "off").unwrap(), id);
    let other = send(&[first.id], "on");
    assert!(matches!(other, Err(InstructionError::IdempotencyConflict)));
    assert_eq!(letters(&fixture, first.id).len(), 1);

    let down = first.poll(&fixture).unwrap();
    assert!(matches!(&down.items[1], Item::Instruction { from, .. } if from == "api"));
    first
        .say(&fixture, receipt(id.uuid(), Outcome::Refused))
        .unwrap();
    fixture.clock.advance(Instruction::USUAL);
    fixture.gridpass.run_housekeeping().unwrap();
    let seen = fixture.gridpass.instruction(&client, id).unwrap();
    assert_eq!(seen.name, "off");
    assert_eq!((seen.counts.refused, seen.counts.expired), (1, 1));
    assert_eq!(seen.counts.total(), 2);

    let system = System::new();
    fixture
        .gridpass
        .deliver_due(&system.webhooks(), 10)
        .unwrap();
    let mut told: Vec<_> = system
        .bodies(&added.secret)
        .iter()
        .map(|body| {
            assert_eq!(body["data"]["instruction_id"], id.to_string());
            let kind = body["type"].as_str().unwrap().to_owned();
            (
                kind,
                body["data"]["enrollment_id"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            ("instruction.expired".to_owned(), second.id.to_string()),
            ("instruction.refused".to_owned(), first.id.to_string())
        ]
    );
    // The key is forgotten after a day.
    assert_ne!(send(&[first.id], "on").unwrap(), id);
}

#[test]
fn an_answer_carries_what_it_can_oldest_first_and_the_next_one_the_rest() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let (staff, actor) = staff_of("demo", Role::Operator);
    let sent: Vec<_> = (0..20)
        .map(|number| {
            let mut wanted = instruction(&format!("step-{number}"));
            wanted.arguments = arguments(json!({ "text": "x".repeat(4000) }));
            fixture
                .gridpass
                .desk_instruct(&staff, talker.id, wanted, actor.clone())
                .unwrap()
                .uuid()
        })
        .collect();
    let mut done = Vec::new();
    while done.len() < sent.len() {
        let down = talker.poll(&fixture).unwrap();
        let found = instructions(&down.items);
        assert!(!found.is_empty());
        for (id, _) in found {
            talker
                .say(&fixture, receipt(id, Outcome::Executed))
                .unwrap();
            done.push(id);
        }
    }
    assert_eq!(done, sent);
}

#[test]
fn a_rollover_and_its_certificate_travel_with_what_waits() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let id = instruct(&fixture, talker.id, "off").uuid();
    let next = talker.next_key(gridpass_protocol::KeyAlgorithm::Es256);
    let csr = next.csr.clone();
    let down = talker.say(&fixture, UpKind::Rekey { csr }).unwrap();
    assert!(matches!(down.items[0], Item::Certificate { .. }));
    assert_eq!(instructions(&down.items)[0].0, id);
}

#[test]
fn whoever_polls_may_wait_only_by_right_and_only_while_there_is_nothing() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let waits = |jwe: &str| {
        let request = MessageRequest {
            jwe,
            client: ip(HOME),
            request_id: None,
        };
        let mut message = fixture.gridpass.open_message(request).unwrap();
        fixture
            .gridpass
            .wait_for_items(&mut message)
            .unwrap()
            .is_some()
    };
    assert!(waits(&talker.seal(UpKind::Poll)));
    assert!(!waits(&talker.seal(UpKind::Hello { device_proof: None })));
    let mut stale = talker.clone();
    stale.seq += 1;
    assert!(!waits(&stale.seal(UpKind::Poll)));
    let poll = talker.seal(UpKind::Poll);
    post(&fixture, &poll).unwrap();
    assert!(!waits(&poll), "a repeated one is answered at once");
    let answer = post(&fixture, &poll).unwrap();
    talker.open(&answer);
    instruct(&fixture, talker.id, "off");
    assert!(!waits(&talker.seal(UpKind::Poll)));
    assert_eq!(fixture.gridpass.wakes().listeners(), 0);
}

#[test]
fn only_the_page_that_heard_the_last_answer_listens() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let bearer = |talker: &Talker| {
        let key = WakeKey::derive(talker.token.as_ref().unwrap());
        key.bearer(talker.id.uuid())
    };
    let listens = |bearer: &str| {
        let listening = fixture.gridpass.listen_for_page(bearer).unwrap();
        listening.is_some()
    };
    let first = bearer(&talker);
    assert!(listens(&first));
    talker.poll(&fixture).unwrap();
    assert!(!listens(&first), "a stale token");
    let mut other = awake(&fixture, 2, "SN-4711-0002");
    let foreign = WakeKey::derive(other.token.as_ref().unwrap()).bearer(talker.id.uuid());
    assert!(!listens(&foreign), "another device's");
    assert!(!listens(""));
    let last = bearer(&talker);
    talker
        .say(
            &fixture,
            UpKind::RevokeMe {
                reason: "lost".into(),
            },
        )
        .unwrap();
    assert!(!listens(&last) && !listens(&bearer(&talker)));
    other.poll(&fixture).unwrap();
    assert!(listens(&bearer(&other)));
}

#[test]
fn the_same_conversation_goes_on_in_plain_json() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let id = instruct(&fixture, talker.id, "off").uuid();
    let poll = talker.plain(UpKind::Poll);
    let answer = talker.post_plain(&fixture, &poll).unwrap();
    let again = talker.post_plain(&fixture, &poll).unwrap();
    assert_eq!(again, answer, "a lost answer");
    let down = talker.read_plain(&answer);
    assert_eq!(instructions(&down.items)[0].0, id);
    // What is kept of it in the database is sealed.
    let connection = fixture.database();
    let kept: String = connection
        .query_row("SELECT answer FROM conversations", [], |row| row.get(0))
        .unwrap();
    assert!(!kept.contains("token") && !kept.contains('{'));
    talker
        .say(&fixture, receipt(id, Outcome::Acknowledged))
        .unwrap();
    let done = talker.plain(receipt(id, Outcome::Executed));
    let answer = talker.post_plain(&fixture, &done).unwrap();
    talker.read_plain(&answer);
    assert_eq!(state(&fixture, talker.id), ParcelState::Executed);
    talker.hello(&fixture).unwrap();
    let error = talker.post_plain(&fixture, &done).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::PossibleClone);
}

#[test]
fn plain_json_is_refused_from_another_device_and_for_a_new_key() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let other = awake(&fixture, 2, "SN-4711-0002");
    let mut forger = talker.clone();
    forger.certificate = other.certificate.clone();
    let poll = forger.plain(UpKind::Poll);
    let error = forger.post_plain(&fixture, &poll).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::PossibleClone);
    forger.certificate = b"nobody's".to_vec();
    let error = forger.post_plain(&fixture, &poll).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::UnknownDevice);
    for body in ["", "{}", "[]", r#"{"seq":1,"iat":1,"kind":"eat"}"#] {
        let error = talker.post_plain(&fixture, body).unwrap_err();
        assert_eq!(error.problem().name, ProblemName::BadRequest, "{body}");
    }
    let large = "x".repeat(16 * 1024 + 1);
    let error = talker.post_plain(&fixture, &large).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::PayloadTooLarge);
    let csr = talker.next_key(gridpass_protocol::KeyAlgorithm::Es256).csr;
    let rekey = talker.plain(UpKind::Rekey { csr });
    let error = talker.post_plain(&fixture, &rekey).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::Invalid);
    let poll = talker.plain(UpKind::Poll);
    let answer = talker.post_plain(&fixture, &poll).unwrap();
    talker.read_plain(&answer);
    let reason = "lost".to_owned();
    let leave = talker.plain(UpKind::RevokeMe { reason });
    talker.post_plain(&fixture, &leave).unwrap();
    // Its connection may stay open: nothing is said on it any more, not even the same again.
    let error = talker.post_plain(&fixture, &leave).unwrap_err();
    assert_eq!(error.problem().name, ProblemName::Revoked);
}

#[test]
fn devices_out_of_service_are_not_instructed_and_those_on_hold_hear_it_later() {
    let fixture = Fixture::new();
    let mut talker = awake(&fixture, 1, "SN-4711-0001");
    let (staff, actor) = staff_of("demo", Role::Operator);
    let hold = crate::desk::words("being looked into");
    fixture
        .gridpass
        .hold_enrollment(&staff, talker.id, &hold, actor.clone())
        .unwrap();
    let id = instruct(&fixture, talker.id, "off").uuid();
    assert!(talker.poll(&fixture).is_err());
    fixture
        .gridpass
        .release_enrollment(&staff, talker.id, &hold, actor.clone())
        .unwrap();
    assert_eq!(instructions(&talker.poll(&fixture).unwrap().items)[0].0, id);
    talker
        .say(
            &fixture,
            UpKind::RevokeMe {
                reason: "left".into(),
            },
        )
        .unwrap();
    let refused = fixture
        .gridpass
        .desk_instruct(&staff, talker.id, instruction("off"), actor);
    assert!(matches!(refused, Err(InstructionError::NotInService(..))));
    assert_eq!(state(&fixture, talker.id), ParcelState::Cancelled);
}
