"""Answers and gaps become exactly one verdict for each control and subject."""
