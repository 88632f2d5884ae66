"""Opens a stream: which one a browser asks for, and whether it may have it. What is refused is refused before the handshake."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from fusion.console.desk import REPLAYS, Desk
from fusion.console.guard import caller_of, from_here
from fusion.console.permissions import Caller
from fusion.console.problems import Problem
from fusion.console.recalling import found_in
from fusion.console.rehearsing import rehearse, scenario_in
from fusion.console.replaying import replay
from fusion.console.stream import live


async def open_stream(socket: WebSocket, desk: Desk) -> None:
    """Begin a stream, for who may have it and comes from here."""
    try:
        serve = await _chosen(socket, desk)
    except Problem as problem:
        await socket.send_denial_response(problem.response())
        return
    await serve()


async def _chosen(socket: WebSocket, desk: Desk) -> Callable[[], Awaitable[None]]:
    """Give what serves the stream that is asked for, or refuse."""
    if not from_here(socket, desk.console):
        raise Problem(403, "another site's page may not listen")
    caller = await reader(socket, desk)
    asked = _asked(socket)
    if "recording" in asked and "scenario" in asked:
        raise Problem(400, "a stream is of a recording or of a scenario, not of both")
    if "recording" in asked:
        return await _replay(socket, desk, caller, asked["recording"])
    if "scenario" in asked:
        return await _scenario(socket, desk, caller, asked)
    return partial(live, socket, desk, caller)


async def _replay(socket: WebSocket, desk: Desk, caller: Caller, name: str) -> Callable[[], Awaitable[None]]:
    _permit(desk, caller, "replay")
    found = await found_in(desk, name)
    await desk.note_by(caller, "replay", found.name)
    return partial(replay, socket, desk, caller, found)


async def _scenario(socket: WebSocket, desk: Desk, caller: Caller, asked: dict[str, str]) -> Callable[[], Awaitable[None]]:
    _permit(desk, caller, "scenario")
    told, seed = await scenario_in(desk, asked["scenario"]), asked.get("seed")
    if seed is not None and not re.fullmatch(r"[0-9]{1,15}", seed):
        raise Problem(422, f"seed: {seed[:32]!r} is not a number from 0 to 999999999999999")
    await desk.note_by(caller, "scenario", told.name, seed or "")
    return partial(rehearse, socket, desk, caller, told, None if seed is None else int(seed))


def _permit(desk: Desk, caller: Caller, permission: str) -> None:
    if not caller.may(permission):
        raise Problem(403, f"{caller.name} may not do this; it needs the permission {permission!r}")
    if desk.replaying.locked():
        raise Problem(503, f"{REPLAYS} replays and scenarios are open already; close one first")


def _asked(socket: WebSocket) -> dict[str, str]:
    """Give what the query says, each word once."""
    given = dict(socket.query_params)
    if len(given) != len(socket.query_params.multi_items()):
        raise Problem(400, "a parameter of the query is given twice")
    return given


async def reader(connection: HTTPConnection, desk: Desk) -> Caller:
    """Tell who asks, if that one may see the picture; else refuse."""
    caller = await caller_of(connection, desk)
    if caller.must_change or not caller.may("read"):
        raise Problem(403, "this needs the permission 'read', and a password of one's own")
    return caller
