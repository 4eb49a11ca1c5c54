"""A whole AWS organization behind one endpoint on loopback.

moto answers for every service but `backup`; our executor answers for `backup`, in virtual time. It is meant
for demonstrations and tests: access keys are looked up, signatures are not verified, and nothing outlives the
process.
"""
