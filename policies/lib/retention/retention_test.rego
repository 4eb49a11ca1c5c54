package lib.retention_test

import data.lib.retention

days(number) := {"never_expires": false, "delete_after_days": number}

never := {"never_expires": true}

test_floor if {
	retention.long_enough(days(35), 35)
	not retention.too_short(days(35), 35)
	not retention.long_enough(days(34), 35)
	retention.too_short(days(34), 35)
	retention.long_enough(never, 35)
	not retention.too_short(never, 35)
}

test_ceiling if {
	retention.short_enough(days(90), 90)
	not retention.too_long(days(90), 90)
	not retention.short_enough(days(91), 90)
	retention.too_long(days(91), 90)
	not retention.short_enough(never, 90)
	not retention.too_long(never, 90)
	retention.for_ever(never, 90)
	not retention.for_ever(days(91), 90)
}

test_no_bound_asks_nothing if {
	retention.long_enough(days(1), null)
	not retention.too_short(days(1), null)
	retention.short_enough(days(36500), null)
	retention.short_enough(never, null)
	not retention.too_long(days(36500), null)
	not retention.for_ever(never, null)
}

test_a_lifecycle_without_days_is_not_judged if {
	unread := {"never_expires": false}
	not retention.long_enough(unread, 35)
	not retention.long_enough(unread, null)
	not retention.too_short(unread, 35)
	not retention.short_enough(unread, 90)
	not retention.too_long(unread, 90)
}

test_a_lifecycle_that_does_not_say_whether_it_ends_is_not_judged if {
	every number in [34, 35, 36] {
		unread := {"delete_after_days": number}
		every bound in [35, null] {
			not retention.long_enough(unread, bound)
			not retention.too_short(unread, bound)
			not retention.too_long(unread, bound)
			not retention.for_ever(unread, bound)
		}
		not retention.short_enough(unread, 35)
	}
}
