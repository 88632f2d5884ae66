"""Switches of plans: where a site has signers, what one of them signed for these very zones is obeyed, once, and nothing else is."""

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion.errors import DecodeError
from fusion.messages import SECOND, RawMessage, Rejected, utc
from fusion.noting import noted, switches
from fusion.topics import TopicTree
from fusion.zones.issuers import read_private
from fusion.zones.plans import Plans, PlansState, Switch, ZonePlan, digest, sign_switch
from fusion.zones.reasons import SENTENCES, Reason
from fusion.zones.tokens import verify
from fusion.zones.zones import ZoneSet
from tests.zones.permit_scenes import CITY, ISSUERS, POLICE, STRANGER, b64, private_pem, revocation, token
from tests.zones.zone_scenes import FRAME, circle

SETS = {name: ZoneSet.of([circle(f"{name}-{k}", 100.0 + k) for k in range(2)], FRAME) for name in "ABC"}
SIGNERS = {"police": ISSUERS["police"]}
SIGNED = 1_784_000_000
NOW = SIGNED * SECOND + SECOND // 2
HEAD = {"alg": "Ed25519", "kid": "police", "typ": "plan"}
SAID = {
    "iss": "police", "aud": "paris", "seq": 1000 * SIGNED + 250, "iat": SIGNED, "exp": SIGNED + 3600,
    "plan": "B", "zones": digest(SETS["B"]), "who": "m.durand", "why": "storm",
}  # fmt: skip
TREE = TopicTree("paris")


def site() -> Plans:
    return Plans(SETS, "paris", SIGNERS)


def later(seconds, **more):
    """Give what the same signer says some seconds later."""
    return SAID | {"seq": SAID["seq"] + 1000 * seconds, "iat": SIGNED + seconds, "exp": SIGNED + seconds + 3600} | more


def switch(said=SAID, head=HEAD, key=POLICE):
    return token(said, head, key)


def refused(plans, payload, received=NOW):
    """Give why a switch is refused, and see that nothing came of it."""
    before = plans.state()
    with pytest.raises(DecodeError) as error:
        plans.take(payload, received)
    assert plans.state() == before
    return str(error.value).removeprefix("zone plan: ")


def test_what_a_signer_signed_puts_all_zones_of_a_plan_in_force():
    plans = site()
    assert (plans.plan, plans.signing) == ("A", "signed")
    plans.take(switch(), NOW)
    assert (plans.plan, plans.zones) == ("B", SETS["B"])


def test_what_we_sign_is_what_the_rfc_signs():
    said = msgspec.convert(SAID, Switch)
    key = read_private(private_pem(POLICE), "key")
    assert site().switch("police", ZonePlan(plan="B", who="m.durand", why="storm"), SAID["seq"], 3600) == said
    plans = site()
    plans.take(sign_switch(said, key), NOW)
    assert plans.plan == "B"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "the switch of plans is not signed; here it must be, by police"),
        (b'{"plan": "B", "who": "m.durand", "why": "storm"}', "the switch of plans is not signed; here it must be, by police"),
        (b' {"plan": "B"}', "the switch of plans is not signed"),
        (b"x", "this is no signed switch of plans: 1 parts"),
        (switch(key=STRANGER), "the signature is not that of police: the switch of plans was forged or changed"),
        (switch(SAID | {"iss": "city"}, HEAD | {"kid": "city"}, CITY), "city may not switch plans here"),
        (switch(SAID | {"iss": "city"}), "the switch of plans is by city, but was signed for police"),
        (switch(head=HEAD | {"alg": "none"}), "the switch of plans is signed with none; only Ed25519 is believed"),
        (switch(head=HEAD | {"alg": "HS256"}), "is signed with HS256"),
        (switch(head=HEAD | {"typ": "permit"}), "typ: permit; expected plan"),
        (revocation(), "typ: revocation; expected plan"),
        (switch(SAID | {"aud": "lyon"}), "the switch of plans is for the site lyon, not for paris"),
        (switch(SAID | {"plan": "Z"}), "plan Z is not one of this site's; expected A, B, C"),
        (switch(SAID | {"zones": digest(SETS["C"])}), "the zones of plan B are not those that police signed for"),
        (switch(SAID | {"exp": SIGNED}), "exp: 1784000000 is not after iat"),
        (switch(SAID | {"seq": 2**50}), "seq: 1125899906842624 ms is not the moment of iat"),
        (switch(SAID | {"and": 1}), "what the switch of plans of police says cannot be taken"),
        (switch({name: value for name, value in SAID.items() if name != "who"}), "who"),
        (switch(later(61)), "was signed at 2026-07-14 03:34:21 UTC, which is still to come"),
    ],
)
def test_anything_else_is_refused_with_a_sentence_and_changes_nothing(payload, why):
    assert why in refused(site(), payload)


def test_every_refusal_is_said_in_every_language():
    said = [site().judge(payload, NOW) for payload in (b"", b"x", switch(key=STRANGER), switch(SAID | {"aud": "lyon"}))]
    assert all(isinstance(one, Reason) and len({one.sentence(language) for language in SENTENCES}) == 2 for one in said)


def test_a_switch_is_given_until_it_ends_and_stands_afterwards():
    assert "could be given until 2026-07-14 04:33:20 UTC" in refused(site(), switch(), (SIGNED + 3600) * SECOND)
    plans = site()
    plans.take(switch(), NOW)
    plans.take(switch(), NOW + 10_000 * SECOND)  # the broker retains it, and says it again on each connection
    assert plans.plan == "B"


def test_a_switch_of_before_is_not_obeyed_again():
    plans = site()
    plans.take(switch(), NOW)
    plans.take(switch(later(60, plan="A", zones=digest(SETS["A"]))), NOW + 61 * SECOND)
    assert "was signed at 2026-07-14 03:33:20 UTC, before the one that stands" in refused(plans, switch(), NOW + 62 * SECOND)
    assert "before the one that stands" in refused(plans, switch(later(59)), NOW + 62 * SECOND)  # signed before, given after
    assert plans.plan == "A"


def test_an_emptied_topic_gives_nobody_the_first_plan_back():
    plans = site()
    plans.take(switch(), NOW)
    assert "not signed" in refused(plans, b"")
    assert plans.plan == "B"


def test_a_restart_keeps_the_plan_and_what_was_given_already():
    plans, again = site(), site()
    plans.take(switch(), NOW)
    again.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(plans.state()), type=PlansState))
    assert again.plan == "B"
    assert "before the one that stands" in refused(again, switch(SAID | {"why": "once more"}))
    fewer = Plans({"A": SETS["A"]}, "paris", SIGNERS)
    fewer.restore(plans.state())
    assert fewer.plan == "A"


def test_a_core_that_has_forgotten_all_learns_the_newest_switch_from_the_journal_though_it_has_ended_since():
    given = [(switch(), NOW), (switch(later(60, plan="C", zones=digest(SETS["C"]))), NOW + 61 * SECOND)]
    topic = TREE.path("zone_plan")
    notes = [note for payload, at in given for note in noted(RawMessage(topic=topic, payload=payload, received=at), [], TREE)]
    refusal = Rejected(topic=topic, reason="zone plan: forged", time=utc(NOW))
    notes += noted(RawMessage(topic=topic, payload=b"x.y.z", received=NOW), [refusal], TREE)
    assert [json.loads(note.body).get("signer") for note in notes] == ["police", "police", None]
    assert json.loads(notes[-1].body)["refused"] == "zone plan: forged"
    plans = site()
    (message,) = switches(notes, plans, TREE)
    plans.take(message.payload, message.received)
    assert plans.plan == "C"
    assert switches(notes, plans, TREE) == []
    assert switches(notes, Plans(SETS, "paris", {}), TREE) == []


def test_a_permit_is_no_switch_and_a_switch_no_permit():
    assert isinstance(verify(switch(), ISSUERS), Reason)
    assert "typ: permit" in refused(site(), token())


def test_the_digest_tells_any_change_of_a_zone():
    here = digest(ZoneSet.of([circle("Z", 100.0)], FRAME))
    assert here == digest(ZoneSet.of([circle("Z", 100.0)], FRAME))
    others = [circle("Z", 100.5), circle("Z", 100.0, upper=151.0), circle("Z", 100.0, severity="warning"), circle("Y", 100.0)]
    assert here not in {digest(ZoneSet.of([one], FRAME)) for one in others}


def test_without_signers_a_switch_is_as_it_always_was():
    plans = Plans(SETS, "paris", {})
    assert plans.signing == "unsigned"
    plans.take(b'{"plan": "B", "who": "m.durand", "why": "storm"}', NOW)
    assert plans.plan == "B"
    with pytest.raises(DecodeError, match="zone plan"):
        plans.take(switch(), NOW)
    plans.take(b"", NOW)
    assert plans.plan == "A"
    assert Plans({"": SETS["A"]}, "paris", {}).signing is None


# --- Forgeries ----------------------------------------------------------------------------------------------------

GOOD = switch()


@st.composite
def forgeries(draw):
    """Give what no signer of this site signed for these zones now: changed, glued, signed by others, of elsewhere, of before."""
    at = draw(st.integers(0, len(GOOD) - 1))
    head, payload, signature = GOOD.split(b".")
    field = draw(st.sampled_from(sorted(SAID)))
    changed = SAID | {field: draw(st.integers(-(2**40), 2**52) | st.text(max_size=12) | st.none())}
    key = draw(st.sampled_from([CITY, STRANGER]))
    ways = {
        "flip": GOOD[:at] + bytes([GOOD[at] ^ (1 << draw(st.integers(0, 7)))]) + GOOD[at + 1 :],
        "cut": GOOD[:at] + GOOD[at + draw(st.integers(1, 40)) :],
        "insert": GOOD[:at] + draw(st.binary(min_size=1, max_size=5)) + GOOD[at:],
        "rewritten": b".".join([head, b64(json.dumps(changed).encode()), signature]),
        "signed by others": switch(key=key),
        "others by their name": switch(SAID | {"iss": "city"}, HEAD | {"kid": "city"}, key),
        "algorithm": b".".join(
            [b64(json.dumps(HEAD | {"alg": draw(st.sampled_from(["none", "HS256", ""]))}).encode()), payload, b""]
        ),
        "elsewhere": switch(SAID | {"aud": draw(st.sampled_from(["lyon", "Paris", "", "paris "]))}),
        "other zones": switch(SAID | {"zones": draw(st.sampled_from([digest(SETS["A"]), "0" * 64, ""]))}),
        "of before": switch(later(-draw(st.integers(1, 3599)))),
        "too early": switch(later(draw(st.integers(62, 10**6)))),
        "too late": switch(SAID | {"exp": draw(st.integers(0, SIGNED))}),
        "another kind": switch(head=HEAD | {"typ": draw(st.sampled_from(["permit", "revocation", "JWT", ""]))}),
        "nonsense": draw(st.binary(max_size=60)),
    }
    forged = ways[draw(st.sampled_from(sorted(ways)))]
    return forged if forged != GOOD else b""


def stays(forgery):
    """See that a site at plan C, by a switch of the same second, stays there."""
    plans = site()
    plans.take(switch(SAID | {"plan": "C", "zones": digest(SETS["C"])}), NOW)
    assert refused(plans, forgery)
    assert plans.plan == "C"


@given(forgeries())
@settings(max_examples=200, deadline=None)
def test_no_forgery_switches_a_plan(forgery):
    stays(forgery)


@pytest.mark.deep
@given(forgeries())
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_of_ten_thousand_forgeries_none_switches_a_plan(forgery):
    stays(forgery)
