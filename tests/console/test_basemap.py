"""Base maps: archives against their authors' own package, drawings against shapely, the importer against nonsense, tiles over HTTP."""

from __future__ import annotations

import gzip
import json
import tomllib

import mapbox_vector_tile
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, Entry, TileType, serialize_directory, tileid_to_zxy, zxy_to_tileid
from shapely.geometry import shape

from fusion.__main__ import main
from fusion.config_console import Tiles
from fusion.config_file import load
from fusion.console import pmtiles
from fusion.console.basemap import BaseMaps
from fusion.console.mapcheck import check
from fusion.console.pmtiles import Archive, tile_id, zoom_of
from fusion.errors import ConfigError
from tests.console.charts import BOUNDS, archive, city, drawing, picture, under
from tests.console.stage import operating, run

SITE = '[site]\nname = "paris"\nlatitude_deg = 48.8582\nlongitude_deg = 2.2945\n'


def a_city(directory, zooms=(12, 14), **more):
    tiles = {place: city(*place) for z in range(zooms[0], zooms[1] + 1) for place in under(z)}
    return archive(directory / "city.pmtiles", tiles, **more), tiles


def many(directory, zoom=9):
    """Write an archive of so many tiles that its directory has leaves."""
    random = np.random.default_rng(3)
    tiles = {(z, x, y): random.bytes(int(random.integers(1, 30))) for z in range(zoom) for x in range(2**z) for y in range(2**z)}
    return archive(directory / "many.pmtiles", tiles, kind=TileType.PNG), tiles


# --- The archive ------------------------------------------------------------------------------------------------------


@given(st.data())
def test_a_tile_has_the_number_that_the_authors_give_it(data):
    z = data.draw(st.integers(0, pmtiles.DEEPEST))
    x, y = (data.draw(st.integers(0, 2**z - 1)) for _ in range(2))
    assert tile_id(z, x, y) == zxy_to_tileid(z, x, y)
    assert zoom_of(tile_id(z, x, y)) == tileid_to_zxy(tile_id(z, x, y))[0] == z


@given(
    st.lists(st.tuples(st.integers(1, 2**40), st.integers(0, 2**30), st.integers(1, 2**32), st.integers(-1, 2**50)), max_size=60)
)
def test_a_directory_is_read_as_its_authors_wrote_it(rows):
    entries, last, end = [], -1, 0
    for step, run_length, length, told in rows:
        last, offset = last + step, end if told < 0 else told
        entries.append(Entry(last, offset, length, run_length))
        end = offset + length
    found = pmtiles._entries(gzip.decompress(serialize_directory(entries)))
    ours = [[int(one) for one in row] for row in zip(*found, strict=True)]
    assert ours == [[one.tile_id, one.run_length, one.length, one.offset] for one in entries]


def test_every_tile_of_an_archive_with_leaves_is_found_and_none_that_is_not_there(tmp_path):
    path, tiles = many(tmp_path)
    ours = Archive(path)
    assert ours.header.leaf_length > 0, "the archive is too small to prove anything"
    assert all(ours.tile(*place) == tile for place, tile in tiles.items())
    assert ours.tile(9, 0, 0) is None
    with path.open("rb") as file:
        theirs = dict(all_tiles(MmapSource(file)))
    assert theirs == tiles


def test_an_archive_stays_what_it_was_when_another_takes_its_name(tmp_path):
    path, tiles = a_city(tmp_path)
    maps, place = BaseMaps(tmp_path), under(14)[0]
    before = maps.listed()
    assert maps.tile("city.pmtiles", *place).content == tiles[place]
    archive(tmp_path / "new.pmtiles", {place: b"\x1a\x00"}).replace(path)
    assert maps.tile("city.pmtiles", *place).content == b"\x1a\x00"
    assert [one.version for one in maps.listed()] != [one.version for one in before]


def test_what_is_no_map_is_left_out_and_told_to_the_log_once(tmp_path, caplog):
    (tmp_path / "broken.pmtiles").write_bytes(b"PMTiles\x02" + bytes(200))
    (tmp_path / "readme.txt").write_text("…")
    (tmp_path / "park.geojson").write_bytes(drawing())
    maps = BaseMaps(tmp_path)
    assert [one.file for _ in range(3) for one in maps.listed()] == ["park.geojson"] * 3
    assert caplog.text.count("PMTiles version 2; expected 3") == 1
    assert maps.tile("broken.pmtiles", 0, 0, 0) is None
    assert BaseMaps(tmp_path / "nowhere").listed() == []


# --- What is checked --------------------------------------------------------------------------------------------------


def test_a_good_archive_is_told_with_its_bounds_zooms_layers_and_makers(tmp_path):
    path, tiles = a_city(tmp_path)
    found = check(path)
    assert found.bounds == BOUNDS
    assert found.attribution == "© the mapmakers"
    layers = {name for tile in tiles.values() for name in mapbox_vector_tile.decode(tile)}
    assert found.content == [
        f"zooms 12 to 14: {len(tiles)} tiles, {len(set(tiles.values()))} different ones",
        f"layers: {', '.join(sorted(layers))}",
    ]


@pytest.mark.parametrize(
    ("kind", "name"), [(TileType.PNG, "PNG"), (TileType.JPEG, "JPEG"), (TileType.WEBP, "WEBP"), (TileType.AVIF, "AVIF")]
)
def test_pictures_of_every_kind_are_known_by_what_they_begin_with(tmp_path, kind, name):
    tiles = {place: picture((120, 130, 140), name) for place in under(12)}
    assert check(archive(tmp_path / "photo.pmtiles", tiles, kind=kind)).kind == f"PMTiles of {name.lower()}"
    other = TileType.PNG if name != "PNG" else TileType.JPEG
    with pytest.raises(ConfigError, match=f"expected a {other.name.lower()} picture"):
        check(archive(tmp_path / "photo.pmtiles", tiles, kind=other))


def test_a_drawings_bounds_are_what_shapely_says(tmp_path):
    (tmp_path / "park.geojson").write_bytes(drawing(copyright="the town"))
    found = check(tmp_path / "park.geojson")
    outlines = [shape(feature["geometry"]).bounds for feature in json.loads(drawing())["features"]]
    west, south, east, north = zip(*outlines, strict=True)
    assert found.bounds == (min(west), min(south), max(east), max(north))
    assert found.attribution == "the town"
    assert found.content == ["shapes: 1 LineString, 1 Point, 1 Polygon"]


ONE = {"type": "Feature", "properties": None, "geometry": {"type": "Point", "coordinates": [2.3, 48.9]}}


@pytest.mark.parametrize(
    ("features", "more", "said"),
    [
        ([], {}, "holds no place; expected at least one feature"),
        ([ONE | {"geometry": {"type": "Point", "coordinates": [652_000.0, 6_862_000.0]}}], {}, r"features\[0\]: 652000.*WGS84"),
        (
            [ONE | {"geometry": {"type": "Point", "coordinates": [2.3]}}],
            {},
            r"length >= 2 - at `\$.features\[0\].geometry.coordinates`",
        ),
        (
            [ONE | {"geometry": {"type": "Blob", "coordinates": []}}],
            {},
            r"Invalid value 'Blob' - at `\$.features\[0\].geometry.type`",
        ),
        (
            [ONE, ONE | {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}}],
            {},
            r"features\[1\]: a ring ends at \[0.0, 1.0\]; expected where it begins",
        ),
        ([ONE], {"crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}}, "EPSG::2154'; expected WGS84"),
        ([ONE], {"type": "Topology"}, "Invalid value 'Topology'.*expected a GeoJSON FeatureCollection"),
    ],
)
def test_an_unsuitable_drawing_is_told_where_and_what_was_expected(tmp_path, features, more, said):
    (tmp_path / "park.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features} | more))
    with pytest.raises(ConfigError, match=said):
        check(tmp_path / "park.geojson")


def broken(path, at, value):
    raw = bytearray(path.read_bytes())
    raw[at : at + len(value)] = value
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (0, b"MBTiles", "begins with b'MBTiles'; expected a PMTiles archive"),
        (7, b"\x02", "version 2; expected 3"),
        (97, b"\x03", "internal_compression is brotli; expected gzip or none"),
        (98, b"\x04", "tile_compression is zstd; expected gzip or none"),
        (99, b"\x06", "tile_type is 6; expected one of mvt, png, jpeg, webp, avif"),
        (100, b"\x0f\x02", "zooms 15 to 2; expected 0 <= from <= to"),
        (101, b"\x10", "says zooms 12 to 16 and has tiles of 12 to 14"),
        (102, b"\x00\x00\x00\x7f", "bounds .* expected west <= east"),
        (16, b"\xff\xff\xff\xff\x00", "root: ends at byte .* cut off"),
        (127, b"\x00\x00\x00", "directory at byte 127: expected gzip"),
        (98, b"\x02", "a tile of zoom 12 .*: expected gzip"),
        (99, b"\x02", "expected a png picture"),
    ],
)
def test_a_broken_archive_is_told_where_and_what_was_expected(tmp_path, at, value, said):
    path, _ = a_city(tmp_path)
    with pytest.raises(ConfigError, match=said):
        check(broken(path, at, value))


def test_an_archive_cannot_make_us_unpack_more_than_a_map_needs(tmp_path):
    bomb = gzip.compress(bytes(pmtiles.DIRECTORY_BYTES + 1))
    with pytest.raises(ValueError, match="unpacks to more than"):
        pmtiles.unzipped(bomb, pmtiles.DIRECTORY_BYTES)
    around = gzip.decompress(serialize_directory([Entry(0, 0, 40, 0)]))
    with pytest.raises(ValueError, match="and has"):
        pmtiles._entries(b"\xff\xff\xff\xff\xff\xff\xff\x7f" + around[1:])
    path, _ = a_city(tmp_path)
    raw = path.read_bytes()
    loop = serialize_directory([Entry(0, 0, 64, 0)]).ljust(64, b"\0")[:64]
    path.write_bytes(
        raw[:8] + b"".join(n.to_bytes(8, "little") for n in (127, len(loop), 0, 0, 127, 64, 0, 0)) + raw[72:127] + loop
    )
    with pytest.raises(ConfigError, match="more than once|expected gzip"):
        check(path)


def nonsense(raw, random):
    """Change, cut or repeat some of a file's bytes."""
    raw = bytearray(raw)
    for _ in range(int(random.integers(1, 6))):
        at = int(random.integers(0, len(raw))) if random.random() < 0.5 else int(random.integers(0, min(len(raw), 400)))
        how = random.integers(0, 4)
        if how == 0:
            raw[at] = int(random.integers(0, 256))
        elif how == 1:
            raw[at : at + 4] = random.bytes(4)
        elif how == 2:
            del raw[at : at + int(random.integers(1, 40))]
        else:
            raw[at:at] = raw[at : at + int(random.integers(1, 40))]
        raw = raw or bytearray(b"\0")
    return bytes(raw)


def refused(directory, rounds):
    """Feed the importer and the server nonsense; give how much of it was refused."""
    random, count = np.random.default_rng(11), 0
    packed, _ = a_city(directory, zooms=(14, 14))
    seeds = {"x.pmtiles": packed.read_bytes(), "y.pmtiles": many(directory, 7)[0].read_bytes(), "z.geojson": drawing(crs=None)}
    for at in range(rounds):
        name = list(seeds)[at % 3]
        (directory / name).write_bytes(nonsense(seeds[name], random))
        try:
            check(directory / name)
        except ConfigError as error:
            assert str(directory / name) in str(error)
            count += 1
        maps = BaseMaps(directory)
        assert all(one.file for one in maps.listed())
        for place in under(14)[:2] if name == "x.pmtiles" else [(6, 3, 9), (0, 0, 0)]:
            try:
                maps.tile(name, *place)
            except ConfigError:
                count += 1
    return count


def test_nonsense_is_refused_and_breaks_nothing(tmp_path):
    assert refused(tmp_path, 240) > 100


@pytest.mark.deep
def test_much_nonsense_is_refused_and_breaks_nothing(tmp_path):
    assert refused(tmp_path, 20_000) > 8000


# --- What is imported -------------------------------------------------------------------------------------------------


def test_an_import_puts_a_checked_copy_with_its_attribution_where_the_console_looks(tmp_path, capsys):
    site = tmp_path / "site.toml"
    site.write_text(SITE)
    path, tiles = a_city(tmp_path)
    (tmp_path / "park.geojson").write_bytes(drawing())
    assert main(["map", "import", str(site), str(path), "--name", "paris.pmtiles", "--attribution", "the town, 2026"]) == 0
    assert main(["map", "import", str(site), str(tmp_path / "park.geojson"), "--attribution", "us"]) == 0
    assert main(["map", "import", str(site), str(tmp_path / "park.geojson")]) == 0
    said = capsys.readouterr().out
    for line in (
        "bounds: 2.20000 48.80000 2.40000 48.92000",
        "attribution: the town, 2026",
        "layers: landuse, places, roads, water",
    ):
        assert line in said
    assert "park.geojson: there;" in said
    assert "park.geojson: replaced;" in said
    assert "none named; where its licence asks for one, import it with --attribution" in said
    with (tmp_path / "basemap" / "paris.pmtiles").open("rb") as file:
        theirs = Reader(MmapSource(file))
        assert theirs.metadata()["attribution"] == "the town, 2026"
        assert all(theirs.get(*place) == tile for place, tile in tiles.items())
    listed = {one.file: one for one in BaseMaps(tmp_path / "basemap").listed()}
    assert listed.keys() == {"paris.pmtiles", "park.geojson"}
    assert listed["paris.pmtiles"].attribution == "the town, 2026"


def test_an_import_minds_a_map_of_somewhere_else_and_refuses_what_is_none(tmp_path, capsys):
    site = tmp_path / "site.toml"
    site.write_text(SITE.replace("48.8582", "43.3"))
    path, _ = a_city(tmp_path, zooms=(10, 11))
    assert main(["map", "import", str(site), str(path)]) == 0
    said = capsys.readouterr().out
    assert "mind: the site (43.3, 2.2945) lies outside of it" in said
    assert "mind: no tiles beyond zoom 11" in said
    before = sorted((tmp_path / "basemap").iterdir())
    (tmp_path / "map.mbtiles").write_bytes(b"SQLite format 3")
    for arguments, expected in (
        (["map.mbtiles"], "expected a file whose name ends in .geojson, .json or .pmtiles"),
        (["nothing.pmtiles"], "cannot be read: No such file"),
        (["city.pmtiles", "--name", "../up.pmtiles"], "expected --name with letters"),
        (["city.pmtiles", "--name", "city.json"], "and the ending .pmtiles"),
    ):
        assert main(["map", "import", str(site), str(tmp_path / arguments[0]), *arguments[1:]]) == 2
        assert expected in capsys.readouterr().err
    assert sorted((tmp_path / "basemap").iterdir()) == before


# --- Tiles from elsewhere, by configuration ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('url = "https://tiles.example/{z}/{x}.png"', "has no {y}"),
        ('url = "https://tiles.example/{z}/{x}/{y}/{key}.png"', "has {key}; expected none but {x}, {y}, {z}"),
        ('url = "https://{s}.tiles.example/{z}/{x}/{y}.png"', "is no host"),
        ('url = "https://me:secret@tiles.example/{z}/{x}/{y}.png"', "is no host"),
        ('url = "https://a.example;script-src/{z}/{x}/{y}.png"', "is no host"),
        ('url = "https://[::1/{z}/{x}/{y}.png"', "is no URL"),
        ('url = "ftp://tiles.example/{z}/{x}/{y}.png"', "pattern|regex|matching"),
        ('url = "https://w.example/{Layer}/{TileMatrix}/{TileRow}"\nwmts = { layer = "a", matrix_set = "PM" }', "has no {TileCol}"),
        ('url = "https://w.example/wmts"\nwmts = { layer = "a" }', "matrix_set"),
        ('url = "https://w.example/wmts"\nwmts = { layer = "a", matrix_set = "PM", matrix = "3" }', "matrix"),
    ],
)  # fmt: skip
def test_tiles_that_no_browser_could_ask_for_stop_the_start(tmp_path, more, said):
    (tmp_path / "site.toml").write_text(f"{SITE}\n[console.tiles]\n{more}\n")
    with pytest.raises(ConfigError, match=said.replace("{", r"\{").replace("}", r"\}")):
        load(tmp_path / "site.toml", {})


def test_tiles_in_the_clear_stop_a_console_behind_tls_but_not_from_this_machine(tmp_path):
    written = '{}\n[console]\nproxy = true\n[console.tiles]\nurl = "http://{}/{{z}}/{{x}}/{{y}}.png"\n'
    (tmp_path / "site.toml").write_text(written.format(SITE, "tiles.example"))
    with pytest.raises(ConfigError, match="expected https://"):
        load(tmp_path / "site.toml", {})
    (tmp_path / "site.toml").write_text(written.format(SITE, "127.0.0.1:8100"))
    assert tomllib.loads((tmp_path / "site.toml").read_text())
    assert load(tmp_path / "site.toml", {}).console.tiles.max_zoom == 19


# --- What the server gives --------------------------------------------------------------------------------------------


def test_tiles_and_files_go_to_those_who_may_see_the_picture(tmp_path):
    (tmp_path / "basemap").mkdir()
    path, tiles = a_city(tmp_path / "basemap")
    packed = {place: gzip.compress(tile) for place, tile in tiles.items()}
    archive(tmp_path / "basemap" / "packed.pmtiles", packed, compression=Compression.GZIP)
    (place, tile), *_ = tiles.items()
    where = "/".join(map(str, place))

    async def body():
        async with operating(tmp_path) as stage, stage.client("viewer") as viewer, stage.client(None) as nobody:
            told = (await viewer.get("/api/v1/site")).json()["basemap"]
            answers = [await viewer.get(f"/basemap/{name}.pmtiles/{where}") for name in ("city", "packed")]
            part = await viewer.get("/basemap/city.pmtiles", headers={"Range": "bytes=0-6"})
            missing = [
                (await viewer.get(f"/basemap/{wanted}")).status_code
                for wanted in (
                    "city.pmtiles/14/0/0",
                    "city.pmtiles/3/99/0",
                    f"none.pmtiles/{where}",
                    "..%2Fsite.toml",
                    "city.pmtiles/1/0/x",
                )
            ]
            closed = [
                (await nobody.get(f"/basemap/{wanted}")).status_code for wanted in ("city.pmtiles", f"city.pmtiles/{where}")
            ]
            return told, answers, part, missing, closed

    told, answers, part, missing, closed = run(body())
    assert [(one["file"], one["kind"], one["min_zoom"], one["max_zoom"]) for one in told] == [
        ("city.pmtiles", "vector", 12, 14),
        ("packed.pmtiles", "vector", 12, 14),
    ]
    assert [answer.content for answer in answers] == [tile, tile]
    assert [answer.headers.get("content-encoding") for answer in answers] == [None, "gzip"]
    assert {answer.headers["content-type"] for answer in answers} == {"application/vnd.mapbox-vector-tile"}
    assert all("private" in answer.headers["cache-control"] for answer in answers)
    assert (part.status_code, part.content) == (206, b"PMTiles")
    assert missing == [204, 204, 204, 404, 404]
    assert closed == [401, 401]


def test_only_pictures_and_only_of_the_host_that_the_site_names_are_allowed_from_elsewhere(tmp_path):
    tiles = {"url": "https://tiles.example:8443/{z}/{x}/{y}.png?key=1"}

    async def policy(**more):
        async with operating(tmp_path, **more) as stage, stage.client(None) as nobody:
            return (await nobody.get("/health")).headers["content-security-policy"]

    plain = run(policy())
    grown = run(policy(tiles=msgspec.convert(tiles, Tiles)))
    assert "http" not in plain
    assert grown == plain.replace("img-src 'self' data: blob:", "img-src 'self' data: blob: https://tiles.example:8443")
