//! HTTP: pages, forms, fragments and machine endpoints. Handlers read from the store or call `billing`, then fill a view.

pub mod view;
