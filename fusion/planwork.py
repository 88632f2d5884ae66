"""What a person does with switches of zone plans: `vigie plan sign`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping

from fusion.assembly import read_plans
from fusion.config_file import load
from fusion.errors import PermitError
from fusion.messages import SECOND
from fusion.permitwork import claims_of, private_key
from fusion.topics import TOPICS, TopicTree
from fusion.transport.giving import give
from fusion.transport.outgoing import Publication
from fusion.zones.plans import Switch, ZonePlan, sign_switch
from fusion.zones.reasons import Reason


def sign(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Sign a switch, prove it as the site will, and hand it over."""
    config = load(asked.site, environment)
    plans, now = read_plans(config, asked.site.parent), time.time_ns()
    if asked.plan not in config.zones.plans:
        known = ", ".join(config.zones.plans) or "none"
        raise PermitError(f"{asked.site}: plan: {asked.plan!r} is not one of this site's; expected {known}")
    order = claims_of({"plan": asked.plan, "who": asked.who, "why": asked.why}, ZonePlan, "the switch")
    said = plans.switch(asked.issuer, order, now // (SECOND // 1000), asked.lasts_s)
    token = sign_switch(
        claims_of({name: getattr(said, name) for name in said.__struct_fields__}, Switch, "the switch"), private_key(asked.key)
    )
    if isinstance(wrong := plans.judge(token, now), Reason):
        raise PermitError(f"{asked.site}: {wrong.sentence()}")
    print(token.decode())
    if asked.publish:
        topic = TopicTree(config.site.name, config.mqtt.root).path("zone_plan")
        row = TOPICS["zone_plan"]
        asyncio.run(give(config.mqtt, Publication(topic, token, qos=row.qos, retained=row.retained), "vigie-plan"))
        print(f"published on {topic}", file=sys.stderr)
    return 0
