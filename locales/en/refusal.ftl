# Every expected "no". What is wrong, and what to do.
refusal-amount-missing = Enter an amount
refusal-amount-unreadable = Write the amount the German way: 50 or 1.000,00
refusal-amount-out-of-range = Enter an amount between { $min } and { $max }
refusal-daily-limit = You can top up another { $left } today, the daily limit is { $limit }
refusal-method-missing = Choose a payment method
refusal-topups-off = Top-ups are not possible at the moment. Your balance stays as it is.
refusal-payment-unavailable = Stripe does not answer right now. Nothing was charged and your entries are kept. Please try again in a few minutes.
refusal-insufficient-balance = The balance is not sufficient for this
refusal-usage-out-of-range = This quantity is larger than can be booked.
refusal-form-expired = The form was open for too long. Please submit it once more.
refusal-sign-in-failed = E-mail address or password is wrong. Please check both.
refusal-too-many-attempts = Too many attempts. Try again in { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
  }.
