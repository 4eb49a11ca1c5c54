"""The nouns of backup governance as frozen values: no I/O, no clock, no library but the standard one."""
