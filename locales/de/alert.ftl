# By what a customer wants to be warned.
alert-lead = Wir schreiben Ihnen, bevor Ihr Guthaben aufgebraucht ist.
alert-low = Warnschwelle
alert-low-hint = Fällt das Guthaben darunter, erhalten Sie eine E-Mail. 0,00 schaltet sie aus.
alert-critical = Kritische Schwelle
alert-critical-hint = Fällt das Guthaben auch darunter, schreiben wir noch einmal, dringender. 0,00 schaltet das aus.
alert-critical-above = Die kritische Schwelle darf nicht über der Warnschwelle liegen.
alert-days = Prognose in Tagen
alert-days-hint = Reicht das Guthaben bei gleichem Verbrauch für weniger Tage, erhalten Sie eine E-Mail. 0 schaltet sie aus.
alert-bad-amount = Schreiben Sie den Betrag so: 10 oder 10,00. Möglich sind 0,00 bis { $max }.
alert-bad-days = Geben Sie eine ganze Zahl von 0 bis { $max } ein.
alert-who = E-Mails gehen an Inhaber und Buchhaltung, je Unterschreitung einmal. Ist das Guthaben aufgebraucht, schreiben wir immer.
alert-save = Speichern
alert-saved = Gespeichert
