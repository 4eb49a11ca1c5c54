package controls.audit_manager.cross_region_test

import data.controls.audit_manager.cross_region

asked(copied, wanted) := {"audit_manager": {
	"cross_region": object.union({"in_scope": true}, wanted),
	"copy_regions": copied,
}}

none := {"code": "no_copy", "evidence": {}}

other(found) := {"code": "not_listed", "evidence": {"asked": ["a", "b"], "found": found}}

both := {"regions": ["a", "b"]}

test_any_other_will_do if {
	cross_region.applicable with input as asked(["c"], {})
	cross_region.compliant with input as asked(["c"], {})
	cross_region.non_compliant == set() with input as asked(["c"], {})
}

test_none_is_found if {
	not cross_region.compliant with input as asked([], {})
	cross_region.non_compliant == {none} with input as asked([], {})
	not cross_region.compliant with input as asked([], both)
	cross_region.non_compliant == {none} with input as asked([], both)
}

test_all_that_are_listed if {
	cross_region.compliant with input as asked(["a", "b", "c"], both)
	cross_region.non_compliant == set() with input as asked(["a", "b", "c"], both)
}

test_none_that_is_listed if {
	not cross_region.compliant with input as asked(["d", "c"], both)
	cross_region.non_compliant == {other(["c", "d"])} with input as asked(["d", "c"], both)
	cross_region.non_compliant == {other(["c"])} with input as asked(["c"], both)
}

test_the_only_one_that_is_listed if {
	one := {"regions": ["a"]}
	cross_region.compliant with input as asked(["a", "c"], one)
	not cross_region.compliant with input as asked(["c"], one)
	found := {"code": "not_listed", "evidence": {"asked": ["a"], "found": ["c"]}}
	cross_region.non_compliant == {found} with input as asked(["c"], one)
}

test_an_empty_list_asks_for_any if {
	cross_region.compliant with input as asked(["c"], {"regions": []})
	not cross_region.compliant with input as asked([], {"regions": []})
	cross_region.non_compliant == {none} with input as asked([], {"regions": []})
}

test_some_that_are_listed_are_left_open if {
	not cross_region.compliant with input as asked(["a"], both)
	cross_region.non_compliant == set() with input as asked(["a"], both)
}

test_what_was_not_read_is_neither if {
	unread := object.remove(asked([], {}).audit_manager, ["copy_regions"])
	not cross_region.compliant with input as {"audit_manager": unread}
	cross_region.non_compliant == set() with input as {"audit_manager": unread}
	listing := object.remove(asked([], both).audit_manager, ["copy_regions"])
	not cross_region.compliant with input as {"audit_manager": listing}
	cross_region.non_compliant == set() with input as {"audit_manager": listing}
}

test_what_is_not_in_the_scope_is_not_judged if {
	out := {"audit_manager": {"cross_region": {"in_scope": false}, "copy_regions": []}}
	not cross_region.applicable with input as out
	not cross_region.applicable with input as {"audit_manager": {"copy_regions": []}}
}
