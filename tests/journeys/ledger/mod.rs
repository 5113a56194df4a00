//! The ledger's promises: balanced, append-only, gap-free, exact under concurrency, and fast to read.

mod locks;
pub mod plans;
mod random;
mod reads;
mod walls;
