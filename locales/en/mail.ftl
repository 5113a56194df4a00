mail-lead = The demo sends nothing. Here you read what would have arrived.
mail-none = No e-mails yet
mail-none-body = Top up a balance and the confirmation appears here.
mail-to = To { $recipient }, { $moment }
mail-back = All demo e-mails
