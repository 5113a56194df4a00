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
refusal-not-allowed = Your access does not allow this.
refusal-date-in-past = Choose a time that is not in the past
refusal-date-too-far = Choose a time within the next ten years
refusal-date-taken = There is a version for this time already. Choose another one.
refusal-price-out-of-range = Enter a price between 0 and { $max }
refusal-tiers-invalid = Tiers begin at 0 and rise, { $most } at most
refusal-package-invalid = Enter how many units a package contains, at least one
refusal-included-invalid = Enter the included quantity as a whole number from 0
refusal-increment-invalid = Enter the increment in seconds from 1 to { $most }
refusal-unknown-meter = There is no such service
refusal-price-below-platform = The price is below the platform price of { $platform }
refusal-price-outside-markup = The agreed range is { $min } to { $max }
refusal-price-increment-finer = The increment must be a multiple of the platform’s ({ $first }/{ $next })
refusal-price-includes-more = At most { $most } units may be included, as many as in the platform price
refusal-price-in-force = This price is valid already. Set a new price with a later beginning instead.
refusal-name-invalid = Enter a name of at most { $most } characters
refusal-commission-rate-invalid = Enter a commission rate between 0 and 100%
refusal-markup-range-invalid = The smallest markup must be neither negative nor larger than the largest, which is { $most }% at most
refusal-hold-days-invalid = Enter a waiting time between 0 and { $most } days
refusal-meter-key-invalid = The key begins with a small letter and contains only a–z, 0–9 and _, 31 characters at most. Names of kinds of movement are taken.
refusal-meter-taken = There is a service with this key already
refusal-form-expired = The form was open for too long. Please submit it once more.
refusal-sign-in-failed = E-mail address or password is wrong. Please check both.
refusal-too-many-attempts = Too many attempts. Try again in { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
  }.
