//! Payments, refunds and disputes: what happens to the money and which events tell it.

use super::*;
use crate::stripe::simulator::SimulatorError;

#[tokio::test]
async fn a_card_payment_goes_through_with_its_events_and_its_fee() {
    let world = World::start().await;
    let session = world.session(2_500, "").await;
    let id = session["id"].as_str().unwrap();
    assert!(id.starts_with("cs_test_"));
    assert_eq!(
        (session["status"].as_str(), session["payment_status"].as_str()),
        (Some("open"), Some("unpaid"))
    );
    assert_eq!(session["payment_method_types"], serde_json::json!(["card", "sepa_debit"]));
    assert_eq!(session["payment_intent"], Value::Null);

    let outcome = world.sim.pay(id, Instrument::card("4242 4242 4242 4242")).await.unwrap();
    assert_eq!(outcome, PayOutcome::Paid);
    let path = format!("checkout/sessions/{id}?expand[]=payment_intent.latest_charge.balance_transaction");
    let session = world.get(&path).await;
    assert_eq!(
        (session["status"].as_str(), session["payment_status"].as_str()),
        (Some("complete"), Some("paid"))
    );
    let intent = &session["payment_intent"];
    assert_eq!(
        (intent["status"].as_str(), intent["amount_received"].as_i64()),
        (Some("succeeded"), Some(2_500))
    );
    assert_eq!(intent["metadata"]["topup"], "top_1");
    // Under automatic_async the fee is not known yet.
    assert_eq!(intent["latest_charge"]["balance_transaction"], Value::Null);
    let expected = [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ];
    assert_eq!(world.events().await, expected);

    world.advance(3);
    let session = world.get(&path).await;
    let booked = &session["payment_intent"]["latest_charge"]["balance_transaction"];
    assert_eq!((booked["fee"].as_i64(), booked["net"].as_i64()), (Some(63), Some(2_437)));
    assert_eq!(world.events().await.last().unwrap(), "charge.updated");
    let balance = world.get("balance").await;
    assert_eq!(balance["pending"][0]["amount"], 2_437);
    world.advance(4 * 86_400);
    let balance = world.get("balance").await;
    assert_eq!(
        (balance["pending"][0]["amount"].as_i64(), balance["available"][0]["amount"].as_i64()),
        (Some(0), Some(2_437))
    );

    let again = world.sim.pay(id, Instrument::card("4242424242424242")).await;
    assert!(matches!(again, Err(SimulatorError::Refused { code, .. }) if code == "resource_invalid_state"));
    let truth = world.sim.truth().await.unwrap();
    assert_eq!(truth.len(), 1);
    assert!(truth[0].succeeded && truth[0].kept() == 2_500 && truth[0].session.as_deref() == Some(id));
}

#[tokio::test]
async fn a_declined_card_leaves_the_session_open_and_another_card_pays_it_with_the_same_intent() {
    let world = World::start().await;
    let session = world.session(1_000, "").await;
    let id = session["id"].as_str().unwrap();
    for (number, code, decline) in [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", ""),
        ("4000000000000341", "card_declined", "generic_decline"),
    ] {
        let outcome = world.sim.pay(id, Instrument::card(number)).await.unwrap();
        let PayOutcome::Declined { code: got, decline_code, .. } = outcome else {
            panic!("{number}: {outcome:?}")
        };
        assert_eq!((got.as_str(), decline_code.as_str()), (code, decline), "{number}");
    }
    let declined = world.get(&format!("checkout/sessions/{id}")).await;
    assert_eq!(declined["status"], "open");
    let intent = declined["payment_intent"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("payment_intents/{intent}")).await["status"], "requires_payment_method");
    assert_eq!(world.sim.pay(id, Instrument::card("4242424242424242")).await.unwrap(), PayOutcome::Paid);
    let paid = world.get(&format!("checkout/sessions/{id}")).await;
    assert_eq!(
        (paid["payment_status"].as_str(), paid["payment_intent"].as_str()),
        (Some("paid"), Some(intent.as_str()))
    );
    let charges = world.get(&format!("charges?payment_intent={intent}")).await;
    let statuses: Vec<&str> =
        charges["data"].as_array().unwrap().iter().map(|charge| charge["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["succeeded", "failed", "failed", "failed", "failed"]);
    let events = world.events().await;
    let failed = events.iter().position(|kind| kind == "payment_intent.payment_failed").unwrap();
    assert!(failed < events.iter().position(|kind| kind == "checkout.session.completed").unwrap());
}

#[tokio::test]
async fn three_d_secure_asks_and_both_answers_count() {
    let world = World::start().await;
    let session = world.session(1_000, "").await;
    let id = session["id"].as_str().unwrap();
    let asked = world.sim.pay(id, Instrument::card("4000002760003184")).await.unwrap();
    assert_eq!(asked, PayOutcome::Authenticate { url: format!("{}c/3ds/{id}", world.base) });
    let rejected = world.sim.authenticate(id, false).await.unwrap();
    assert!(
        matches!(rejected, PayOutcome::Declined { code, .. } if code == "payment_intent_authentication_failure")
    );
    assert!(world.sim.authenticate(id, true).await.is_err(), "nothing waits any more");
    world.sim.pay(id, Instrument::card("4000002760003184")).await.unwrap();
    assert_eq!(world.sim.authenticate(id, true).await.unwrap(), PayOutcome::Paid);
    assert_eq!(world.get(&format!("checkout/sessions/{id}")).await["payment_status"], "paid");
}

#[tokio::test]
async fn a_debit_stays_unpaid_for_five_business_days_and_settles_then() {
    let world = World::start().await;
    let intent = world.paid(5_000, Instrument::iban("DE89 3704 0044 0532 0130 00")).await;
    let of = format!("checkout/sessions?payment_intent={intent}");
    let session = world.get(&of).await["data"][0].clone();
    assert_eq!(
        (session["status"].as_str(), session["payment_status"].as_str()),
        (Some("complete"), Some("unpaid"))
    );
    let expected = [
        "payment_intent.created",
        "payment_intent.processing",
        "charge.pending",
        "checkout.session.completed",
    ];
    assert_eq!(world.events().await, expected);
    world.advance(7 * 86_400 - 1);
    assert_eq!(world.get(&of).await["data"][0]["payment_status"], "unpaid");
    assert!(!world.sim.truth().await.unwrap()[0].succeeded);
    world.advance(1);
    assert_eq!(world.get(&of).await["data"][0]["payment_status"], "paid");
    let events = world.events().await;
    assert_eq!(
        events[4..],
        ["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"]
    );
    assert!(world.sim.settle_debit(&intent).await.is_err(), "it has settled already");
}

#[tokio::test]
async fn a_debit_fails_by_itself_or_by_hand_and_may_be_returned_after_success() {
    let world = World::start().await;
    let failing = world.paid(5_000, Instrument::iban("DE65370400440002222227")).await;
    world.advance(7 * 86_400);
    let intent = world.get(&format!("payment_intents/{failing}?expand[]=latest_charge")).await;
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(intent["latest_charge"]["failure_code"], "insufficient_funds");
    assert_eq!(world.events().await.last().unwrap(), "checkout.session.async_payment_failed");
    let by_hand = world.paid(6_000, Instrument::iban("DE89370400440532013000")).await;
    assert!(world.sim.fail_debit(&by_hand, "no_such_code").await.is_err());
    world.sim.fail_debit(&by_hand, "account_closed").await.unwrap();
    world.advance(14 * 86_400);
    assert!(!world.sim.truth().await.unwrap()[1].succeeded, "its own time must not settle it any more");

    let returned = world.paid(7_000, Instrument::iban("DE35370400440532013002")).await;
    world.sim.settle_debit(&returned).await.unwrap();
    world.advance(10);
    let dispute = world.get(&format!("disputes?payment_intent={returned}")).await["data"][0].clone();
    assert_eq!((dispute["status"].as_str(), dispute["amount"].as_i64()), (Some("lost"), Some(7_000)));
    assert_eq!(dispute["balance_transactions"][0]["amount"], -7_000);
    assert_eq!(world.events().await.last().unwrap(), "mandate.updated");
    let charge = world.get(&format!("charges/{}", dispute["charge"].as_str().unwrap())).await;
    let mandate = charge["payment_method_details"]["sepa_debit"]["mandate"].as_str().unwrap();
    assert_eq!(world.get(&format!("mandates/{mandate}")).await["status"], "inactive");
    let truth = world.sim.truth().await.unwrap();
    assert_eq!((truth[2].succeeded, truth[2].disputed, truth[2].kept()), (true, 7_000, 0));
    let refused = world.post("refunds", &format!("payment_intent={returned}")).await;
    assert_eq!(refused.json()["error"]["code"], "charge_disputed");
    let session = world.session(1_000, "").await;
    // The SDK's list of error codes lacks the weekly limit, so only the charge names it.
    let week = world
        .sim
        .pay(session["id"].as_str().unwrap(), Instrument::iban("DE27370400440000121212"))
        .await
        .unwrap();
    assert!(
        matches!(week, PayOutcome::Declined { decline_code, .. } if decline_code == "charge_exceeds_weekly_limit")
    );
    assert_eq!(world.get("charges?limit=1").await["data"][0]["failure_code"], "charge_exceeds_weekly_limit");
    let limit = world
        .sim
        .pay(session["id"].as_str().unwrap(), Instrument::iban("DE65370400440000343434"))
        .await
        .unwrap();
    assert!(matches!(limit, PayOutcome::Declined { code, .. } if code == "charge_exceeds_source_limit"));
}

#[tokio::test]
async fn refunds_add_up_never_exceed_the_charge_and_can_fail_later() {
    let world = World::start().await;
    let intent = world.paid(1_000, Instrument::card("4242424242424242")).await;
    let first = world
        .post("refunds", &format!("payment_intent={intent}&amount=300&metadata[refund_row]=r1"))
        .await
        .json();
    assert_eq!(
        (first["status"].as_str(), first["metadata"]["refund_row"].as_str()),
        (Some("succeeded"), Some("r1"))
    );
    let too_much = world.post("refunds", &format!("payment_intent={intent}&amount=701")).await;
    assert_eq!((too_much.status, too_much.json()["error"]["param"].as_str()), (400, Some("amount")));
    let rest = world.post("refunds", &format!("payment_intent={intent}")).await.json();
    assert_eq!(rest["amount"], 700);
    let none_left = world.post("refunds", &format!("payment_intent={intent}")).await;
    assert_eq!(none_left.json()["error"]["code"], "charge_already_refunded");
    let charge = world.get(&format!("charges?payment_intent={intent}")).await["data"][0].clone();
    assert_eq!((charge["amount_refunded"].as_i64(), charge["refunded"].as_bool()), (Some(1_000), Some(true)));

    world.sim.fail_refund(rest["id"].as_str().unwrap()).await.unwrap();
    let charge = world.get(&format!("charges?payment_intent={intent}")).await["data"][0].clone();
    assert_eq!((charge["amount_refunded"].as_i64(), charge["refunded"].as_bool()), (Some(300), Some(false)));
    let list = world.get(&format!("refunds?payment_intent={intent}")).await;
    let statuses: Vec<&str> =
        list["data"].as_array().unwrap().iter().map(|refund| refund["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["failed", "succeeded"]);
    assert_eq!(world.sim.truth().await.unwrap()[0].refunded, 300);
    let events = world.events().await;
    let charged: Vec<&String> = events.iter().filter(|kind| kind.contains("refund")).collect();
    let expected = [
        "refund.created",
        "charge.refunded",
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "refund.failed",
    ];
    assert_eq!(charged, expected);

    let later = world.paid(900, Instrument::card("4000000000007726")).await;
    world.sim.refund(&later, None).await.unwrap();
    assert_eq!(world.sim.truth().await.unwrap()[1].refunded, 900);
    world.advance(10);
    assert_eq!(world.sim.truth().await.unwrap()[1].refunded, 0);

    let debit = world.paid(800, Instrument::iban("DE89370400440532013000")).await;
    let early = world.post("refunds", &format!("payment_intent={debit}")).await;
    assert_eq!(early.status, 400, "money that is not there cannot be refunded");
    world.sim.settle_debit(&debit).await.unwrap();
    let refund = world.post("refunds", &format!("payment_intent={debit}")).await.json();
    assert_eq!(refund["status"], "pending");
    world.advance(7 * 86_400);
    let path = format!("refunds/{}", refund["id"].as_str().unwrap());
    assert_eq!(world.get(&path).await["status"], "succeeded");
}

#[tokio::test]
async fn disputes_take_the_money_when_opened_and_give_it_back_when_won() {
    let world = World::start().await;
    let intent = world.paid(4_000, Instrument::card("4000000000000259")).await;
    world.advance(10);
    let dispute = world.get(&format!("disputes?payment_intent={intent}")).await["data"][0].clone();
    let id = dispute["id"].as_str().unwrap();
    assert_eq!(
        (dispute["status"].as_str(), world.sim.truth().await.unwrap()[0].disputed),
        (Some("needs_response"), 4_000)
    );
    world.sim.close_dispute(id, true).await.unwrap();
    assert_eq!(world.sim.truth().await.unwrap()[0].disputed, 0);
    assert!(world.sim.close_dispute(id, false).await.is_err());

    let inquired = world.paid(3_000, Instrument::card("4242424242424242")).await;
    let inquiry = world.sim.dispute(&inquired, true, None).await.unwrap();
    assert_eq!(world.sim.truth().await.unwrap()[1].disputed, 0, "an inquiry takes no money");
    let escalated = world
        .send(
            "POST",
            &format!("{}_sim/disputes/{inquiry}/escalate", world.base),
            "{}",
            &[("content-type", "application/json")],
        )
        .await
        .unwrap();
    assert_eq!(escalated.json()["status"], "needs_response");
    let lost = world.post(&format!("disputes/{inquiry}/close"), "").await.json();
    assert_eq!(
        (lost["status"].as_str(), world.sim.truth().await.unwrap()[1].disputed),
        (Some("lost"), 3_000)
    );
    let events = world.events().await;
    let told: Vec<&str> = events.iter().filter_map(|kind| kind.strip_prefix("charge.dispute.")).collect();
    let expected = [
        "created",
        "funds_withdrawn",
        "funds_reinstated",
        "closed",
        "created",
        "updated",
        "funds_withdrawn",
        "closed",
    ];
    assert_eq!(told, expected);
}
