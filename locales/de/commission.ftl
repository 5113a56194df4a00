# A reseller's commission.
commission-title = Provision
commission-lead = Was Sie am Verbrauch Ihrer Kunden verdienen, und wann es ausgezahlt wird.
commission-accrued = aufgelaufen
commission-accrued-note = wartet auf seinen Tag
commission-available = verfügbar
commission-available-note = kommt mit der nächsten Auszahlung
commission-in-payout = in Auszahlung
commission-in-payout-note = die Überweisung läuft
commission-paid = ausgezahlt
commission-paid-note = bisher insgesamt
commission-taken-back = zurückgenommen
commission-from = ab { $date }
commission-since = seit { $date }
commission-on = am { $date }
commission-rules = Was „verfügbar“ heißt
commission-rules-hold = Provision wird { $days ->
    [one] 1 Tag
   *[other] { $days } Tage
  } nach der Buchung verfügbar.
commission-rules-debit = Hat der Kunde in den acht Wochen davor per SEPA-Lastschrift aufgeladen, dauert es { $days ->
    [one] 1 Tag
   *[other] { $days } Tage
  }: So lange kann er die Lastschrift zurückgeben.
commission-rules-negative = Wird ein Verbrauch storniert, geht die Provision sofort zurück. Ein Minus wird mit der nächsten Auszahlung verrechnet.
commission-months = Provision je Monat
commission-month = Monat
commission-customers = Provision je Kunde
commission-customers-of = Provision je Kunde, { $month }
commission-all-months = Alle Monate
commission-none = Noch keine Provision
commission-none-body = Mit dem ersten Verbrauch Ihrer Kunden beginnt hier Ihre Provision.
commission-first = Zum Anfang
commission-more = Weitere Kunden
csv-commission-day = Tag
csv-commission-available = Verfügbar ab
csv-commission-state = Stand
