topup-product = Balance top-up
