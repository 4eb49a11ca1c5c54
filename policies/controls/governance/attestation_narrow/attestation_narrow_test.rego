package controls.governance.attestation_narrow_test

import data.controls.governance.attestation_narrow as control

tuned := {"controls": {"attestation_max_verdicts": 4, "attestation_max_percent": 40}}

attestation(verdicts, judged) := {"attestation": {"in_force": true, "verdicts": verdicts, "judged": judged}}

many(verdicts, limit) := {"code": "too_many", "evidence": {"verdicts": verdicts, "limit": limit}}

share(verdicts, judged, limit) := {
	"code": "too_large_a_share",
	"evidence": {"verdicts": verdicts, "judged": judged, "limit": limit},
}

test_a_few_of_many if {
	every found in [attestation(4, 10), attestation(1, 1), attestation(1, 100)] {
		control.applicable with input as found with data.parameters as tuned
		control.compliant with input as found with data.parameters as tuned
		control.non_compliant == set() with input as found with data.parameters as tuned
	}
}

test_too_many if {
	found := attestation(5, 1000)
	control.applicable with input as found with data.parameters as tuned
	not control.compliant with input as found with data.parameters as tuned
	control.non_compliant == {many(5, 4)} with input as found with data.parameters as tuned
}

test_most_of_them if {
	every counts in [[4, 9], [2, 4], [2, 2]] {
		found := attestation(counts[0], counts[1])
		not control.compliant with input as found with data.parameters as tuned
		control.non_compliant == {share(counts[0], counts[1], 40)} with input as found with data.parameters as tuned
	}
}

test_both if {
	found := attestation(5, 5)
	control.non_compliant == {many(5, 4), share(5, 5, 40)} with input as found with data.parameters as tuned
}

test_without_the_parameters if {
	bare := {"controls": {}}
	control.compliant with input as attestation(50, 100) with data.parameters as bare
	control.non_compliant == {share(50, 99, 50)} with input as attestation(50, 99) with data.parameters as bare
	control.non_compliant == {many(51, 50)} with input as attestation(51, 200) with data.parameters as bare
	control.non_compliant == {share(2, 3, 50)} with input as attestation(2, 3) with data.parameters as bare
}

test_one_that_is_told_of_nothing_or_has_expired if {
	every found in [attestation(0, 10), {"attestation": {"in_force": false, "verdicts": 60, "judged": 60}}] {
		not control.applicable with input as found with data.parameters as tuned
		not control.compliant with input as found with data.parameters as tuned
		control.non_compliant == set() with input as found with data.parameters as tuned
	}
}

test_what_is_no_number_is_neither if {
	every found in [attestation(2, "7"), attestation("7", 10)] {
		not control.compliant with input as found with data.parameters as tuned
		control.non_compliant == set() with input as found with data.parameters as tuned
	}
}
