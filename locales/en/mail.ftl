mail-greeting = Dear { $name },
mail-closing = This message was created automatically.
mail-topup-paid-subject = { $amount } have arrived on your balance
mail-topup-paid-text = Your top-up of { $amount } has arrived. Your balance is now { $balance }.
mail-topup-show = View top-up
mail-topup-failed-subject = Your top-up of { $amount } has not arrived
mail-topup-failed-text = The payment of { $amount } was not carried out. Nothing was added to your balance and nothing was charged.
mail-topup-retry = Top up again
