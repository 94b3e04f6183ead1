//! The fields of an account.

use crate::{
    api::staff::customers::AccountInput,
    messages::{Language, staff::use_staff_messages},
    pages::staff::form::{Field, Takes},
};
use leptos::prelude::*;

/// The fields of an account.
#[component]
pub fn AccountFields(
    /// What they hold at first.
    before: AccountInput,
) -> impl IntoView {
    let fields = &use_staff_messages().customers.fields;
    let language = before.language.clone();
    let option = |choice: Language| {
        view! {
            <option value=choice.tag() selected=choice.tag() == language>
                {choice.own_name()}
            </option>
        }
    };
    view! {
        <Field
            name="account[number]"
            label=fields.number
            takes=Takes::Text
            value=before.number
            max_length=64
        />
        <Field
            name="account[name]"
            label=fields.name
            takes=Takes::Text
            value=before.name
            max_length=128
        />
        <Field
            name="account[email]"
            label=fields.email
            takes=Takes::Email
            value=before.email
            required=false
        />
        <Field
            name="account[mobile]"
            label=fields.mobile
            hint=fields.mobile_hint
            takes=Takes::Text
            value=before.mobile
            required=false
            max_length=32
        />
        <Field
            name="account[line_1]"
            label=fields.line_1
            takes=Takes::Text
            value=before.line_1
            required=false
            max_length=128
        />
        <Field
            name="account[line_2]"
            label=fields.line_2
            takes=Takes::Text
            value=before.line_2
            required=false
            max_length=128
        />
        <Field
            name="account[postal_code]"
            label=fields.postal_code
            takes=Takes::Text
            value=before.postal_code
            required=false
            max_length=32
        />
        <Field
            name="account[city]"
            label=fields.city
            takes=Takes::Text
            value=before.city
            required=false
            max_length=128
        />
        <Field
            name="account[region]"
            label=fields.region
            takes=Takes::Text
            value=before.region
            required=false
            max_length=128
        />
        <Field
            name="account[country]"
            label=fields.country
            hint=fields.country_hint
            takes=Takes::Text
            value=before.country
            required=false
            max_length=2
        />
        <div class="field">
            <label for="account-language">{fields.language}</label>
            <select id="account-language" name="account[language]">
                {Language::ALL.map(option).collect_view()}
            </select>
        </div>
    }
}
