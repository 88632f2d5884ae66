"""The durable book: what was alerted is written here before anybody hears of it."""

from fusion.journal.journal import Journal
from fusion.journal.records import Command, Entry, Note

__all__ = ["Command", "Entry", "Journal", "Note"]
