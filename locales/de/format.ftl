# Dates and times. Arguments are calendar numbers; weekdays count from Monday = 1.
date-numeric = { $day }.{ $month }.{ $year }
date-short = { $day }. { $month ->
     [1] Jan.
     [2] Feb.
     [3] März
     [4] Apr.
     [5] Mai
     [6] Juni
     [7] Juli
     [8] Aug.
     [9] Sep.
     [10] Okt.
     [11] Nov.
    *[12] Dez.
  }
date-long = { $day }. { $month ->
     [1] Januar
     [2] Februar
     [3] März
     [4] April
     [5] Mai
     [6] Juni
     [7] Juli
     [8] August
     [9] September
     [10] Oktober
     [11] November
    *[12] Dezember
  }
date-long-year = { $day }. { $month ->
     [1] Januar
     [2] Februar
     [3] März
     [4] April
     [5] Mai
     [6] Juni
     [7] Juli
     [8] August
     [9] September
     [10] Oktober
     [11] November
    *[12] Dezember
  } { $year }
date-month = { $month ->
     [1] Januar
     [2] Februar
     [3] März
     [4] April
     [5] Mai
     [6] Juni
     [7] Juli
     [8] August
     [9] September
     [10] Oktober
     [11] November
    *[12] Dezember
  } { $year }
date-weekday-short = { $weekday ->
     [1] Mo
     [2] Di
     [3] Mi
     [4] Do
     [5] Fr
     [6] Sa
    *[7] So
  }, { $date }
time-of-day = { $time } Uhr
moment = { $day }, { $time }
today = heute
yesterday = gestern
day-today = Heute, { $date }
day-yesterday = Gestern, { $date }
day-other = { $weekday ->
     [1] Montag
     [2] Dienstag
     [3] Mittwoch
     [4] Donnerstag
     [5] Freitag
     [6] Samstag
    *[7] Sonntag
  }, { $date }
ago-now = gerade eben
ago-minutes = vor { $minutes } Min.
ago-hours = vor { $hours } Std.
ago-days = { $days ->
    [one] vor 1 Tag
   *[other] vor { $days } Tagen
  }
