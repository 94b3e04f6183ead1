//! `/staff/customers/import`: handing in a table of customers, which becomes a job.

use crate::{PageTitle, messages::staff::use_staff_messages, pages::staff::frame::at_desk};
use gridpass_provider::Permission;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Imports customers.
#[component]
pub fn ImportPage() -> impl IntoView {
    let not_read = use_query_map().with_untracked(|query| query.get("problem").is_some());
    at_desk(Permission::ImportInBulk, move |_| async move {
        let messages = &use_staff_messages().customers;
        Ok(view! {
            <PageTitle text=messages.import_title />
            <section class="narrow">
                <h1>{messages.import_title}</h1>
                <p class="lead">{messages.import_lead}</p>
                <form
                    class="card form"
                    method="post"
                    action="/staff/customers/import"
                    enctype="multipart/form-data"
                >
                    {not_read
                        .then(|| {
                            view! {
                                <p class="notice notice-problem" role="alert">
                                    {messages.not_read}
                                </p>
                            }
                        })}
                    <div class="field">
                        <label for="file">{messages.import_file}</label>
                        <input
                            id="file"
                            type="file"
                            name="file"
                            accept=".csv,text/csv"
                            required
                        />
                    </div>
                    <button class="button" type="submit">
                        {messages.import_check}
                    </button>
                </form>
            </section>
        }
        .into_any())
    })
}
