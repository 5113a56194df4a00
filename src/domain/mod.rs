//! The rules of the business as pure values and functions: no HTTP, no queries, no environment, no clock reads, no floats.

pub mod clock;
pub mod money;
