# Webhooks to others.
endpoint-lead = Wir melden Ereignisse an Ihre Systeme, signiert nach Standard Webhooks.
endpoint-add = Webhook anlegen
endpoint-create = Anlegen und Geheimnis anzeigen
endpoint-none = Noch keine Webhooks
endpoint-none-body = Legen Sie eine Adresse an, die von Aufladungen und niedrigem Guthaben erfahren soll.
endpoint-table = Webhooks mit Ereignissen und Zustand
endpoint-too-many = Mehr als { $most } Webhooks sind nicht möglich. Ändern Sie bitte einen vorhandenen.
endpoint-url = Adresse
endpoint-url-hint = Beginnt mit https:// und ist aus dem Internet erreichbar.
endpoint-url-missing = Geben Sie eine Adresse ein.
endpoint-url-too-long = Die Adresse ist zu lang. Möglich sind 500 Zeichen.
endpoint-url-unreadable = Das ist keine gültige Adresse. Schreiben Sie sie so: https://beispiel.de/webhooks
endpoint-url-not-https = Die Adresse muss mit https:// beginnen.
endpoint-url-private = Diese Adresse liegt in einem internen Netz. Verwenden Sie eine, die aus dem Internet erreichbar ist.
endpoint-description = Bezeichnung
endpoint-description-hint = Freiwillig, nur für Sie.
endpoint-description-bad = Die Bezeichnung darf höchstens 100 Zeichen lang sein.
endpoint-events = Ereignisse
endpoint-events-missing = Wählen Sie mindestens ein Ereignis.
endpoint-settings = Einstellungen
endpoint-active = Ereignisse senden
endpoint-save = Speichern
endpoint-secret = Signaturgeheimnis
endpoint-secret-new = Neues Signaturgeheimnis
endpoint-secret-once = Kopieren Sie das Geheimnis jetzt
endpoint-secret-once-body = Es wird nur dieses eine Mal angezeigt. Wer es kennt, kann Ereignisse fälschen.
endpoint-secret-use = Prüfen Sie damit den Kopf „webhook-signature“ jeder Nachricht.
endpoint-secret-previous = Bis { $moment } unterschreiben wir zusätzlich mit dem bisherigen Geheimnis.
endpoint-secret-done = Geheimnis gespeichert, weiter
endpoint-secret-made = Erstellt
endpoint-secret-old = Bisheriges
endpoint-secret-old-until = gilt noch bis { $moment }
endpoint-rotate = Neues Geheimnis erstellen
endpoint-rotate-body = Das bisherige Geheimnis gilt danach noch 24 Stunden, damit Sie ohne Unterbrechung wechseln können.
endpoint-test = Testereignis senden
endpoint-state-fine = aktiv
endpoint-state-failing = nicht erreichbar
endpoint-state-off = abgeschaltet
endpoint-notice-failing = Seit { $moment } kommt nichts mehr an
endpoint-notice-failing-body = Wir versuchen es weiter. Nach fünf Tagen ohne Erfolg schalten wir den Webhook ab und schreiben Ihnen.
endpoint-notice-off = Abgeschaltet { $moment }
endpoint-notice-given-up = Abgeschaltet { $moment }, nachdem fünf Tage lang nichts ankam
endpoint-notice-gone = Abgeschaltet { $moment }: Die Gegenstelle hat geantwortet, dass es diese Adresse nicht mehr gibt
endpoint-notice-off-body = Es wird nichts mehr gesendet. Setzen Sie unten den Haken „Ereignisse senden“, um den Webhook wieder einzuschalten.
endpoint-done-saved = Gespeichert
endpoint-done-test = Das Testereignis ist unterwegs. Das Ergebnis steht in wenigen Sekunden im Protokoll.
endpoint-done-retry = Das Ereignis wird erneut gesendet.
endpoint-log = Protokoll
endpoint-log-note = 90 Tage
endpoint-log-table = Gesendete Ereignisse, neueste zuerst
endpoint-log-none = Noch nichts gesendet
endpoint-log-none-body = Senden Sie ein Testereignis, um die Verbindung zu prüfen.
endpoint-event = Ereignis
endpoint-answer = Antwort
endpoint-retry = Erneut senden

event-balance-low = Guthaben niedrig
event-balance-depleted = Guthaben aufgebraucht
event-topup-settled = Aufladung gutgeschrieben
event-topup-failed = Aufladung fehlgeschlagen
event-invoice-issued = Rechnung erstellt
event-payout-paid = Provision ausgezahlt

delivery-waiting = wartet
delivery-delivered = zugestellt
delivery-failed = gescheitert
delivery-status = Status { $status }
delivery-attempts = { $attempts ->
    [0] noch kein Versuch
    [one] 1 Versuch
   *[other] { $attempts } Versuche
  }
delivery-next = nächster { $moment }

# Why an attempt failed.
attempt-no-address = Der Name der Gegenstelle ist unbekannt
attempt-private-address = Die Adresse liegt in einem internen Netz
attempt-connect = Keine Verbindung oder kein gültiges Zertifikat
attempt-timeout = Keine Antwort innerhalb von 5 Sekunden
attempt-protocol = Die Gegenstelle spricht kein HTTP
attempt-redirect = Weiterleitungen werden nicht befolgt
attempt-status = Keine Bestätigung
attempt-off = Nicht gesendet, weil der Webhook abgeschaltet wurde
