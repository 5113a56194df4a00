reseller-hello = Guten Tag, { $name }
reseller-as-of = { $month }, Stand { $moment }
reseller-commission = Ihre Provision
reseller-commission-note = in diesem Monat aufgelaufen
reseller-revenue = Umsatz Ihrer Kunden
reseller-platform-share = Plattformanteil { $amount }
reseller-active = Aktive Kunden
reseller-active-note = { $locked ->
    [0] keiner gesperrt
    [one] 1 gesperrt
   *[other] { $locked } gesperrt
  }
reseller-of = von { $total }
reseller-balances = Guthaben aller Kunden
reseller-low = { $count ->
    [0] alle über der Warnschwelle
    [one] 1 unter der Warnschwelle
   *[other] { $count } unter der Warnschwelle
  }
reseller-attention = Handlungsbedarf
reseller-attention-table = Kunden mit niedrigem oder negativem Guthaben
reseller-customer = Kunde
reseller-reason = Grund
reseller-used-up = Guthaben aufgebraucht
reseller-lasts = reicht noch: { $reach }
reseller-customers = Kunden
reseller-customers-caption = Kunden, kürzeste Reichweite zuerst
reseller-sorted = kürzeste Reichweite zuerst
reseller-no-customers = Noch keine Kunden
reseller-no-customers-body = Ihre Kunden erscheinen hier, sobald sie angelegt sind.
reseller-used = Verbrauch 30 Tage
reseller-state = Zustand
reseller-state-active = aktiv
reseller-state-locked = gesperrt
reseller-cut = Gezeigt werden die ersten { $count } Kunden.
reseller-wallet = Ihr Guthaben bei der Plattform
reseller-wallet-note = bezahlt den Verbrauch Ihrer Kunden
