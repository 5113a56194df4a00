//! Topping up, from the form to the balance: by card, by direct debit, refused, repeated, and with Stripe in trouble.

mod form;
mod limits;
mod once;
mod paid;
mod trouble;
