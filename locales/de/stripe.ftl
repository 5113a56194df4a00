topup-product = Guthaben-Aufladung
