//! The house rules of the source itself: layers, lengths, schemas, statements, words and habits. Every rule is shown a bad sample, too.

mod files;
mod habits;
mod layers;
mod lengths;
mod lexer;
mod schema;
pub mod statements;
mod templates;
mod words;
