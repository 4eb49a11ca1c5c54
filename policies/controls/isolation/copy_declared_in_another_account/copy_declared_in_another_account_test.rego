package controls.isolation.copy_declared_in_another_account_test

import data.controls.isolation.copy_declared_in_another_account as control

gold := {"name": "gold", "required": true, "account_copy": {"retention_days": 35}}

kept(days) := {"plan": "gold", "rule": "daily", "vault": "far", "never_expires": false, "retention_days": days}

endless := {"plan": "gold", "rule": "daily", "vault": "far", "never_expires": true}

promised(found) := {"tier": gold, "protection": {"account_copies": found}}

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
	passes with input as promised([kept(35)])
	passes with input as promised([endless])
}

test_one_that_is_kept_is_enough if {
	passes with input as promised([kept(34), kept(35)])
	passes with input as promised([endless, kept(1)])
}

test_copies_that_are_kept_a_day_too_short if {
	evidence := {"tier": "gold", "retention_days": 34, "demanded_days": 35}
	fails("copy_too_short", evidence) with input as promised([kept(34)])
	fails("copy_too_short", evidence) with input as promised([kept(34), kept(7)])
}

test_no_copy if {
	fails("no_copy", {"tier": "gold", "demanded_days": 35}) with input as promised([])
}

test_unread_copies_are_not_judged if {
	every days in [34, 35] {
		unjudged with input as promised([object.remove(kept(days), ["never_expires"])])
		unjudged with input as promised([object.remove(kept(days), ["retention_days"])])
	}
	unjudged with input as promised([object.union(kept(1), {"retention_days": "7"})])
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
	exempt := {"name": "exempt", "required": false, "account_copy": {"retention_days": 1}}
	every tier in [silver, exempt] {
		not control.applicable with input as {"tier": tier, "protection": promised([]).protection}
	}
}
