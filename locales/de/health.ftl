health-fine = in Ordnung
health-warning = Warnung
health-fault = Störung
health-again = Jetzt prüfen
health-checked = Letzte Prüfung { $moment } · alle 15 Sekunden
health-count = { $count ->
    [one] 1 Prüfung
   *[other] { $count } Prüfungen
  }
health-all-fine = Alles in Ordnung
health-all-fine-body = { $count } Prüfungen ohne Befund.
health-warnings-only = { $count ->
    [one] 1 Warnung, keine Störung
   *[other] { $count } Warnungen, keine Störung
  }
health-faults = { $faults ->
    [one] 1 Störung
   *[other] { $faults } Störungen
  }, { $warnings ->
    [0] keine Warnung
    [one] 1 Warnung
   *[other] { $warnings } Warnungen
  }
health-group-money = Geld und Daten
health-group-stripe = Stripe und Betrieb

# Checks and what they found.
health-database = Datenbank
health-database-note = { $engine } antwortet
health-database-down = { $engine } antwortet nicht. Buchungen und Anmeldungen sind nicht möglich.
health-schema = Schema
health-schema-note = { $count ->
    [one] 1 Migration angewendet
   *[other] { $count } Migrationen angewendet
  }
health-schema-behind = { $applied } von { $known } Migrationen angewendet. Führen Sie die Migrationen aus.
health-ledger = Hauptbuch ausgeglichen
health-ledger-note = Summe über { $accounts } Konten ist { $sum }
health-ledger-broken = Summe über { $accounts } Konten ist { $sum }. Prüfen Sie die letzten Buchungen, bevor Sie Geld bewegen.
health-accounts = Kontostände stimmen
health-accounts-note = Jeder Kontostand stimmt mit seinen Buchungen überein
health-accounts-broken = { $count } Kontostände weichen von ihren Buchungen ab
health-reservations = Reservierungen stimmen
health-reservations-note = Vorgemerkt ist überall genau, was laufende Nutzung reserviert
health-reservations-broken = Bei { $count ->
    [one] 1 Guthaben
   *[other] { $count } Guthaben
  } weicht der vorgemerkte Betrag von den Reservierungen ab
health-stripe = Stripe erreichbar
health-stripe-note = { $mode }, Antwort in { $millis } ms
health-stripe-off = Keine Schlüssel hinterlegt, Aufladungen sind aus
health-stripe-down = Stripe antwortet nicht. Aufladungen sind nicht möglich, Guthaben bleibt nutzbar.
health-webhooks = Webhooks kommen an
health-webhooks-note = Letztes Ereignis { $age }
health-webhooks-none = Noch kein Ereignis empfangen
health-webhooks-late = Letztes Ereignis { $age }, obwohl Zahlungen offen sind. Der Abgleich holt sie nach.
health-signatures = Signaturprüfung
health-signatures-note = { $count } abgelehnte Signaturen in 24 Std.
health-queue = Warteschlange
health-queue-note = { $count } Ereignisse warten
health-queue-late = { $count } Ereignisse warten, das älteste seit { $age }
health-queue-failed = { $count } Ereignisse sind gescheitert
health-mails = E-Mail-Versand
health-mails-note = { $waiting } warten
health-mails-failed = { $failed } nicht zustellbar, { $waiting } warten
health-mode-live = Live-Modus
health-mode-test = Testmodus
health-mode-simulator = Simulator
