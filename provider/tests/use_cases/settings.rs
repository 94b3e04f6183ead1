//! Settings of devices: versions, told and acknowledged, brought back.

use gridpass_protocol::{Item, Outcome, Settings};
use gridpass_provider::{
    DeviceSettings, EnrollmentKind, ParcelState, Role, SettingsError, SettingsVersion,
};

use crate::{
    desk::staff_of,
    fixture::{Fixture, NOW},
    mailbox::{letters, receipt},
    speaking::Talker,
};

fn every(seconds: u32) -> DeviceSettings {
    DeviceSettings {
        poll_interval: seconds,
        support_email: Some("help@gmec.example".into()),
        support_phone: None,
    }
}

fn versions(fixture: &Fixture, kind: EnrollmentKind) -> Vec<SettingsVersion> {
    let (admin, actor) = staff_of("demo", Role::Admin);
    fixture
        .gridpass
        .desk_settings(&admin, kind, &actor)
        .unwrap()
}

fn change(fixture: &Fixture, kind: EnrollmentKind, settings: DeviceSettings) -> u32 {
    let (admin, actor) = staff_of("demo", Role::Admin);
    fixture
        .gridpass
        .change_settings(&admin, kind, settings, actor)
        .unwrap()
}

fn settings(items: &[Item]) -> Vec<Settings> {
    let found = items.iter().filter_map(|item| match item {
        Item::Settings(settings) => Some(settings.clone()),
        _ => None,
    });
    found.collect()
}

#[test]
fn the_configuration_is_version_one_and_each_kind_has_its_own() {
    let fixture = Fixture::new();
    let first = versions(&fixture, EnrollmentKind::Device);
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].version, first[0].made_at), (1, None));
    let mut talker = Talker::enrol(&fixture, 1);
    let told = settings(&talker.hello(&fixture).unwrap().items);
    assert_eq!((told[0].version, told[0].profile.as_str()), (1, "device"));
    assert_eq!(told[0].id, None);
    assert_eq!(change(&fixture, EnrollmentKind::Gateway, every(15)), 2);
    assert_eq!(versions(&fixture, EnrollmentKind::Gateway).len(), 2);
    assert_eq!(versions(&fixture, EnrollmentKind::Device), first);
    let told = settings(&talker.hello(&fixture).unwrap().items);
    assert_eq!(told[0].version, 1, "gateways' settings are not its own");
}

#[test]
fn a_new_version_is_told_acknowledged_counted_and_brought_back() {
    let fixture = Fixture::new();
    let mut talker = Talker::enrol(&fixture, 1);
    let mut other = Talker::enrol_as(&fixture, 2, "SN-4711-0002");
    let before = settings(&talker.hello(&fixture).unwrap().items)[0].clone();
    other.hello(&fixture).unwrap();
    assert_eq!(change(&fixture, EnrollmentKind::Device, every(30)), 2);

    for down in [
        talker.poll(&fixture).unwrap(),
        talker.hello(&fixture).unwrap(),
    ] {
        let told = settings(&down.items);
        assert_eq!(told.len(), 1, "not twice in one answer");
        assert_eq!((told[0].version, told[0].poll_interval), (2, 30));
        assert_eq!(told[0].support_email.as_deref(), Some("help@gmec.example"));
        assert_eq!(told[0].messages_url, before.messages_url);
        assert!(told[0].id.is_some());
    }
    let id = letters(&fixture, talker.id)[0].id.uuid();
    talker
        .say(&fixture, receipt(id, Outcome::Executed))
        .unwrap();
    assert!(settings(&talker.poll(&fixture).unwrap().items).is_empty());
    let newest = versions(&fixture, EnrollmentKind::Device).remove(0);
    let counts = newest.counts.unwrap();
    assert_eq!((counts.executed, counts.queued), (1, 1));
    assert!(newest.is_spread);
    assert_eq!(newest.made_at, Some(NOW));
    // Who enrols now is told so from the beginning.
    let mut late = Talker::enrol_as(&fixture, 3, "SN-4711-0003");
    let told = settings(&late.hello(&fixture).unwrap().items);
    assert_eq!((told[0].version, told[0].id), (2, None));

    let (admin, actor) = staff_of("demo", Role::Admin);
    let bring_back = |version| {
        fixture
            .gridpass
            .bring_back_settings(&admin, EnrollmentKind::Device, version, actor.clone())
    };
    assert_eq!(bring_back(1).unwrap(), 3);
    let told = settings(&other.poll(&fixture).unwrap().items);
    assert_eq!(told.len(), 1, "the one in between is of no more use");
    assert_eq!(told[0].version, 3);
    assert_eq!(told[0].poll_interval, before.poll_interval);
    let newest = versions(&fixture, EnrollmentKind::Device).remove(0);
    assert_eq!(newest.brought_back, Some(1));
    let states: Vec<_> = letters(&fixture, other.id)
        .iter()
        .map(|letter| letter.state)
        .collect();
    assert_eq!(states, [ParcelState::Delivered, ParcelState::Cancelled]);
    for version in [0, 3, 4] {
        assert!(matches!(
            bring_back(version),
            Err(SettingsError::NoSuchVersion)
        ));
    }
}

#[test]
fn only_admins_change_settings_and_only_within_bounds() {
    let fixture = Fixture::new();
    for role in [Role::Support, Role::Operator, Role::Auditor] {
        let (staff, actor) = staff_of("demo", role);
        let kind = EnrollmentKind::Device;
        let seen = fixture.gridpass.desk_settings(&staff, kind, &actor);
        assert!(matches!(seen, Err(SettingsError::NotAllowed(_))));
        let changed = fixture
            .gridpass
            .change_settings(&staff, kind, every(30), actor.clone());
        assert!(matches!(changed, Err(SettingsError::NotAllowed(_))));
        let back = fixture.gridpass.bring_back_settings(&staff, kind, 1, actor);
        assert!(matches!(back, Err(SettingsError::NotAllowed(_))));
    }
    let (admin, actor) = staff_of("demo", Role::Admin);
    let control = DeviceSettings {
        support_phone: Some("1\n2".into()),
        ..every(30)
    };
    let empty = DeviceSettings {
        support_email: Some(String::new()),
        ..every(30)
    };
    for bad in [every(0), every(86_401), control, empty] {
        let kind = EnrollmentKind::Device;
        let changed = fixture
            .gridpass
            .change_settings(&admin, kind, bad, actor.clone());
        assert!(matches!(changed, Err(SettingsError::Invalid)));
    }
    assert_eq!(versions(&fixture, EnrollmentKind::Device).len(), 1);
}

#[test]
fn a_device_without_certificate_is_told_nothing_and_the_next_provider_neither() {
    let fixture = Fixture::with(|config| {
        let mut other = crate::fixture::provider("other");
        other.accounts.clear();
        config.providers.push(other);
    });
    let open = fixture.register("SN-4711-0009").enrollment_id;
    let mut talker = Talker::enrol(&fixture, 1);
    talker.hello(&fixture).unwrap();
    let (admin, actor) = staff_of("other", Role::Admin);
    fixture
        .gridpass
        .change_settings(&admin, EnrollmentKind::Device, every(30), actor)
        .unwrap();
    assert!(settings(&talker.poll(&fixture).unwrap().items).is_empty());
    change(&fixture, EnrollmentKind::Device, every(31));
    let told = settings(&talker.poll(&fixture).unwrap().items);
    assert_eq!(told[0].poll_interval, 31);
    assert!(letters(&fixture, open).is_empty());
}
