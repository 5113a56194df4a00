mail-greeting = Guten Tag { $name },
mail-closing = Diese Nachricht wurde automatisch erstellt.
mail-topup-paid-subject = { $amount } sind auf Ihrem Guthaben
mail-topup-paid-text = Ihre Aufladung über { $amount } ist eingegangen. Ihr Guthaben beträgt jetzt { $balance }.
mail-topup-show = Aufladung ansehen
mail-topup-failed-subject = Ihre Aufladung über { $amount } ist nicht eingegangen
mail-topup-failed-text = Die Zahlung über { $amount } wurde nicht ausgeführt. Ihrem Guthaben wurde nichts gutgebracht, und es wurde nichts abgebucht.
mail-topup-retry = Erneut aufladen
