package controls.coverage.selection_chooses_test

import data.controls.coverage.selection_chooses as control

key := "aws:ResourceTag/backup-tier"

selection(chooses, ignored) := {"selection": {
	"name": "gold",
	"plan": "daily",
	"chooses": chooses,
	"ignored_keys": ignored,
}}

test_one_that_chooses_passes if {
	found := selection(true, [])
	control.applicable with input as found
	control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_one_that_chooses_by_nothing_is_a_finding if {
	found := selection(false, [])
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "chooses_nothing", "evidence": {"name": "gold"}}} with input as found
}

test_a_tag_that_is_ignored_is_a_finding if {
	found := selection(true, [key])
	control.applicable with input as found
	not control.compliant with input as found
	reason := {"code": "tag_ignored", "evidence": {"name": "gold", "key": key}}
	control.non_compliant == {reason} with input as found
}

test_what_is_not_known_is_not_judged if {
	unread := {"selection": {"name": "gold", "ignored_keys": [key]}}
	not control.applicable with input as unread
	not control.compliant with input as unread
	control.non_compliant == set() with input as unread
	perhaps := {"selection": {"name": "gold", "chooses": true}}
	control.applicable with input as perhaps
	not control.compliant with input as perhaps
	control.non_compliant == set() with input as perhaps
}
