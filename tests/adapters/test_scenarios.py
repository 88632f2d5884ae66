"""A native format drives the Eiffel Tower's scenario to the same alerts as the scan contract does."""

from __future__ import annotations

import functools

import pytest

from tests.adapters.scenarios import Told, eiffel, flown, over_sapient

pytestmark = pytest.mark.deep


@functools.cache
def by_the_contract() -> Told:
    return flown(eiffel())


@pytest.mark.parametrize(
    ("sensor", "format_"),
    [
        ("remote-id-1", "odid"),
        ("remote-id-1", "odid_ble"),
        ("remote-id-1", "odid_wifi"),
        ("remote-id-1", "mavlink"),
        ("remote-id-1", "dronescout"),
        ("remote-id-1", "dragonsync"),
        ("adsb-1", "readsb"),
        ("adsb-1", "sbs"),
        ("adsb-1", "cot"),
        ("adsb-1", "asterix"),
        ("rf-1", "asterix"),
        ("camera-1", "asterix_015"),
    ],
)
def test_a_native_format_leads_to_the_same_alerts(sensor, format_):
    told = flown(eiffel(sensor, format_))
    assert all(outcome.met for outcome in told.outcomes)
    assert told.alerts == by_the_contract().alerts


def test_a_radar_in_asterix_leads_to_every_alert_of_the_contract():
    """CAT048 has no words for a radar's classes: what only it had called birds may raise an alert more."""
    told = flown(eiffel("radar-1", "asterix"))
    assert all(outcome.met for outcome in told.outcomes)
    assert told.alerts >= by_the_contract().alerts
    assert {alert[3] for alert in told.alerts - by_the_contract().alerts} <= {"pigeons"}


def test_radars_and_cameras_over_sapient_lead_to_the_same_alerts():
    assert flown(over_sapient()).alerts == by_the_contract().alerts
