package controls.frequency.slots_attained_test

import data.controls.frequency.slots_attained

asked(at_least, at_most, due) := {
	"tier": {"name": "gold", "required": true, "attainment_percent": 90},
	"slots": {"owed": due, "came": at_least, "came_at_most": at_most},
}

too_few(came) := {{"code": "too_few", "evidence": {"came": came, "due": 30, "tier": "gold", "demanded": 90}}}

test_exactly_the_share_is_enough if {
	enough := asked(27, 27, 30)
	slots_attained.applicable with input as enough
	slots_attained.compliant with input as enough
	slots_attained.non_compliant == set() with input as enough
}

test_one_less_is_too_few if {
	less := asked(26, 26, 30)
	slots_attained.applicable with input as less
	not slots_attained.compliant with input as less
	slots_attained.non_compliant == too_few(26) with input as less
}

test_one_of_a_thousand_is_one_too_few if {
	less := asked(899, 899, 1000)
	not slots_attained.compliant with input as less
	count(slots_attained.non_compliant) == 1 with input as less
	slots_attained.compliant with input as asked(900, 900, 1000)
}

test_neither_where_slots_that_nobody_can_decide_would_decide_it if {
	open := asked(26, 27, 30)
	slots_attained.applicable with input as open
	not slots_attained.compliant with input as open
	slots_attained.non_compliant == set() with input as open
}

test_both_sides_count_what_nobody_can_decide if {
	slots_attained.compliant with input as asked(27, 30, 30)
	slots_attained.non_compliant == too_few(26) with input as asked(0, 26, 30)
}

test_is_not_asked_where_nothing_was_due_or_demanded if {
	not slots_attained.applicable with input as asked(0, 0, 0)
	slots_attained.applicable with input as asked(0, 0, 1)
	not slots_attained.applicable with input as object.union(asked(1, 1, 1), {"tier": {"required": false}})
	nothing := {"tier": {"name": "gold", "required": true}, "slots": {"owed": 1}}
	not slots_attained.applicable with input as nothing
}

test_says_neither_of_slots_that_are_not_known if {
	unknown := {"tier": {"name": "gold", "required": true, "attainment_percent": 90}, "slots": {}}
	slots_attained.applicable with input as unknown
	not slots_attained.compliant with input as unknown
	slots_attained.non_compliant == set() with input as unknown
}

test_what_passes_is_never_found_too if {
	slots_attained.compliant with input as asked(27, 26, 30)
	slots_attained.non_compliant == set() with input as asked(27, 26, 30)
}
