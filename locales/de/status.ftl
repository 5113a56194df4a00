# Where a top-up stands.
status-open = offen
status-collecting = vorgemerkt
status-paid = gebucht
status-failed = fehlgeschlagen
status-expired = nicht bezahlt
status-review = in Prüfung
