"""docs/library.md: every scenario of the library, and the situations of CWA 18150 that they are of; made from the files."""

from __future__ import annotations

from typing import get_args

from simulators import scenario_file
from simulators.scenario import Expectation, Scenario, Situation

HEAD = """# The library of scenarios

What comes with the house, in `simulators/scenarios`: each a story at a real place with invented people, and an acceptance test.
Made by `vigie scenario list --page` (`make docs`) from the files; do not edit. What a scenario may say:
[scenarios.md](scenarios.md). How its sensors err: [simulators.md](simulators.md).

```sh
vigie scenario check NAME                 # one, with its own seed; 1 where an expectation fails
vigie scenario check NAME --broken        # as it is broken on purpose; must give 1
vigie scenario check --all --jobs 4       # the whole library, as it is and broken: 0 where all of it comes out as it should
```

**Not for navigation.** Places are good to some tens of metres. Zones, permits and identities are invented, and so are what flies
and where the sensors stand.
"""

COVERED = """## The ten situations of CWA 18150

CWA 18150:2024 (*Unmanned aircraft systems – Counter UAS – Testing methodology*, from the EU project COURAGEOUS) tests detection,
tracking and identification in ten standard situations: four sensitive sites, four gatherings of people, two borders. The
agreement itself was not at hand. Its ten names, in this order, are as a public tool that was built on it gives them, and agree
with what CEN-CENELEC and the project say of it in public. A scenario is *of* a situation: place, kind of intruder and purpose are
its; what the agreement requires there is not copied, and a scenario that passes does not prove it.
"""


def library_page() -> str:
    """Write docs/library.md."""
    stages = {name: scenario_file.load(scenario_file.find(name)) for name in scenario_file.library()}
    told = {name: stage.scenario for name, stage in stages.items()}
    lines = [HEAD, "| scenario | shows | s | actors | sensors | expectations | situations |", "|---|---|---|---|---|---|---|"]
    for name, stage in stages.items():
        one = stage.scenario
        actors = sum(actor.count for actor in one.actor) + sum(traffic.count for traffic in one.traffic)
        cells = [f"[`{name}`](#{name})", one.description, f"{one.duration_s:g}", str(actors), str(len(stage.site.sensor))]
        lines.append(f"| {' | '.join([*cells, str(len(one.expect)), ', '.join(map(_words, one.situations)) or '–'])} |")
    lines += ["", COVERED, "| situation | scenarios |", "|---|---|"]
    for situation in get_args(Situation):
        of_it = [f"[`{name}`](#{name})" for name, one in told.items() if situation in one.situations]
        lines.append(f"| {_words(situation)} | {', '.join(of_it)} |")
    for name, one in told.items():
        lines += ["", *_section(name, one)]
    return "\n".join([*lines, ""])


def _section(name: str, scenario: Scenario) -> list[str]:
    """Tell one scenario: the command, what must come of it, and how it is broken."""
    rows = [f"## {name}", "", f"{scenario.description} `vigie scenario check {name}`", ""]
    rows += [f"- {_said(expectation)}" for expectation in scenario.expect]
    if scenario.most_alerts_about_nobody is not None:
        rows.append(f"- at most {scenario.most_alerts_about_nobody} alerts about nobody")
    return rows + ([f"- broken: {scenario.broken.why}"] if scenario.broken else [])


def _said(expectation: Expectation) -> str:
    actor, _, rest = expectation.said.partition(" ")
    return f"`{actor}` {rest}"


def _words(situation: str) -> str:
    return situation.replace("_", " ")
