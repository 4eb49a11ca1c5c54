package controls.isolation.copy_declared_in_another_region_test

import data.controls.isolation.copy_declared_in_another_region as control

gold := {"name": "gold", "required": true, "rpo_hours": 24, "copy": {"retention_days": 35}}

parameters := {"controls": {"copy_max_age_rpos": 2}}

endless := {"plan": "gold", "rule": "daily", "vault": "far", "never_expires": true, "worst_interval_hours": 32}

kept(days) := object.union(endless, {"never_expires": false, "retention_days": days})

every_hours(hours, days) := object.union(kept(days), {"worst_interval_hours": hours})

ending(copy, moment) := object.union(copy, {"last_due_at": moment})

promised(found) := {"tier": gold, "protection": {"copies": found}}

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

test_a_copy_that_is_kept_as_long_as_demanded if {
	passes with input as promised([kept(35)]) with data.parameters as parameters
	passes with input as promised([endless]) with data.parameters as parameters
}

test_one_that_is_kept_is_enough if {
	passes with input as promised([kept(34), kept(35)]) with data.parameters as parameters
	passes with input as promised([endless, kept(1)]) with data.parameters as parameters
}

test_copies_that_are_kept_a_day_too_short if {
	evidence := {"tier": "gold", "retention_days": 34, "demanded_days": 35}
	fails("copy_too_short", evidence) with input as promised([kept(34)]) with data.parameters as parameters
	fails("copy_too_short", evidence) with input as promised([kept(34), kept(7)]) with data.parameters as parameters
}

test_no_copy if {
	fails("no_copy", {"tier": "gold", "demanded_days": 35}) with input as promised([]) with data.parameters as parameters
}

test_unread_copies_are_not_judged if {
	every days in [34, 35] {
		unjudged with input as promised([object.remove(kept(days), ["never_expires"])]) with data.parameters as parameters
		unjudged with input as promised([object.remove(kept(days), ["retention_days"])]) with data.parameters as parameters
	}
	unjudged with input as promised([object.union(kept(1), {"retention_days": "7"})]) with data.parameters as parameters
}

test_what_no_plan_selects_is_not_applicable if {
	every found in [{"tier": gold, "protection": {}}, {"tier": gold}] {
		not control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}

test_a_tier_without_copies_is_not_applicable if {
	silver := {"name": "silver", "required": true}
	exempt := {"name": "exempt", "required": false, "copy": {"retention_days": 1}}
	every tier in [silver, exempt] {
		not control.applicable with input as {"tier": tier, "protection": promised([]).protection}
	}
}

test_both_sides_of_how_often_it_is_copied if {
	passes with input as promised([every_hours(48, 35)]) with data.parameters as parameters
	evidence := {"tier": "gold", "worst_interval_hours": 48.5, "max_age_hours": 48}
	rare := every_hours(48.5, 35)
	fails("copies_too_rare", evidence) with input as promised([rare]) with data.parameters as parameters
	short := every_hours(25, 34)
	fails("copies_too_rare", evidence) with input as promised([short, rare]) with data.parameters as parameters
	passes with input as promised([every_hours(8784, 365), kept(35)]) with data.parameters as parameters
	unjudged with input as promised([object.remove(rare, ["worst_interval_hours"])]) with data.parameters as parameters
}

test_copies_that_end if {
	last := ending(kept(35), "2026-03-01T00:00:00Z")
	evidence := {"tier": "gold", "last_due_at": "2026-03-01T00:00:00Z", "max_age_hours": 48}
	fails("copies_end", evidence) with input as promised([last]) with data.parameters as parameters
	fails("copies_end", evidence) with input as promised([last, every_hours(72, 40)]) with data.parameters as parameters
	passes with input as promised([last, endless]) with data.parameters as parameters
}

test_an_rpo_that_is_not_told_is_not_judged if {
	untold := object.union(promised([kept(35)]), {"tier": object.union(gold, {"rpo_hours": "24"})})
	unjudged with input as untold with data.parameters as parameters
}
