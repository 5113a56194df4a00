refusal-amount-missing = Geben Sie einen Betrag ein
refusal-amount-unreadable = Geben Sie den Betrag in Euro ein, zum Beispiel 50 oder 50,00
refusal-amount-out-of-range = Geben Sie einen Betrag zwischen { $min } und { $max } ein
refusal-daily-limit = Heute können Sie noch { $left } aufladen. Das Tageslimit liegt bei { $limit }.
refusal-method-missing = Wählen Sie eine Zahlungsart
refusal-topups-off = Aufladungen sind gerade abgeschaltet. Ihr Guthaben ist nicht betroffen.
refusal-payment-unavailable = Der Zahlungsdienst antwortet gerade nicht. Ihre Eingaben bleiben erhalten, es wurde nichts abgebucht. Versuchen Sie es in einigen Minuten noch einmal.
refusal-insufficient-balance = Das Guthaben reicht dafür nicht aus
refusal-form-expired = Diese Seite war nicht mehr aktuell. Bitte senden Sie das Formular noch einmal ab.
refusal-sign-in-failed = E-Mail-Adresse oder Passwort stimmen nicht
refusal-too-many-attempts = Zu viele Versuche. Versuchen Sie es in { $minutes ->
    [one] einer Minute
   *[other] { $minutes } Minuten
} erneut.
