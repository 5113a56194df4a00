//! By what a customer wants to be warned.

use super::page::Page;
use askama::Template;

/// The form.
#[derive(Template, Debug)]
#[template(path = "pages/portal/alert/edit.html")]
pub struct EditAlerts {
    /// The frame.
    pub page: Page,
    /// What is entered.
    pub form: AlertForm,
    /// What is wrong with it, as (field id, sentence): the fields are those of [`AlertForm`].
    pub errors: Vec<(&'static str, String)>,
    /// True right after saving.
    pub saved: bool,
}

/// The entered values, kept as they were written.
#[derive(Clone, Debug, Default)]
pub struct AlertForm {
    /// Warning threshold in euros.
    pub low: String,
    /// Critical threshold in euros.
    pub critical: String,
    /// Days of the forecast.
    pub days: String,
}

impl EditAlerts {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(id, _)| *id == field).map_or("", |(_, sentence)| sentence)
    }

    fn summary_title(&self) -> String {
        self.page.t.topup_errors(self.errors.len())
    }
}
