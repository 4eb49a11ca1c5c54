package controls.frequency.rpo_attained_test

import data.controls.frequency.rpo_attained as control

resource(gap) := between(gap, gap)

between(proven, at_most) := {
	"tier": {"name": "gold", "required": true, "rpo_hours": 24},
	"backups": {"worst_gap_hours": proven, "worst_gap_at_most_hours": at_most},
}

test_gap_of_exactly_the_rpo if {
	control.applicable with input as resource(24)
	control.compliant with input as resource(24)
	control.non_compliant == set() with input as resource(24)
}

test_gap_just_beyond_the_rpo if {
	finding := {"code": "gap_exceeds_rpo", "evidence": {"tier": "gold", "worst_gap_hours": 24.01, "rpo_hours": 24}}
	control.applicable with input as resource(24.01)
	not control.compliant with input as resource(24.01)
	control.non_compliant == {finding} with input as resource(24.01)
}

test_another_type_is_not_judged if {
	every gap in ["7", null, []] {
		not control.compliant with input as resource(gap)
		control.non_compliant == set() with input as resource(gap)
	}
}

test_unread_backups_are_not_judged if {
	unread := object.remove(resource(1), ["backups"])
	control.applicable with input as unread
	not control.compliant with input as unread
	control.non_compliant == set() with input as unread
}

test_a_tier_without_backups_is_not_applicable if {
	not control.applicable with input as {"tier": {"name": "exempt", "required": false}}
}

test_a_gap_that_there_may_be_is_neither_a_pass_nor_a_finding if {
	control.compliant with input as between(1, 24)
	not control.compliant with input as between(1, 24.01)
	control.non_compliant == set() with input as between(24, 720)
	not control.compliant with input as between(24.01, 24)
	control.compliant with input as between(24, 24)
	finding := {"code": "gap_exceeds_rpo", "evidence": {"tier": "gold", "worst_gap_hours": 25, "rpo_hours": 24}}
	control.non_compliant == {finding} with input as between(25, 720)
	not control.compliant with input as between(25, 720)
}

aged(age, number) := object.union(resource(20), {"resource": {"age_hours": age}, "backups": {"count": number}})

test_a_resource_younger_than_the_rpo_need_not_have_a_backup_yet if {
	not control.applicable with input as aged(24, 0)
	control.applicable with input as aged(24.01, 0)
	control.applicable with input as aged(20, 1)
	control.applicable with input as object.remove(aged(20, 0), ["resource"])
}

beside(hours) := object.union(resource(72), {"backups": {"native_gap_at_most_hours": hours}})

test_what_a_service_can_restore_is_enough_where_it_covers_the_period if {
	control.applicable with input as beside(24)
	control.compliant with input as beside(24)
	control.non_compliant == set() with input as beside(24)
}

test_what_it_does_not_cover_takes_nothing_away if {
	finding := {"code": "gap_exceeds_rpo", "evidence": {"tier": "gold", "worst_gap_hours": 72, "rpo_hours": 24}}
	not control.compliant with input as beside(24.5)
	control.non_compliant == {finding} with input as beside(24.5)
}

ending(hours) := object.union(resource(72), {"backups": {"native_gap_at_least_hours": hours}})

test_a_gap_that_neither_covers_is_found_as_such if {
	evidence := {"tier": "gold", "native_gap_hours": 25, "rpo_hours": 24}
	not control.compliant with input as ending(25)
	control.non_compliant == {{"code": "nothing_newer", "evidence": evidence}} with input as ending(25)
}

test_what_neither_covers_for_no_longer_than_the_rpo_says_nothing if {
	finding := {"code": "gap_exceeds_rpo", "evidence": {"tier": "gold", "worst_gap_hours": 72, "rpo_hours": 24}}
	control.non_compliant == {finding} with input as ending(24)
}

test_a_gap_at_the_end_needs_one_of_recovery_points if {
	both := object.union(resource(24), {"backups": {"native_gap_at_least_hours": 25}})
	control.non_compliant == set() with input as both
	covered := object.union(beside(24), {"backups": {"native_gap_at_least_hours": 25}})
	control.non_compliant == set() with input as covered
}
