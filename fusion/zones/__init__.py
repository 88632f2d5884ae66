"""Decides who may fly where, and what deserves an alert. Pure: no clock, no wire, no log."""
