"""Report formats: a module each, behind the interface of `base`; `registry` is the one list of them.

Whoever only names the formats (the settings, a command's help, the pages) reads the list, so a module of this
folder imports nothing heavy at its top. What only writing needs is imported where it is written.
"""
