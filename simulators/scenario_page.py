"""docs/scenarios.md: every key of a scenario, made from the records."""

from __future__ import annotations

from fusion.schema import schema, tables
from simulators.scenario import Scenario

HEAD = """# Scenarios

One TOML file a scenario, beside the site's configuration that it names. Made by `vigie scenario keys` (`make docs`) from
`simulators/scenario.py`; do not edit. A key that is not on this page is refused, and every mistake is told by file, line and key.

```sh
vigie scenario list                       # what comes with the house
vigie scenario check eiffel_tower         # fly it, run it through the core, judge it by its own expectations; 1 where one fails
vigie scenario check NAME --seeds 5       # its own seed and the next four
vigie scenario check NAME --broken        # the variant broken on purpose: it must give 1
vigie scenario check --all --jobs 4       # the whole library, as it is and broken: 0 where all of it comes out as it should
vigie simulate NAME --out DIR             # write recording, truth and site
```

[schema/scenario.json](schema/scenario.json) lets an editor that knows TOML schemas (Taplo, Even Better TOML) complete keys and
mark mistakes as they are typed: `#:schema docs/schema/scenario.json` as the file's first line.

A whole scenario is short:

```toml
name = "intruder"
site = "eiffel_tower_site.toml"
start = 2026-07-26T17:30:00Z
duration_s = 60
seed = 1

[[actor]]
id = "intruder"
kind = "multirotor"
route = [
  { latitude_deg = 48.8662, longitude_deg = 2.2788, height_agl_m = 70 },
  { latitude_deg = 48.8590, longitude_deg = 2.2935, height_agl_m = 110, hover_s = 8 },
]

[[expect]]
actor = "intruder"
flagged = true
rule = "intrusion"
zone = "TE-RING"
by_s = 60

[broken]
why = "without zones there is nothing to intrude into"
zones = false
```

## Flight

Each kind flies within limits of real airframes; [simulators.md](simulators.md#flight) has them with their sources. A route that
begins at `height_agl_m = 0` takes off, `hover_s` stays, a last waypoint at 0 is a landing. A `balloon` has one waypoint: it is
held there for `hover_s`, then rises at `speed_mps` (5) and goes where the wind does. A `boat` or `vehicle` stops at the sharp
corners of its route and stays on it; it is a target like any other, of class `other`, and its height is its waypoints'.

```toml
[wind]                       # none: still air
speed_mps = 8                # mean, 10 m above the ground
from_deg = 240
gusts = 1.0                  # times the handbook's

[[actor]]
id = "courier"
kind = "multirotor"
notes = [{ at_s = 42, text = "payload released" }]      # into events.csv beside truth.csv, with the place where it was done
```

## Recorded flights

`trajectory` names a file of one flight, instead of a route. It begins at `take_off_s` with the file's first row, whatever time
that tells, and is over with the last. Between rows a shape-preserving cubic runs: velocity is continuous and nothing swings out.

- `.csv`: `time_s` (s, any origin) or `time` (ISO 8601), `latitude_deg`, `longitude_deg`, and one of `height_agl_m` (above the
  site's ground), `altitude_amsl_m` (above mean sea level), `altitude_hae_m` (above the ellipsoid). Other columns say nothing.
- `.csv` with the columns `time`, `icao24`, `lat`, `lon`, `geoaltitude` (OpenSky's state vectors; metres above the ellipsoid, Unix
  time): rows without a place or a height are left out, `lastposupdate` is used where there is one; its `velocity`, `heading`,
  `vertrate` and `baroaltitude` say nothing that the places do not.
- `.gpx`: the track points of GPX 1.1 with `lat`, `lon`, `ele` (above mean sea level) and `time`.
- `.jsonl`: rows of readsb's aircraft.json, one a line with the file's `now` in each: `now`, `lat`, `lon` and `alt_geom` (feet
  above the ellipsoid; `alt_baro` is pressure and not used), also `seen_pos` (the position's age, s) and `hex`.

Repeats of a stale position are left out. Rows out of the order of time, values that are no numbers, two aircraft in one file and
leaps above 700 m/s are refused with file, row and field; so is XML that declares entities.

## Chance

The same scenario and seed give the same bytes, in any process and at any speed.
"""


def scenario_schema() -> bytes:
    """Give the JSON Schema of a scenario file."""
    return schema(Scenario)


def scenario_page() -> str:
    """Write docs/scenarios.md."""
    return "\n".join([HEAD, "## The keys", *tables(Scenario, ""), ""])
