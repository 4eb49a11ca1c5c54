# METADATA
# title: Is a lifecycle inside a range of retention?
# description: |
#   A lifecycle says `never_expires`, or else `delete_after_days`. A bound that is undefined asks nothing; pass it
#   from an object with `object.get(…, null)`. Never expiring is longer than any number of days.
# scope: package
package lib.retention

import data.lib.numbers

long_enough(lifecycle, _) if lifecycle.never_expires == true

long_enough(lifecycle, floor) if {
	lifecycle.never_expires == false
	is_number(lifecycle.delete_after_days)
	floor == null
}

long_enough(lifecycle, floor) if {
	lifecycle.never_expires == false
	numbers.at_least(lifecycle.delete_after_days, floor)
}

too_short(lifecycle, floor) if {
	lifecycle.never_expires == false
	numbers.below(lifecycle.delete_after_days, floor)
}

short_enough(_, ceiling) if ceiling == null

short_enough(lifecycle, ceiling) if {
	lifecycle.never_expires == false
	numbers.at_most(lifecycle.delete_after_days, ceiling)
}

too_long(lifecycle, ceiling) if {
	lifecycle.never_expires == false
	numbers.above(lifecycle.delete_after_days, ceiling)
}

for_ever(lifecycle, ceiling) if {
	lifecycle.never_expires == true
	is_number(ceiling)
}
