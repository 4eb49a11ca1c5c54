package controls.retention.kept_no_longer_test

import data.controls.retention.kept_no_longer as control

gold := {"name": "gold", "required": true, "retention_max_days": 90, "copy": {"retention_max_days": 40}}

point(facts) := {
	"tier": gold,
	"recovery_point": object.union({"is_copy": false, "never_expires": false}, facts),
}

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
	not control.compliant
	control.non_compliant == set()
}

test_both_sides_of_the_ceiling if {
	passes with input as point({"retention_days": 90})
	passes with input as point({"retention_days": 90.9})
	evidence := {"tier": "gold", "retention_days": 91, "ceiling_days": 90}
	fails("kept_too_long", evidence) with input as point({"retention_days": 91})
}

test_a_copy_has_a_ceiling_of_its_own if {
	passes with input as point({"is_copy": true, "retention_days": 40})
	evidence := {"tier": "gold", "retention_days": 41, "ceiling_days": 40}
	fails("kept_too_long", evidence) with input as point({"is_copy": true, "retention_days": 41})
}

test_for_ever_is_longer_than_any_ceiling if {
	evidence := {"tier": "gold", "ceiling_days": 90}
	fails("kept_for_ever", evidence) with input as point({"never_expires": true})
}

test_without_a_ceiling_it_is_not_applicable if {
	every tier in [
		{"name": "bronze", "required": true},
		{"name": "bronze", "required": true, "copy": {"retention_days": 1}},
		{"name": "exempt", "required": false, "retention_max_days": 1, "copy": {"retention_max_days": 1}},
	] {
		every is_copy in [false, true] {
			every never in [false, true] {
				found := {"is_copy": is_copy, "never_expires": never, "retention_days": 36500}
				not control.applicable with input as {"tier": tier, "recovery_point": found}
			}
		}
	}
	not control.applicable with input as point({"is_copy": "no", "retention_days": 36500})
}

test_what_is_on_its_way_is_not_applicable if {
	passing := {"delete_after_event": "DELETE_AFTER_COPY", "retention_days": 91}
	not control.applicable with input as point(passing)
	fails("kept_too_long", {"tier": "gold", "retention_days": 91, "ceiling_days": 90}) with input as point({
		"delete_after_event": "another event",
		"retention_days": 91,
	})
}

test_a_point_of_which_a_fact_is_missing_is_not_judged if {
	every days in [90, 91, "91"] {
		every never in [true, false] {
			found := {"is_copy": false, "never_expires": never, "retention_days": days}
			every fact in ["is_copy", "never_expires", "retention_days"] {
				document := {"tier": gold, "recovery_point": object.remove(found, [fact])}
				verdictless(fact, never) with input as document
			}
		}
	}
	unjudged with input as point({"retention_days": "91"})
	unjudged with input as point({"retention_days": "1"})
}

# of what is kept for ever the days do not matter
verdictless("retention_days", true) if control.non_compliant != set()

verdictless("retention_days", false) if unjudged

verdictless(fact, _) if {
	fact != "retention_days"
	unjudged
}
