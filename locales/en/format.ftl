# Dates and times. Arguments are calendar numbers; weekdays count from Monday = 1.
date-numeric = { $day }/{ $month }/{ $year }
date-short = { $day } { $month ->
     [1] Jan
     [2] Feb
     [3] Mar
     [4] Apr
     [5] May
     [6] Jun
     [7] Jul
     [8] Aug
     [9] Sep
     [10] Oct
     [11] Nov
    *[12] Dec
  }
date-long = { $day } { $month ->
     [1] January
     [2] February
     [3] March
     [4] April
     [5] May
     [6] June
     [7] July
     [8] August
     [9] September
     [10] October
     [11] November
    *[12] December
  }
date-long-year = { $day } { $month ->
     [1] January
     [2] February
     [3] March
     [4] April
     [5] May
     [6] June
     [7] July
     [8] August
     [9] September
     [10] October
     [11] November
    *[12] December
  } { $year }
date-month = { $month ->
     [1] January
     [2] February
     [3] March
     [4] April
     [5] May
     [6] June
     [7] July
     [8] August
     [9] September
     [10] October
     [11] November
    *[12] December
  } { $year }
date-weekday-short = { $weekday ->
     [1] Mon
     [2] Tue
     [3] Wed
     [4] Thu
     [5] Fri
     [6] Sat
    *[7] Sun
  }, { $date }
time-of-day = { $time }
moment = { $day }, { $time }
today = today
yesterday = yesterday
day-today = Today, { $date }
day-yesterday = Yesterday, { $date }
day-other = { $weekday ->
     [1] Monday
     [2] Tuesday
     [3] Wednesday
     [4] Thursday
     [5] Friday
     [6] Saturday
    *[7] Sunday
  }, { $date }
ago-now = just now
ago-minutes = { $minutes } min ago
ago-hours = { $hours } h ago
ago-days = { $days ->
    [one] 1 day ago
   *[other] { $days } days ago
  }
