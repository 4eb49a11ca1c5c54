"""Pure arithmetic over the nouns: schedules, selections, slots, timelines, retention, locks: no I/O."""
