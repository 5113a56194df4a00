//! Documents the business hands out. Pure: values in, bytes out.

pub mod csv;
