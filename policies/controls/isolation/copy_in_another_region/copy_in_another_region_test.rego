package controls.isolation.copy_in_another_region_test

import data.controls.isolation.copy_in_another_region as control

parameters := {"controls": {"copy_max_age_rpos": 2}}

gold := {"name": "gold", "required": true, "rpo_hours": 24, "copy": {"retention_days": 35}}

fresh := {"age_hours": 48, "never_expires": false, "retention_days": 35}

heard_of(hours) := {"tier": gold, "resource": {"seen_hours": hours}, "copies": some_copies([])}

some_copies(candidates) := {"count": count(candidates), "candidates": candidates}

with_copies(copies) := {"tier": gold, "resource": {"age_hours": 1000, "seen_hours": 1000}, "copies": copies}

passes(copies) if {
	control.applicable with input as with_copies(copies) with data.parameters as parameters
	control.compliant with input as with_copies(copies) with data.parameters as parameters
	control.non_compliant == set() with input as with_copies(copies) with data.parameters as parameters
}

fails(copies, code, evidence) if {
	control.applicable with input as with_copies(copies) with data.parameters as parameters
	not control.compliant with input as with_copies(copies) with data.parameters as parameters
	[finding | some finding in control.non_compliant] == [{"code": code, "evidence": evidence}] with input as with_copies(copies)
		with data.parameters as parameters
}

unjudged(document) if {
	control.applicable with input as document with data.parameters as parameters
	not control.compliant with input as document with data.parameters as parameters
	control.non_compliant == set() with input as document with data.parameters as parameters
}

test_a_copy_that_arrived_and_is_kept if {
	passes(some_copies([fresh]))
	passes(some_copies([{"age_hours": 1, "never_expires": true}]))
}

test_an_older_copy_that_satisfies_is_enough if {
	brief := {"age_hours": 1, "never_expires": false, "retention_days": 1}
	passes(some_copies([brief, fresh]))
	evidence := {"tier": "gold", "retention_days": 1, "demanded_days": 35}
	fails(some_copies([brief, object.union(fresh, {"age_hours": 48.5})]), "copy_deleted_too_early", evidence)
	longer := object.union(brief, {"age_hours": 2, "retention_days": 34})
	fails(some_copies([brief, longer]), "copy_deleted_too_early", object.union(evidence, {"retention_days": 34}))
}

test_no_copy if {
	fails(some_copies([]), "no_copy", {"tier": "gold"})
}

test_newest_copy_just_too_old if {
	stale := some_copies([object.union(fresh, {"age_hours": 48.5}), object.union(fresh, {"age_hours": 60})])
	fails(stale, "newest_copy_too_old", {"newest_age_hours": 48.5, "max_age_hours": 48})
}

test_a_copy_that_is_deleted_a_day_early if {
	short := some_copies([object.union(fresh, {"retention_days": 34})])
	evidence := {"tier": "gold", "retention_days": 34, "demanded_days": 35}
	fails(short, "copy_deleted_too_early", evidence)
}

test_a_young_resource_need_not_have_a_copy_yet if {
	young := {"tier": gold, "resource": {"age_hours": 48, "seen_hours": 48}, "copies": some_copies([])}
	not control.applicable with input as young with data.parameters as parameters
	older := object.union(young, {"resource": {"age_hours": 48.5}})
	control.applicable with input as older with data.parameters as parameters
	with_copy := object.union(young, {"copies": some_copies([fresh])})
	control.applicable with input as with_copy with data.parameters as parameters
}

test_unread_copies_are_not_judged if {
	unjudged({"tier": gold})
	unjudged(with_copies({"count": 1}))
	unjudged(with_copies(some_copies([{"age_hours": 1}])))
	unjudged(with_copies(some_copies([{"never_expires": true}])))
	unjudged(with_copies(some_copies([object.union(fresh, {"age_hours": "7"})])))
	unjudged(with_copies(some_copies([object.union(fresh, {"retention_days": "7"})])))
}

test_a_resource_of_unknown_age_is_judged_by_its_first_sign if {
	unjudged(heard_of(48))
	control.non_compliant == {{"code": "no_copy", "evidence": {"tier": "gold"}}} with input as heard_of(48.5)
		with data.parameters as parameters
}

test_a_tier_without_copies_is_not_applicable if {
	silver := {"name": "silver", "required": true, "rpo_hours": 26}
	exempt := {"name": "exempt", "required": false, "copy": {"retention_days": 1}}
	not control.applicable with input as {"tier": silver} with data.parameters as parameters
	not control.applicable with input as {"tier": exempt} with data.parameters as parameters
}

test_copies_of_which_a_fact_is_missing_are_not_judged if {
	every days in [34, 35] {
		copy := object.union(fresh, {"retention_days": days})
		every fact in ["age_hours", "never_expires", "retention_days"] {
			unjudged(with_copies(some_copies([object.remove(copy, [fact])])))
		}
	}
	unjudged({"tier": object.union(gold, {"rpo_hours": "24"}), "copies": some_copies([fresh])})
}

test_a_single_copy_just_too_old if {
	stale := some_copies([object.union(fresh, {"age_hours": 48.5})])
	fails(stale, "newest_copy_too_old", {"newest_age_hours": 48.5, "max_age_hours": 48})
}
