package controls.frequency.schedule_keeps_rpo_test

import data.controls.frequency.schedule_keeps_rpo as control

gold(interval) := {"name": "gold", "required": true, "rpo_hours": 24, "resources": 2, "worst_interval_hours": interval}

unknown := object.remove(gold(1), ["worst_interval_hours"])

exempt := {"name": "exempt", "required": false, "resources": 1, "worst_interval_hours": 168}

test_interval_of_exactly_the_rpo if {
	plan := {"cadences": [gold(24), exempt]}
	control.applicable with input as plan
	control.compliant with input as plan
	control.non_compliant == set() with input as plan
}

test_interval_just_beyond_the_rpo if {
	plan := {"cadences": [gold(24.5), exempt]}
	evidence := {"tier": "gold", "rpo_hours": 24, "resources": 2, "worst_interval_hours": 24.5}
	control.applicable with input as plan
	not control.compliant with input as plan
	control.non_compliant == {{"code": "interval_exceeds_rpo", "evidence": evidence}} with input as plan
}

test_one_tier_of_two if {
	silver := {"name": "silver", "required": true, "rpo_hours": 26, "resources": 1, "worst_interval_hours": 25}
	plan := {"cadences": [silver, gold(25)]}
	not control.compliant with input as plan
	{finding.evidence.tier | some finding in control.non_compliant} == {"gold"} with input as plan
}

test_schedules_that_never_fire_again if {
	evidence := {"tier": "gold", "rpo_hours": 24, "resources": 2}
	every cadence in [gold(24), unknown] {
		plan := {"cadences": [object.union(cadence, {"never_fires": true})]}
		control.applicable with input as plan
		not control.compliant with input as plan
		control.non_compliant == {{"code": "never_fires", "evidence": evidence}} with input as plan
	}
}

test_schedules_that_end if {
	evidence := {"tier": "gold", "rpo_hours": 24, "resources": 2, "last_due_at": "2026-12-31T01:00:00Z"}
	every cadence in [gold(24), unknown] {
		plan := {"cadences": [object.union(cadence, {"last_due_at": "2026-12-31T01:00:00Z"})]}
		control.applicable with input as plan
		not control.compliant with input as plan
		control.non_compliant == {{"code": "schedules_end", "evidence": evidence}} with input as plan
	}
}

test_a_cadence_that_is_not_known_is_not_judged if {
	plan := {"cadences": [unknown]}
	control.applicable with input as plan
	not control.compliant with input as plan
	control.non_compliant == set() with input as plan
}

test_another_type_is_not_judged if {
	plan := {"cadences": [gold("7")]}
	not control.compliant with input as plan
	control.non_compliant == set() with input as plan
}

test_a_plan_of_no_required_tier_is_not_applicable if {
	every plan in [{"cadences": []}, {"cadences": [exempt]}, {}] {
		not control.applicable with input as plan
		not control.compliant with input as plan
		control.non_compliant == set() with input as plan
	}
}
