//! Devices that wait for somebody, on the first page of the desk and above the enrollments.

use super::parts::device_words;
use crate::messages::staff::use_staff_messages;
use gridpass_provider::{Actor, DeskError, EnrollmentRow, Gridpass, StaffSession};
use leptos::prelude::*;

/// The devices that somebody has to look into, of each kind those that have waited longest.
pub struct WaitingDevices {
    awaiting: Vec<EnrollmentRow>,
    suspected: Vec<EnrollmentRow>,
}

impl WaitingDevices {
    /// Looks for them.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn find(
        gridpass: &Gridpass,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Self, DeskError> {
        Ok(Self {
            awaiting: gridpass.awaiting_approval(staff, actor)?,
            suspected: gridpass.desk_suspected_copies(staff, actor)?,
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.awaiting.is_empty() && self.suspected.is_empty()
    }
}

/// A list of each kind that there is.
#[component]
pub fn Waiting(
    /// Those devices.
    devices: WaitingDevices,
) -> impl IntoView {
    let messages = use_staff_messages();
    let (approval, keys) = (&messages.approval, &messages.keys);
    [
        notice(
            "waiting",
            "notice notice-warning stack",
            approval.waiting_title,
            approval.waiting_text,
            devices.awaiting,
        ),
        notice(
            "copies",
            "notice notice-problem stack",
            keys.copies_title,
            keys.copies_text,
            devices.suspected,
        ),
    ]
}

fn notice(
    id: &'static str,
    class: &'static str,
    title: fn(usize) -> String,
    text: &'static str,
    rows: Vec<EnrollmentRow>,
) -> impl IntoView {
    if rows.is_empty() {
        return None;
    }
    let title_id = format!("{id}-title");
    let named_by = title_id.clone();
    let item = |row: EnrollmentRow| {
        let name = device_words(row.nickname.as_deref(), &row.device_id_hint);
        view! {
            <li>
                <a href=format!("/staff/enrollments/{}", row.id)>{name} " · " {row.account.name}</a>
            </li>
        }
    };
    Some(view! {
        <section class=class aria-labelledby=named_by id=id>
            <h2 id=title_id>{title(rows.len())}</h2>
            <p>{text}</p>
            <ul>{rows.into_iter().map(item).collect_view()}</ul>
        </section>
    })
}
