//! What the provider promises, on a real database in a folder of its own, with a clock that
//! stands still and seeded randomness.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests end the test where they fail"
)]

mod account;
mod audit;
mod authority;
mod backup;
mod bulk;
mod calls;
mod ceremony;
mod copying;
mod delivery;
mod desk;
mod est;
mod est_enrollment;
mod est_renewal;
mod figures;
mod fixture;
mod knocking;
mod label_image;
mod letters;
mod limits;
mod mailbox;
mod malformed;
mod messages;
mod oidc;
mod peer;
mod programs;
mod published;
mod registration;
mod retention;
mod revocation;
mod secrets;
mod settings;
mod sharing;
mod sign_in;
mod smtp;
mod speaking;
mod staff;
mod token;
mod verification;
