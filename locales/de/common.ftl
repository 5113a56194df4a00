# Words that many pages share.
common-error-prefix = Fehler:
common-remove = entfernen
common-as-table = Als Tabelle anzeigen
common-newer = Neuere
common-older = Ältere
common-pages = Seiten
common-current = aktuell
common-live-lost = getrennt, zuletzt {"{time}"}

# Kinds of movement: one, then many.
kind-call = Anruf
kind-api-call = API-Aufruf
kind-appointment = Termin
kind-sms = SMS
kind-topup = Aufladung
kind-refund = Erstattung
kind-bonus = Bonus
kind-adjustment = Korrektur
kind-usage = Verbrauch
kind-wholesale = Einkauf
kind-reversal = Storno
kinds-call = Anrufe
kinds-api-call = API-Aufrufe
kinds-appointment = Termine
kinds-sms = SMS
kinds-topup = Aufladungen
kinds-refund = Erstattungen
kinds-bonus = Bonus
kinds-adjustment = Korrekturen
kinds-wholesale = Einkäufe
kinds-reversal = Stornos

method-card = Karte
method-sepa-debit = SEPA-Lastschrift

# How long a balance lasts.
reach-unknown = –
reach-empty = leer
reach-days = { $days ->
    [one] 1 Tag
   *[other] { $days } Tage
  }
reach-long = über 90 Tage

# Charts.
chart-today = Heute
chart-threshold = Warnschwelle { $amount }
chart-empty-at = leer ca. { $date }
chart-burn-label = Guthabenverlauf vom { $from } bis { $to }: aktuell { $balance }.
chart-burn-label-forecast = Guthabenverlauf vom { $from } bis { $to } mit Prognose: aktuell { $balance }, bei { $per_day } Verbrauch pro Tag voraussichtlich am { $empty } aufgebraucht.
