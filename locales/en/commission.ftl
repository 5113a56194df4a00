# A reseller's commission.
commission-title = Commission
commission-lead = What you earn by your customers’ usage, and when it is paid out.
commission-accrued = accrued
commission-accrued-note = waits for its day
commission-available = available
commission-available-note = comes with the next payout
commission-in-payout = in payout
commission-in-payout-note = the transfer is under way
commission-paid = paid out
commission-paid-note = in total so far
commission-taken-back = taken back
commission-from = from { $date }
commission-since = since { $date }
commission-on = on { $date }
commission-rules = What “available” means
commission-rules-hold = Commission becomes available { $days ->
    [one] 1 day
   *[other] { $days } days
  } after posting.
commission-rules-debit = Where the customer topped up by SEPA direct debit in the eight weeks before, it takes { $days ->
    [one] 1 day
   *[other] { $days } days
  }: for that long the debit can be returned.
commission-rules-negative = When usage is reversed, its commission goes back at once. A minus is offset against the next payout.
commission-months = Commission by month
commission-month = Month
commission-customers = Commission by customer
commission-customers-of = Commission by customer, { $month }
commission-all-months = All months
commission-none = No commission yet
commission-none-body = Your commission begins here with the first usage of your customers.
commission-first = Back to the start
commission-more = More customers
csv-commission-day = Day
csv-commission-available = Available from
csv-commission-state = State
