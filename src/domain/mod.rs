//! The rules of the business as pure values and functions: no HTTP, no queries, no environment, no clock reads, no floats.

pub mod api_key;
pub mod audit;
pub mod calendar;
pub mod clock;
pub mod commission;
pub mod correction;
pub mod endpoint;
pub mod forecast;
pub mod hold;
pub mod id;
pub mod ledger;
pub mod money;
pub mod party;
pub mod pricing;
pub mod refusal;
pub mod topup;
pub mod usage;
