//! The account directory.

use super::{require_staff, staff_actor};
use crate::{
    api::{ApiError, staff::customers::AccountInput},
    ssr::{
        cookies,
        request::{blocking, redirect_form},
    },
};
use gridpass_provider::{
    AccountForm, AccountId, AccountPage, AccountQuery, AccountView, EnrollmentView, StaffSession,
};

/// The form of an account.
pub(crate) const FORM: &str = "account";

/// One page of accounts.
///
/// # Errors
/// The database failed.
pub async fn page(staff: StaffSession, query: AccountQuery) -> Result<AccountPage, ApiError> {
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| gridpass.account_page(&staff, &query, &actor)).await
}

/// One account and its enrollments.
///
/// # Errors
/// `not-found`.
pub async fn view(
    staff: StaffSession,
    id: AccountId,
) -> Result<(AccountView, Vec<EnrollmentView>), ApiError> {
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| gridpass.account_view(&staff, id, &actor)).await
}

/// Writes an account.
///
/// # Errors
/// `forbidden`; `invalid` if something about it is not acceptable.
pub async fn write(account: AccountInput) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let actor = staff_actor(&staff)?;
    cookies::keep_typed(FORM, &account);
    let form = AccountForm::from(account);
    let written = blocking(move |gridpass| gridpass.write_account(&staff, &form, actor)).await?;
    cookies::forget_typed(FORM);
    redirect_form(&format!("/staff/customers/{}", written.id()));
    Ok(())
}

impl From<AccountInput> for AccountForm {
    fn from(input: AccountInput) -> Self {
        Self {
            number: input.number,
            name: input.name,
            email: input.email,
            mobile: input.mobile,
            line_1: input.line_1,
            line_2: input.line_2,
            postal_code: input.postal_code,
            city: input.city,
            region: input.region,
            country: input.country,
            language: input.language,
        }
    }
}

impl From<AccountForm> for AccountInput {
    fn from(form: AccountForm) -> Self {
        Self {
            number: form.number,
            name: form.name,
            email: form.email,
            mobile: form.mobile,
            line_1: form.line_1,
            line_2: form.line_2,
            postal_code: form.postal_code,
            city: form.city,
            region: form.region,
            country: form.country,
            language: form.language,
        }
    }
}
