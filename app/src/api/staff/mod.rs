//! What the desk's forms send. Its pages read by themselves: they are rendered on the server
//! alone.

pub mod enrollments;
pub mod sign_in;
