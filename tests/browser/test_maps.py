"""Base maps in a real browser: an archive of vector tiles, one of pictures, a drawing, XYZ and WMTS of a host that the site names."""

from __future__ import annotations

import contextlib
import http.server
import threading
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from pmtiles.tile import TileType

from tests.browser.stage import Watched, browser, enter, staged
from tests.console.charts import archive, city, drawing, picture, under
from tests.e2e.processes import run

pytestmark = pytest.mark.slow

WATER = {"dark": (0x15, 0x29, 0x3D), "light": (0xC3, 0xD8, 0xEA)}
GROUND = {"dark": (0x0B, 0x11, 0x17), "light": (0xE9, 0xED, 0xF1)}
"""Of the console's palettes."""


async def looked_at(stage, opened, theme, shot, *, credit, hidden="trails,ellipses,coverage,zones,labels,vectors"):
    """Open the console in a theme with nothing but the map and symbols shown; give its picture once the map says whose it is."""
    context = await opened.new_context(locale="en-GB", viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    layers = ", ".join(f'"{name}": false' for name in hidden.split(","))
    await context.add_init_script(
        f"localStorage.setItem('vigie.theme', '{theme}'); localStorage.setItem('vigie.layers', '{{{layers}}}')"
    )
    watched = Watched(await context.new_page(), stage.url)
    await enter(watched.page, stage.link(f"one-{theme}"))
    await watched.page.wait_for_selector(f".credits:text-is('{credit}')")
    await watched.page.wait_for_load_state("networkidle")
    box = await watched.page.locator(".map-box").bounding_box()
    await watched.page.screenshot(path=shot, clip=box)
    await context.close()
    return Image.open(shot).convert("RGB"), watched.faults


def share(image, colour, within=3):
    """Give how much of a picture has a colour, but for a few steps."""
    return float(np.mean(np.abs(np.asarray(image, float) - colour).max(axis=2) <= within))


def test_an_archive_and_a_drawing_are_drawn_in_the_colours_of_each_theme(fresh_mosquitto, tmp_path):
    maps = tmp_path / "basemap"
    maps.mkdir()
    archive(maps / "city.pmtiles", {place: city(*place) for z in range(11, 15) for place in under(z)})
    (maps / "park.geojson").write_bytes(drawing(attribution="the town"))

    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            return {
                theme: await looked_at(stage, opened, theme, tmp_path / f"{theme}.png", credit="© the mapmakers · the town")
                for theme in WATER
            }

    for theme, (image, faults) in run(body()).items():
        assert faults == []
        # The river is 0.004° high. At zoom 14.6 a degree of latitude is 2^14.6 × 256 / 360 / cos(48.858°) = 26 840 px: 107 px of the map.
        expected = 0.004 * 2**14.6 * 256 / 360 / 0.65793 / image.height
        assert abs(share(image, WATER[theme]) - expected) < 0.2 * expected, (
            "the river: a little of it lies under symbols and names"
        )
        assert share(image, GROUND[theme]) > 0.3


def test_an_archive_of_pictures_is_toned_down_to_the_theme(fresh_mosquitto, tmp_path):
    maps = tmp_path / "basemap"
    maps.mkdir()
    archive(
        maps / "plan.pmtiles", {place: picture((255, 255, 255)) for z in range(12, 16) for place in under(z)}, kind=TileType.PNG
    )

    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            return {
                theme: await looked_at(stage, opened, theme, tmp_path / f"{theme}.png", credit="© the mapmakers")
                for theme in GROUND
            }

    for theme, (image, faults) in run(body()).items():
        assert faults == []
        assert share(image, GROUND[theme]) > 0.8, "white paper is the theme's ground"


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A tile server that remembers what it was asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(picture((0, 0, 0)))

    def log_message(self, *_) -> None:
        """Say nothing."""


@contextlib.contextmanager
def elsewhere():
    """Give a tile server on loopback, and what it was asked."""
    asked: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Elsewhere,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


WAYS = {
    "xyz": 'url = "{url}/{{z}}/{{x}}/{{y}}.png?key=a"',
    "wmts": 'url = "{url}/wmts"\nwmts = {{ layer = "PLAN", matrix_set = "PM", style = "normal" }}',
}  # fmt: skip


def read(way, path):
    """Give the zoom, column and row that a request asks for, after what the standard says of it."""
    if way == "xyz":
        z, x, y = urlsplit(path).path.removesuffix(".png").strip("/").split("/")
        assert urlsplit(path).query == "key=a"
        return int(z), int(x), int(y)
    query = {name: value for name, (value,) in parse_qs(urlsplit(path).query, strict_parsing=True).items()}
    z, y, x = (int(query.pop(name)) for name in ("TILEMATRIX", "TILEROW", "TILECOL"))
    assert query == {
        "SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0", "LAYER": "PLAN", "STYLE": "normal", "FORMAT": "image/png", "TILEMATRIXSET": "PM",
    }  # fmt: skip
    return z, x, y


@pytest.mark.parametrize("way", WAYS)
def test_tiles_come_from_the_host_that_the_site_names_and_from_no_other(fresh_mosquitto, tmp_path, way):
    async def body(url):
        more = f'\n[console.tiles]\nattribution = "© elsewhere"\nmax_zoom = 15\n{WAYS[way].format(url=url)}\n'
        async with staged(fresh_mosquitto, tmp_path, more=more) as stage, browser() as opened:
            return await looked_at(stage, opened, "light", tmp_path / "light.png", credit="© elsewhere")

    with elsewhere() as (url, asked):
        image, faults = run(body(url))
    assert {read(way, path) for path in asked} <= {place for z in (14, 15) for place in under(z, (2.25, 48.83, 2.34, 48.88))}
    assert asked
    assert all(fault.startswith(f"request elsewhere: {url}/") for fault in faults), "nothing but what was asked of it is a fault"
    # Black on the light theme is ink: control over ground, 0.55 (map/toning.ts).
    ink = tuple(round(0.55 * dark + 0.45 * light) for dark, light in zip((0x75, 0x82, 0x8F), GROUND["light"], strict=True))
    assert share(image, ink) > 0.8
