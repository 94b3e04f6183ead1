//! The enrollment desk: the list, one enrollment, what staff do.

use std::collections::HashSet;

use gridpass_provider::{
    Actor, Channel, DeskError, EnrollmentFilter, EnrollmentId, EnrollmentPage, Role, Scope,
    SessionId, StaffId, StaffSession, StaffWords, StateName, StateView, TimelineActor,
    TimelineEvent,
};

use crate::fixture::{DEVICE_ID, Device, Fixture, HOME, NOW, ip, provider};

/// A member of the staff of a provider.
pub(crate) fn staff_of(provider: &str, role: Role) -> (StaffSession, Actor) {
    let staff = StaffSession {
        id: SessionId::from_uuid(uuid::Uuid::from_u128(1)),
        provider: provider.parse().unwrap(),
        staff_id: StaffId::from_uuid(uuid::Uuid::from_u128(2)),
        name: "Sam Support".into(),
        role,
        began_at: NOW,
    };
    let actor = Actor::staff(&staff).from_client(ip(HOME));
    (staff, actor)
}

pub(crate) fn words(text: &str) -> StaffWords {
    text.parse().unwrap()
}

fn list(fixture: &Fixture, filter: &EnrollmentFilter) -> EnrollmentPage {
    let (staff, actor) = staff_of("demo", Role::Support);
    fixture
        .gridpass
        .desk_enrollments(&staff, filter, &actor)
        .unwrap()
}

fn search(fixture: &Fixture, text: &str) -> Vec<EnrollmentId> {
    let filter = EnrollmentFilter {
        search: text.into(),
        ..EnrollmentFilter::default()
    };
    ids(&list(fixture, &filter))
}

fn ids(page: &EnrollmentPage) -> Vec<EnrollmentId> {
    page.rows.iter().map(|row| row.id).collect()
}

/// Every page of a list, one after the other.
fn every_page(fixture: &Fixture, mut filter: EnrollmentFilter) -> Vec<EnrollmentPage> {
    let mut pages = Vec::new();
    loop {
        let page = list(fixture, &filter);
        filter.after = page.next.clone();
        pages.push(page);
        if filter.after.is_none() {
            return pages;
        }
    }
}

#[test]
fn pages_show_every_enrollment_once_newest_first() {
    let fixture = Fixture::new();
    // Many in the same second: the order among them must hold from page to page as well.
    for number in 0..120 {
        if number % 40 == 0 {
            fixture.clock.advance(1);
        }
        fixture.register(&format!("SN-0000-{number:04}"));
    }
    let pages = every_page(&fixture, EnrollmentFilter::default());
    let lengths: Vec<_> = pages.iter().map(|page| page.rows.len()).collect();
    assert_eq!(lengths, [50, 50, 20]);
    let rows: Vec<_> = pages.iter().flat_map(|page| &page.rows).collect();
    let distinct: HashSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(distinct.len(), 120);
    assert!(rows.is_sorted_by(|a, b| a.created_at >= b.created_at));
}

#[test]
fn filters_leave_what_they_name() {
    let fixture = Fixture::new();
    let old = fixture.register("SN-0000-0001");
    fixture.clock.advance(100);
    let by_api = fixture
        .try_register("1001", "SN-0000-0002", |new| new.channel = Channel::Api)
        .unwrap();
    let cancelled = fixture.register("SN-0000-0003");
    fixture
        .gridpass
        .cancel(cancelled.enrollment_id, Actor::system())
        .unwrap();
    let by = |filter: EnrollmentFilter| ids(&list(&fixture, &filter));
    let all = EnrollmentFilter::default;
    assert_eq!(
        by(EnrollmentFilter {
            state: Some(StateName::Cancelled),
            ..all()
        }),
        [cancelled.enrollment_id]
    );
    assert_eq!(
        by(EnrollmentFilter {
            channel: Some(Channel::Api),
            ..all()
        }),
        [by_api.enrollment_id]
    );
    assert_eq!(
        by(EnrollmentFilter {
            state: Some(StateName::Open),
            channel: Some(Channel::Screen),
            ..all()
        }),
        [old.enrollment_id]
    );
    assert_eq!(
        by(EnrollmentFilter {
            since: Some(NOW.plus(100)),
            ..all()
        })
        .len(),
        2
    );
    assert_eq!(
        by(EnrollmentFilter {
            state: Some(StateName::Open),
            search: "1001".into(),
            ..all()
        })
        .len(),
        2
    );
}

#[test]
fn one_field_finds_a_device_an_account_a_name_and_an_id() {
    let fixture = Fixture::new();
    let hers = fixture.register(DEVICE_ID);
    let other = fixture
        .try_register("2002", "SN-9999-0001", |_| {})
        .unwrap();
    let (hers_id, other_id) = (hers.enrollment_id, other.enrollment_id);
    for text in [
        "sn 4711 0815",
        " 1001 ",
        "ada ex",
        "ADA EXAMPLE",
        &hers.temporary_id.to_string(),
        &hers_id.to_string(),
    ] {
        assert_eq!(search(&fixture, text), [hers_id], "{text}");
    }
    assert_eq!(search(&fixture, "2002"), [other_id]);
    for text in ["SN-4711", "0815", "Example", "nobody", "%", "_"] {
        assert_eq!(search(&fixture, text), [], "{text}");
    }
}

#[test]
fn a_search_by_name_goes_on_where_its_page_ended() {
    let fixture = Fixture::new();
    // The names of accounts that the provider's systems make are their numbers.
    for number in 0..45 {
        for device in 0..2 {
            fixture
                .try_register(
                    &format!("B-{number:04}"),
                    &format!("SN-{number:04}-{device:04}"),
                    |_| {},
                )
                .unwrap();
        }
    }
    let filter = EnrollmentFilter {
        search: "b-".into(),
        ..EnrollmentFilter::default()
    };
    let pages = every_page(&fixture, filter);
    assert_eq!(pages.len(), 2);
    let rows: Vec<_> = pages.iter().flat_map(|page| &page.rows).collect();
    let distinct: HashSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!((rows.len(), distinct.len()), (90, 90));
    assert!(rows.is_sorted_by(|a, b| a.account.number.as_str() <= b.account.number.as_str()));
}

#[test]
fn nobody_sees_or_touches_what_is_another_providers() {
    let fixture = Fixture::with(|config| config.providers.push(provider("other")));
    let registered = fixture.register(DEVICE_ID);
    let id = registered.enrollment_id;
    let (staff, actor) = staff_of("other", Role::Admin);
    for text in ["", "1001", DEVICE_ID, "Ada", &id.to_string()] {
        let filter = EnrollmentFilter {
            search: text.into(),
            ..EnrollmentFilter::default()
        };
        let page = fixture
            .gridpass
            .desk_enrollments(&staff, &filter, &actor)
            .unwrap();
        assert_eq!(page.rows, [], "{text}");
    }
    assert!(matches!(
        fixture.gridpass.desk_enrollment(&staff, id, &actor),
        Err(DeskError::NotFound)
    ));
    let cancelled = fixture
        .gridpass
        .desk_cancel(&staff, id, &words("mistake"), actor.clone());
    assert!(matches!(cancelled, Err(DeskError::NotFound)));
    let noted = fixture
        .gridpass
        .desk_note(&staff, id, &words("hello"), actor);
    assert!(matches!(noted, Err(DeskError::NotFound)));
    assert!(matches!(fixture.state(id), StateView::Open { .. }));
}

#[test]
fn an_auditor_looks_and_does_not_touch() {
    let fixture = Fixture::new();
    let id = fixture.register(DEVICE_ID).enrollment_id;
    let (staff, actor) = staff_of("demo", Role::Auditor);
    fixture
        .gridpass
        .desk_enrollment(&staff, id, &actor)
        .unwrap();
    let refused = fixture
        .gridpass
        .desk_cancel(&staff, id, &words("because"), actor);
    assert!(matches!(refused, Err(DeskError::NotAllowed(_))));
    assert!(matches!(fixture.state(id), StateView::Open { .. }));
}

#[test]
fn the_timeline_tells_what_happened_in_order() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let id = registered.enrollment_id;
    let link = &registered.link;
    let (staff, actor) = staff_of("demo", Role::Support);
    fixture.clock.advance(10);
    let note = words("called, was friendly");
    fixture
        .gridpass
        .desk_note(&staff, id, &note, actor.clone())
        .unwrap();
    fixture.clock.advance(10);
    let wrong = Device::new(1, link, "SN-0000-0000");
    fixture.confirm(&wrong).unwrap_err();
    fixture.clock.advance(10);
    fixture.confirm(&Device::new(2, link, DEVICE_ID)).unwrap();

    let dossier = fixture
        .gridpass
        .desk_enrollment(&staff, id, &actor)
        .unwrap();
    assert_eq!(dossier.account.name, "Ada Example");
    let told: Vec<_> = dossier.timeline.iter().map(|entry| &entry.what).collect();
    assert!(
        matches!(
            told.as_slice(),
            [
                TimelineEvent::Registered {
                    channel: Some(Channel::Screen),
                    ..
                },
                TimelineEvent::Delivered,
                TimelineEvent::Note { .. },
                TimelineEvent::Opened,
                TimelineEvent::WrongDeviceId { remaining: 4 },
                TimelineEvent::Confirmed,
            ]
        ),
        "{told:?}"
    );
    assert_eq!(
        dossier.timeline[0].who,
        TimelineActor::Operator("test".into())
    );
    assert_eq!(dossier.timeline[5].who, TimelineActor::Device);
    assert_eq!(
        dossier.timeline[2].what,
        TimelineEvent::Note {
            text: "called, was friendly".into()
        }
    );
    let audit = fixture.gridpass.audit_of(id, &Scope::Installation).unwrap();
    assert!(audit.iter().all(|entry| !entry.detail.contains("friendly")));
}

#[test]
fn a_reason_is_kept_with_what_it_was_given_for() {
    let fixture = Fixture::new();
    let id = fixture.register(DEVICE_ID).enrollment_id;
    let (staff, actor) = staff_of("demo", Role::Support);
    let reason = words("moved house");
    fixture
        .gridpass
        .desk_cancel(&staff, id, &reason, actor.clone())
        .unwrap();
    assert_eq!(fixture.state(id), StateView::Cancelled);
    let dossier = fixture
        .gridpass
        .desk_enrollment(&staff, id, &actor)
        .unwrap();
    let last = dossier.timeline.last().unwrap();
    assert_eq!(
        last.what,
        TimelineEvent::Cancelled {
            reason: Some("moved house".into())
        }
    );
    let again = fixture.gridpass.desk_cancel(&staff, id, &reason, actor);
    assert!(matches!(again, Err(DeskError::State(_))));
}

#[test]
fn what_is_searched_for_is_not_read_in_an_address_and_opens_for_its_own_desk_alone() {
    let fixture = Fixture::new();
    let (staff, _) = staff_of("demo", Role::Support);
    let sealed = fixture.gridpass.seal_for_address(&staff, DEVICE_ID);
    assert!(
        sealed
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    );
    assert!(!sealed.contains(DEVICE_ID));
    let open = |staff: &StaffSession, text: &str| fixture.gridpass.open_from_address(staff, text);
    assert_eq!(open(&staff, &sealed).as_deref(), Some(DEVICE_ID));
    let (elsewhere, _) = staff_of("other", Role::Admin);
    assert_eq!(open(&elsewhere, &sealed), None);
    assert_eq!(open(&staff, "nobody"), None);
    assert_eq!(fixture.gridpass.seal_for_address(&staff, ""), "");
}

#[test]
fn a_locked_enrollment_goes_on_with_a_new_label_that_staff_do_not_see() {
    let fixture = Fixture::with(|config| {
        config.providers[0].channels = vec![Channel::Screen, Channel::Email];
    });
    let registered = fixture.register(DEVICE_ID);
    let id = registered.enrollment_id;
    let link = &registered.link;
    for seed in 0..5 {
        fixture
            .confirm(&Device::new(seed, link, "SN-0000-0000"))
            .unwrap_err();
    }
    assert_eq!(fixture.state(id), StateView::Locked);
    let (staff, actor) = staff_of("demo", Role::Support);
    let renew = |channel| {
        let reason = words("wrong ID on the sticker");
        fixture
            .gridpass
            .desk_renew(&staff, id, channel, &reason, actor.clone())
    };
    for channel in [Channel::Screen, Channel::Api, Channel::Letter] {
        assert!(
            matches!(renew(channel), Err(DeskError::Registration(_))),
            "{channel}"
        );
    }
    let new = renew(Channel::Email).unwrap();
    assert!(matches!(
        fixture.state(new),
        StateView::Open { tries_left: 5, .. }
    ));
    assert_eq!(
        fixture.state(id),
        StateView::Locked,
        "the old label is dead"
    );
    let dossier = fixture
        .gridpass
        .desk_enrollment(&staff, id, &actor)
        .unwrap();
    assert_eq!(
        dossier.timeline.last().unwrap().what,
        TimelineEvent::Renewed {
            by: Some(new),
            reason: "wrong ID on the sticker".into()
        }
    );
    fixture
        .confirm(&Device::new(9, link, DEVICE_ID))
        .unwrap_err();
}
