health-fine = fine
health-warning = warning
health-fault = fault
health-again = Check now
health-checked = Last check { $moment } · every 15 seconds
health-count = { $count ->
    [one] 1 check
   *[other] { $count } checks
  }
health-all-fine = Everything is fine
health-all-fine-body = { $count } checks without findings.
health-warnings-only = { $count ->
    [one] 1 warning, no fault
   *[other] { $count } warnings, no fault
  }
health-faults = { $faults ->
    [one] 1 fault
   *[other] { $faults } faults
  }, { $warnings ->
    [0] no warning
    [one] 1 warning
   *[other] { $warnings } warnings
  }
health-group-money = Money and data
health-group-stripe = Stripe and operation

# Checks and what they found.
health-database = Database
health-database-note = { $engine } answers
health-database-down = { $engine } does not answer. Postings and sign-ins are not possible.
health-schema = Schema
health-schema-note = { $count ->
    [one] 1 migration applied
   *[other] { $count } migrations applied
  }
health-schema-behind = { $applied } of { $known } migrations applied. Run the migrations.
health-ledger = Ledger balanced
health-ledger-note = Sum over { $accounts } accounts is { $sum }
health-ledger-broken = Sum over { $accounts } accounts is { $sum }. Check the last postings before you move money.
health-accounts = Account balances agree
health-accounts-note = Every account agrees with its entries
health-accounts-broken = { $count } accounts differ from their entries
health-reservations = Reservations match
health-reservations-note = What is reserved is exactly what usage in progress reserves
health-reservations-broken = For { $count ->
    [one] 1 balance
   *[other] { $count } balances
  } the reserved amount differs from the reservations
health-stripe = Stripe reachable
health-stripe-note = { $mode }, answered in { $millis } ms
health-stripe-off = No keys set, top-ups are off
health-stripe-down = Stripe does not answer. Top-ups are not possible, balances can still be used.
health-webhooks = Webhooks arriving
health-webhooks-note = Last event { $age }
health-webhooks-none = No event received yet
health-webhooks-late = Last event { $age } although payments are open. Reconciliation will fetch them.
health-signatures = Signature checks
health-signatures-note = { $count } refused signatures in 24 h
health-queue = Queue
health-queue-note = { $count } events waiting
health-queue-late = { $count } events waiting, the oldest { $age }
health-queue-failed = { $count } events have failed
health-mails = E-mail delivery
health-mails-note = { $waiting } waiting
health-mails-failed = { $failed } undeliverable, { $waiting } waiting
health-mode-live = live mode
health-mode-test = test mode
health-mode-simulator = simulator
