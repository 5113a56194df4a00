# Words that many pages share.
common-error-prefix = Error:
common-remove = remove
common-as-table = Show as a table
common-newer = Newer
common-older = Older
common-pages = Pages
common-current = live
common-live-lost = disconnected, last update {"{time}"}

# Kinds of movement: one, then many.
kind-call = Call
kind-api-call = API call
kind-appointment = Appointment
kind-sms = SMS
kind-topup = Top-up
kind-refund = Refund
kind-bonus = Bonus
kind-adjustment = Correction
kind-usage = Usage
kind-wholesale = Wholesale
kind-reversal = Reversal
kinds-call = Calls
kinds-api-call = API calls
kinds-appointment = Appointments
kinds-sms = SMS
kinds-topup = Top-ups
kinds-refund = Refunds
kinds-bonus = Bonus
kinds-adjustment = Corrections
kinds-wholesale = Wholesale
kinds-reversal = Reversals

method-card = Card
method-sepa-debit = SEPA direct debit

# How long a balance lasts.
reach-unknown = –
reach-empty = empty
reach-days = { $days ->
    [one] 1 day
   *[other] { $days } days
  }
reach-long = over 90 days

# Charts.
chart-today = Today
chart-threshold = Warning at { $amount }
chart-empty-at = empty around { $date }
chart-burn-label = Balance from { $from } to { $to }: now { $balance }.
chart-burn-label-forecast = Balance from { $from } to { $to } with a forecast: now { $balance }, at { $per_day } a day expected to be used up on { $empty }.
