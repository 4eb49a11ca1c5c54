"""Sends the findings of a judged run to where an organization collects them."""
