"""What may be said on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from fusion import __version__
from fusion.config_console import Role
from fusion.permit_arguments import for_permits, for_plans

PERSONAL = ("pilot", "friendly")

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no public name


def parser() -> argparse.ArgumentParser:
    """Give the parser of the command line; what it finds has in `do` the name of what is to be done."""
    whole = argparse.ArgumentParser(prog="vigie", description="One picture of the low sky, and who should not be in it.")
    whole.add_argument("--version", action="version", version=f"vigie {__version__}")
    whole.add_argument("--log", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"], help="least that is logged")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    _for_operators(commands)
    _for_test_engineers(commands)
    return whole


def _for_operators(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="see it work: broker, simulated sensors, service and a view, at the Eiffel Tower")
    demo.set_defaults(do="demo")
    demo.add_argument("--headless", action="store_true", help="log lines instead of the view")
    demo.add_argument("--seconds", type=float, help="end after so long (default, and at most: the scenario, 170 s)")
    demo.add_argument("--keep", type=Path, metavar="DIR", help="keep site, recording, truth, tracks, alerts and journal there")

    run = commands.add_parser("run", help="run a site's service")
    run.set_defaults(do="run")
    run.add_argument("site", type=Path, help="the site's TOML file")
    run.add_argument("--embedded-broker", action="store_true", help="bring a broker along, on loopback, for trying out")

    _for_the_console(commands)
    _for_maps(commands)

    check = commands.add_parser("check", help="explain what is wrong with a site's configuration")
    check.set_defaults(do="check")
    check.add_argument("site", type=Path)

    _for_the_book(commands)
    _for_webhooks(commands)
    for_permits(commands)
    for_plans(commands)

    zones = commands.add_parser("zones", help="zone files").add_subparsers(required=True, metavar="COMMAND")
    zones_check = zones.add_parser("check", help="explain what is wrong with zone files: ED-318, ED-269; OpenAir too")
    zones_check.set_defaults(do="zones_check")
    zones_check.add_argument("file", type=Path, nargs="+")
    zones_check.add_argument(
        "--write", type=Path, metavar="OUT", help="write what can be read of one file, repaired or translated, as ED-318"
    )


def _for_the_console(commands: Commands) -> None:
    console = commands.add_parser("console", help="the operators' pages alone, for a service elsewhere, over its broker")
    console.set_defaults(do="console")
    console.add_argument("site", type=Path, help="the site's TOML file, with a [console] table")

    user = commands.add_parser("user", help="who may use the console").add_subparsers(required=True, metavar="COMMAND")
    add = user.add_parser("add", help="add one; the password is asked for, or read from standard input")
    add.set_defaults(do="user_add")
    add.add_argument("site", type=Path)
    add.add_argument("name")
    add.add_argument("--role", choices=get_args(Role), default="operator")
    add.add_argument("--grant", action="append", default=[], choices=PERSONAL, help="besides what the role may")
    add.add_argument("--deny", action="append", default=[], choices=PERSONAL, help="though the role may")
    listing = user.add_parser("list", help="who there is")
    listing.set_defaults(do="user_list")
    listing.add_argument("site", type=Path)
    for name, says in {"passwd": "set a password", "remove": "remove one"}.items():
        command = user.add_parser(name, help=says)
        command.set_defaults(do=f"user_{name}")
        command.add_argument("site", type=Path)
        command.add_argument("name")


def _for_maps(commands: Commands) -> None:
    maps = commands.add_parser("map", help="the console's base map: GeoJSON and PMTiles files").add_subparsers(
        required=True, metavar="COMMAND"
    )
    looking = maps.add_parser("check", help="say whether files can be a base map, and what they hold")
    looking.set_defaults(do="map_check")
    looking.add_argument("file", type=Path, nargs="+")
    bringing = maps.add_parser("import", help="check a file and put it into a site's base map")
    bringing.set_defaults(do="map_import")
    bringing.add_argument("site", type=Path, help="the site's TOML file")
    bringing.add_argument("file", type=Path, help=".geojson, .json or .pmtiles (version 3)")
    bringing.add_argument("--name", help="what it is to be called there (default: as it is)")
    bringing.add_argument("--attribution", metavar="TEXT", help="whose map it is, where the file does not say so, or otherwise")


def _for_the_book(commands: Commands) -> None:
    book = commands.add_parser("journal", help="the durable book: prove it, take an incident out of it, forget").add_subparsers(
        required=True, metavar="COMMAND"
    )
    verify = book.add_parser("verify", help="say whether any entry was changed or removed; exit 1 where one was")
    verify.set_defaults(do="journal_verify")
    verify.add_argument("journal", metavar="JOURNAL", help="the site's TOML file, a SQLite file, or a database's URL")
    verify.add_argument(
        "--head", action="append", default=[], metavar="N:HASH", help="noted from `status` at some time: must still hold"
    )

    export = book.add_parser("export", help="write an alert's whole story, with the tracks around it")
    export.set_defaults(do="journal_export")
    export.add_argument("journal", metavar="JOURNAL")
    export.add_argument("--alert", required=True, metavar="ID")
    export.add_argument("--format", choices=["json", "csv", "geojson", "kml"], help="default: the ending of --out")
    export.add_argument("--out", type=Path, required=True, metavar="FILE")
    export.add_argument(
        "--around", type=_positive, default=60.0, metavar="S", help="s before its raise and after its end (default 60)"
    )
    export.add_argument("--redacted", action="store_true", help="without names and pilots, also in sentences")
    export.add_argument("--who", help="who takes it, for the journal (default: the system's user)")

    purge = book.add_parser("purge", help="forget what is older than may be kept; that it was forgotten stays")
    purge.set_defaults(do="journal_purge")
    purge.add_argument("journal", metavar="JOURNAL")
    purge.add_argument("--older-than", type=_positive, metavar="DAYS", help="default: what the site's [retention] says")
    purge.add_argument("--who", help="who orders it, for the journal (default: the system's user)")


def _for_webhooks(commands: Commands) -> None:
    hook = commands.add_parser(
        "webhook", help="receivers of alerts over HTTP: their secrets, what they were not told"
    ).add_subparsers(required=True, metavar="COMMAND")
    secret = hook.add_parser("secret", help="make a file of secrets, or put a new one in front of the old, which sign on")
    secret.set_defaults(do="webhook_secret")
    secret.add_argument("file", type=Path)
    secret.add_argument("--finish", action="store_true", help="end a rotation: only the newest signs on")
    listing = hook.add_parser("list", help="how far each receiver is, and what was given up; exit 1 where anything was")
    listing.set_defaults(do="webhook_list")
    listing.add_argument("site", type=Path, help="the site's TOML file")
    again = hook.add_parser("retry", help="try again what was given up")
    again.set_defaults(do="webhook_retry")
    again.add_argument("site", type=Path)
    again.add_argument("--name", help="of one receiver alone")
    test = hook.add_parser("test", help="send a receiver a signed message about nothing")
    test.set_defaults(do="webhook_test")
    test.add_argument("site", type=Path)
    test.add_argument("name")


def _for_test_engineers(commands: Commands) -> None:
    record = commands.add_parser("record", help="record what a site's sensors say")
    record.set_defaults(do="record")
    record.add_argument("site", type=Path)
    record.add_argument("--out", type=Path, required=True, help=".jsonl, .jsonl.gz or .mcap")
    record.add_argument("--seconds", type=float, help="for so long (default: until Ctrl-C)")

    replay = commands.add_parser("replay", help="run a recording through the core as fast as the machine can, or onto a broker")
    replay.set_defaults(do="replay")
    replay.add_argument("recording", type=Path)
    replay.add_argument("--config", type=Path, metavar="SITE", help="default: site.toml beside the recording")
    replay.add_argument(
        "--out", type=Path, metavar="DIR", help="write tracks.jsonl, alerts.jsonl, rejected.jsonl, biases.json there"
    )
    replay.add_argument("--biases", type=Path, metavar="FILE", help="biases.json of an earlier run or replay: begin with these")
    replay.add_argument("--compare", type=Path, metavar="DIR", help="print what differs from these; exit 1 where anything does")
    replay.add_argument("--from", dest="begin", metavar="WHEN", help="seconds from the start, 17:31:05 (UTC), or RFC 3339")
    replay.add_argument("--to", dest="end", metavar="WHEN")
    replay.add_argument(
        "--alert", metavar="N", help="from 20 s before an alert to 40 s after: its number in `vigie index`, or id"
    )
    replay.add_argument(
        "--topic", action="append", default=[], metavar="FILTER", help="only these, as in MQTT: 'sensor/radar-1/#'"
    )
    replay.add_argument("--onto", metavar="HOST[:PORT]", help="publish the recording on a broker instead")
    replay.add_argument("--speed", type=float, default=1.0, help="so many times as fast, onto a broker; 0: at once")
    replay.add_argument("--qos", type=int, choices=[0, 1], default=0, help="of scans, onto a broker")
    replay.add_argument("--loop", action="store_true", help="begin again when it is over, onto a broker")
    replay.add_argument("--now", action="store_true", help="move its times to the present, onto a broker: for a live service")

    index = commands.add_parser("index", help="make a recording's index, so that it plays from anywhere; list its alerts")
    index.set_defaults(do="index")
    index.add_argument("recording", type=Path)
    index.add_argument("--config", type=Path, metavar="SITE", help="default: site.toml beside the recording")

    simulate = commands.add_parser("simulate", help="fly a scenario: onto a broker in real time, or into files at once")
    simulate.set_defaults(do="simulate")
    simulate.add_argument("scenario", help="a TOML file, or the name of one that comes with the house (eiffel_tower, …)")
    simulate.add_argument("--out", type=Path, metavar="DIR", help="write recording, truth and site instead of publishing")
    simulate.add_argument("--host", default="127.0.0.1")
    simulate.add_argument("--port", type=int, default=1883)
    simulate.add_argument("--qos", type=int, choices=[0, 1], default=0, help="of scans")
    simulate.add_argument("--seed", type=int, help="other chances than the scenario's")
    simulate.add_argument("--loop", action="store_true", help="begin again when it is over")

    _for_scenarios(commands)
    _for_judges(commands)

    schema = commands.add_parser("schema", help="the contract as JSON Schema")
    schema.set_defaults(do="schema")
    schema.add_argument("name", nargs="?", default="scan", help="scan, track, alert, configuration, …")
    schema.add_argument("--write", type=Path, metavar="DIR", help="write every schema and configuration.md there")

    commands.add_parser("asyncapi", help="the contract as an AsyncAPI 3.0 document: docs/schema/asyncapi.json").set_defaults(
        do="asyncapi"
    )

    bench = commands.add_parser("bench", help="measure the core and the edge on this machine")
    bench.set_defaults(do="bench")
    bench.add_argument(
        "what", nargs=argparse.REMAINDER, help="core, mqtt (default: both); in a checkout also bounds, accuracy, peers, speed, …"
    )


def _positive(text: str) -> float:
    if not 0.0 < (value := float(text)) < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _count(text: str) -> int:
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def _for_scenarios(commands: Commands) -> None:
    scenario = commands.add_parser("scenario", help="the library of scenarios; whether one comes out as it says").add_subparsers(
        required=True, metavar="WHAT"
    )
    listing = scenario.add_parser("list", help="what there is")
    listing.set_defaults(do="scenario_list")
    listing.add_argument("--page", action="store_true", help="docs/library.md: all that each is, as Markdown")
    scenario.add_parser("keys", help="what a scenario may say: docs/scenarios.md").set_defaults(do="scenario_keys")
    scenario.add_parser("schema", help="the same for editors: docs/schema/scenario.json").set_defaults(do="scenario_schema")
    judging = scenario.add_parser("check", help="fly it, run it through the core, and judge it by its own expectations")
    judging.set_defaults(do="scenario_check")
    which = judging.add_mutually_exclusive_group(required=True)
    which.add_argument("scenario", nargs="?", help="a TOML file, or the name of one that comes with the house")
    which.add_argument("--all", action="store_true", help="the whole library, and each broken too, which must fail")
    judging.add_argument("--seeds", type=_count, default=1, metavar="N", help="its own seed and the next N - 1")
    judging.add_argument("--broken", action="store_true", help="the variant broken on purpose: it must fail")
    judging.add_argument("--jobs", type=_count, default=1, help="processes at once")


def _for_judges(commands: Commands) -> None:
    score = commands.add_parser(
        "score", help="judge tracks by the truth", description="One run; with --scenario, many seeds; with --compare, two runs."
    )
    score.set_defaults(do="score")
    score.add_argument("tracks", type=Path, nargs="?", help="tracks.jsonl of a replay")
    score.add_argument("truth", type=Path, nargs="?", help="truth.csv, also .gz")
    score.add_argument("--site", "--config", type=Path, metavar="SITE", help="default: site.toml beside the truth")
    score.add_argument("--c", type=_positive, default=50.0, help="m: a pair further apart is a miss and a false track")
    score.add_argument("--step", type=_positive, default=1.0, help="s between two steps")
    score.add_argument("--indifferent", nargs="+", default=[], metavar="TRUTH", help="neither missed nor false: pigeons-*")
    score.add_argument("--horizontal", action="store_true", help="leave heights out")
    score.add_argument("--recording", type=Path, help="default: the one beside the truth; without, sensors are not judged")
    score.add_argument("--alerts", type=Path, help="for the report; default: alerts.jsonl beside the tracks")
    score.add_argument("--json", type=Path, metavar="OUT", help="write every figure, for --compare too")
    score.add_argument("--report", type=Path, metavar="OUT.html", help="write one page to read, with its pictures in it")
    score.add_argument("--png", type=Path, metavar="DIR", help="write the pictures for documents")
    score.add_argument("--scenario", metavar="NAME", help="instead of files: fly, replay and judge this with many seeds")
    score.add_argument("--seeds", type=_count, default=10, metavar="N", help="how many (default 10)")
    score.add_argument("--first-seed", type=int, default=1, metavar="SEED")
    score.add_argument("--jobs", type=_count, default=1, help="processes at once")
    score.add_argument("--compare", type=Path, nargs=2, metavar=("A.json", "B.json"), help="what changed from one to the other")
