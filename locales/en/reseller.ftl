reseller-hello = Hello, { $name }
reseller-as-of = { $month }, as of { $moment }
reseller-commission = Your commission
reseller-commission-note = accrued this month
reseller-revenue = Your customers’ revenue
reseller-platform-share = Platform share { $amount }
reseller-active = Active customers
reseller-active-note = { $locked ->
    [0] none locked
    [one] 1 locked
   *[other] { $locked } locked
  }
reseller-of = of { $total }
reseller-balances = Balance of all customers
reseller-low = { $count ->
    [0] all above the warning threshold
    [one] 1 below the warning threshold
   *[other] { $count } below the warning threshold
  }
reseller-attention = Needs attention
reseller-attention-table = Customers with a low or negative balance
reseller-customer = Customer
reseller-reason = Reason
reseller-used-up = balance used up
reseller-lasts = lasts for: { $reach }
reseller-customers = Customers
reseller-customers-caption = Customers, shortest reach first
reseller-sorted = shortest reach first
reseller-no-customers = No customers yet
reseller-no-customers-body = Your customers appear here as soon as they are set up.
reseller-used = Usage 30 days
reseller-state = State
reseller-state-active = active
reseller-state-locked = locked
reseller-cut = The first { $count } customers are shown.
reseller-wallet = Your balance at the platform
reseller-wallet-note = pays for your customers’ usage
