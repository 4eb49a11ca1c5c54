"""A change held against a run: its evidence judged as it is, and as if the change were made."""
