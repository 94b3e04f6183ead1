//! Parts that several pages share.

pub mod art;
pub mod device;
pub mod field;
pub mod frame;
pub mod problem;
pub mod submit;
pub mod time;
