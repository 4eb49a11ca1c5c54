package controls.frequency.newest_within_rpo_test

import data.controls.frequency.newest_within_rpo as control

resource(age_hours, backups) := {
	"tier": {"name": "gold", "required": true, "rpo_hours": 24},
	"resource": {"age_hours": age_hours, "seen_hours": age_hours},
	"backups": backups,
}

heard_of(hours) := {
	"tier": {"name": "gold", "required": true, "rpo_hours": 24},
	"resource": {"seen_hours": hours},
	"backups": {"count": 0},
}

unsure(hours) := {"count": 3, "newest_age_hours": 47, "newest_age_at_least_hours": hours}

newest(hours) := {"count": 3, "newest_age_hours": hours, "newest_age_at_least_hours": hours}

test_newest_of_exactly_the_rpo if {
	young := resource(1000, newest(24))
	control.applicable with input as young
	control.compliant with input as young
	control.non_compliant == set() with input as young
}

test_newest_just_older_than_the_rpo if {
	old := resource(1000, newest(24.5))
	finding := {"code": "newest_too_old", "evidence": {"tier": "gold", "newest_age_hours": 24.5, "rpo_hours": 24}}
	control.applicable with input as old
	not control.compliant with input as old
	control.non_compliant == {finding} with input as old
}

test_newest_before_the_period_is_too_old if {
	old := resource(5000, {"count": 0, "newest_age_hours": 1000, "newest_age_at_least_hours": 1000})
	finding := {"code": "newest_too_old", "evidence": {"tier": "gold", "newest_age_hours": 1000, "rpo_hours": 24}}
	control.non_compliant == {finding} with input as old
}

test_no_recovery_point_at_all if {
	finding := {"code": "no_usable_backup", "evidence": {"tier": "gold", "rpo_hours": 24}}
	bare := resource(24.5, {"count": 0})
	control.applicable with input as bare
	not control.compliant with input as bare
	control.non_compliant == {finding} with input as bare
}

test_a_resource_of_unknown_age_is_judged_by_its_first_sign if {
	finding := {"code": "no_usable_backup", "evidence": {"tier": "gold", "rpo_hours": 24}}
	bare := object.remove(resource(0, {"count": 0}), ["resource"])
	control.applicable with input as bare
	control.non_compliant == set() with input as bare
	control.applicable with input as heard_of(24)
	control.non_compliant == set() with input as heard_of(24)
	control.non_compliant == {finding} with input as heard_of(24.5)
	not control.compliant with input as heard_of(24.5)
}

test_a_copy_that_may_lie_elsewhere_is_no_pass_and_takes_the_finding_away if {
	not control.compliant with input as resource(1000, unsure(24))
	control.non_compliant == set() with input as resource(1000, unsure(24))
	finding := {"code": "newest_too_old", "evidence": {"tier": "gold", "newest_age_hours": 47, "rpo_hours": 24}}
	control.non_compliant == {finding} with input as resource(1000, unsure(24.5))
	control.non_compliant == set() with input as resource(1000, {"count": 0, "newest_age_at_least_hours": 24})
	none := {"code": "no_usable_backup", "evidence": {"tier": "gold", "rpo_hours": 24}}
	control.non_compliant == {none} with input as resource(1000, {"count": 0, "newest_age_at_least_hours": 24.5})
}

test_recovery_points_that_are_all_gone_are_none if {
	finding := {"code": "no_usable_backup", "evidence": {"tier": "gold", "rpo_hours": 24}}
	gone := resource(1000, {"count": 29})
	control.applicable with input as gone
	not control.compliant with input as gone
	control.non_compliant == {finding} with input as gone
}

test_a_resource_younger_than_the_rpo_need_not_have_one if {
	not control.applicable with input as resource(24, {"count": 0})
	control.applicable with input as resource(2, {"count": 1, "newest_age_hours": 1})
}

test_a_proven_point_that_is_young_enough_counts_whatever_may_be if {
	proven := resource(1000, {"count": 1, "newest_age_hours": 24, "newest_age_at_least_hours": 24.5})
	control.applicable with input as proven
	control.compliant with input as proven
	control.non_compliant == set() with input as proven
}

test_what_a_service_can_restore_counts_where_it_is_accepted if {
	every backups in [{"count": 0}, newest(24.5), {}] {
		fresh := object.union(resource(1000, backups), {"backups": {"native_newest_age_hours": 24}})
		control.applicable with input as fresh
		control.compliant with input as fresh
		control.non_compliant == set() with input as fresh
	}
}

test_what_a_service_can_restore_is_too_old if {
	stale := {"backups": {"native_newest_age_hours": 24.5}}
	old := object.union(resource(1000, newest(47)), stale)
	finding := {"code": "newest_too_old", "evidence": {"tier": "gold", "newest_age_hours": 47, "rpo_hours": 24}}
	not control.compliant with input as old
	control.non_compliant == {finding} with input as old
	bare := object.union(resource(1000, {"count": 0}), stale)
	none := {"code": "no_usable_backup", "evidence": {"tier": "gold", "rpo_hours": 24}}
	control.non_compliant == {none} with input as bare
}

test_unread_backups_are_not_judged if {
	unread := object.remove(resource(1000, {}), ["backups"])
	control.applicable with input as unread
	not control.compliant with input as unread
	control.non_compliant == set() with input as unread
}

test_another_type_is_not_judged if {
	every age in ["7", []] {
		odd := resource(1000, {"count": 1, "newest_age_hours": age, "newest_age_at_least_hours": age})
		not control.compliant with input as odd
		control.non_compliant == set() with input as odd
	}
	half := resource(1000, {"count": 1, "newest_age_hours": "7", "newest_age_at_least_hours": 25})
	control.non_compliant == set() with input as half
}

test_a_tier_without_backups_is_not_applicable if {
	not control.applicable with input as {"tier": {"name": "exempt", "required": false}, "backups": {"count": 0}}
}
