package lib.compare_test

import data.lib.compare

test_both_sides_of_the_limit if {
	compare.at_most(24, 24)
	not compare.at_most(24.1, 24)
	compare.above(24.1, 24)
	not compare.above(24, 24)
	compare.at_least(24, 24)
	not compare.at_least(23.9, 24)
	compare.below(23.9, 24)
	not compare.below(24, 24)
	compare.product(24, 1.5) == 36
}

test_another_type_is_never_compared if {
	every other in ["7", null, true, [], {}] {
		not compare.at_most(other, 24)
		not compare.above(other, 24)
		not compare.at_least(other, 24)
		not compare.below(other, 24)
		not compare.at_most(24, other)
		not compare.above(24, other)
		not compare.at_least(24, other)
		not compare.below(24, other)
		products := [n | some pair in [[other, 24], [24, other]]; n := compare.product(pair[0], pair[1])]
		products == []
	}
}
