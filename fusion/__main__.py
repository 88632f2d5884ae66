"""The command line.

`vigie demo`, `run`, `console`, `map`, `user`, `check`, `record`, `replay`, `index`, `simulate`, `scenario`, `score`,
`zones check`, `journal`, `webhook`, `permit`, `plan`, `schema`, `asyncapi`, `bench`.

Exit codes: 0 done, 1 something is not as it should be (a scenario's expectation, a comparison), 2 a person must mend something
first (a file, the broker's address), and what it is stands on the last lines.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fusion.arguments import parser
from fusion.errors import ConfigError, FusionError, RecordingError

if TYPE_CHECKING:
    from fusion.console.rehearsing import TestRange


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give the exit code."""
    chosen = parser().parse_args(arguments)
    logging.basicConfig(level=chosen.log, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    try:
        return DO[chosen.do](chosen)
    except (FusionError, ExceptionGroup) as error:
        said = _said(error)
        if said is None:
            raise
        print(f"vigie: {said}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has had enough, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _said(error: FusionError | ExceptionGroup[Exception]) -> str | None:
    """Give what a person must be told; None where anything among it is our own mistake."""
    if isinstance(error, FusionError):
        return str(error)
    ours, others = error.split(FusionError)
    return None if others or ours is None else "\n".join(str(leaf) for leaf in _leaves(ours))


def _leaves(group: ExceptionGroup[FusionError]) -> list[FusionError]:
    return [leaf for one in group.exceptions for leaf in (_leaves(one) if isinstance(one, ExceptionGroup) else [one])]


# --- What each command does: the heavy modules are loaded only by the one that needs them -----------------------------


def _demo(chosen: argparse.Namespace) -> int:
    from simulators.demo import demo  # noqa: PLC0415

    return demo(headless=chosen.headless, seconds=chosen.seconds, keep=chosen.keep)


def _run(chosen: argparse.Namespace) -> int:
    from fusion.leaving import leave_at_once  # noqa: PLC0415

    leave_at_once()
    from fusion.config_file import load  # noqa: PLC0415
    from fusion.run import serve  # noqa: PLC0415

    serve(load(chosen.site, os.environ), chosen.site.parent, embedded=chosen.embedded_broker, test_range=_test_range)
    return 0


def _test_range() -> TestRange:
    from simulators.rehearsal import Library  # noqa: PLC0415

    return Library()


def _check(chosen: argparse.Namespace) -> int:
    from fusion.assembly import assemble  # noqa: PLC0415
    from fusion.config_file import load  # noqa: PLC0415
    from fusion.console.plan_signing import signer_of  # noqa: PLC0415
    from fusion.transport.outputs import outlets_of  # noqa: PLC0415
    from fusion.transport.webhook import Receiver  # noqa: PLC0415

    config = load(chosen.site, os.environ)
    pipeline = assemble(config, chosen.site.parent)
    for webhook in config.webhook:
        Receiver(webhook, chosen.site.parent)
    outlets_of(config, chosen.site.parent, lambda: ())
    if config.console is not None and config.console.oidc is not None:
        from fusion.console.oidc_provider import OidcProvider  # noqa: PLC0415 - the console's extra

        OidcProvider(config.console.oidc, chosen.site.parent, "")
    signer_of(config, chosen.site.parent)
    print(
        f"{chosen.site}: good. Site {config.site.name!r}, crs {config.site.crs!r}; sensors: {len(config.sensor)}, "
        f"zones: {len(pipeline.zones.zones)}, permits: {len(pipeline.permits.register.permits)}, "
        f"issuers: {len(config.permits.issuer)}."
    )
    if pipeline.airspace.plans.signing == "unsigned":
        print(
            "zones.plans: whoever may publish on zones/plan switches them, unsigned; to have switches signed, "
            'give a permits.issuer signs = ["plans"].'
        )
    if config.mqtt.host is None:
        print("mqtt.host is not set: `vigie run` will want --embedded-broker, or VIGIE_MQTT__HOST in the environment.")
    return 0


def _record(chosen: argparse.Namespace) -> int:
    from fusion.config_file import load  # noqa: PLC0415
    from fusion.record import record  # noqa: PLC0415
    from fusion.schema import schemas  # noqa: PLC0415

    counts = asyncio.run(record(load(chosen.site, os.environ), chosen.out, chosen.seconds, schemas()))
    dropped = counts["dropped_scans"] + counts["dropped_other"]
    print(f"{chosen.out}: {counts['received']} messages" + (f", {dropped} dropped: the disk is too slow" if dropped else ""))
    return 0


def _replay(chosen: argparse.Namespace) -> int:
    from fusion.replaying import Wanted, replay  # noqa: PLC0415

    wanted = Wanted(
        recording=chosen.recording,
        site=chosen.config or (chosen.compare or chosen.recording.parent) / "site.toml",
        begin=chosen.begin,
        end=chosen.end,
        alert=chosen.alert,
        topics=tuple(chosen.topic),
        out=chosen.out,
        golden=chosen.compare,
        biases=chosen.biases,
    )
    if chosen.onto is None:
        return replay(wanted)
    from simulators.republish import republish  # noqa: PLC0415

    return republish(wanted, chosen.onto, speed=chosen.speed, qos=chosen.qos, forever=chosen.loop, now=chosen.now)


def _index(chosen: argparse.Namespace) -> int:
    from fusion.replaying import make_index  # noqa: PLC0415

    return make_index(chosen.recording, chosen.config or chosen.recording.with_name("site.toml"))


def _simulate(chosen: argparse.Namespace) -> int:
    from simulators.simulate import simulate  # noqa: PLC0415

    return simulate(
        chosen.scenario,
        out=chosen.out,
        host=chosen.host,
        port=chosen.port,
        qos=chosen.qos,
        seed=chosen.seed,
        forever=chosen.loop,
    )


def _scenario_check(chosen: argparse.Namespace) -> int:
    from simulators.check import check, check_all  # noqa: PLC0415

    if chosen.all and chosen.broken:
        raise ConfigError("--broken: is for one scenario; --all judges the broken variants too")
    if chosen.all:
        return check_all(seeds=chosen.seeds, jobs=chosen.jobs)
    return check(chosen.scenario, seeds=chosen.seeds, broken=chosen.broken, jobs=chosen.jobs)


def _scenario_list(chosen: argparse.Namespace) -> int:
    from simulators.check import names  # noqa: PLC0415
    from simulators.library_page import library_page  # noqa: PLC0415

    if chosen.page:
        print(library_page(), end="")
        return 0
    return names()


def _scenario_schema(_: argparse.Namespace) -> int:
    from simulators.scenario_page import scenario_schema  # noqa: PLC0415

    print(scenario_schema().decode())
    return 0


def _scenario_keys(_: argparse.Namespace) -> int:
    from simulators.scenario_page import scenario_page  # noqa: PLC0415

    print(scenario_page(), end="")
    return 0


def _score(chosen: argparse.Namespace) -> int:
    from simulators.scoring.command import Files, compare_runs, score_run, score_seeds  # noqa: PLC0415
    from simulators.scoring.judgement import Asked  # noqa: PLC0415

    asked = Asked(chosen.c, chosen.step, chosen.horizontal, tuple(chosen.indifferent))
    if chosen.compare:
        print(compare_runs(*chosen.compare))
    elif chosen.scenario:
        seeds = range(chosen.first_seed, chosen.first_seed + chosen.seeds)
        print(score_seeds(chosen.scenario, seeds, asked, jobs=chosen.jobs, out=chosen.json))
    elif chosen.tracks is None or chosen.truth is None:
        raise RecordingError("score needs TRACKS and TRUTH, or --scenario NAME, or --compare A B")
    else:
        wanted = {name: getattr(chosen, name) for name in Files._fields}
        print(score_run(Files(**wanted), asked))
    return 0


def _zones_check(chosen: argparse.Namespace) -> int:
    from fusion.zone_files import check  # noqa: PLC0415

    said, good = check(chosen.file, chosen.write)
    print("\n".join(said))
    return 0 if good else 2


def _console(chosen: argparse.Namespace) -> int:
    from fusion.config_file import load  # noqa: PLC0415
    from fusion.console_alone import watch  # noqa: PLC0415

    watch(load(chosen.site, os.environ), chosen.site.parent, _test_range)
    return 0


def _user_add(chosen: argparse.Namespace) -> int:
    from fusion.peoplework import add_user  # noqa: PLC0415

    return add_user(chosen.site, os.environ, chosen.name, chosen.role, grants=chosen.grant, denies=chosen.deny)


def _user_list(chosen: argparse.Namespace) -> int:
    from fusion.peoplework import list_users  # noqa: PLC0415

    return list_users(chosen.site, os.environ)


def _user_passwd(chosen: argparse.Namespace) -> int:
    from fusion.peoplework import set_password  # noqa: PLC0415

    return set_password(chosen.site, os.environ, chosen.name)


def _user_remove(chosen: argparse.Namespace) -> int:
    from fusion.peoplework import remove_user  # noqa: PLC0415

    return remove_user(chosen.site, os.environ, chosen.name)


def _map_check(chosen: argparse.Namespace) -> int:
    from fusion.mapwork import check_maps  # noqa: PLC0415

    return check_maps(chosen.file)


def _map_import(chosen: argparse.Namespace) -> int:
    from fusion.mapwork import import_map  # noqa: PLC0415

    return import_map(chosen.site, os.environ, chosen.file, name=chosen.name, attribution=chosen.attribution)


def _journal_verify(chosen: argparse.Namespace) -> int:
    from fusion.bookwork import verify_journal  # noqa: PLC0415

    return verify_journal(chosen.journal, os.environ, chosen.head)


def _journal_export(chosen: argparse.Namespace) -> int:
    from fusion.bookwork import export  # noqa: PLC0415

    kind = chosen.format or chosen.out.suffix.removeprefix(".")
    more = {"around": chosen.around, "who": chosen.who, "nameless": chosen.redacted}
    return export(chosen.journal, os.environ, alert=chosen.alert, kind=kind, out=chosen.out, **more)


def _journal_purge(chosen: argparse.Namespace) -> int:
    from fusion.bookwork import forget  # noqa: PLC0415

    return forget(chosen.journal, os.environ, days=chosen.older_than, who=chosen.who)


def _webhook_secret(chosen: argparse.Namespace) -> int:
    from fusion.hookwork import change_secret  # noqa: PLC0415

    return change_secret(chosen.file, finish=chosen.finish)


def _webhook_list(chosen: argparse.Namespace) -> int:
    from fusion.hookwork import list_deliveries  # noqa: PLC0415

    return list_deliveries(chosen.site, os.environ)


def _webhook_retry(chosen: argparse.Namespace) -> int:
    from fusion.hookwork import retry  # noqa: PLC0415

    return retry(chosen.site, os.environ, chosen.name)


def _webhook_test(chosen: argparse.Namespace) -> int:
    from fusion.hookwork import test  # noqa: PLC0415

    return test(chosen.site, os.environ, chosen.name)


def _permit(chosen: argparse.Namespace) -> int:
    from fusion.permitcheck import COMMANDS  # noqa: PLC0415

    return COMMANDS[chosen.what](chosen, os.environ)


def _plan(chosen: argparse.Namespace) -> int:
    from fusion.planwork import sign  # noqa: PLC0415

    return sign(chosen, os.environ)


def _schema(chosen: argparse.Namespace) -> int:
    from fusion.schema import schemas, write  # noqa: PLC0415

    if chosen.write:
        print("\n".join(str(path) for path in write(chosen.write)))
    else:
        print(schemas()[chosen.name].decode())
    return 0


def _asyncapi(_: argparse.Namespace) -> int:
    from fusion.asyncapi import asyncapi  # noqa: PLC0415

    print(asyncapi().decode())
    return 0


def _bench(chosen: argparse.Namespace) -> int:
    from simulators.bench import bench  # noqa: PLC0415

    return bench(chosen.what)


DO: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "demo": _demo,
    "run": _run,
    "console": _console,
    "user_add": _user_add,
    "user_list": _user_list,
    "user_passwd": _user_passwd,
    "user_remove": _user_remove,
    "check": _check,
    "zones_check": _zones_check,
    "map_check": _map_check,
    "map_import": _map_import,
    "journal_verify": _journal_verify,
    "journal_export": _journal_export,
    "journal_purge": _journal_purge,
    "record": _record,
    "replay": _replay,
    "index": _index,
    "simulate": _simulate,
    "schema": _schema,
    "asyncapi": _asyncapi,
    "webhook_secret": _webhook_secret,
    "webhook_list": _webhook_list,
    "webhook_retry": _webhook_retry,
    "webhook_test": _webhook_test,
    "permit": _permit,
    "plan": _plan,
    "bench": _bench,
    "scenario_list": _scenario_list,
    "scenario_keys": _scenario_keys,
    "scenario_schema": _scenario_schema,
    "scenario_check": _scenario_check,
    "score": _score,
}
"""What each command does, by the name that `arguments` gives it."""


if __name__ == "__main__":
    sys.exit(main())
