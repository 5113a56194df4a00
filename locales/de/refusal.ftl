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
refusal-not-allowed = Ihr Zugang reicht dafür nicht aus.
refusal-date-in-past = Wählen Sie einen Zeitpunkt, der nicht in der Vergangenheit liegt
refusal-date-too-far = Wählen Sie einen Zeitpunkt innerhalb der nächsten zehn Jahre
refusal-date-taken = Für diesen Zeitpunkt ist bereits eine Fassung eingetragen. Wählen Sie einen anderen.
refusal-price-out-of-range = Geben Sie einen Preis zwischen 0 und { $max } ein
refusal-tiers-invalid = Staffeln beginnen bei 0 und steigen an, höchstens { $most } sind möglich
refusal-package-invalid = Geben Sie an, wie viele Einheiten ein Paket enthält, mindestens eine
refusal-included-invalid = Geben Sie die Inklusivmenge als ganze Zahl ab 0 ein
refusal-increment-invalid = Geben Sie die Taktung in Sekunden von 1 bis { $most } ein
refusal-unknown-meter = Diese Leistung gibt es nicht
refusal-price-below-platform = Der Preis liegt unter dem Plattformpreis von { $platform }
refusal-price-outside-markup = Vereinbart ist ein Preis zwischen { $min } und { $max }
refusal-price-increment-finer = Die Taktung muss in der Taktung der Plattform ({ $first }/{ $next }) aufgehen
refusal-price-includes-more = Die Inklusivmenge darf höchstens { $most } betragen, so viel enthält der Plattformpreis
refusal-price-in-force = Dieser Preis gilt bereits. Legen Sie stattdessen einen neuen Preis mit späterem Beginn fest.
refusal-name-invalid = Geben Sie einen Namen mit höchstens { $most } Zeichen ein
refusal-commission-rate-invalid = Geben Sie einen Provisionssatz zwischen 0 und 100 % ein
refusal-markup-range-invalid = Der kleinste Aufschlag darf nicht negativ und nicht größer als der größte sein, der größte höchstens { $most } %
refusal-hold-days-invalid = Geben Sie eine Wartezeit zwischen 0 und { $most } Tagen ein
refusal-meter-key-invalid = Der Schlüssel beginnt mit einem Kleinbuchstaben und enthält nur a–z, 0–9 und _, höchstens 31 Zeichen. Namen von Buchungsarten sind vergeben.
refusal-meter-taken = Eine Leistung mit diesem Schlüssel gibt es bereits
refusal-form-expired = Das Formular war zu lange geöffnet. Senden Sie es bitte noch einmal ab.
refusal-sign-in-failed = E-Mail-Adresse oder Passwort stimmen nicht. Prüfen Sie bitte beides.
refusal-too-many-attempts = Das waren zu viele Versuche. Versuchen Sie es in { $minutes ->
    [one] 1 Minute
   *[other] { $minutes } Minuten
  } erneut.
