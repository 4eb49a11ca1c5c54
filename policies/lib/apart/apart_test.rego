package lib.apart_test

import data.lib.apart

main := {
	"vault": "main", "place": "1 a", "age_hours": 48,
	"elsewhere": false, "air_gapped": false, "immutable": false, "cold": false,
}

far := object.union(main, {"vault": "far", "place": "2 a", "elsewhere": true, "immutable": true})

of(copies, kinds, elsewhere, immutable) := {
	"copies": copies, "kinds": kinds, "elsewhere": elsewhere, "immutable": immutable,
}

test_each_vault_is_a_copy_beside_the_data if {
	apart.counted([main, far], 48) == of(3, 2, 1, 1)
	apart.counted([main], 48) == of(2, 1, 0, 0)
	apart.counted([], 48) == of(1, 0, 0, 0)
}

test_two_backups_in_a_vault_are_one_copy if {
	apart.counted([far, object.union(far, {"cold": true})], 48) == of(2, 2, 1, 1)
}

test_what_is_too_old_is_not_counted if {
	apart.counted([object.union(main, {"age_hours": 48.5}), far], 48) == of(2, 1, 1, 1)
}

test_kinds_differ_in_place_vault_or_storage_class if {
	near := object.union(main, {"vault": "near"})
	apart.counted([main, near], 48) == of(3, 1, 0, 0)
	every differing in [{"place": "1 b"}, {"air_gapped": true}, {"cold": true}] {
		apart.counted([main, object.union(near, differing)], 48) == of(3, 2, 0, 0)
	}
}

test_what_is_not_told_is_not_counted if {
	bare := object.remove(far, ["air_gapped", "elsewhere", "immutable"])
	apart.counted([main, bare], 48) == of(3, 1, 0, 0)
	odd := object.union(far, {"elsewhere": "true", "immutable": "true"})
	apart.counted([main, odd], 48) == of(3, 2, 0, 0)
}

test_of_what_is_unknown_nothing_is_counted if {
	every backups in ["main", {"main": main}] {
		not apart.counted(backups, 48)
	}
	not apart.counted([main], "48")
}
