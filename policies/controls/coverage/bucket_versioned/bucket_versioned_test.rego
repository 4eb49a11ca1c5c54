package controls.coverage.bucket_versioned_test

import data.controls.coverage.bucket_versioned as control

bucket(versioning, before) := {"bucket": {"versioning": versioning, "was_versioned": before}}

test_enabled_is_compliant if {
	every before in [true, false] {
		found := bucket("enabled", before)
		control.applicable with input as found
		control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}

test_anything_else_is_a_finding if {
	every versioning in ["suspended", "off"] {
		every pair in [[false, "not_versioned"], [true, "switched_off"]] {
			found := bucket(versioning, pair[0])
			control.applicable with input as found
			not control.compliant with input as found
			reason := {"code": pair[1], "evidence": {"versioning": versioning}}
			control.non_compliant == {reason} with input as found
		}
	}
}

test_nothing_is_asked_where_it_is_not_known if {
	not control.applicable with input as {"bucket": {}}
}
