//! Somebody who works at the desk.

use gridpass_provider::{Actor, Browser, Gridpass, NewStaff, Role, StaffSession};

use crate::Failure;

/// An operator of the provider `demo` who has just joined, and the token of the session.
///
/// # Errors
/// There is no such provider, or an operator has joined before.
pub fn operator(gridpass: &Gridpass) -> Result<(StaffSession, String), Failure> {
    let new = NewStaff {
        provider: "demo".parse()?,
        email: "bench@gmec.example".to_owned(),
        name: "Bench".to_owned(),
        role: Role::Operator,
    };
    let link = gridpass.invite_staff(new, Actor::system())?.link;
    let (_, token) = link.split_once('#').ok_or("the invitation has no token")?;
    let offered = gridpass
        .invitation(token)?
        .ok_or("the invitation is not good")?;
    let secret = totp_rs::Secret::try_from_base32(&offered.totp_secret)?;
    let totp = totp_rs::Builder::new().with_secret(secret).build()?;
    let code = totp.generate(gridpass.clock_now().0).to_string();
    let password = "correct horse battery";
    let begun = gridpass.accept_by_password(token, password, &code, Browser::default())?;
    Ok((begun.session, begun.token))
}
