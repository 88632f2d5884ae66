"""Why: short sentences that an operator can read aloud, kept as key and words until somebody reads them."""

from __future__ import annotations

from typing import Literal

import msgspec

from fusion.messages import Record

Key = Literal[
    "no_identity",
    "contradicted",
    "not_registered",
    "not_yet_valid",
    "expired",
    "other_zone",
    "permit",
    "friendly",
    "claim_only",
    "bird",
    "inside",
    "leaving",
    "entering",
    "towards",
    "anchor_lost",
]

SENTENCES: dict[str, dict[Key, str]] = {
    "en": {
        "no_identity": "no identity received",
        "contradicted": "claims to be {name}, but measurements contradict it",
        "not_registered": "{name} has no permit",
        "not_yet_valid": "the permit of {name} begins at {time}",
        "expired": "the permit of {name} ended at {time}",
        "other_zone": "the permit of {name} is not for {zone}",
        "permit": "{name} has a permit from {issuer}",
        "friendly": "{name} is friendly by word of {issuer}",
        "claim_only": "no sensor has confirmed that claim",
        "bird": "looks like a bird ({percent} percent)",
        "inside": "inside {zone}",
        "leaving": "{metres} metres outside {zone}",
        "towards": "seen by {sensor} alone at {degrees} degrees, place unknown, probably inside {zone} ({percent} percent)",
        "anchor_lost": "{zone} goes with {anchor}, which has not been heard for {seconds} seconds",
        "entering": "may enter {zone} in about {seconds} seconds ({percent} percent)",
    },
}


class Reason(Record):
    """One reason: which sentence, and the words in it."""

    key: Key
    words: dict[str, str | int] = msgspec.field(default_factory=dict)

    def sentence(self, language: str = "en") -> str:
        """Say it."""
        return SENTENCES[language][self.key].format(**self.words)


def reason(key: Key, **words: str | int) -> Reason:
    """Make a reason of its key and words."""
    return Reason(key=key, words=words)
