"""How a console orders another plan: plainly, signed with the site's key for whoever is logged in, or by a person's own token."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from joserfc.jwk import OKPKey

from fusion.assembly import read_issuers, read_text
from fusion.config import Config
from fusion.config_checks import signers
from fusion.errors import ConfigError
from fusion.messages import SECOND
from fusion.zones.issuers import read_private
from fusion.zones.plans import Plans, ZonePlan, sign_switch
from fusion.zones.reasons import Reason, reason

LASTS_S = 3600
"""s for which what the server signs can be given: the broker may be away for a while, and what is late is refused."""

Signing = Literal["unsigned", "server", "person"]


class Signer(NamedTuple):
    """Whose word a console gives."""

    name: str
    key: OKPKey


def signer_of(config: Config, base: Path) -> Signer | None:
    """Find as which of the site's signers the console's key signs; None: it has none. Raise ConfigError where it is none's."""
    if config.console is None or (file := config.console.plan_key) is None:
        return None
    key = read_private(read_text(base / file, "console.plan_key").encode(), str(base / file))
    known = read_issuers(signers(config), base)
    name = next((name for name, public in known.items() if public.as_dict()["x"] == key.as_dict()["x"]), None)
    if name is None:
        raise ConfigError(f'console.plan_key: {base / file}: is the key of no permits.issuer that signs "plans"')
    return Signer(name, key)


def signing(plans: Plans, signer: Signer | None) -> Signing | None:
    """Tell who signs a switch; None where there is nothing to switch."""
    if plans.signing != "signed":
        return plans.signing
    return "person" if signer is None else "server"


def signed(plans: Plans, signer: Signer, order: ZonePlan, now: int) -> bytes:
    """Sign an order with the site's key at a time (ns)."""
    moment = max(now // (SECOND // 1000), plans.sequence + 1)
    return sign_switch(plans.switch(signer.name, order, moment, LASTS_S), signer.key)


def plain(order: ZonePlan) -> bytes:
    """Write an order that nobody signs."""
    return msgspec.json.encode(order)


def fault_of(plans: Plans, plan: str, token: bytes, now: int) -> Reason | None:
    """Tell why a person's token does not order a plan at a time (ns)."""
    said = plans.judge(token, now)
    if isinstance(said, Reason):
        return said
    return None if said.plan == plan else reason("plan_other", plan=said.plan, wanted=plan)
