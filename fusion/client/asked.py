"""A command that was given about an alert, and how its answer is known: by the alert's next revision, or a refusal."""

from __future__ import annotations

import asyncio
import re

import msgspec

from fusion.errors import CommandError
from fusion.messages import Alert, Rejected
from fusion.zones.commands import Acknowledge, Command, Reject, Shelve, decode_command

CUT = re.compile(r"(\\x[0-9a-f]{2})+$")
"""What a letter of several bytes looks like where a refusal's first bytes end in the middle of it."""


class Asked:
    """One command on its way. Raises DecodeError for one that cannot be: without a name, without a reason."""

    def __init__(self, alert: str, command: Command, topic: str) -> None:
        self.alert, self.command, self.topic = alert, command, topic
        self.payload = msgspec.json.encode(command)
        decode_command(self.payload)
        self.answer: asyncio.Future[Alert] = asyncio.get_running_loop().create_future()

    def is_done(self, alert: Alert) -> bool:
        """Tell whether an alert is as the command wants it; of a closed one nothing but notes can be wanted."""
        match self.command:
            case Acknowledge():
                return alert.state in {"acknowledged", "closed"}
            case Shelve(until=until):
                return alert.state == "closed" or alert.shelved_until == until
            case Reject():
                return alert.state == "closed"
            case command:
                last = alert.notes[-1] if alert.notes else ""
                return f" {command.who}: " in last and last.endswith(command.why)

    def hear(self, alert: Alert) -> None:
        """Take a revision of some alert."""
        if alert.alert == self.alert and self.is_done(alert) and not self.answer.done():
            self.answer.set_result(alert)

    def hear_refusal(self, refusal: Rejected) -> None:
        """Take a refusal of something: it is ours if the topic and the first bytes are."""
        first = CUT.sub("", refusal.first_bytes)
        if refusal.topic == self.topic and self.payload.decode().startswith(first) and not self.answer.done():
            self.answer.set_exception(CommandError(refusal.reason))
