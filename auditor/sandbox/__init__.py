"""One endpoint on loopback that is a whole AWS organization.

moto answers for every service but `backup`, our executor answers for `backup`, in virtual time. Meant for
demonstrations and tests: access keys are looked up, signatures are not verified, nothing outlives the
process.
"""
