"""Sensors at the console: one that moves, where it is and how old that is; how much each was heard of late."""

from __future__ import annotations

import time

import pytest

from sensors.pose import encode_pose
from tests.browser.stage import Watched, browser, enter, staged
from tests.e2e.processes import run
from tests.tracking.moving_scene import pose, straight

pytestmark = pytest.mark.slow

ALOFT = """
[[sensor]]
id = "eye-1"
kind = "camera"
reports = "detections-only"
period_s = 0.2
accuracy = { azimuth_deg = 0.3, elevation_deg = 0.3 }
coverage = { elevation_deg = [-60, 30], range_m = [20, 1200] }
[sensor.platform]
horizontal_m = 1.5
vertical_m = 2.5
"""

PATH = straight((100.0, 0.0, 0.0), (40.0, 0.0, 0.0))


def told(seconds: float) -> bytes:
    """A pose of now, so many seconds along the way."""
    one = pose(PATH, seconds, attitude=(1.0, 0.0, 0.0))
    return encode_pose(type(one)(**{name: getattr(one, name) for name in one.__struct_fields__} | {"time": time.time_ns()}))


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en-GB", ("Last place", "nobody knows where it is")), ("fr-FR", ("Dernière position", "sa position est inconnue"))],
)
def test_the_sensors_page_says_how_old_a_place_is_and_the_map_has_it_where_it_is(fresh_mosquitto, tmp_path, locale, words):
    async def body():
        async with staged(fresh_mosquitto, tmp_path, unflown=ALOFT) as stage, browser() as opened:
            watched = Watched(await opened.new_page(locale=locale), stage.url)
            page, topic = watched.page, "vigie/v1/paris/sensor/eye-1/pose"
            await enter(page, stage.link())
            await page.goto(f"{stage.url}/#/sensors")
            card = page.locator("section[aria-labelledby='sensor-eye-1']")
            await card.get_by_text(words[1]).wait_for()
            places = []
            for seconds in (0.0, 5.0):
                await stage.seen.client.publish(topic, told(seconds), qos=1, retain=True)
                await card.get_by_text(words[1]).wait_for(state="hidden")
                age = card.locator(f"div:has(> dt:text-is('{words[0]}')) dd")
                await page.wait_for_function("one => one.textContent !== '—'", arg=await age.element_handle())
                places.append(await _placed(page, PATH, seconds))
            await card.get_by_text(words[1]).wait_for()  # nobody says any more where it is
            return places, watched.faults

    places, faults = run(body())
    assert places == [True, True]
    assert faults == []


async def _placed(page, path, seconds: float) -> bool:
    """Wait until the server has the sensor where it said to be."""
    longitude = pose(path, seconds).longitude * 57.29577951308232
    await page.wait_for_function(
        """async wanted => {
            const told = await (await fetch("/api/v1/sensors")).json();
            const one = told.items.find(sensor => sensor.sensor === "eye-1");
            return Math.abs(one.longitude_deg - wanted) < 1e-6;
        }""",
        arg=longitude,
    )
    return True


def test_what_was_heard_before_a_page_opened_is_on_its_timeline_and_in_its_sparklines(fresh_mosquitto, tmp_path):
    """The console counted it: a page that is loaded anew has it with the first status, not some statuses later."""

    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            watched = Watched(await opened.new_page(locale="en-GB"), stage.url)
            page = watched.page
            await enter(page, stage.link())
            await page.locator(".timeline rect.bar").first.wait_for(state="attached")
            await page.reload()
            await page.wait_for_selector("section.sensors tbody tr")
            bars, sparks = await page.locator(".timeline rect.bar").count(), await page.locator("svg.spark rect").count()
            return bars, sparks, watched.faults

    bars, sparks, faults = run(body())
    assert bars > 0
    assert sparks > 0
    assert faults == []
