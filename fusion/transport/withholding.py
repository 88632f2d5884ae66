"""What is withheld from the topics that many may read: it leaves on topics of its own, which the broker's rules give to few."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from fusion import personal
from fusion.config import Publish
from fusion.messages import Alert, AlertMessage, Output, PictureMessage, Track, TrackMessage, TracksMessage, WireIdentity
from fusion.payload import payload
from fusion.topics import PRIVATE, TopicTree
from fusion.transport.outgoing import Publication, alert_publication, publications

T = TypeVar("T", Track, Alert)

_alert = msgspec.json.Decoder(Alert)


class Withholding:
    """What one site withholds, and how it is told."""

    def __init__(self, settings: Publish, tree: TopicTree) -> None:
        self._kinds, self._tree = frozenset(settings.withhold), tree
        self._heads = ("", PRIVATE) if settings.private else ("",)

    def publications(self, output: Output, number: str) -> list[Publication]:
        """Say what the broker is to be given for an Output: without what is withheld, and whole."""
        if not isinstance(output, TracksMessage | PictureMessage | TrackMessage | AlertMessage):
            return publications(output, self._tree, number)
        told = {"": self.of(output), PRIVATE: output}
        return [one for head in self._heads for one in publications(told[head], self._tree, number, head=head)]

    def of_alert(self, alert: str, encoded: bytes) -> list[Publication]:
        """Say what the broker is to be given for an alert's payload as the journal holds it."""
        whole = _alert.decode(encoded) if encoded else None
        without = None if whole is None else self.alert(whole)
        shown = encoded if without is None or without is whole else payload(AlertMessage(alert=without, cause=0))
        told = {"": shown, PRIVATE: encoded}
        return [alert_publication(alert, told[head], self._tree, head=head) for head in self._heads]

    def of(self, output: Output) -> Output:
        """Give an Output without what is withheld; itself where there is nothing."""
        match output:
            case TracksMessage() | PictureMessage():
                return replace(output, tracks=tuple(self.track(one) for one in output.tracks))
            case TrackMessage(state=Track() as state):
                return replace(output, state=self.track(state))
            case AlertMessage():
                return replace(output, alert=self.alert(output.alert))
            case _:
                return output

    def track(self, track: Track) -> Track:
        """Give a track without what is withheld; itself where there is nothing. Most say nothing of themselves."""
        if track.verdict == "friendly" and "friendly" in self._kinds:
            track = _without_places(track)
        if track.pilot is None and track.identity is None:
            return track
        return self._nameless(track, track.identity, pilot=track.pilot, identity=track.identity)

    def alert(self, alert: Alert) -> Alert:
        """Give an alert without what is withheld, also of its track; itself where there is nothing."""
        state = alert.track_state
        if state is None and alert.pilot is None:
            return alert
        shown = alert if state is None else replace(alert, track_state=self.track(state))
        return self._nameless(shown, None if state is None else state.identity, pilot=alert.pilot)

    def _nameless(self, told: T, claim: WireIdentity | None, **said: object) -> T:
        """Leave out of a track or an alert whose claim is known what is withheld, and its names of its sentences."""
        changes: dict[str, object] = {}
        if "pilot" in self._kinds and said["pilot"] is not None:
            changes["pilot"] = None
        if claim is not None and (shown := self._shown(claim)) is not claim:
            hidden = {name: word for name, word in msgspec.structs.asdict(claim).items() if getattr(shown, name, None) is None}
            changes |= self._sentences(told, personal.names_in({"identity": hidden}))
            if "identity" in said:
                changes["identity"] = shown
        return replace(told, **changes) if changes else told

    def _shown(self, claim: WireIdentity) -> WireIdentity | None:
        """Give what of a claim is not withheld; itself where that is all of it."""
        if "identity" in self._kinds:
            return None
        return replace(claim, operator=None) if "operator" in self._kinds and claim.operator else claim

    @staticmethod
    def _sentences(told: Track | Alert, names: Collection[str]) -> dict[str, object]:
        """Give the sentences of a track or an alert without names, where they have any."""
        if (found := personal.pattern(names)) is None:
            return {}

        def said(sentences: Iterable[str]) -> tuple[str, ...]:
            return tuple(found.sub(personal.LEFT_OUT, one) for one in sentences)

        changes: dict[str, object] = {"reasons": said(told.reasons)}
        if isinstance(told, Alert):
            changes["notes"] = said(told.notes)
            changes["reasons_in"] = {language: said(sentences) for language, sentences in told.reasons_in.items()}
        return changes


def _without_places(track: Track) -> Track:
    """Leave out where a friendly track is, that it is there and why it is told stays."""
    return msgspec.convert(personal.withheld(msgspec.to_builtins(track), ("friendly",)), Track)
