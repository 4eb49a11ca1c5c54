package controls.governance.earlier_runs_unchanged_test

import data.controls.governance.earlier_runs_unchanged as control

as_named := {"compared": true, "changed": [], "gone": false}

with_run(facts) := {"run": object.union(as_named, facts)}

test_one_that_is_as_it_was_named if {
	control.applicable with input as with_run({})
	control.compliant with input as with_run({})
	control.non_compliant == set() with input as with_run({})
}

test_one_that_nothing_was_compared_with if {
	found := with_run({"compared": false})
	not control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == set() with input as found
}

test_each_file_that_is_not_as_it_was_named if {
	every code, one in {
		"changed": {"file": "f", "named_by": "the run r", "named": "a", "found": "b"},
		"lost": {"file": "f", "named_by": "the run r", "named": "a"},
		"added": {"file": "f"},
	} {
		found := with_run({"changed": [one]})
		control.applicable with input as found
		not control.compliant with input as found
		control.non_compliant == {{"code": code, "evidence": one}} with input as found
	}
}

test_one_that_is_gone if {
	found := with_run({"compared": false, "gone": true})
	control.applicable with input as found
	not control.compliant with input as found
	control.non_compliant == {{"code": "gone", "evidence": {}}} with input as found
}

test_what_is_not_known if {
	every fact in ["compared", "changed", "gone"] {
		found := {"run": object.remove(as_named, [fact])}
		not control.compliant with input as found
		control.non_compliant == set() with input as found
	}
}
