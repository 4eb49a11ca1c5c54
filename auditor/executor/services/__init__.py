"""Drivers: how each resource type is really listed, backed up, copied and deleted."""
