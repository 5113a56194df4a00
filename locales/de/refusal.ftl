# Every expected "no". What is wrong, and what to do.
refusal-amount-missing = Geben Sie einen Betrag ein
refusal-amount-unreadable = Schreiben Sie den Betrag so: 50 oder 1.000,00
refusal-amount-out-of-range = Geben Sie einen Betrag zwischen { $min } und { $max } ein
refusal-daily-limit = Heute können Sie noch { $left } aufladen, das Tageslimit beträgt { $limit }
refusal-method-missing = Wählen Sie eine Zahlungsart
refusal-topups-off = Aufladungen sind zurzeit nicht möglich. Ihr Guthaben bleibt unverändert.
refusal-payment-unavailable = Stripe antwortet gerade nicht. Es wurde nichts abgebucht, Ihre Eingaben bleiben erhalten. Versuchen Sie es bitte in einigen Minuten erneut.
refusal-insufficient-balance = Das Guthaben reicht dafür nicht aus
refusal-usage-out-of-range = Diese Menge ist größer, als sich buchen lässt.
refusal-form-expired = Das Formular war zu lange geöffnet. Senden Sie es bitte noch einmal ab.
refusal-sign-in-failed = E-Mail-Adresse oder Passwort stimmen nicht. Prüfen Sie bitte beides.
refusal-too-many-attempts = Das waren zu viele Versuche. Versuchen Sie es in { $minutes ->
    [one] 1 Minute
   *[other] { $minutes } Minuten
  } erneut.
