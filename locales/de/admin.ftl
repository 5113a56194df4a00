admin-as-of = Stand { $moment }
admin-topped-up = Aufgeladen heute
admin-used = Verbrauch heute
admin-platform = Plattformanteil heute
admin-commission = Provision heute
admin-balances = Guthaben aller Kunden
admin-customers = { $count ->
    [one] 1 Kunde
   *[other] { $count } Kunden
  }
admin-nothing = Nichts zu tun
admin-nothing-body = Keine Anfechtung, keine Erstattung und keine Zahlung wartet auf Sie.
admin-attention-dispute = Anfechtung
admin-attention-refund = Erstattung
admin-attention-mismatch = in Prüfung
admin-attention-webhook = Webhook
admin-latest = Letzte Aufladungen
admin-latest-table = Letzte Aufladungen, neueste zuerst
admin-no-top-ups = Noch keine Aufladungen
admin-no-top-ups-body = Aufladungen aller Kunden erscheinen hier.
admin-when = Zeit
admin-detail-orphan = Zahlung { $payment } gehört zu keiner Aufladung
admin-detail-amount = Der gezahlte Betrag weicht von der Aufladung ab
admin-detail-currency = Die Zahlung kam nicht in Euro
admin-detail-livemode = Testgeld und echtes Geld passen nicht zusammen
admin-detail-customer = Die Zahlung gehört bei Stripe zu einem anderen Kunden
admin-detail-other = Widerspruch zwischen Stripe und Hauptbuch: { $reason }
admin-detail-refund-booked = Bei Stripe erstattet und hier gebucht
admin-detail-refund = Bei Stripe erstattet, die Zahlung ist hier unbekannt
admin-detail-dispute = Bei Stripe angefochten; noch nicht gebucht
