"""Where each key of a TOML text stands."""

import pytest

from fusion.config_file import Source, dotted

TEXT = """\
name = "a"
[site]
crs = "auto"
[[actor]]
id = "one"
route = [
  { height_m = 1 },
  # a remark between them
  { height_m = 2, speed_mps = 3 },
]
[actor.identity]
serial = "x"
[[actor]]
id = "two"
[[actor.stop]]
at = 1
[[actor.stop]]
at = 2
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("name",), 1),
        (("site", "crs"), 3),
        (("actor", 0), 4),
        (("actor", 0, "route"), 6),
        (("actor", 0, "route", 0, "height_m"), 7),
        (("actor", 0, "route", 1, "speed_mps"), 9),
        (("actor", 0, "identity", "serial"), 12),
        (("actor", 1, "id"), 14),
        (("actor", 1, "stop", 0, "at"), 16),
        (("actor", 1, "stop", 1, "at"), 18),
        (("actor", 1, "route", 4), 13),
    ],
)
def test_a_key_is_found_on_its_line_or_on_that_of_the_table_around_it(key, line):
    assert Source("file.toml", TEXT).where(key) == f"file.toml, line {line}: {dotted(key)}"


def test_a_key_that_stands_nowhere_still_has_a_name():
    assert Source("file.toml", TEXT).where(("mqtt", "port")) == "file.toml: mqtt.port"


def test_a_key_is_written_as_a_person_would_write_it():
    assert dotted(("sensor", 0, "accuracy", "range_m")) == "sensor[0].accuracy.range_m"
