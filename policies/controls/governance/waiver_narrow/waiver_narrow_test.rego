package controls.governance.waiver_narrow_test

import data.controls.governance.waiver_narrow as control

tuned := {"controls": {"waiver_max_findings": 4, "waiver_max_percent": 40}}

waiver(findings, judged) := {"waiver": {"in_force": true, "findings": findings, "judged": judged}}

many(findings, limit) := {"code": "too_many", "evidence": {"findings": findings, "limit": limit}}

share(findings, judged, limit) := {
	"code": "too_large_a_share",
	"evidence": {"findings": findings, "judged": judged, "limit": limit},
}

test_a_few_of_many if {
	every found in [waiver(4, 10), waiver(1, 1), waiver(1, 100)] {
		control.applicable with input as found with data.parameters as tuned
		control.compliant with input as found with data.parameters as tuned
		control.non_compliant == set() with input as found with data.parameters as tuned
	}
}

test_too_many if {
	found := waiver(5, 1000)
	control.applicable with input as found with data.parameters as tuned
	not control.compliant with input as found with data.parameters as tuned
	control.non_compliant == {many(5, 4)} with input as found with data.parameters as tuned
}

test_most_of_them if {
	every counts in [[4, 9], [2, 4], [2, 2]] {
		found := waiver(counts[0], counts[1])
		not control.compliant with input as found with data.parameters as tuned
		control.non_compliant == {share(counts[0], counts[1], 40)} with input as found with data.parameters as tuned
	}
}

test_both if {
	found := waiver(5, 5)
	control.non_compliant == {many(5, 4), share(5, 5, 40)} with input as found with data.parameters as tuned
}

test_without_the_parameters if {
	bare := {"controls": {}}
	control.compliant with input as waiver(50, 100) with data.parameters as bare
	control.non_compliant == {share(50, 99, 50)} with input as waiver(50, 99) with data.parameters as bare
	control.non_compliant == {many(51, 50)} with input as waiver(51, 200) with data.parameters as bare
	control.non_compliant == {share(2, 3, 50)} with input as waiver(2, 3) with data.parameters as bare
}

test_one_that_covers_nothing_or_has_expired if {
	every found in [waiver(0, 10), {"waiver": {"in_force": false, "findings": 60, "judged": 60}}] {
		not control.applicable with input as found with data.parameters as tuned
		not control.compliant with input as found with data.parameters as tuned
		control.non_compliant == set() with input as found with data.parameters as tuned
	}
}

test_what_is_no_number_is_neither if {
	every found in [waiver(2, "7"), waiver("7", 10)] {
		not control.compliant with input as found with data.parameters as tuned
		control.non_compliant == set() with input as found with data.parameters as tuned
	}
}
