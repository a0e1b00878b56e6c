"""American English: month before day, the 12-hour clock."""

DATE_FORMAT = "F j, Y"
SHORT_DATE_FORMAT = "M j, Y"
MONTH_DAY_FORMAT = "M j"
TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "F j, Y, g:i A"
SHORT_DATETIME_FORMAT = "M j, Y, g:i A"
FIRST_DAY_OF_WEEK = 0
