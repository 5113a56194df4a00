//! Imprint, privacy and accessibility: the operator's details come from the settings, the sentences from `locales/`.

use super::page::Page;
use crate::i18n::T;
use askama::Template;

/// Who runs this installation. Empty fields are left out; without a name the pages say that details are missing.
#[derive(Clone, Debug, Default)]
pub struct OperatorView {
    /// Registered name.
    pub name: String,
    /// Street, postcode and city, country: a line each.
    pub address: Vec<String>,
    /// Who represents it.
    pub represented_by: String,
    /// Mail address for everything.
    pub email: String,
    /// Telephone.
    pub phone: String,
    /// Court and number of the commercial register.
    pub register: String,
    /// VAT id.
    pub vat_id: String,
}

/// The imprint (§ 5 DDG).
#[derive(Template, Debug)]
#[template(path = "pages/public/imprint.html")]
pub struct Imprint {
    /// The frame.
    pub page: Page,
    /// The operator.
    pub operator: OperatorView,
}

/// The privacy notice (Art. 13 GDPR): what this software stores, and why.
#[derive(Template, Debug)]
#[template(path = "pages/public/privacy.html")]
pub struct Privacy {
    /// The frame.
    pub page: Page,
    /// The operator, who is the controller.
    pub operator: OperatorView,
}

impl Privacy {
    /// Head and body of every paragraph.
    fn paragraphs(t: T) -> [(String, String); 7] {
        [
            (t.privacy_data(), t.privacy_data_body()),
            (t.privacy_payment(), t.privacy_payment_body()),
            (t.privacy_cookie(), t.privacy_cookie_body()),
            (t.privacy_logs(), t.privacy_logs_body()),
            (t.privacy_partner(), t.privacy_partner_body()),
            (t.privacy_retention(), t.privacy_retention_body()),
            (t.privacy_rights(), t.privacy_rights_body()),
        ]
    }
}

/// The accessibility statement.
#[derive(Template, Debug)]
#[template(path = "pages/public/accessibility.html")]
pub struct Accessibility {
    /// The frame.
    pub page: Page,
    /// The operator, who takes reports of barriers.
    pub operator: OperatorView,
}

impl Accessibility {
    fn paragraphs(t: T) -> [(String, String); 3] {
        [
            (t.accessibility_standard(), t.accessibility_standard_body()),
            (t.accessibility_tested(), t.accessibility_tested_body()),
            (t.accessibility_gaps(), t.accessibility_gaps_body()),
        ]
    }
}
