mail-lead = In der Demo wird nichts verschickt. Hier lesen Sie, was angekommen wäre.
mail-none = Noch keine E-Mails
mail-none-body = Laden Sie Guthaben auf, dann erscheint hier die Bestätigung.
mail-to = An { $recipient }, { $moment }
mail-back = Alle Demo-E-Mails
