"""How often birds alone set off a predicted entry, venue by venue: `vigie bench birds [seeds] [venues]`.

Each venue of the library that has zones, with its own sensors, buildings and wind, and nothing in its sky but its own flock, round
and round; where it has none, thirty of the concert's starlings on their way around the venue's middle. Every alert of predicted entry
is then a false one. Each seed draws the flock, the detections and the false alarms anew for `LASTS` seconds.

Beside the counts stands the rate that is not exceeded at 95 % if alerts come as a Poisson process (Garwood 1936): χ²(0.95, 2n + 2) / 2T.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

from msgspec.structs import replace
from scipy.stats import chi2

from fusion.assembly import assemble
from fusion.messages import AlertMessage
from fusion.replay import fed
from fusion.warming import warm_up
from simulators import scenario_file
from simulators.publish import messages
from simulators.scenario_file import LIBRARY, Stage
from simulators.targets import targets

LASTS = 300.0
"""s that the birds fly for each seed."""

STARLINGS = "outdoor_concert"

FEW = 30
"""Starlings where a venue has no flock of its own: the concert's 200 take fourteen times as long to track."""

ROUNDS = 12
"""Times that a flock's way is flown: more than it can within `LASTS`."""


class Flown(NamedTuple):
    """What a venue's birds came to."""

    alerts: int  # of predicted entry
    others: int  # of other rules
    hours: float


def venues() -> list[str]:
    """Give the scenarios of the library whose site has zones."""
    names = sorted(
        path.stem for path in LIBRARY.glob("*.toml") if not path.stem.endswith("_site") and "register" not in path.stem
    )
    return [name for name in names if scenario_file.load(scenario_file.find(name)).site.zones.files]


def flock(stage: Stage):
    """Give a venue's own flock, or the concert's beside this venue's middle, with its way made long."""
    own = [one for one in stage.scenario.actor if one.kind == "bird_flock"]
    if not own:
        concert = scenario_file.load(scenario_file.find(STARLINGS))
        (birds,) = (one for one in concert.scenario.actor if one.kind == "bird_flock")
        here, there = stage.site.site, concert.site.site
        wider = math.cos(math.radians(there.latitude_deg)) / math.cos(math.radians(here.latitude_deg))
        own = [
            replace(
                birds,
                count=FEW,
                route=tuple(
                    replace(
                        one,
                        latitude_deg=here.latitude_deg + one.latitude_deg - there.latitude_deg,
                        longitude_deg=here.longitude_deg + (one.longitude_deg - there.longitude_deg) * wider,
                    )
                    for one in birds.route
                ),
            )
        ]
    return tuple(replace(one, route=one.route * ROUNDS) for one in own)


def fly(venue: str, seed: int) -> Flown:
    """Fly a venue's birds through its core."""
    stage = scenario_file.load(scenario_file.find(venue))
    emptied = replace(stage.scenario, actor=flock(stage), traffic=(), crowd=(), expect=(), duration_s=LASTS, seed=seed)
    stage = stage._replace(scenario=emptied)
    core, first = assemble(stage.site, stage.site_path.parent), {}
    for _, outputs in fed(messages(stage, targets(stage)), core):
        for one in outputs:
            if isinstance(one, AlertMessage) and not one.archived:
                first.setdefault((one.alert.alert, one.alert.rule), one.alert)
    entry = {alert for alert, rule in first if rule == "predicted_entry"}
    return Flown(len(entry), len({alert for alert, _ in first} - entry), LASTS / 3600.0)


def most(alerts: int, hours: float) -> float:
    """Give the rate an hour that is not exceeded at 95 %."""
    return float(chi2.ppf(0.95, 2 * alerts + 2)) / (2.0 * hours)


def main(arguments: list[str]) -> int:
    seeds = int(arguments[0]) if arguments else 2
    warm_up()
    names = arguments[1:] or venues()
    told = {name: Flown(0, 0, 0.0) for name in names}
    for seed in range(seeds):
        for name in names:
            told[name] = Flown(*(a + b for a, b in zip(told[name], fly(name, seed), strict=True)))
            sys.stdout.write(f"seed {seed}: {name}: {told[name]}\n")
            sys.stdout.flush()
    for name, (alerts, others, hours) in told.items():
        sys.stdout.write(f"{name}: {alerts} alerts of predicted entry in {hours:.2f} h; {others} of other rules\n")
    alerts, hours = sum(one.alerts for one in told.values()), sum(one.hours for one in told.values())
    sys.stdout.write(f"all: {alerts} in {hours:.2f} h; at 95 % at most {most(alerts, hours):.2f} an hour\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
