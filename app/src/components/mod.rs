//! Parts that several pages share.

pub mod alive;
pub mod art;
pub mod device;
pub mod field;
pub mod form;
pub mod frame;
pub mod problem;
pub mod submit;
pub mod table;
pub mod time;
