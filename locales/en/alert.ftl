# By what a customer wants to be warned.
alert-lead = We write to you before your balance is used up.
alert-low = Warning threshold
alert-low-hint = When the balance falls below it, you get an e-mail. 0,00 switches it off.
alert-critical = Critical threshold
alert-critical-hint = When the balance falls below this one too, we write again, more urgently. 0,00 switches that off.
alert-critical-above = The critical threshold must not be above the warning threshold.
alert-days = Forecast in days
alert-days-hint = When the balance lasts for fewer days at the present pace, you get an e-mail. 0 switches it off.
alert-bad-amount = Write the amount like this: 10 or 10,00. From 0,00 to { $max } is possible.
alert-bad-days = Enter a whole number from 0 to { $max }.
alert-who = E-mails go to owners and accounting, once each time a threshold is crossed. When the balance is used up, we always write.
alert-save = Save
alert-saved = Saved
