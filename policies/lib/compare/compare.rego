# METADATA
# title: Comparisons and products of two numbers that hold for nothing else
# description: |
#   Rego orders across types: "7" >= 35 and [] >= 35 are true. These hold only when both sides are numbers, and
#   are undefined when a side is absent: neither `at_most` nor `above` speaks of a fact that was not read. A product
#   with anything else is undefined too, where `*` would be an error.
# scope: package
package lib.compare

at_most(number, limit) if {
	is_number(number)
	is_number(limit)
	number <= limit
}

above(number, limit) if {
	is_number(number)
	is_number(limit)
	number > limit
}

at_least(number, limit) if {
	is_number(number)
	is_number(limit)
	number >= limit
}

below(number, limit) if {
	is_number(number)
	is_number(limit)
	number < limit
}

product(number, factor) := number * factor if {
	is_number(number)
	is_number(factor)
}
