//! What a registration says in one word.

/// A word that the database and the wire share.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Its word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::registration::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::registration::UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err($crate::registration::UnknownWord { expected: concat!("one of", $(" ", $word),*) }),
                }
            }
        }
    };
}

pub(crate) use words;

/// The text is none of the words that are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct UnknownWord {
    pub(crate) expected: &'static str,
}

words!(
    /// What is enrolled.
    EnrollmentKind {
        /// A customer's phone, tablet or computer.
        Device = "device",
        /// A DR gateway on the site.
        Gateway = "gateway",
    }
);

impl From<EnrollmentKind> for gridpass_protocol::LabelKind {
    fn from(kind: EnrollmentKind) -> Self {
        match kind {
            EnrollmentKind::Device => Self::Device,
            EnrollmentKind::Gateway => Self::Gateway,
        }
    }
}

words!(
    /// How the label reaches the customer (protocol, The ten stages, delivery).
    Channel {
        /// Shown to the signed-in customer.
        Screen = "screen",
        /// By e-mail.
        Email = "email",
        /// By SMS or MMS.
        Sms = "sms",
        /// By printed letter.
        Letter = "letter",
        /// Handed to the provider's own system, which delivers it.
        Api = "api",
    }
);
