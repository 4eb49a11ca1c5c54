"""Show what plans will do: the engine on a virtual clock, with drivers that make nothing.

scenario.py  plans, resources and vaults as they would be
drivers.py   drivers that answer at once
tally.py     jobs and recovery points, counted
run.py       the simulation itself
outcomes.py  what becomes of each resource
"""
