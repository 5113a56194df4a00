mail-greeting = Guten Tag { $name },
mail-closing = Diese Nachricht wurde automatisch erstellt.
mail-topup-paid-subject = { $amount } sind auf Ihrem Guthaben
mail-topup-paid-text = Ihre Aufladung über { $amount } ist eingegangen. Ihr Guthaben beträgt jetzt { $balance }.
mail-topup-show = Aufladung ansehen
mail-topup-failed-subject = Ihre Aufladung über { $amount } ist nicht eingegangen
mail-topup-failed-text = Die Zahlung über { $amount } ist nicht eingegangen. Ihrem Guthaben wurde nichts gutgeschrieben.
mail-topup-retry = Erneut aufladen
mail-alert-low-subject = Ihr Guthaben liegt unter { $threshold }
mail-alert-low-text = Das Guthaben von { $company } beträgt { $balance }. Es liegt damit unter Ihrer Warnschwelle von { $threshold }.
mail-alert-critical-subject = Dringend: Ihr Guthaben liegt unter { $threshold }
mail-alert-critical-text = Das Guthaben von { $company } beträgt nur noch { $balance }. Es liegt damit unter Ihrer kritischen Schwelle von { $threshold }.
mail-alert-depleted-subject = Ihr Guthaben ist aufgebraucht
mail-alert-depleted-text = Das Guthaben von { $company } ist aufgebraucht; der Kontostand beträgt { $balance }. Die Leistungen stehen wieder zur Verfügung, sobald Sie Guthaben aufladen.
mail-alert-forecast-subject = Ihr Guthaben reicht { $days ->
    [0] keinen ganzen Tag mehr
    [one] noch etwa 1 Tag
   *[other] noch etwa { $days } Tage
  }
mail-alert-forecast-text = Das Guthaben von { $company } beträgt { $balance }. Bei gleichem Verbrauch reicht es { $days ->
    [0] keinen ganzen Tag mehr
    [one] noch etwa 1 Tag
   *[other] noch etwa { $days } Tage
  }.
mail-alert-settings = Wann wir Sie benachrichtigen, stellen Sie hier ein: { $link }
mail-alert-top-up = Guthaben aufladen
mail-endpoint-off-subject = Ein Webhook wurde abgeschaltet
mail-endpoint-gone-text = Der Webhook { $url } hat geantwortet, dass es ihn nicht mehr gibt (Status 410). Wir haben ihn abgeschaltet.
mail-endpoint-failing-text = Der Webhook { $url } ist seit fünf Tagen nicht erreichbar oder antwortet mit Fehlern. Wir haben ihn abgeschaltet.
mail-endpoint-off-note = Ereignisse werden dorthin nicht mehr gesendet. Sobald die Gegenstelle wieder antwortet, können Sie ihn einschalten und offene Ereignisse erneut senden.
mail-endpoint-show = Webhook ansehen
mail-lead = In der Demo wird nichts verschickt. Hier lesen Sie, was angekommen wäre.
mail-none = Noch keine E-Mails
mail-none-body = Laden Sie Guthaben auf, dann erscheint hier die Bestätigung.
mail-to = An { $recipient }, { $moment }
mail-back = Alle Demo-E-Mails
