refusal-amount-missing = Enter an amount
refusal-amount-unreadable = Enter the amount in euros, for example 50 or 50,00
refusal-amount-out-of-range = Enter an amount between { $min } and { $max }
refusal-daily-limit = You can top up { $left } more today. The daily limit is { $limit }.
refusal-method-missing = Choose a payment method
refusal-topups-off = Top-ups are switched off at the moment. Your balance is not affected.
refusal-payment-unavailable = The payment service does not answer at the moment. Your entries are kept and nothing was charged. Please try again in a few minutes.
refusal-insufficient-balance = The balance is not sufficient for this
refusal-form-expired = This page was no longer up to date. Please submit the form again.
refusal-sign-in-failed = E-mail address or password is not correct
refusal-too-many-attempts = Too many attempts. Try again in { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}.
