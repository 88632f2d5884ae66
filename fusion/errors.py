"""What can go wrong, and whose fault it is."""

from typing import Literal

NotIn = Literal[
    "away", "begun", "cancelled", "clock", "journal", "name_taken", "no_name", "no_role", "said_no", "unproven", "wait"
]  # fmt: skip
"""Why somebody does not come in by an OpenID provider; the login page has a sentence for each (`i18n/entering.ts`)."""


class FusionError(Exception):
    """Anything that Vigie says no to, in words for the person who must act on it."""


class ConfigError(FusionError):
    """A file that a person wrote is wrong; nothing was started."""


class DecodeError(FusionError):
    """A payload is wrong; it is refused, counted, published, and the service goes on."""


class RecordingError(FusionError):
    """A recording cannot be read or written."""


class SnapshotError(FusionError):
    """A snapshot does not fit this version or this configuration; the service starts afresh and says so."""


class BrokerError(FusionError):
    """The MQTT broker says no: a wrong address, password, certificate or permission that only a person can put right."""


class JournalError(FusionError):
    """The journal cannot be read or written, so no alert may leave."""


class JournalUnavailableError(JournalError):
    """The journal cannot be read or written now, but may be again: a full disk, a server that is away."""


class AccountError(FusionError):
    """A user or token of the console cannot be as it was asked: the name is taken, there is none, the last one would go."""


class SignOnError(FusionError):
    """Somebody does not come in by an OpenID provider; `code` names the sentence of the login page that says why."""

    def __init__(self, code: NotIn, why: str) -> None:
        super().__init__(why)
        self.code = code


class WebhookError(FusionError):
    """A webhook cannot be used as it is configured: its secrets, its CA, a package that is not installed."""


class CommandError(FusionError):
    """A command about an alert was refused by the service, or the service has not answered."""


class PermitError(FusionError):
    """A permit cannot be signed, drawn or read as it was asked."""
