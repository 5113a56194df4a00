//! The demo.

/// The password of every demo account.
pub const PASSWORD: &str = "guthaben-demo";
