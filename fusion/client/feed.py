"""What waits for one reader: of each track and alert the newest state, so that a slow reader is late but never out of date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, Self, TypeVar

from fusion.client.known import News
from fusion.messages import Track

T = TypeVar("T", bound=News)

ROOM = 10_000
"""Tracks and alerts that may wait; a reader who is so far behind has stopped reading."""


class Feed(AsyncIterator[T], Generic[T]):
    """An asynchronous iterator over news of some kind, in the order in which each began to wait."""

    def __init__(self, *kinds: type[T], room: int = ROOM) -> None:
        self.dropped = 0
        self._kinds, self._room = kinds, room
        self._waiting: dict[tuple[type, str], T] = {}
        self._told: set[str] = set()  # tracks that the reader believes to be there
        self._stirred = asyncio.Event()
        self._ended = False
        self._error: Exception | None = None

    def takes(self, kind: type[News]) -> bool:
        """Tell whether its reader asked for this kind."""
        return kind in self._kinds

    def put(self, news: News) -> None:
        """Post news; a newer state takes the place of one that waits. Never waits."""
        if not isinstance(news, self._kinds):
            return
        key = (type(news), news.track if isinstance(news, Track) else news.alert)
        if isinstance(news, Track) and news.status == "deleted" and news.track not in self._told:
            self._waiting.pop(key, None)  # it came and went unseen
            return
        if key not in self._waiting and len(self._waiting) >= self._room:
            del self._waiting[next(iter(self._waiting))]
            self.dropped += 1
        self._waiting[key] = news
        self._stirred.set()

    def end(self, error: Exception | None = None) -> None:
        """Let the reader have what waits, and then end, by an error if there is one."""
        self._ended, self._error = True, error
        self._stirred.set()

    def __aiter__(self) -> Self:
        """Give itself."""
        return self

    async def __anext__(self) -> T:
        """Give the next news, when there is some."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._stirred.clear()
            await self._stirred.wait()
        news = self._waiting.pop(next(iter(self._waiting)))
        if isinstance(news, Track):
            (self._told.discard if news.status == "deleted" else self._told.add)(news.track)
        return news
