"""The adapter that CONTRIBUTING.md shows is a real one: it loads as a plug-in, reads what it writes and refuses nonsense."""

import importlib
import math
import re
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sensors
from fusion.config import Accuracy, Sensor, Site
from fusion.errors import DecodeError
from fusion.messages import RawMessage

PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
MODULE, TEST = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PROJECT, SENSOR = (tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))

RECEIVED = 1_784_000_001_000_000_000


@pytest.fixture(scope="module")
def adapters(tmp_path_factory):
    """The house's adapters and the page's, found by the entry point that the page declares."""
    directory = tmp_path_factory.mktemp("plug-in")
    (directory / "acoustic.py").write_text(MODULE, encoding="utf-8")
    sys.path.insert(0, str(directory))
    importlib.invalidate_caches()
    ((group, entries),) = PROJECT["project"]["entry-points"].items()
    yield sensors.load(lambda: [EntryPoint(name, value, group) for name, value in entries.items()])
    sys.path.remove(str(directory))
    sys.modules.pop("acoustic", None)


@pytest.fixture(scope="module")
def station():
    (told,) = SENSOR["sensor"]
    sensor = Sensor(id=told["id"], kind=told["kind"], accuracy=Accuracy(**told["accuracy"]), reports=told["reports"])
    return sensors.Station(sensor, Site(name="paris", latitude_deg=48.8582, longitude_deg=2.2945).frame())


def test_the_plug_in_is_declared_in_the_group_that_is_looked_in(adapters, station):
    assert list(PROJECT["project"]["entry-points"]) == [sensors.GROUP]
    assert station.sensor.kind in adapters


def test_the_payload_of_its_docstring_is_read_in_radians_and_nanoseconds(adapters, station):
    payload = re.search(r"`(\{.*\})`", MODULE)[1].encode()
    scan = adapters["acoustic"].decode(station, RawMessage(topic="", payload=payload, received=RECEIVED), False)
    (bearing,) = scan.detections
    assert (scan.time, scan.sequence) == (1_784_000_000_500_000_000, 17)
    assert math.degrees(bearing.azimuth) == pytest.approx(208.0)
    assert math.degrees(bearing.sigma_azimuth) == pytest.approx(4.0)


def test_the_test_that_the_page_shows_passes(adapters):
    names = {}
    exec(compile(TEST, "CONTRIBUTING.md", "exec"), names)  # noqa: S102 - it is our own page
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert len(tests) == 1
    tests[0]()


NUMBER = st.integers() | st.floats() | st.none() | st.text(max_size=3)


@given(
    st.binary(max_size=40)
    | st.builds('{{"unix_s": {}, "count": {}, "az_deg": {}}}'.format, NUMBER, NUMBER, NUMBER).map(str.encode)
)
def test_nonsense_is_refused_and_nothing_worse(adapters, station, payload):
    try:
        scan = adapters["acoustic"].decode(station, RawMessage(topic="", payload=payload, received=RECEIVED), False)
    except DecodeError:
        return
    assert 0.0 <= scan.detections[0].azimuth <= math.tau
