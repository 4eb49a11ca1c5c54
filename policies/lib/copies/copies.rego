# METADATA
# title: Is one of a resource's copies young enough and kept for long enough?
# description: |
#   Candidates say `age_hours` or, where they are promised, `worst_interval_hours`; `never_expires`, and
#   `retention_days` where they do not live for ever. A copy of which one of these is not known is neither kept nor
#   short, and neither young nor frequent.
# scope: package
package lib.copies

import data.lib.compare

young(candidates, max_age_hours) := [copy |
	some copy in candidates
	compare.at_most(copy.age_hours, max_age_hours)
]

all_too_old(candidates, max_age_hours) if {
	count(candidates) > 0
	every copy in candidates { compare.above(copy.age_hours, max_age_hours) }
}

kept(copy, _) if copy.never_expires == true

kept(copy, days) if {
	copy.never_expires == false
	compare.at_least(copy.retention_days, days)
}

short(copy, days) if {
	copy.never_expires == false
	compare.below(copy.retention_days, days)
}

all_short(candidates, days) if {
	count(candidates) > 0
	every copy in candidates { short(copy, days) }
}

newest_age_hours(candidates) := min([copy.age_hours | some copy in candidates])

longest_days(candidates) := max([copy.retention_days | some copy in candidates])

kept_of(candidates, days) := [copy | some copy in candidates; kept(copy, days)]

often(candidates, max_hours) := [copy |
	some copy in candidates
	compare.at_most(copy.worst_interval_hours, max_hours)
]

lasting(candidates, max_hours) if {
	some copy in often(candidates, max_hours)
	not copy.last_due_at
}

all_rare(candidates, max_hours) if {
	count(candidates) > 0
	every copy in candidates { compare.above(copy.worst_interval_hours, max_hours) }
}

all_ending(candidates) if {
	count(candidates) > 0
	every copy in candidates { copy.last_due_at }
}

least_interval_hours(candidates) := min([copy.worst_interval_hours | some copy in candidates])

last_due_at(candidates) := max([copy.last_due_at | some copy in candidates])
