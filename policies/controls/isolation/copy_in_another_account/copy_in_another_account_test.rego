package controls.isolation.copy_in_another_account_test

import data.controls.isolation.copy_in_another_account as control

parameters := {"controls": {"copy_max_age_rpos": 2}}

gold := {"name": "gold", "required": true, "rpo_hours": 24, "account_copy": {"retention_days": 35}}

fresh := {"age_hours": 48, "never_expires": false, "retention_days": 35}

heard_of(hours) := {"tier": gold, "resource": {"seen_hours": hours}, "account_copies": some_copies([])}

some_copies(candidates) := {"count": count(candidates), "candidates": candidates}

arrived(candidates) := with_copies(some_copies(candidates))

with_copies(copies) := {"tier": gold, "resource": {"age_hours": 1000, "seen_hours": 1000}, "account_copies": copies}

passes if {
	control.applicable
	control.compliant
	control.non_compliant == set()
}

fails(code, evidence) if {
	control.applicable
	not control.compliant
	control.non_compliant == {{"code": code, "evidence": evidence}}
}

unjudged if {
	control.applicable
	not control.compliant
	control.non_compliant == set()
}

test_a_copy_that_arrived_and_is_kept if {
	passes with input as arrived([fresh]) with data.parameters as parameters
	passes with input as arrived([{"age_hours": 1, "never_expires": true}]) with data.parameters as parameters
}

test_an_older_copy_that_satisfies_is_enough if {
	brief := {"age_hours": 1, "never_expires": false, "retention_days": 1}
	passes with input as arrived([brief, fresh]) with data.parameters as parameters
	evidence := {"tier": "gold", "retention_days": 1, "demanded_days": 35}
	fails("copy_deleted_too_early", evidence) with input as arrived([brief, object.union(fresh, {"age_hours": 48.5})])
		with data.parameters as parameters
	longer := object.union(brief, {"age_hours": 2, "retention_days": 34})
	fails("copy_deleted_too_early", object.union(evidence, {"retention_days": 34})) with input as arrived([brief, longer])
		with data.parameters as parameters
}

test_no_copy if {
	fails("no_copy", {"tier": "gold"}) with input as arrived([]) with data.parameters as parameters
}

test_newest_copy_just_too_old if {
	stale := some_copies([object.union(fresh, {"age_hours": 48.5}), object.union(fresh, {"age_hours": 60})])
	fails("newest_copy_too_old", {"newest_age_hours": 48.5, "max_age_hours": 48}) with input as with_copies(stale)
		with data.parameters as parameters
}

test_a_copy_that_is_deleted_a_day_early if {
	short := some_copies([object.union(fresh, {"retention_days": 34})])
	evidence := {"tier": "gold", "retention_days": 34, "demanded_days": 35}
	fails("copy_deleted_too_early", evidence) with input as with_copies(short) with data.parameters as parameters
}

test_a_young_resource_need_not_have_a_copy_yet if {
	young := {"tier": gold, "resource": {"age_hours": 48, "seen_hours": 48}, "account_copies": some_copies([])}
	not control.applicable with input as young with data.parameters as parameters
	older := object.union(young, {"resource": {"age_hours": 48.5}})
	control.applicable with input as older with data.parameters as parameters
	with_copy := object.union(young, {"account_copies": some_copies([fresh])})
	control.applicable with input as with_copy with data.parameters as parameters
}

test_unread_copies_are_not_judged if {
	unjudged with input as {"tier": gold} with data.parameters as parameters
	unjudged with input as with_copies({"count": 1}) with data.parameters as parameters
	unjudged with input as arrived([{"age_hours": 1}]) with data.parameters as parameters
	unjudged with input as arrived([{"never_expires": true}]) with data.parameters as parameters
	unjudged with input as arrived([object.union(fresh, {"age_hours": "7"})]) with data.parameters as parameters
	unjudged with input as arrived([object.union(fresh, {"retention_days": "7"})]) with data.parameters as parameters
}

test_a_resource_of_unknown_age_is_judged_by_its_first_sign if {
	unjudged with input as heard_of(48) with data.parameters as parameters
	control.non_compliant == {{"code": "no_copy", "evidence": {"tier": "gold"}}} with input as heard_of(48.5)
		with data.parameters as parameters
}

test_a_tier_without_copies_is_not_applicable if {
	silver := {"name": "silver", "required": true, "rpo_hours": 26}
	exempt := {"name": "exempt", "required": false, "account_copy": {"retention_days": 1}}
	not control.applicable with input as {"tier": silver} with data.parameters as parameters
	not control.applicable with input as {"tier": exempt} with data.parameters as parameters
}

test_copies_of_which_a_fact_is_missing_are_not_judged if {
	every days in [34, 35] {
		copy := object.union(fresh, {"retention_days": days})
		every fact in ["age_hours", "never_expires", "retention_days"] {
			unjudged with input as arrived([object.remove(copy, [fact])]) with data.parameters as parameters
		}
	}
	unjudged with input as {"tier": object.union(gold, {"rpo_hours": "24"}), "account_copies": some_copies([fresh])}
		with data.parameters as parameters
}

test_a_single_copy_just_too_old if {
	stale := some_copies([object.union(fresh, {"age_hours": 48.5})])
	fails("newest_copy_too_old", {"newest_age_hours": 48.5, "max_age_hours": 48}) with input as with_copies(stale)
		with data.parameters as parameters
}
