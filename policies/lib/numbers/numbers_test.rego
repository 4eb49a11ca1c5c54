package lib.numbers_test

import data.lib.numbers

test_both_sides_of_the_limit if {
	numbers.at_most(24, 24)
	not numbers.at_most(24.1, 24)
	numbers.above(24.1, 24)
	not numbers.above(24, 24)
	numbers.at_least(24, 24)
	not numbers.at_least(23.9, 24)
	numbers.below(23.9, 24)
	not numbers.below(24, 24)
}

test_another_type_is_never_compared if {
	every other in ["7", null, true, [], {}] {
		not numbers.at_most(other, 24)
		not numbers.above(other, 24)
		not numbers.at_least(other, 24)
		not numbers.below(other, 24)
		not numbers.at_most(24, other)
		not numbers.above(24, other)
		not numbers.at_least(24, other)
		not numbers.below(24, other)
	}
}
