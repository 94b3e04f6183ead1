//! Members of staff whom the provider's issuer vouches for.

use gridpass_protocol::UnixTime;

use super::{
    NewStaffSession, Role,
    invitation::is_email,
    person::{self, Person},
    session::begin,
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    config::is_shown_text,
    id::{ProviderId, StaffId},
    oidc::{Claims, Failure},
    random::Random,
    session::Browser,
    store::{Connection, StoreError, params, seconds, sql},
};

impl Gridpass {
    /// Begins the session of whoever has this verified address; somebody new joins the staff.
    /// The issuer decides the role each time.
    pub(crate) fn begin_staff_by_oidc(
        &self,
        provider: &ProviderId,
        claims: &Claims,
        role: Role,
        from: &Browser,
    ) -> Result<NewStaffSession, Failure> {
        let email = claims.email.as_ref().filter(|email| is_email(email));
        let email = email.ok_or(Failure::Refused("no-verified-address"))?;
        let name = claims.name.clone().filter(|name| is_shown_text(name, 128));
        let now = self.clock_now();
        let found = self
            .store
            .read(|connection| person::find_by_email(connection, provider, email))?;
        let (mut person, new) = match found {
            Some(person) => (person, false),
            None => (
                Person {
                    id: StaffId::make(now, &Random(&*self.random)),
                    name: name.unwrap_or_else(|| email.clone()),
                    email: email.clone(),
                    role,
                    password_hash: None,
                    sealed_totp: None,
                    can_sign_in: false,
                    is_vouched_for: true,
                    made_at: now,
                    disabled_at: None,
                },
                true,
            ),
        };
        person.role = role;
        let (token, session) = self.new_staff_session(provider, &person, now);
        let (written, token_hash, from) = (session.clone(), token.hash(), from.clone());
        let provider = provider.clone();
        self.store.write(move |transaction| {
            if new && !person::insert(transaction, &provider, &person)? {
                // Somebody with the address came in between.
                return Err(Failure::Refused("try-again"));
            }
            let today = person::find(transaction, &provider, person.id)?;
            let today = today.filter(|today| today.disabled_at.is_none());
            let changed = today.ok_or(Failure::Refused("disabled"))?.role != role;
            set_role(transaction, &provider, person.id, role, now)?;
            if new || changed {
                let entry = audit::Entry {
                    provider: &provider,
                    at: now,
                    actor: &Actor::staff(&written).in_browser(&from),
                    action: if new {
                        "staff.join"
                    } else {
                        "staff.change-role"
                    },
                    result: "ok",
                    enrollment: None,
                    detail: serde_json::json!({
                        "staff": person.id, "role": role, "credential": "oidc"
                    }),
                };
                audit::append(transaction, &entry)?;
            }
            Ok(begin(transaction, &written, token_hash, &from, "oidc")?)
        })?;
        Ok(NewStaffSession {
            token: token.reveal(),
            session,
        })
    }
}

/// The role that the issuer says, and that it vouches today.
fn set_role(
    transaction: &Connection,
    provider: &ProviderId,
    id: StaffId,
    role: Role,
    now: UnixTime,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(sql!(
            "UPDATE staff SET role = $3, vouched_at = $4 WHERE provider_id = $1 AND id = $2"
        ))?
        .post(params![
            provider.as_str(),
            id.as_bytes(),
            role.as_str(),
            seconds(now)
        ])?;
    Ok(())
}
