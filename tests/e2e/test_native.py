"""Every format drives the Eiffel Tower's scenario, through its real socket, to the alerts that the scan contract leads to."""

from __future__ import annotations

import asyncio
import bisect
import math
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from fusion.messages import SECOND, Measurement, Polar, Position
from tests.brokers import Mosquitto, started
from tests.e2e.native import QUIET, RUNS, Flown, fly

TICK_S = 0.1
FORECAST_S = 3.0
"""s by which a forecast's alert may come sooner or later: it is raised where a probability crosses a threshold, and the classes of
accuracy that Remote ID knows, or a radar's missing words for birds, make it cross a little sooner or later."""


class Resolution(NamedTuple):
    """What a format counts in, as far as a place moves by rounding to it."""

    plane_m: float = 0.0
    upright_m: float = 0.0
    range_m: float = 0.0
    angle_deg: float = 0.0
    time_s: float = 0.002
    kept: float = 0.9  # the share of the reports at least: what was overtaken on its way is told by some formats as no new place


E7, MICRO = 0.5e-7 * 111_320.0 + 1e-3, 1e-4 + 1e-3  # m: half a step of 10⁻⁷ degrees; of ours, 10⁻⁹
SEXTET = 0.5 * 25.0 * 0.3048 + 1e-3

RESOLUTION = {
    "odid": Resolution(E7 + E7, 0.251, time_s=0.051),
    "odid_ble": Resolution(E7 + E7, 0.251, time_s=0.051),
    "odid_wifi": Resolution(E7 + E7, 0.251, time_s=0.051),
    "mavlink": Resolution(E7 + E7, 0.251, time_s=0.051),
    "dronescout": Resolution(E7 + E7, 0.251, time_s=0.051),
    "dragonsync": Resolution(E7 + E7, 0.251),
    "readsb": Resolution(0.12, SEXTET, time_s=0.06),  # an aircraft's place is asked for every quarter second
    "sbs": Resolution(0.8, SEXTET),  # five digits of degrees
    "cot": Resolution(E7 + E7, 0.051),
    "asterix": Resolution(0.5 * 180.0 / 2**30 * 111_320.0 + 2e-3, 0.5 * 6.25 * 0.3048 + 1e-3, 1852.0 / 512.0 + 1e-3, 0.0051, time_s=1.0 / 256.0 + 1e-4),
    "misb": Resolution(E7 + E7, 0.5 * 19_900.0 / 65_535.0 + 1e-3),
    "sapient": Resolution(MICRO, MICRO, 0.0011, 1.1e-6, kept=1.0),
}  # fmt: skip


@pytest.fixture(
    scope="module", params=[pytest.param("some", marks=pytest.mark.slow), pytest.param("all", marks=pytest.mark.deep)]
)
def flown(request, tmp_path_factory):
    """Fly it once: a few runs for as long as it takes to the first alerts, or every run to the end."""
    runs, seconds = (["json", "a"], 38.0) if request.param == "some" else (list(RUNS), 170.0)
    directory = tmp_path_factory.mktemp("native")
    with started(Mosquitto(directory)) as broker:
        return asyncio.run(fly(runs, directory, broker, seconds))


def reference_of(run: str) -> str:
    """Name the run of the scan contract that a run is judged by: what is only detections is told by fewer false ones."""
    return "json, silence says nothing" if run in QUIET else "json"


def raised(told: Flown) -> dict[tuple[str, str, str, str], float]:
    return {(one.rule, one.zone, one.severity, one.actor): one.after_s for one in told.alerts if one.actor is not None}


def test_every_format_leads_to_the_alerts_of_the_scan_contract(flown):
    assert [fault for run, told in flown.items() for fault in of_alerts(flown, run, told)] == []


def of_alerts(flown: dict[str, Flown], run: str, told: Flown) -> Iterator[str]:
    """Say in what a run's alerts are not those of the scan contract."""
    reference, got = raised(flown[reference_of(run)]), raised(told)
    assert reference
    if missing := reference.keys() - got.keys():
        yield f"{run}: without {missing}"
    more = got.keys() - reference.keys()
    if not {actor for *_, actor in more} <= ({"pigeons"} if run == "b" else set()):  # CAT048 has no word for birds
        yield f"{run}: and {more}"
    for key in reference.keys() & got.keys():
        bound = TICK_S if key[0] == "intrusion" else FORECAST_S
        slow = max(told.late_s, flown["json"].late_s)  # the tick of an alert is the first one after a message came
        if abs(off := got[key] - reference[key]) > bound + slow:
            yield f"{run}: {key} {off:+.2f} s off, {slow:.2f} of them the machine's"


def test_every_native_sensor_tells_the_places_of_the_scan_contract_to_its_format_s_resolution(flown):
    spoken = {(run, sensor): form.removesuffix("_file") for run in flown for sensor, form in RUNS[run].items()}
    faults = []
    for (run, sensor), form in spoken.items():
        expected, got = flown[reference_of(run)].heard[sensor, "scan"], flown[run].heard.get((sensor, form), [])
        resolution = RESOLUTION[form]
        if len(got) < resolution.kept * len(expected):
            faults.append(f"{run}: {form}: {len(got)} of {len(expected)}")
        strange = [one for one in got if not any(same(one, other, resolution) for other in around(expected, one, resolution))]
        faults += [f"{run}: {form}: {len(strange)}, as {strange[0]}"] if strange else []
    assert spoken
    assert faults == []


def test_what_was_heard_beside_mqtt_is_told_in_status(flown):
    for run, told in flown.items():
        for sensor, form in RUNS[run].items():
            if form in {"dronescout", "dragonsync"}:
                continue
            (feed,) = [
                one for name, one in told.status["feeds"].items() if name == sensor or (form, name[:7]) == ("sapient", "sapient")
            ]
            assert feed["frames"] > 0
            assert (feed["dropped"], feed["refused"]) == (0, 0), f"{run}: {feed}"
            assert told.status["sensors"][sensor]["rejected"] == 0


def around(expected: list[Measurement], one: Measurement, resolution: Resolution) -> list[Measurement]:
    """Give what the contract told at the time of a detection."""
    ordered = sorted(expected, key=lambda other: other.time)
    within = round(resolution.time_s * SECOND)
    begin, end = (bisect.bisect_left(ordered, one.time + off, key=lambda other: other.time) for off in (-within, within + 1))
    return ordered[begin:end]


def same(one: Measurement, other: Measurement, resolution: Resolution) -> bool:
    """Tell whether two detections are of one place, but for a format's rounding."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Position):
        east = (one.longitude - other.longitude) * 6_378_137.0 * math.cos(one.latitude)
        north = (one.latitude - other.latitude) * 6_378_137.0
        apart, up = max(abs(east), abs(north)), (one.altitude or 0.0) - (other.altitude or 0.0)
        return apart <= resolution.plane_m and abs(up) <= resolution.upright_m
    turned = abs(math.degrees(math.remainder(one.azimuth - other.azimuth, math.tau)))
    return turned <= resolution.angle_deg and (not isinstance(one, Polar) or abs(one.range - other.range) <= resolution.range_m)
