"""Estimates where everything is, and how sure that is. Pure: no clock, no wire, no log."""
