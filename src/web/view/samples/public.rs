//! Samples of the pages that everybody may see.

use super::super::error::ErrorPage;
use super::super::legal::{Accessibility, Imprint, OperatorView, Privacy};
use super::super::page::Area;
use super::super::sign_in::{DemoAccount, SignIn};
use super::{Sample, page, rendered};
use crate::i18n::T;

/// Every sample of the public pages.
pub(super) fn all(t: T) -> Vec<Sample> {
    [sign_in_samples(t), error_samples(t), legal_samples(t)].concat()
}

pub(super) fn sign_in_samples(t: T) -> Vec<Sample> {
    let blank = || SignIn {
        page: page(t, "/login", None),
        email: String::new(),
        next: String::new(),
        error: None,
        notice: None,
        demo_accounts: vec![],
        demo_password: String::new(),
    };
    let demo = vec![DemoAccount { label: t.sign_in_demo_admin(), email: "admin@guthaben.example".into() }];
    vec![
        rendered("sign-in", blank()),
        rendered(
            "sign-in-demo",
            SignIn { demo_accounts: demo, demo_password: "guthaben-demo".into(), ..blank() },
        ),
        rendered("sign-in-expired", SignIn { notice: Some(t.sign_in_expired()), ..blank() }),
        rendered(
            "sign-in-refused",
            SignIn {
                error: Some(t.refusal_sign_in_failed()),
                email: "\"><script>alert(1)</script>@example".into(),
                ..blank()
            },
        ),
    ]
}

fn error_samples(t: T) -> Vec<Sample> {
    let mut out = vec![];
    for status in [400, 403, 404, 429, 500, 503] {
        for (suffix, area) in [("", None), ("-signed-in", Some(Area::Portal))] {
            let page = page(t, "/portal/invoices/2026-13", area);
            let reference = "01JDB7-4QX9".into();
            out.push(rendered(&format!("error-{status}{suffix}"), ErrorPage { page, status, reference }));
        }
    }
    out
}

fn legal_samples(t: T) -> Vec<Sample> {
    let operator = OperatorView {
        name: "Guthaben Betriebs GmbH".into(),
        address: vec!["Musterweg 1".into(), "20095 Hamburg".into()],
        represented_by: "Erika Beispiel".into(),
        email: "post@guthaben.example".into(),
        phone: "+494055512340".into(),
        register: "Amtsgericht Hamburg, HRB 1".into(),
        vat_id: "DE123456789".into(),
    };
    let unknown = OperatorView::default();
    let frame = |path| page(t, path, None);
    vec![
        rendered("imprint", Imprint { page: frame("/imprint"), operator: operator.clone() }),
        rendered("imprint-missing", Imprint { page: frame("/imprint"), operator: unknown }),
        rendered("privacy", Privacy { page: frame("/privacy"), operator: operator.clone() }),
        rendered("accessibility", Accessibility { page: frame("/accessibility"), operator }),
    ]
}
