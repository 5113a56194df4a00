# Price lists, their versions, and the editor of a price.
price-title = Preise
price-lead-reseller = Was Ihre Kunden zahlen, ab wann, und was Ihnen davon bleibt.
price-lead-admin = Was die Plattform berechnet und was Kunden zahlen. Jede Fassung bleibt nachvollziehbar.
price-list = Preisliste
price-list-own = Ihre Preisliste
price-list-own-lead = Gilt für alle Ihre Kunden, die keinen eigenen Preis haben.
price-list-platform = Plattformpreise
price-list-platform-lead = Was die Plattform vom Verbrauch der Kunden von Resellern behält.
price-list-platform-for = Plattformpreise für { $name }
price-list-platform-for-lead = Gehen den allgemeinen Plattformpreisen vor.
price-list-default = Standardpreise
price-list-default-lead = Was Kunden zahlen, für die keine andere Liste gilt.
price-list-plan = Preisplan „{ $name }“
price-list-plan-lead = Gilt für Kunden mit diesem Plan, sofern ihr Reseller keinen Preis hat.
price-list-reseller = Preisliste von { $name }
price-list-reseller-lead = Was die Kunden dieses Resellers zahlen.
price-list-customer = Eigene Preise: { $name }
price-list-customer-lead = Gehen allen anderen Preislisten vor.
price-name = Name
price-meter = Leistung
price-meters = Leistungen
price-meters-count = { $count ->
    [0] keine
    [one] 1 Leistung
   *[other] { $count } Leistungen
  }
price-present = Gilt jetzt
price-present-title = Geltende Preise
price-next = Geplant
price-planned-title = Geplante Fassungen
price-history-title = Verlauf
price-history-none = Noch keine Fassung
price-history-none-body = Hier steht jede Fassung, sobald ein Preis festgelegt wurde.
price-all-versions = Alle Fassungen
price-price = Preis
price-from = Gilt ab
price-entered = Eingetragen
price-change = Ändern
price-since = seit { $date }
price-planned-at = ab { $date }
price-none = kein eigener Preis
price-flat = { $price } { $unit }
price-graduated = gestaffelt, { $first } bis { $last } { $unit }
price-package = { $price } je Paket mit { $units }
price-tier-first = zu Beginn { $price }
price-tier = ab { $units } { $price }
price-increment = Taktung { $increment }
price-included = { $units } im Monat inklusive
price-below-allowed = unter dem Plattformpreis erlaubt
price-per-minute = je Minute
price-per-piece = je Stück
price-minutes = { $minutes } Min.
price-pieces = { $count ->
   *[other] { $shown } Stück
  }
price-dash = –
price-planned = geplant
price-valid = gilt
price-past = abgelöst
price-withdrawn = zurückgezogen
price-sellers = Reseller
price-sells-by = Verkauft nach
price-own-list-of = { $meters ->
    [0] Standardpreisen
    [one] eigener Liste, 1 Leistung
   *[other] eigener Liste, { $meters } Leistungen
  }
price-customers = Kunden mit eigenen Preisen
price-customers-more = Gezeigt werden die ersten 100 Kunden. Öffnen Sie weitere über ihre Nummer.
price-customer-own = Eigene Preise für einen Kunden
price-customer-number = Kundennummer
price-customer-hint = Zum Beispiel K-10427.
price-customer-open = Preise öffnen
price-customer-unknown = Einen Kunden mit dieser Nummer gibt es nicht
price-done-set = Der Preis ist festgelegt.
price-done-withdrawn = Die geplante Fassung ist zurückgezogen.

# The editor.
price-change-title = Preis ändern
price-change-lead = die bisherige Fassung bleibt im Verlauf
price-model = Preismodell
price-model-flat = Einheitspreis
price-model-graduated = Staffel
price-model-package = Pakete
price-model-none = Kein eigener Preis mehr
price-model-missing = Wählen Sie ein Preismodell
price-price-hint = Bis zu sechs Nachkommastellen, zum Beispiel 0,40 oder 0,00425.
price-missing = Geben Sie einen Preis ein
price-unreadable = Schreiben Sie den Preis so: 0,40 oder 0,00425
price-unit-minute = €/Min.
price-unit-piece = €/Stück
price-count-minutes = Min.
price-count-pieces = Stück
price-count-minutes-bad = Geben Sie ganze Minuten ein, zum Beispiel 1.000, oder Minuten mit Sekunden: 1:30
price-count-pieces-bad = Geben Sie eine ganze Zahl ein, zum Beispiel 1.000
price-tiers = Staffeln
price-tiers-hint = Jede Zeile gilt ab so vielen Einheiten im Kalendermonat, die erste ab 0. Leere Zeilen zählen nicht; weitere erscheinen nach dem Prüfen.
price-tier-row = Staffel { $row }
price-tier-above = ab
price-tier-price = Preis
price-package-units = Einheiten je Paket
price-package-price = Preis je Paket
price-included-units = Inklusivmenge im Monat
price-included-hint = Bleibt je Kalendermonat kostenlos. Leer heißt: keine.
price-increment-label = Taktung
price-increment-hint = Erste und weitere Sekunden. 60/60 rechnet volle Minuten ab, 1/1 jede Sekunde.
price-increment-other = andere
price-increment-first = Erste Sekunden
price-increment-next = Weitere Sekunden
price-seconds = Sek.
price-below-allow = Preis unter dem Plattformpreis erlauben
price-start = Gilt ab
price-start-now = sofort
price-start-date = einem Datum
price-date = Datum
price-date-hint = Zum Beispiel 01.12.2026. Der Preis gilt ab 0:00 Uhr.
price-date-missing = Geben Sie ein Datum ein
price-date-bad = Schreiben Sie das Datum so: 01.12.2026
price-check = Prüfen
price-check-note = Sie sehen danach noch einmal, was sich ändert. Erst dann wird der Preis festgelegt.
price-preview = Vorschau
price-new = Neu
price-old = Bisher
price-buyers = Betrifft
price-buyers-count = { $count ->
    [0] keinen Kunden
    [one] 1 Kunden
   *[other] { $shown } Kunden
  }
price-rails-label = Vereinbart
price-rails = { $min } bis { $max }
price-rails-below = höchstens { $max }
price-shares = Aufteilung je Einheit
price-from-label = ab
price-from-units = { $units }
price-customer-pays = Kunde zahlt
price-platform = Plattform
price-commission = Provision
price-part = in %
price-markup = Aufschlag
price-example = Beispiel: { $what }
price-example-minutes = { $count } Minuten
price-example-pieces = { $count } Stück
price-until-now = Bisher
price-then = Künftig
price-unshared = Direkte Kunden zahlen an die Plattform; eine Provision fällt nicht an.
price-affected = { $count ->
    [one] Ein Preis von Resellern liegt dann außerhalb der Vereinbarung
   *[other] { $count } Preise von Resellern liegen dann außerhalb der Vereinbarung
  }
price-affected-body = Sie gelten weiter, bis der Reseller sie ändert.
price-breaches = Preise außerhalb der Vereinbarung
price-confirm-title = Preis festlegen?
price-confirm-body = Die Fassung ändert sich danach nicht mehr. Eine geplante lässt sich zurückziehen, bis sie gilt.
price-set = Preis festlegen
price-back = Zurück zum Formular
price-withdraw = Zurückziehen
price-withdraw-title = Geplanten Preis zurückziehen?
price-withdraw-lead = Bis dahin gültige Preise gelten weiter.
price-keep = Nicht zurückziehen

# The simulator.
simulator-title = Simulator
simulator-lead = Was wäre gewesen, wenn: gerechnet mit dem echten Verbrauch dieses und der beiden letzten Monate.
simulator-question = Neuer Preis
simulator-run = Rechnen
simulator-result = Mit { $price }
simulator-basis = Verbrauch seit { $date }: { $quantity }
simulator-table = Umsatz, Plattform und Provision im Vergleich
simulator-charged = Abgerechnet
simulator-now = Preise von heute
simulator-then = Neuer Preis
simulator-change = Änderung
simulator-revenue = Umsatz
simulator-platform = Plattform
simulator-commission = Ihre Provision
simulator-note = Der Verbrauch bleibt unverändert, in der bisherigen Taktung.
simulator-apply = Diesen Preis übernehmen
simulator-refused = So lässt sich der Preis nicht festlegen
simulator-changes = Größte Änderungen
simulator-customers = { $count ->
    [0] kein Kunde
    [one] 1 Kunde
   *[other] { $count } Kunden
  }
simulator-none = Für keinen Kunden ändert sich etwas
simulator-none-body = Es gab keinen Verbrauch, oder für alle gelten eigene Preise.
simulator-used = Verbrauch
simulator-commission-change = Ihre Provision

# Meters.
meter-title = Leistungen
meter-lead = Was gemessen und berechnet wird. Schlüssel und Zählweise bleiben, Namen lassen sich ändern.
meter-key = Schlüssel
meter-key-hint = Steht in der API, zum Beispiel video_call. Lässt sich später nicht ändern.
meter-counts = Zählweise
meter-counts-seconds = Sekunden, Preis je Minute, Taktung { $increment }
meter-counts-pieces = Stück
meter-unit-second = Sekunden
meter-unit-piece = Stück
meter-unit-missing = Wählen Sie, wie gezählt wird
meter-name-de = Name auf Deutsch
meter-name-en = Name auf Englisch
meter-name-hint = In der Mehrzahl, wie in Filtern und Diagrammen.
meter-increment-hint = Damit beginnen neue Preise, zum Beispiel 60/60. Stück haben keine.
meter-active = aktiv
meter-closed = geschlossen
meter-change = Ändern
meter-add = Leistung hinzufügen
meter-create = Hinzufügen
meter-save = Speichern
meter-takes = Verbrauch annehmen
meter-close-title = { $name } schließen?
meter-close-body = Ab sofort wird kein Verbrauch mehr angenommen. Was abgerechnet ist, bleibt. Sie können die Leistung jederzeit wieder öffnen.
meter-close = Leistung schließen
meter-keep = Nicht schließen
meter-done-created = Die Leistung ist hinzugefügt. Legen Sie jetzt Preise dafür fest.
meter-done-changed = Die Leistung ist geändert.

# Plans.
plan-title = Preispläne
plan-lead = Preislisten, die Sie Kunden mit Namen zuweisen.
plan-none = Noch keine Preispläne
plan-none-body = Legen Sie einen Plan an und geben Sie ihm Preise.
plan-table = Preispläne mit Leistungen und Kunden
plan-add = Preisplan anlegen
plan-create = Anlegen
plan-name = Name
plan-name-hint = Höchstens 60 Zeichen.
plan-rename = Umbenennen
plan-members = Kunden mit diesem Plan
plan-members-count = { $count ->
    [0] Noch kein Kunde hat diesen Plan.
    [one] Ein Kunde hat diesen Plan.
   *[other] { $shown } Kunden haben diesen Plan.
  }
plan-members-none = Noch keine Kunden
plan-members-none-body = Weisen Sie den Plan unten zu.
plan-since = Seit
plan-assign = Kunden zuweisen
plan-customers = Kundennummern
plan-customers-hint = Mehrere durch Leerzeichen, Komma oder neue Zeile getrennt.
plan-customers-missing = Geben Sie mindestens eine Kundennummer ein
plan-customers-unknown = Diese Kunden gibt es nicht: { $numbers }
plan-give = Plan zuweisen
plan-end = Plan beenden
plan-give-title = { $count ->
    [one] Plan „{ $plan }“ einem Kunden zuweisen?
   *[other] Plan „{ $plan }“ { $count } Kunden zuweisen?
  }
plan-end-title = { $count ->
    [one] Plan für einen Kunden beenden?
   *[other] Plan für { $count } Kunden beenden?
  }
plan-from = ab { $moment }
plan-precedence = Eigene Preise eines Kunden und die Preisliste seines Resellers gehen einem Plan vor.
plan-back = Zurück zum Plan
plan-done-created = Der Preisplan ist angelegt. Legen Sie jetzt seine Preise fest.
plan-done-renamed = Der Preisplan ist umbenannt.
plan-done-assigned = Der Preisplan ist zugewiesen.
plan-done-ended = Der Preisplan ist beendet.

# What is agreed with a reseller.
terms-title = Konditionen
terms-versions = Vereinbarungen
terms-standard = Es gilt der Standard: Vermittlung, Provision aus der Differenz der Preislisten, Aufschlag 10 bis 100 %, verfügbar nach 14 Tagen, nach Lastschriften 56 Tagen.
terms-change = Konditionen ändern
terms-settlement = Abrechnung
terms-settlement-hint = Bei Vermittlung hält die Plattform das Guthaben und schuldet Provision. Bei Wiederverkauf zahlt der Reseller im Voraus.
terms-settlement-missing = Wählen Sie, wie abgerechnet wird
terms-commission = Vermittlung
terms-resale = Wiederverkauf
terms-model = Provision
terms-model-missing = Wählen Sie, woraus sich die Provision ergibt
terms-rates = Differenz der Preislisten
terms-percent = { $rate } vom Kundenpreis
terms-percent-choice = Anteil vom Kundenpreis
terms-percent-bad = Geben Sie einen Anteil in Prozent ein, zum Beispiel 25 oder 12,5
terms-rate = Provisionssatz
terms-rate-hint = Nur beim Anteil vom Kundenpreis.
terms-markup = Aufschlag auf den Plattformpreis
terms-markup-range = { $min } bis { $max }
terms-min = Kleinster Aufschlag
terms-max = Größter Aufschlag
terms-below = Unter dem Plattformpreis
terms-below-allow = Preise unter dem Plattformpreis erlauben
terms-yes = erlaubt
terms-no = nicht erlaubt
terms-hold-days = Wartezeit der Provision
terms-sepa-hold-days = Wartezeit nach Lastschriften
terms-days = { $days ->
    [one] 1 Tag
   *[other] { $days } Tage
  }
terms-days-unit = Tage
terms-days-bad = Geben Sie ganze Tage ein
terms-confirm-title = Konditionen vereinbaren?
terms-what = Was
terms-changes = Was sich ändert
terms-same = Es ändert sich nichts.
terms-set = Konditionen vereinbaren
terms-prepays = Der Reseller zahlt ab dann im Voraus
terms-prepays-body = Ohne Guthaben des Resellers werden keine Anrufe seiner Kunden mehr angenommen.
terms-breaches-body = Sie gelten weiter, bis der Reseller sie ändert.
terms-done = Die Konditionen sind vereinbart.

# The log of changes.
audit-price-set = Preis festgelegt
audit-price-withdrawn = Geplanten Preis zurückgezogen
audit-plan-created = Preisplan angelegt
audit-plan-renamed = Preisplan umbenannt
audit-plan-assigned = Preisplan zugewiesen oder beendet
audit-terms-set = Konditionen vereinbart
audit-meter-created = Leistung hinzugefügt
audit-meter-changed = Leistung geändert
