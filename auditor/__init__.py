"""Backup governance as code for AWS organizations."""

__version__ = "0.1.0"
