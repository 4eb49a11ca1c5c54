package controls.isolation.copy_in_another_region_test

import data.controls.isolation.copy_in_another_region as control

parameters := {"controls": {"copy_max_age_rpos": 2}}

gold := {"name": "gold", "required": true, "rpo_hours": 24, "copy": {"retention_days": 35}}

fresh := {"count": 3, "newest_age_hours": 48, "never_expires": false, "retention_days": 35}

with_copies(copies) := {"tier": gold, "resource": {"age_hours": 1000}, "copies": copies}

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
	passes(fresh)
	passes({"count": 1, "newest_age_hours": 1, "never_expires": true})
}

test_no_copy if {
	fails({"count": 0}, "no_copy", {"tier": "gold"})
}

test_newest_copy_just_too_old if {
	stale := object.union(fresh, {"newest_age_hours": 48.5})
	fails(stale, "newest_copy_too_old", {"newest_age_hours": 48.5, "max_age_hours": 48})
}

test_a_copy_that_is_deleted_a_day_early if {
	short := object.union(fresh, {"retention_days": 34})
	evidence := {"tier": "gold", "retention_days": 34, "demanded_days": 35}
	fails(short, "copy_deleted_too_early", evidence)
}

test_a_young_resource_need_not_have_a_copy_yet if {
	young := {"tier": gold, "resource": {"age_hours": 48}, "copies": {"count": 0}}
	not control.applicable with input as young with data.parameters as parameters
	older := object.union(young, {"resource": {"age_hours": 48.5}})
	control.applicable with input as older with data.parameters as parameters
	with_copy := object.union(young, {"copies": fresh})
	control.applicable with input as with_copy with data.parameters as parameters
}

test_unread_copies_are_not_judged if {
	unjudged({"tier": gold})
	unjudged(with_copies({"count": 1, "newest_age_hours": 1}))
	unjudged(with_copies({"count": 1, "never_expires": true}))
	unjudged(with_copies(object.union(fresh, {"retention_days": "7"})))
}

test_a_tier_without_copies_is_not_applicable if {
	silver := {"name": "silver", "required": true, "rpo_hours": 26}
	exempt := {"name": "exempt", "required": false, "copy": {"retention_days": 1}}
	not control.applicable with input as {"tier": silver} with data.parameters as parameters
	not control.applicable with input as {"tier": exempt} with data.parameters as parameters
}
