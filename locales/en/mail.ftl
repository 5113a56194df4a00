mail-greeting = Dear { $name },
mail-closing = This message was created automatically.
mail-topup-paid-subject = { $amount } have arrived on your balance
mail-topup-paid-text = Your top-up of { $amount } has arrived. Your balance is now { $balance }.
mail-topup-show = View top-up
mail-topup-failed-subject = Your top-up of { $amount } has not arrived
mail-topup-failed-text = The payment of { $amount } has not arrived. Nothing was credited to your balance.
mail-topup-retry = Top up again
mail-alert-low-subject = Your balance is below { $threshold }
mail-alert-low-text = The balance of { $company } is { $balance }. That is below your warning threshold of { $threshold }.
mail-alert-critical-subject = Urgent: your balance is below { $threshold }
mail-alert-critical-text = The balance of { $company } is only { $balance }. That is below your critical threshold of { $threshold }.
mail-alert-depleted-subject = Your balance is used up
mail-alert-depleted-text = The balance of { $company } is used up; it stands at { $balance }. The services are available again as soon as you top up.
mail-alert-forecast-subject = Your balance lasts for { $days ->
    [0] less than a day
    [one] about 1 more day
   *[other] about { $days } more days
  }
mail-alert-forecast-text = The balance of { $company } is { $balance }. At this pace it lasts for { $days ->
    [0] less than a day
    [one] about 1 more day
   *[other] about { $days } more days
  }.
mail-alert-settings = Choose here when we notify you: { $link }
mail-alert-top-up = Top up
mail-endpoint-off-subject = A webhook was switched off
mail-endpoint-gone-text = The webhook { $url } answered that it is gone for good (status 410). We have switched it off.
mail-endpoint-failing-text = The webhook { $url } has been unreachable or has answered with errors for five days. We have switched it off.
mail-endpoint-off-note = Events are no longer sent there. Once the other side answers again, you can switch it on and send open events again.
mail-endpoint-show = View webhook
mail-lead = The demo sends nothing. Here you read what would have arrived.
mail-none = No e-mails yet
mail-none-body = Top up a balance and the confirmation appears here.
mail-to = To { $recipient }, { $moment }
mail-back = All demo e-mails
