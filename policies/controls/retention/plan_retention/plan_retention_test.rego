package controls.retention.plan_retention_test

import data.controls.retention.plan_retention as control

gold := {"name": "gold", "required": true, "retention_days": 35, "retention_max_days": 90}

bronze := {"name": "bronze", "required": true, "retention_days": 28}

exempt := {"name": "exempt", "required": false, "retention_days": 1000}

days(number) := {"name": "daily", "never_expires": false, "delete_after_days": number}

for_ever := {"name": "daily", "never_expires": true}

plan(rules, tiers) := {"plan": {"rules": rules}, "tiers": tiers}

passes if {
	control.applicable
	control.compliant
	control.non_compliant == set()
}

fails(findings) if {
	control.applicable
	not control.compliant
	control.non_compliant == findings
}

test_retention_on_the_floor_and_on_the_ceiling if {
	passes with input as plan([days(35)], [gold, exempt])
	passes with input as plan([days(90)], [gold])
}

test_retention_a_day_below_the_floor if {
	evidence := {"rule": "daily", "tier": "gold", "delete_after_days": 34, "retention_days": 35}
	fails({{"code": "retention_too_short", "evidence": evidence}}) with input as plan([days(34)], [gold, bronze])
}

test_retention_a_day_above_the_ceiling if {
	evidence := {"rule": "daily", "tier": "gold", "delete_after_days": 91, "retention_max_days": 90}
	fails({{"code": "retention_too_long", "evidence": evidence}}) with input as plan([days(91)], [gold, bronze])
}

test_for_ever_against_a_ceiling_and_without_one if {
	evidence := {"rule": "daily", "tier": "gold", "retention_max_days": 90}
	fails({{"code": "never_expires", "evidence": evidence}}) with input as plan([for_ever], [gold, bronze])
	passes with input as plan([for_ever], [bronze])
}

test_each_rule_counts if {
	weekly := {"name": "weekly", "never_expires": false, "delete_after_days": 20}
	document := plan([days(35), weekly], [gold])
	not control.compliant with input as document
	{finding.evidence.rule | some finding in control.non_compliant} == {"weekly"} with input as document
}

test_a_plan_whose_rules_were_not_read_is_not_judged if {
	every document in [{"tiers": [gold]}, plan([], [gold]), plan([{"name": "daily", "never_expires": false}], [gold])] {
		control.applicable with input as document
		not control.compliant with input as document
		control.non_compliant == set() with input as document
	}
}

test_another_type_is_not_judged if {
	document := plan([days("7")], [gold])
	not control.compliant with input as document
	control.non_compliant == set() with input as document
}

test_a_plan_of_no_required_tier_is_not_applicable if {
	every document in [plan([days(1)], []), plan([days(1)], [exempt]), {"plan": {"rules": [days(1)]}}] {
		not control.applicable with input as document
		not control.compliant with input as document
		control.non_compliant == set() with input as document
	}
}

test_a_ceiling_alone_refuses_what_never_expires if {
	ceiling := {"name": "ceiling", "required": true, "retention_max_days": 90}
	evidence := {"rule": "daily", "tier": "ceiling", "retention_max_days": 90}
	fails({{"code": "never_expires", "evidence": evidence}}) with input as plan([for_ever], [ceiling])
}
