//! The provider as it is published now: its keys and its CA do not last as long as a device does.

use gridpass_protocol::{
    Directory, DirectoryEntry, ProviderCertificate, UnixTime, directory::certificate_from_pem,
};

use crate::{
    portal::{self, CallError},
    vault::Device,
};

/// The entry of a device's provider; none when the portal no longer has it.
pub(crate) async fn published(device: &Device) -> Result<Option<DirectoryEntry>, CallError> {
    let directory = portal::directory().await?;
    Ok(entry_of(&directory, device).cloned())
}

/// Takes up another certificate of the provider than the one that messages were sealed to, if there
/// is one that its CA vouches for.
pub(crate) async fn take_up_another(device: &mut Device, now: UnixTime) {
    // A portal that cannot be reached now is asked again after the next refusal.
    if let Ok(directory) = portal::directory().await {
        take_up(device, &directory, now);
    }
}

fn take_up(device: &mut Device, directory: &Directory, now: UnixTime) {
    let Some(entry) = entry_of(directory, device) else {
        return;
    };
    let is_good = |der: &Vec<u8>| {
        *der != device.provider_certificate
            && directory
                .find(&ProviderCertificate::Full(der.clone()), now)
                .is_ok()
    };
    // The youngest is published first.
    let other = entry
        .certificates
        .iter()
        .filter_map(|pem| certificate_from_pem(pem).ok())
        .find(is_good);
    if let Some(other) = other {
        device.provider_certificate = other;
        device.provider = entry.clone();
    }
}

fn entry_of<'a>(directory: &'a Directory, device: &Device) -> Option<&'a DirectoryEntry> {
    let mut entries = directory.providers.iter();
    entries.find(|entry| entry.id == device.provider.id)
}

#[cfg(test)]
mod tests {
    use gridpass_protocol::directory::certificate_to_pem;

    use super::*;
    use crate::test_support::{NOW, Party, Role, certificate, device, rng};

    struct Case {
        device: Device,
        directory: Directory,
        old: Vec<u8>,
        new: Vec<u8>,
    }

    fn case() -> Case {
        let rng = &mut rng();
        let [root, other, old, new] =
            ["CN=Root", "CN=Other", "CN=P", "CN=P"].map(|name| Party::new(name, rng));
        let authority = certificate(&root, &root, Role::Authority);
        let (old, strange, new) = (
            certificate(&old, &root, Role::EndEntity),
            certificate(&new, &other, Role::EndEntity),
            certificate(&new, &root, Role::EndEntity),
        );
        let device = device(&old);
        let directory = Directory {
            protocol_versions: vec![1],
            providers: vec![DirectoryEntry {
                certificates: [&authority, &strange, &new, &old]
                    .map(|der| certificate_to_pem(der).unwrap())
                    .to_vec(),
                ..device.provider.clone()
            }],
        };
        Case {
            device,
            directory,
            old,
            new,
        }
    }

    #[test]
    fn the_youngest_certificate_that_the_ca_vouches_for_takes_the_place_of_the_old_one() {
        let mut case = case();
        assert_eq!(case.device.provider_certificate, case.old);
        take_up(&mut case.device, &case.directory, NOW);
        assert_eq!(case.device.provider_certificate, case.new);
        assert_eq!(case.device.provider, case.directory.providers[0]);
    }

    #[test]
    fn what_is_past_its_end_or_of_another_provider_is_not_taken_up() {
        let mut case = case();
        take_up(&mut case.device, &case.directory, UnixTime(2001));
        assert_eq!(case.device.provider_certificate, case.old);
        case.directory.providers[0].id = "another".to_owned();
        take_up(&mut case.device, &case.directory, NOW);
        assert_eq!(case.device.provider_certificate, case.old);
    }
}
