"""What a client knows of a site: the newest state of every track and alert, kept from what the topics say. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from fusion.messages import Alert, PictureMessage, StatusMessage, Track
from fusion.payload import untagged
from fusion.topics import PRIVATE, Address

News = Track | Alert
"""What a client is told: one track's or one alert's new state."""

_tracks = msgspec.json.Decoder(tuple[Track, ...])
_alert = msgspec.json.Decoder(Alert)


class Known:
    """The picture as it was heard last, and what is new in each message."""

    def __init__(self) -> None:
        self.tracks: dict[str, Track] = {}
        self.alerts: dict[str, Alert] = {}
        self.status: StatusMessage | None = None
        self._gone: dict[str, datetime] = {}  # tracks that were deleted since the newest picture

    def hear(self, address: Address, payload: bytes) -> list[News]:
        """Take a message, and give what it says that is new; raise msgspec.DecodeError where it cannot be read."""
        match address.name.removeprefix(PRIVATE):
            case "tracks":
                return [track for track in _tracks.decode(payload) if self._take(track)]
            case "picture":
                return self._compare(untagged(payload, PictureMessage))
            case "alert":
                return self._take_alert(address.parts["alert"], payload)
            case "status":
                self.status = untagged(payload, StatusMessage)
        return []

    def _take(self, track: Track) -> bool:
        """Note a track's state; tell whether it is news."""
        known = self.tracks.get(track.track)
        if known is not None and track.time < known.time:
            return False
        if track.status == "deleted":
            self._gone[track.track] = track.time
            return self.tracks.pop(track.track, None) is not None
        self._gone.pop(track.track, None)
        self.tracks[track.track] = track
        return track != known

    def _compare(self, picture: PictureMessage) -> list[News]:
        """Learn what was missed. A picture may be older than what is known: the broker keeps the last one for newcomers."""
        news: list[News] = []
        for track in picture.tracks:
            known, gone = self.tracks.get(track.track), self._gone.get(track.track)
            if (gone is None or gone < track.time) and (known is None or known.time < track.time) and self._take(track):
                news.append(track)
        shown = {track.track for track in picture.tracks}
        for track in [one for one in self.tracks.values() if one.track not in shown and one.time < picture.time]:
            del self.tracks[track.track]
            news.append(replace(track, status="deleted", existence=0.0, time=picture.time))
        self._gone = {track: time for track, time in self._gone.items() if time >= picture.time}
        return news

    def _take_alert(self, name: str, payload: bytes) -> list[News]:
        """Note an alert's revision, which may come twice; an empty payload says that it is closed and archived."""
        if not payload:
            self.alerts.pop(name, None)
            return []
        alert, known = _alert.decode(payload), self.alerts.get(name)
        if known is not None and alert.revision <= known.revision:
            return []
        self.alerts[name] = alert
        return [alert]
