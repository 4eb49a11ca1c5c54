"""The times and numbers of days that we accept: any of the days can be added to any of the times."""

from typing import Final

#: Epoch milliseconds of the beginnings of 1900 and of 9900: every time of an answer is between them.
FIRST_MS: Final = -2_208_988_800_000
END_MS: Final = 250_246_627_200_000

#: The first and the last year of an audited period, and its longest, days.
YEARS: Final = (2000, 9998)
LONGEST_DAYS: Final = 3660

#: How long is kept what never expires, days or milliseconds: longer than all else; a time can be added.
FOREVER: Final = 1 << 62

#: Days that a lifecycle or a lock may say: ten times AWS's own most (36,500).
MOST_DAYS: Final = 365_000
