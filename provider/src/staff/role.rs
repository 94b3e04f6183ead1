//! What each role may do. The one place that says so.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a member of staff is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Helps customers to enrol.
    Support,
    /// Runs the programme: imports, letters, deliveries.
    Operator,
    /// Decides who may do what, and what other systems are told.
    Admin,
    /// Sees what was done, and changes nothing.
    Auditor,
}

/// Something that not everybody on the staff may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Look at enrollments, accounts and their history.
    SeeEnrollments,
    /// Register a device for a customer.
    RegisterDevices,
    /// New label, cancel, unlock, resend, note.
    ActOnEnrollments,
    /// Revoke a certificate.
    RevokeCertificates,
    /// Change accounts one by one.
    EditAccounts,
    /// Import accounts and registrations.
    ImportInBulk,
    /// Print letters.
    PrintLetters,
    /// Look at the programme's figures and export them.
    SeeProgramme,
    /// Look at what was sent and what was not.
    SeeDeliveries,
    /// Send again what was given up.
    RetryDeliveries,
    /// Invite, change and remove staff.
    ManageStaff,
    /// Make and revoke tokens of the provider's own systems.
    ManageTokens,
    /// Set which systems are told of changes.
    ManageWebhooks,
    /// Read, verify and export the audit.
    ReadAudit,
    /// Send instructions to devices.
    SendInstructions,
    /// Change the settings of devices.
    ManageSettings,
    /// Look at demand-response programmes and their events.
    SeeEvents,
    /// Make, change and cancel demand-response events.
    RunEvents,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Support, Self::Operator, Self::Admin, Self::Auditor];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Support => "support",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// Whether it may do this.
    #[must_use]
    pub const fn allows(self, permission: Permission) -> bool {
        use Permission::{
            ActOnEnrollments, EditAccounts, ImportInBulk, ManageSettings, ManageStaff,
            ManageTokens, ManageWebhooks, PrintLetters, ReadAudit, RegisterDevices,
            RetryDeliveries, RevokeCertificates, RunEvents, SeeDeliveries, SeeEnrollments,
            SeeEvents, SeeProgramme, SendInstructions,
        };
        match permission {
            SeeEnrollments | SeeProgramme | SeeDeliveries | SeeEvents => true,
            RegisterDevices | ActOnEnrollments | EditAccounts => !matches!(self, Self::Auditor),
            RevokeCertificates | ImportInBulk | PrintLetters | RetryDeliveries
            | SendInstructions | RunEvents => {
                matches!(self, Self::Operator | Self::Admin)
            }
            ManageStaff | ManageTokens | ManageWebhooks | ManageSettings => {
                matches!(self, Self::Admin)
            }
            ReadAudit => matches!(self, Self::Admin | Self::Auditor),
        }
    }
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 18] = [
        Self::SeeEnrollments,
        Self::RegisterDevices,
        Self::ActOnEnrollments,
        Self::RevokeCertificates,
        Self::EditAccounts,
        Self::ImportInBulk,
        Self::PrintLetters,
        Self::SeeProgramme,
        Self::SeeDeliveries,
        Self::RetryDeliveries,
        Self::ManageStaff,
        Self::ManageTokens,
        Self::ManageWebhooks,
        Self::ReadAudit,
        Self::SendInstructions,
        Self::ManageSettings,
        Self::SeeEvents,
        Self::RunEvents,
    ];

    /// Its word, for the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SeeEnrollments => "see-enrollments",
            Self::RegisterDevices => "register-devices",
            Self::ActOnEnrollments => "act-on-enrollments",
            Self::RevokeCertificates => "revoke-certificates",
            Self::EditAccounts => "edit-accounts",
            Self::ImportInBulk => "import-in-bulk",
            Self::PrintLetters => "print-letters",
            Self::SeeProgramme => "see-programme",
            Self::SeeDeliveries => "see-deliveries",
            Self::RetryDeliveries => "retry-deliveries",
            Self::ManageStaff => "manage-staff",
            Self::ManageTokens => "manage-tokens",
            Self::ManageWebhooks => "manage-webhooks",
            Self::ReadAudit => "read-audit",
            Self::SendInstructions => "send-instructions",
            Self::ManageSettings => "manage-settings",
            Self::SeeEvents => "see-events",
            Self::RunEvents => "run-events",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a role: expected support, operator, admin or auditor")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}
