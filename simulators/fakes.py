"""Broadcasts that a sender on the ground makes up: positions and identities of aircraft that are not there."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from fusion.messages import Floats, Identity, Integers
from simulators.behaviour import Fakes
from simulators.earth import Place, enu_from_ecef_matrix, wgs84_from_ecef
from simulators.view import Hits, View


def invented(view: View, fakes: Fakes) -> Hits:
    """Give every made-up report (latitude, longitude, height, velocity east, north, up), of source −1 − its number.

    Each fake circles at its own distance, height and pace, all within what a real drone could fly; every look hears all.
    """
    begin, end = fakes.between_s
    sent = np.flatnonzero((view.looks.time >= begin) & (view.looks.time < end))
    look = np.repeat(sent, fakes.count)
    number = np.tile(np.arange(fakes.count), len(sent))
    time = np.round(view.looks.time[look], 1)
    return Hits(look, time, -1 - number, _circling(view, fakes, time, number))


def _circling(view: View, fakes: Fakes, time: Floats, number: Integers) -> Floats:
    shares = view.chance("fakes").uniform(size=(fakes.count, 4))
    radius = fakes.radius_m * np.sqrt(shares[:, 0]) + 1.0
    height = fakes.height_agl_m[0] + (fakes.height_agl_m[1] - fakes.height_agl_m[0]) * shares[:, 1]
    turn = np.where(shares[:, 2] < 0.5, 1.0, -1.0) * fakes.speed_mps / radius
    angle = math.tau * shares[number, 3] + turn[number] * time
    away = np.stack([np.sin(angle), np.cos(angle), np.zeros(len(time))], axis=-1) * radius[number, None]
    along = (
        np.stack([np.cos(angle), -np.sin(angle), np.zeros(len(time))], axis=-1)
        * (fakes.speed_mps * np.sign(turn[number]))[:, None]
    )
    middle = Place(math.radians(fakes.middle.latitude_deg), math.radians(fakes.middle.longitude_deg), view.ground)
    away[:, 2] += height[number]
    latitude, longitude, above = wgs84_from_ecef(middle.ecef(away))
    level = np.einsum("nij,jk,nk->ni", enu_from_ecef_matrix(latitude, longitude), _ecef_from_enu(middle), along)
    return np.stack([latitude, longitude, above, *level.T], axis=-1)


def _ecef_from_enu(place: Place) -> Floats:
    return np.asarray(enu_from_ecef_matrix(place.latitude, place.longitude).T)


def identity(view: View, source: int) -> Identity:
    """Give the identity of a made-up source: the one that is pretended, or an invented one, another each.

    Serials have the form of ANSI/CTA-2063-A; addresses are of the block that ICAO gives to nobody for long (F00000–F07FFF,
    Annex 10, volume III, table 9-1).
    """
    if view.behaviour.fakes is not None and (claim := view.behaviour.fakes.identity) is not None:
        return msgspec.convert(claim, Identity, from_attributes=True)
    if view.sensor.kind == "adsb":
        return Identity(icao24=f"{0xF00000 + -1 - source:06x}")
    return Identity(serial=f"1581FAKE{-1 - source:012d}")
