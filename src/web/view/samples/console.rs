//! Samples of the reseller's and the platform's pages.

use super::super::admin::{AdminHome, AttentionKind, AttentionRow, TopUpRow};
use super::super::api_key::{ApiKeyForm, ApiKeyIndex, ApiKeyRow, KeyState, MadeKey, ShowApiKey};
use super::super::health::{CheckView, GroupView, HealthState, ShowHealth};
use super::super::mail::{MailIndex, MailRow, ShowMail};
use super::super::page::Area;
use super::super::parts::{BalanceState, Reach};
use super::super::reseller::{CustomerRow, ResellerHome, WalletView};
use super::{NOW, Sample, page, rendered};
use crate::domain::api_key::{ApiScope, ApiScopes, KeyMode};
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::topup::{Method, Status};
use crate::i18n::T;

/// Every sample of the consoles.
pub(super) fn all(t: T) -> Vec<Sample> {
    [reseller_samples(t), admin_samples(t), health_samples(t), mail_samples(t), key_samples(t)].concat()
}

fn customer(number: i64, name: &str, balance: i64, per_day: Option<i64>, active: bool) -> CustomerRow {
    CustomerRow {
        number: format!("K-{number}"),
        name: name.into(),
        balance: Cents(balance),
        state: BalanceState::of(Cents(balance), Cents(5000)),
        reach: Reach::of(Cents(balance), per_day.map(Cents), NOW),
        used: Cents(per_day.unwrap_or(0) * 30),
        active,
    }
}

fn reseller_samples(t: T) -> Vec<Sample> {
    let home = |customers: Vec<CustomerRow>, wallet| ResellerHome {
        wallet,
        page: page(t, "/reseller", Some(Area::Reseller)),
        month: NOW,
        commission: Cents(101_043),
        revenue: Cents(394_700),
        platform_share: Cents(293_657),
        customer_count: 42,
        active_count: 41,
        balance_sum: Cents(641_825),
        has_more: !customers.is_empty(),
        customers,
    };
    let customers = vec![
        customer(10_418, "Salon Haarkunst", -340, Some(207), false),
        customer(10_433, "Fahrschule Nordlicht", 410, Some(164), true),
        customer(10_402, "Physio am Park", 1285, Some(321), true),
        customer(10_427, "Zahnarztpraxis Dr. Lindner", 4760, Some(402), true),
        customer(10_388, "Kanzlei Brandt & Partner", 18_240, Some(580), true),
        customer(10_452, "Bäckerei Jessen", 5600, Some(38), true),
        customer(10_455, "Optik Hansen e. K.", 0, None, true),
    ];
    let wallet = WalletView {
        balance: Cents(1_230),
        state: BalanceState::Low,
        href: "/reseller/transactions?customer=R-1004".into(),
    };
    vec![
        rendered("reseller", home(customers, None)),
        rendered("reseller-new", home(vec![], None)),
        rendered("reseller-prepaying", home(vec![], Some(wallet))),
    ]
}

fn top_up(customer: &str, reseller: &str, status: Status, minutes: i64) -> TopUpRow {
    TopUpRow {
        customer: customer.into(),
        reseller: reseller.into(),
        amount: Cents(5_000 + minutes * 100),
        method: if status == Status::Collecting { Method::SepaDebit } else { Method::Card },
        status,
        at: Ts(NOW.0 - minutes * 60_000_000),
    }
}

fn attention(kind: AttentionKind, subject: &str, detail: &str, cents: Option<i64>) -> AttentionRow {
    AttentionRow {
        kind,
        subject: subject.into(),
        detail: detail.into(),
        amount: cents.map(Cents),
        at: Ts(NOW.0 - 3_600_000_000),
    }
}

fn admin_samples(t: T) -> Vec<Sample> {
    let home = |attention, top_ups, health| AdminHome {
        page: page(t, "/admin", Some(Area::Admin)),
        topped_up_today: Cents(431_000),
        used_today: Cents(190_436),
        platform_today: Cents(141_875),
        commission_today: Cents(48_561),
        customer_count: 312,
        balance_sum: Cents(2_641_825),
        attention,
        top_ups,
        health,
    };
    let rows = vec![
        attention(AttentionKind::Dispute, "Salon Haarkunst", "SEPA-Rückgabe, du_1", Some(5_000)),
        attention(AttentionKind::Refund, "Blumen Weiß", "re_1, noch nicht gebucht", Some(2_500)),
        attention(AttentionKind::Mismatch, "MVZ Isartor", "Betrag passt nicht", Some(50_000)),
        attention(AttentionKind::Webhook, "evt_1", "charge.refund.updated", None),
    ];
    let all = Status::ALL.iter().copied().zip(1..);
    let top_ups =
        all.map(|(status, n)| top_up("Autohaus Petersen GmbH", "TeleNord", status, n * 7)).collect();
    vec![
        rendered("admin", home(rows, top_ups, HealthState::Warning)),
        rendered("admin-quiet", home(vec![], vec![], HealthState::Fine)),
    ]
}

fn check(state: HealthState, name: String, note: String, value: &str, minutes: i64) -> CheckView {
    let at = (minutes > 0).then_some(Ts(NOW.0 - minutes * 60_000_000));
    CheckView { state, name, note, value: value.into(), at }
}

fn health_samples(t: T) -> Vec<Sample> {
    use HealthState::{Fault, Fine, Warning};
    let health = |webhooks, stripe| {
        let money = vec![
            check(Fine, t.health_database(), t.health_database_note("PostgreSQL 17"), "2\u{a0}ms", 0),
            check(Fine, t.health_schema(), t.health_schema_note(4), "4", 0),
            check(Fine, t.health_ledger(), t.health_ledger_note(312, t.money(Cents::ZERO)), "0,00\u{a0}€", 3),
            check(Fine, t.health_accounts(), t.health_accounts_note(), "312", 3),
        ];
        let operation = vec![
            check(
                stripe,
                t.health_stripe(),
                t.health_stripe_note(142, t.health_mode_live()),
                "142\u{a0}ms",
                1,
            ),
            check(webhooks, t.health_webhooks(), t.health_webhooks_late("vor 7 Min."), "7\u{a0}Min.", 7),
            check(Fine, t.health_queue(), t.health_queue_note(3), "3", 0),
        ];
        ShowHealth {
            page: page(t, "/health", Some(Area::Admin)),
            checked_at: NOW,
            figures: vec![(t.health_webhooks(), "64\u{a0}ms".into(), "p95".into())],
            groups: vec![
                GroupView { title: t.health_group_money(), checks: money },
                GroupView { title: t.health_group_stripe(), checks: operation },
            ],
        }
    };
    vec![
        rendered("health", health(Fine, Fine)),
        rendered("health-warning", health(Warning, Fine)),
        rendered("health-fault", health(Warning, Fault)),
    ]
}

fn mail_samples(t: T) -> Vec<Sample> {
    let mail = || MailRow {
        href: "/demo/mails/1".into(),
        recipient: "kunde@guthaben.example".into(),
        subject: "Ihr Guthaben ist da: 100,00\u{a0}€".into(),
        at: NOW,
    };
    let text = "Guten Tag,\n\nIhr Guthaben ist da.\n<b>Kein HTML</b>".into();
    let frame = |area| page(t, "/demo/mails", area);
    vec![
        rendered("mails", MailIndex { page: frame(Some(Area::Admin)), mails: vec![mail()] }),
        rendered("mails-none", MailIndex { page: frame(None), mails: vec![] }),
        rendered("mail", ShowMail { page: frame(Some(Area::Portal)), mail: mail(), text }),
    ]
}

fn key(state: KeyState, mode: KeyMode, used: Option<i64>) -> ApiKeyRow {
    let revoked = (state == KeyState::Revoked).then_some(NOW);
    ApiKeyRow {
        href: "/admin/settings/api-keys/key_1".into(),
        name: "Telefonanlage <Süd> & Nord".into(),
        shown: "gut_live_3fK9".into(),
        scopes: ApiScopes::new(ApiScope::ALL.iter().copied()),
        rate: 60_000,
        mode,
        state,
        created_at: NOW,
        creator: (mode == KeyMode::Live).then(|| "Mara Lindner".into()),
        expires_at: (state != KeyState::Active).then_some(NOW),
        last_used_at: used.map(|minutes| Ts(NOW.0 - minutes * 60_000_000)),
        revoked_at: revoked,
        revoker: revoked.map(|_| "Mara Lindner".into()),
    }
}

fn key_samples(t: T) -> Vec<Sample> {
    let base = "/admin/settings/api-keys";
    let form = ApiKeyForm { rate: Some("60".into()), rates: (1, 1_000_000), ..ApiKeyForm::default() };
    let index = |keys, form, errors, made| ApiKeyIndex {
        page: page(t, base, Some(Area::Admin)),
        base,
        keys,
        form,
        errors,
        made,
    };
    let keys = || {
        vec![
            key(KeyState::Active, KeyMode::Live, Some(3)),
            key(KeyState::Expired, KeyMode::Test, None),
            key(KeyState::Revoked, KeyMode::Live, Some(7_000)),
        ]
    };
    let errors = vec![
        ("name", t.api_key_error_name(60)),
        ("scopes", t.api_key_error_scopes()),
        ("rate", t.api_key_error_rate("1.000.000", "1")),
        ("expires_on", t.api_key_error_expires()),
        ("", t.api_key_error_full("100")),
    ];
    let made =
        MadeKey::Key { name: "Anlage".into(), secret: "gut_live_3fK9abcdefghijklmnopqrstuvwxyz".into() };
    let show = |key| ShowApiKey { page: page(t, base, Some(Area::Admin)), base, key };
    vec![
        rendered("api-keys", index(keys(), form.clone(), vec![], None)),
        rendered("api-keys-none", index(vec![], form.clone(), vec![], None)),
        rendered("api-keys-refused", index(keys(), form.clone(), errors, None)),
        rendered("api-keys-made", index(keys(), form.clone(), vec![], Some(made))),
        rendered("api-keys-before", index(keys(), form, vec![], Some(MadeKey::Before))),
        rendered("api-key", show(key(KeyState::Active, KeyMode::Live, Some(3)))),
        rendered("api-key-revoked", show(key(KeyState::Revoked, KeyMode::Test, None))),
        rendered("api-key-expired", show(key(KeyState::Expired, KeyMode::Live, None))),
    ]
}
