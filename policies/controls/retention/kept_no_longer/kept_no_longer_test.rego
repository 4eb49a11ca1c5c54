package controls.retention.kept_no_longer_test

import data.controls.retention.kept_no_longer as control

gold := {
	"name": "gold",
	"required": true,
	"retention_max_days": 90,
	"copy": {"retention_max_days": 40},
	"account_copy": {"retention_max_days": 20},
}

here := {"in_another_account": false, "in_another_region": false}

# beside their originals, and away from them
places := [{"in_another_account": account, "in_another_region": region} |
	some account in [false, true]
	some region in [false, true]
]

point(facts) := {
	"tier": gold,
	"recovery_point": object.union_n([here, {"never_expires": false}, facts]),
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

# a copy that lies in another account, in another Region, as the two flags of a row say
copied(row, days) := {
	"tier": row[0],
	"recovery_point": {
		"in_another_account": row[1],
		"in_another_region": row[2],
		"never_expires": false,
		"retention_days": days,
	},
}

test_a_copy_has_the_ceiling_of_where_it_lies if {
	every row in [
		[gold, true, false, 20],
		[gold, false, true, 40],
		[gold, true, true, 40],
		[object.remove(gold, ["copy"]), true, true, 20],
		[object.remove(gold, ["account_copy"]), true, true, 40],
		[object.union(gold, {"account_copy": {"retention_max_days": 50}}), true, true, 50],
	] {
		passes with input as copied(row, row[3])
		evidence := {"tier": "gold", "retention_days": row[3] + 1, "ceiling_days": row[3]}
		fails("kept_too_long", evidence) with input as copied(row, row[3] + 1)
	}
}

test_a_copy_that_is_both_has_no_ceiling_where_one_kind_has_none if {
	every kind in ["copy", "account_copy"] {
		open := object.union(object.remove(gold, [kind]), {kind: {"retention_days": 1}})
		not control.applicable with input as copied([open, true, true], 36500)
	}
}

test_for_ever_is_longer_than_any_ceiling if {
	evidence := {"tier": "gold", "ceiling_days": 90}
	fails("kept_for_ever", evidence) with input as point({"never_expires": true})
}

test_without_a_ceiling_it_is_not_applicable if {
	every tier in [
		{"name": "bronze", "required": true},
		{"name": "bronze", "required": true, "copy": {"retention_days": 1}, "account_copy": {"retention_days": 1}},
		object.union(gold, {"required": false}),
	] {
		every place in places {
			every never in [false, true] {
				found := object.union(place, {"never_expires": never, "retention_days": 36500})
				not control.applicable with input as {"tier": tier, "recovery_point": found}
			}
		}
	}
	not control.applicable with input as point({"in_another_account": "no", "retention_days": 36500})
	not control.applicable with input as point({"in_another_region": "no", "retention_days": 36500})
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
			found := object.union(here, {"never_expires": never, "retention_days": days})
			every fact in ["in_another_account", "in_another_region", "never_expires", "retention_days"] {
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
