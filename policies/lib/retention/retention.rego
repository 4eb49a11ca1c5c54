# METADATA
# title: Is a lifecycle inside a range of retention?
# description: |
#   A lifecycle says `never_expires`, or else `delete_after_days`. A bound that is undefined asks nothing; pass it
#   from an object with `object.get(…, null)`. Never expiring is longer than any number of days.
# scope: package
package lib.retention

import data.lib.compare

long_enough(lifecycle, _) if lifecycle.never_expires == true

long_enough(lifecycle, null) if {
	lifecycle.never_expires == false
	is_number(lifecycle.delete_after_days)
}

long_enough(lifecycle, least) if {
	lifecycle.never_expires == false
	compare.at_least(lifecycle.delete_after_days, least)
}

too_short(lifecycle, least) if {
	lifecycle.never_expires == false
	compare.below(lifecycle.delete_after_days, least)
}

short_enough(_, null) := true

short_enough(lifecycle, most) if {
	lifecycle.never_expires == false
	compare.at_most(lifecycle.delete_after_days, most)
}

too_long(lifecycle, most) if {
	lifecycle.never_expires == false
	compare.above(lifecycle.delete_after_days, most)
}

for_ever(lifecycle, most) if {
	lifecycle.never_expires == true
	is_number(most)
}
