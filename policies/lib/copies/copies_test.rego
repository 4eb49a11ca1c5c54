package lib.copies_test

import data.lib.copies

copy := {"age_hours": 48, "never_expires": false, "retention_days": 35}

endless := {"age_hours": 48, "never_expires": true}

older := object.union(copy, {"age_hours": 48.5})

test_both_sides_of_the_age if {
	copies.young([copy, older], 48) == [copy]
	copies.young([object.remove(copy, ["age_hours"])], 48) == []
	copies.all_too_old([older], 48)
	not copies.all_too_old([older, copy], 48)
	not copies.all_too_old([older, object.remove(copy, ["age_hours"])], 48)
	not copies.all_too_old([], 48)
}

test_both_sides_of_the_retention if {
	copies.kept(copy, 35)
	not copies.short(copy, 35)
	not copies.kept(copy, 36)
	copies.short(copy, 36)
	copies.kept(endless, 36500)
	not copies.short(endless, 36500)
}

test_one_that_is_kept_is_enough if {
	copies.all_short([copy], 36)
	not copies.all_short([copy, endless], 36)
	not copies.all_short([], 36)
}

test_what_does_not_say_how_long_is_neither if {
	every days in [34, 35, 36] {
		every unread in [object.remove(copy, ["never_expires"]), object.remove(copy, ["retention_days"])] {
			not copies.kept(unread, days)
			not copies.short(unread, days)
		}
		not copies.short(object.union(endless, {"retention_days": 1}), days)
	}
}

test_the_figures_of_several if {
	candidates := [older, copy, object.union(copy, {"retention_days": 40})]
	copies.newest_age_hours(candidates) == 48
	copies.longest_days(candidates) == 40
}

daily := {"never_expires": false, "retention_days": 35, "worst_interval_hours": 48}

rare := object.union(daily, {"worst_interval_hours": 48.5})

ending := object.union(daily, {"last_due_at": "2026-03-01T00:00:00Z"})

test_both_sides_of_the_interval if {
	copies.often([daily, rare, object.remove(daily, ["worst_interval_hours"])], 48) == [daily]
	copies.lasting([daily, rare], 48)
	not copies.lasting([rare], 48)
	copies.all_rare([rare, rare], 48)
	not copies.all_rare([rare, daily], 48)
	not copies.all_rare([object.remove(daily, ["worst_interval_hours"])], 48)
	not copies.all_rare([], 48)
}

test_copies_that_end if {
	not copies.lasting([ending, rare], 48)
	copies.lasting([ending, daily], 48)
	copies.all_ending([ending])
	not copies.all_ending([ending, daily])
	not copies.all_ending([])
	later := object.union(ending, {"last_due_at": "2026-03-02T00:00:00Z"})
	copies.last_due_at([later, ending]) == "2026-03-02T00:00:00Z"
}

test_the_kept_ones_and_the_most_frequent if {
	copies.kept_of([daily, endless], 36) == [endless]
	copies.least_interval_hours([rare, daily]) == 48
}
