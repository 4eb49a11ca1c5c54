package controls.recovery.clean_point_test

import data.controls.recovery.clean_point as control

gold := {"name": "gold", "required": true, "clean_point": {"max_age_hours": 48}}

volume := {"type": "EBS", "age_hours": 1000, "seen_hours": 1000}

given(clean) := {"tier": gold, "resource": volume, "clean": clean}

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

test_a_clean_point_as_old_as_the_tier_allows if {
	every kind in ["EBS", "EC2", "S3"] {
		found := given({"points": 3, "scanned": 1, "age_hours": 48})
		passes with input as object.union(found, {"resource": {"type": kind}})
	}
}

test_a_clean_point_just_too_old if {
	evidence := {"newest_age_hours": 48.5, "max_age_hours": 48, "tier": "gold"}
	fails("clean_too_old", evidence) with input as given({"points": 3, "scanned": 1, "age_hours": 48.5})
}

test_nothing_was_scanned if {
	fails("not_scanned", {"points": 3, "tier": "gold"}) with input as given({"points": 3, "scanned": 0})
}

test_nothing_is_clean if {
	fails("none_clean", {"points": 3, "scanned": 1}) with input as given({"points": 3, "scanned": 1})
}

test_a_young_resource_need_have_none if {
	every scanned in [0, 1] {
		young := object.union(given({"points": 1, "scanned": scanned}), {"resource": {"age_hours": 48, "seen_hours": 48}})
		not control.applicable with input as young
		old := object.union(young, {"resource": {"age_hours": 48.5, "seen_hours": 48.5}})
		control.applicable with input as old
		count(control.non_compliant) == 1 with input as old
	}
	clean := {"points": 1, "scanned": 1, "age_hours": 1}
	passes with input as object.union(given(clean), {"resource": {"age_hours": 2, "seen_hours": 2}})
}

test_one_whose_creation_nothing_tells_is_judged_by_its_first_sign if {
	every scanned in [0, 1] {
		early := {"tier": gold, "resource": {"type": "S3", "seen_hours": 48}, "clean": {"points": 1, "scanned": scanned}}
		unjudged with input as early
		later := object.union(early, {"resource": {"seen_hours": 48.5}})
		count(control.non_compliant) == 1 with input as later
	}
}

test_what_is_not_read_is_not_judged if {
	unjudged with input as given({})
	unjudged with input as given({"points": 1})
	unjudged with input as given({"points": 1, "scanned": "1"})
	unjudged with input as given({"points": 1, "scanned": "0"})
}

test_what_cannot_be_scanned_or_need_not_be_is_not_applicable if {
	clean := {"points": 1, "scanned": 0}
	not control.applicable with input as object.union(given(clean), {"resource": {"type": "RDS"}})
	every tier in [
		{"name": "silver", "required": true},
		{"name": "exempt", "required": false, "clean_point": {"max_age_hours": 48}},
	] {
		not control.applicable with input as {"tier": tier, "resource": volume, "clean": clean}
	}
}

test_what_passes_is_never_found_too if passes with input as given({"points": 1, "scanned": 0, "age_hours": 48})
