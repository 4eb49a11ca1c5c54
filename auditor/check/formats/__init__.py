"""What a check is printed as: a module each, behind the interface of `base`; `registry` is the one list.

The help of the command reads the list, so a module of this folder imports nothing heavy at its top.
"""
