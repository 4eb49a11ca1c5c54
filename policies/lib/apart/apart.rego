# METADATA
# title: How many copies there are, of how many kinds, elsewhere and immutable, by the rule 3-2-1-1-0
# description: |
#   Of backups that are young enough. The data itself is a copy, and so is each vault. What is not told of a backup is
#   not counted for it.
# scope: package
package lib.apart

import data.lib.copies

counted(backups, max_age_hours) := counts if {
	is_array(backups)
	is_number(max_age_hours)
	young := copies.young(backups, max_age_hours)
	counts := {
		"copies": 1 + count({backup.vault | some backup in young}),
		"kinds": count({[backup.place, backup.air_gapped, backup.cold] | some backup in young}),
		"elsewhere": count({backup.vault | some backup in young; backup.elsewhere == true}),
		"immutable": count({backup.vault | some backup in young; backup.immutable == true}),
	}
}
