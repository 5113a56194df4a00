admin-as-of = As of { $moment }
admin-topped-up = Topped up today
admin-used = Usage today
admin-platform = Platform share today
admin-commission = Commission today
admin-balances = Balance of all customers
admin-customers = { $count ->
    [one] 1 customer
   *[other] { $count } customers
  }
admin-nothing = Nothing to do
admin-nothing-body = No dispute, no refund and no payment is waiting for you.
admin-attention-dispute = Dispute
admin-attention-refund = Refund
admin-attention-mismatch = under review
admin-attention-webhook = Webhook
admin-latest = Latest top-ups
admin-latest-table = Latest top-ups, newest first
admin-no-top-ups = No top-ups yet
admin-no-top-ups-body = Top-ups of all customers appear here.
admin-when = Time
admin-detail-orphan = Payment { $payment } belongs to no top-up
admin-detail-amount = The amount paid differs from the top-up
admin-detail-currency = The payment did not come in euros
admin-detail-livemode = Test money and real money do not match
admin-detail-customer = At Stripe the payment belongs to another customer
admin-detail-other = Stripe and the ledger contradict each other: { $reason }
admin-detail-refund-booked = Refunded at Stripe and booked here
admin-detail-refund = Refunded at Stripe, the payment is unknown here
admin-detail-dispute = Disputed at Stripe; not booked yet
