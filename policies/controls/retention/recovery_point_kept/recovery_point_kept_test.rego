package controls.retention.recovery_point_kept_test

import data.controls.retention.recovery_point_kept as control

gold := {
	"name": "gold",
	"required": true,
	"retention_days": 35,
	"copy": {"retention_days": 90},
	"account_copy": {"retention_days": 7},
}

# a copy lies in another Region
kept(days, is_copy) := lying(days, is_copy, false, is_copy)

lying(days, is_copy, account, region) := {
	"tier": gold,
	"recovery_point": {
		"is_copy": is_copy,
		"in_another_account": account,
		"in_another_region": region,
		"never_expires": false,
		"retention_days": days,
	},
}

passes if {
	control.applicable
	control.compliant
	control.non_compliant == set()
}

fails(evidence) if {
	control.applicable
	not control.compliant
	control.non_compliant == {{"code": "deleted_too_early", "evidence": evidence}}
}

unjudged if {
	control.applicable
	not control.compliant
	control.non_compliant == set()
}

test_both_sides_of_the_retention if {
	passes with input as kept(35, false)
	fails({"tier": "gold", "retention_days": 34.99, "demanded_days": 35}) with input as kept(34.99, false)
}

test_a_copy_is_held_against_the_retention_of_copies if {
	passes with input as kept(90, true)
	fails({"tier": "gold", "retention_days": 89, "demanded_days": 90}) with input as kept(89, true)
}

test_a_copy_in_another_account_has_a_retention_of_its_own if {
	passes with input as lying(7, true, true, false)
	fails({"tier": "gold", "retention_days": 6, "demanded_days": 7}) with input as lying(6, true, true, false)
}

test_a_copy_that_is_both_serves_either if {
	passes with input as lying(7, true, true, true)
	fails({"tier": "gold", "retention_days": 6, "demanded_days": 7}) with input as lying(6, true, true, true)
	every kind, days in {"copy": 7, "account_copy": 90} {
		tier := object.remove(gold, [kind])
		document := {"tier": tier, "recovery_point": lying(days - 1, true, true, true).recovery_point}
		fails({"tier": "gold", "retention_days": days - 1, "demanded_days": days}) with input as document
	}
}

test_a_copy_where_its_resource_lies_is_not_applicable if {
	not control.applicable with input as lying(1, true, false, false)
}

test_never_expiring_is_kept_long_enough if {
	passes with input as {"tier": gold, "recovery_point": {"is_copy": false, "never_expires": true}}
}

test_a_copy_that_no_tier_demands_is_not_applicable if {
	silver := {"name": "silver", "required": true, "retention_days": 14}
	not control.applicable with input as {"tier": silver, "recovery_point": kept(1, true).recovery_point}
}

test_unread_dates_are_not_judged if {
	unjudged with input as {"tier": gold, "recovery_point": {"is_copy": false, "never_expires": false}}
	every days in [34, 35] {
		unjudged with input as {"tier": gold, "recovery_point": {"is_copy": false, "retention_days": days}}
	}
	unjudged with input as {"tier": gold}
	unjudged with input as kept("7", false)
}

test_no_tier_is_not_applicable if {
	not control.applicable with input as {"recovery_point": kept(1, false).recovery_point}
	not control.applicable with input as {"tier": {"name": "exempt", "required": false}}
}

test_a_tier_without_copies_still_asks_for_its_points if {
	silver := {"name": "silver", "required": true, "retention_days": 14}
	passes with input as {"tier": silver, "recovery_point": kept(14, false).recovery_point}
	evidence := {"tier": "silver", "retention_days": 13, "demanded_days": 14}
	fails(evidence) with input as {"tier": silver, "recovery_point": kept(13, false).recovery_point}
}

test_what_is_deleted_after_its_copy_is_not_applicable if {
	point := object.union(kept(1, false).recovery_point, {"delete_after_event": "DELETE_AFTER_COPY"})
	not control.applicable with input as {"tier": gold, "recovery_point": point}
	other := object.union(point, {"delete_after_event": "ANOTHER_EVENT"})
	evidence := {"tier": "gold", "retention_days": 1, "demanded_days": 35}
	fails(evidence) with input as {"tier": gold, "recovery_point": other}
}
