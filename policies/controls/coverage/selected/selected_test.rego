package controls.coverage.selected_test

import data.controls.coverage.selected as control

gold := {"name": "gold", "required": true, "rpo_hours": 24}

test_selected if {
	resource := {"tier": gold, "protection": {"selected": true}}
	control.applicable with input as resource
	control.compliant with input as resource
	control.non_compliant == set() with input as resource
}

test_not_selected if {
	resource := {"tier": gold, "protection": {"selected": false}}
	control.applicable with input as resource
	not control.compliant with input as resource
	control.non_compliant == {{"code": "not_selected", "evidence": {"tier": "gold"}}} with input as resource
}

test_indeterminate_selection_is_not_judged if {
	every protection in [{}, {"selected": null}, {"selected": "true"}] {
		resource := {"tier": gold, "protection": protection}
		control.applicable with input as resource
		not control.compliant with input as resource
		control.non_compliant == set() with input as resource
	}
}

accepting := {"name": "gold", "required": true, "native": {"coverage": ["automated_backups"]}}

automated := {"kind": "automated_backups", "said": "automated backups (7 days)"}

other := {"kind": "other", "said": "another thing"}

unselected(tier, on) := {"tier": tier, "protection": {"selected": false, "native_on": on}}

test_what_the_tier_accepts_is_enough if {
	every on in [[automated], [other, automated]] {
		control.compliant with input as unselected(accepting, on)
		control.non_compliant == set() with input as unselected(accepting, on)
	}
}

test_what_the_tier_does_not_accept_is_named if {
	finding := {"code": "only_native", "evidence": {"tier": "gold", "native": "automated backups (7 days)"}}
	not control.compliant with input as unselected(gold, [automated])
	control.non_compliant == {finding} with input as unselected(gold, [automated])
	both := {
		"code": "only_native",
		"evidence": {"tier": "gold", "native": "automated backups (7 days) and another thing"},
	}
	control.non_compliant == {both} with input as unselected(gold, [automated, other])
	alone := {"code": "only_native", "evidence": {"tier": "gold", "native": "another thing"}}
	not control.compliant with input as unselected(accepting, [other])
	control.non_compliant == {alone} with input as unselected(accepting, [other])
}

test_what_is_off_protects_nothing if {
	every tier in [gold, accepting] {
		not control.compliant with input as unselected(tier, [])
		control.non_compliant == {{"code": "not_selected", "evidence": {"tier": "gold"}}} with input as unselected(
			tier,
			[],
		)
	}
}

test_a_selected_one_needs_no_other_protection if {
	resource := {"tier": gold, "protection": {"selected": true, "native_on": [automated]}}
	control.compliant with input as resource
	control.non_compliant == set() with input as resource
}

test_what_is_accepted_counts_whatever_plans_select if {
	resource := {"tier": accepting, "protection": {"native_on": [automated]}}
	control.compliant with input as resource
	control.non_compliant == set() with input as resource
}

test_a_tier_without_backups_is_not_applicable if {
	resource := {"tier": {"name": "exempt", "required": false}, "protection": {"selected": false}}
	not control.applicable with input as resource
}
