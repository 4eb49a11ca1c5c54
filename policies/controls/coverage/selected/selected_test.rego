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

test_a_tier_without_backups_is_not_applicable if {
	resource := {"tier": {"name": "exempt", "required": false}, "protection": {"selected": false}}
	not control.applicable with input as resource
}
