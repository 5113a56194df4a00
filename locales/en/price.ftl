# Price lists, their versions, and the editor of a price.
price-title = Prices
price-lead-reseller = What your customers pay, from when on, and what is left to you.
price-lead-admin = What the platform charges and what customers pay. Every version stays on record.
price-list = Price list
price-list-own = Your price list
price-list-own-lead = For all your customers without a price of their own.
price-list-platform = Platform prices
price-list-platform-lead = What the platform keeps of what resellers’ customers use.
price-list-platform-for = Platform prices for { $name }
price-list-platform-for-lead = They come before the common platform prices.
price-list-default = Default prices
price-list-default-lead = What customers pay whom no other list serves.
price-list-plan = Plan “{ $name }”
price-list-plan-lead = For customers with this plan, unless their reseller has a price.
price-list-reseller = Price list of { $name }
price-list-reseller-lead = What the customers of this reseller pay.
price-list-customer = Own prices: { $name }
price-list-customer-lead = They come before all other price lists.
price-name = Name
price-meter = Service
price-meters = Services
price-meters-count = { $count ->
    [0] none
    [one] 1 service
   *[other] { $count } services
  }
price-present = Valid now
price-present-title = Prices in force
price-next = Planned
price-planned-title = Planned versions
price-history-title = History
price-history-none = No version yet
price-history-none-body = Every version is listed here once a price was set.
price-all-versions = All versions
price-price = Price
price-from = Valid from
price-entered = Entered
price-change = Change
price-since = since { $date }
price-planned-at = from { $date }
price-none = no price of its own
price-flat = { $price } { $unit }
price-graduated = graduated, { $first } to { $last } { $unit }
price-package = { $price } per package of { $units }
price-tier-first = { $price } to begin with
price-tier = { $price } from { $units }
price-increment = increment { $increment }
price-included = { $units } a month included
price-below-allowed = may be below the platform’s price
price-per-minute = per minute
price-per-piece = per piece
price-minutes = { $minutes } min
price-pieces = { $count ->
    [one] 1 piece
   *[other] { $shown } pieces
  }
price-dash = –
price-planned = planned
price-valid = in force
price-past = replaced
price-withdrawn = withdrawn
price-sellers = Resellers
price-sells-by = Sells by
price-own-list-of = { $meters ->
    [0] default prices
    [one] own list, 1 service
   *[other] own list, { $meters } services
  }
price-customers = Customers with prices of their own
price-customers-more = The first 100 customers are shown. Open others by their number.
price-customer-own = Own prices for a customer
price-customer-number = Customer number
price-customer-hint = For example K-10427.
price-customer-open = Open prices
price-customer-unknown = There is no customer with this number
price-done-set = The price is set.
price-done-withdrawn = The planned version is withdrawn.

# The editor.
price-change-title = Change price
price-change-lead = the version before stays in the history
price-model = Price model
price-model-flat = One price
price-model-graduated = Tiers
price-model-package = Packages
price-model-none = No price of its own any more
price-model-missing = Choose a price model
price-price-hint = Written the German way, with up to six digits: 0,40 or 0,00425.
price-missing = Enter a price
price-unreadable = Write the price like this: 0,40 or 0,00425
price-unit-minute = €/min
price-unit-piece = €/piece
price-count-minutes = min
price-count-pieces = pieces
price-count-minutes-bad = Enter whole minutes, such as 1.000, or minutes with seconds: 1:30
price-count-pieces-bad = Enter a whole number, such as 1.000
price-tiers = Tiers
price-tiers-hint = Each row is valid from so many units in the calendar month, the first from 0. Empty rows do not count; more appear after checking.
price-tier-row = Tier { $row }
price-tier-above = from
price-tier-price = price
price-package-units = Units per package
price-package-price = Price per package
price-included-units = Included per month
price-included-hint = Free in every calendar month. Empty means none.
price-increment-label = Increment
price-increment-hint = First and further seconds. 60/60 bills whole minutes, 1/1 every second.
price-increment-other = other
price-increment-first = First seconds
price-increment-next = Further seconds
price-seconds = s
price-below-allow = Allow a price below the platform’s
price-start = Valid from
price-start-now = now
price-start-date = a date
price-date = Date
price-date-hint = For example 01.12.2026. The price is valid from midnight, German time.
price-date-missing = Enter a date
price-date-bad = Write the date like this: 01.12.2026
price-check = Check
price-check-note = You see once more what changes. Only then the price is set.
price-preview = Preview
price-new = New
price-old = Until now
price-buyers = Concerns
price-buyers-count = { $count ->
    [0] no customer
    [one] 1 customer
   *[other] { $shown } customers
  }
price-rails-label = Agreed
price-rails = { $min } to { $max }
price-rails-below = at most { $max }
price-shares = Shares per unit
price-from-label = from
price-from-units = { $units }
price-customer-pays = Customer pays
price-platform = Platform
price-commission = Commission
price-part = in %
price-markup = Markup
price-example = Example: { $what }
price-example-minutes = { $count } minutes
price-example-pieces = { $count } pieces
price-until-now = Until now
price-then = Afterwards
price-unshared = Direct customers pay the platform; there is no commission.
price-affected = { $count ->
    [one] One price of a reseller will be outside what was agreed
   *[other] { $count } prices of resellers will be outside what was agreed
  }
price-affected-body = They stay in force until the reseller changes them.
price-breaches = Prices outside what was agreed
price-confirm-title = Set this price?
price-confirm-body = The version does not change afterwards. A planned one can be withdrawn until it takes effect.
price-set = Set price
price-back = Back to the form
price-withdraw = Withdraw
price-withdraw-title = Withdraw the planned price?
price-withdraw-lead = Prices valid until then stay valid.
price-keep = Do not withdraw

# The simulator.
simulator-title = Simulator
simulator-lead = What if: reckoned on the real usage of this month and the two before.
simulator-question = New price
simulator-run = Reckon
simulator-result = With { $price }
simulator-basis = Usage since { $date }: { $quantity }
simulator-table = Revenue, platform and commission compared
simulator-charged = As charged
simulator-now = Today’s prices
simulator-then = New price
simulator-change = Change
simulator-revenue = Revenue
simulator-platform = Platform
simulator-commission = Your commission
simulator-note = Usage stays as it was, in the increments of then.
simulator-apply = Use this price
simulator-refused = The price cannot be set like this
simulator-changes = Largest changes
simulator-customers = { $count ->
    [0] no customer
    [one] 1 customer
   *[other] { $count } customers
  }
simulator-none = Nothing changes for any customer
simulator-none-body = There was no usage, or everybody has a price of their own.
simulator-used = Usage
simulator-commission-change = Your commission

# Meters.
meter-title = Services
meter-lead = What is metered and charged. Keys and units stay, names can be changed.
meter-key = Key
meter-key-hint = Used by the API, for example video_call. It cannot be changed later.
meter-counts = Counted in
meter-counts-seconds = seconds, price per minute, increment { $increment }
meter-counts-pieces = pieces
meter-unit-second = Seconds
meter-unit-piece = Pieces
meter-unit-missing = Choose how it is counted
meter-name-de = Name in German
meter-name-en = Name in English
meter-name-hint = In the plural, as in filters and charts.
meter-increment-hint = New prices begin with it, for example 60/60. Pieces have none.
meter-active = active
meter-closed = closed
meter-change = Change
meter-add = Add a service
meter-create = Add
meter-save = Save
meter-takes = Take usage
meter-close-title = Close { $name }?
meter-close-body = No usage is taken from now on. What was charged stays. You can open the service again at any time.
meter-close = Close service
meter-keep = Do not close
meter-done-created = The service is added. Set its prices now.
meter-done-changed = The service is changed.

# Plans.
plan-title = Plans
plan-lead = Price lists that you give to customers by name.
plan-none = No plans yet
plan-none-body = Make a plan and give it prices.
plan-table = Plans with services and customers
plan-add = Make a plan
plan-create = Make
plan-name = Name
plan-name-hint = At most 60 characters.
plan-rename = Rename
plan-members = Customers with this plan
plan-members-count = { $count ->
    [0] No customer has this plan yet.
    [one] One customer has this plan.
   *[other] { $shown } customers have this plan.
  }
plan-members-none = No customers yet
plan-members-none-body = Give the plan to some below.
plan-since = Since
plan-assign = Assign customers
plan-customers = Customer numbers
plan-customers-hint = Several, separated by blanks, commas or new lines.
plan-customers-missing = Enter at least one customer number
plan-customers-unknown = There are no such customers: { $numbers }
plan-give = Assign plan
plan-end = End plan
plan-give-title = { $count ->
    [one] Assign plan “{ $plan }” to one customer?
   *[other] Assign plan “{ $plan }” to { $count } customers?
  }
plan-end-title = { $count ->
    [one] End the plan for one customer?
   *[other] End the plan for { $count } customers?
  }
plan-from = from { $moment }
plan-precedence = A customer’s own prices and the price list of its reseller come before a plan.
plan-back = Back to the plan
plan-done-created = The plan is made. Set its prices now.
plan-done-renamed = The plan is renamed.
plan-done-assigned = The plan is assigned.
plan-done-ended = The plan is ended.

# What is agreed with a reseller.
terms-title = Terms
terms-versions = What was agreed
terms-standard = The standard holds: commission, by the difference of price lists, markup 10 to 100 %, available after 14 days, 56 after direct debits.
terms-change = Change terms
terms-settlement = Settlement
terms-settlement-hint = With commission the platform holds the money and owes commission. With resale the reseller pays in advance.
terms-settlement-missing = Choose how usage is settled
terms-commission = Commission
terms-resale = Resale
terms-model = Commission by
terms-model-missing = Choose what commission results from
terms-rates = difference of price lists
terms-percent = { $rate } of the customer’s price
terms-percent-choice = share of the customer’s price
terms-percent-bad = Enter a share in percent, such as 25 or 12,5
terms-rate = Commission rate
terms-rate-hint = Only for a share of the customer’s price.
terms-markup = Markup over the platform’s price
terms-markup-range = { $min } to { $max }
terms-min = Least markup
terms-max = Largest markup
terms-below = Below the platform’s price
terms-below-allow = Allow prices below the platform’s
terms-yes = allowed
terms-no = not allowed
terms-hold-days = Commission is held for
terms-sepa-hold-days = After direct debits
terms-days = { $days ->
    [one] 1 day
   *[other] { $days } days
  }
terms-days-unit = days
terms-days-bad = Enter whole days
terms-confirm-title = Agree these terms?
terms-what = What
terms-changes = What changes
terms-same = Nothing changes.
terms-set = Agree terms
terms-prepays = The reseller prepays from then on
terms-prepays-body = Without a balance of the reseller no calls of its customers are taken.
terms-breaches-body = They stay in force until the reseller changes them.
terms-done = The terms are agreed.

# The log of changes.
audit-price-set = Price set
audit-price-withdrawn = Planned price withdrawn
audit-plan-created = Plan made
audit-plan-renamed = Plan renamed
audit-plan-assigned = Plan assigned or ended
audit-terms-set = Terms agreed
audit-meter-created = Service added
audit-meter-changed = Service changed
