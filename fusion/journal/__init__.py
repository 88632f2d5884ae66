"""The durable book: what was alerted is written here before anybody hears of it."""

from fusion.journal.journal import Command, Entry, Journal

__all__ = ["Command", "Entry", "Journal"]
