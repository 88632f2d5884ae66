"""Permits by topic: taken from issuers, withdrawn, revoked for good, and what a restart makes of them."""

import contextlib
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity
from fusion.zones import issued
from fusion.zones.issued import Issued
from fusion.zones.permits import Register, parse_register
from tests.zones.permit_scenes import CITY, CLAIMS, HEADER, ISSUERS, POLICE, STRANGER, revocation, token
from tests.zones.zone_scenes import FRAME

NOW = (CLAIMS["nbf"] + 60) * SECOND
DRONE = Identity(serial=CLAIMS["sn"])
HERE = FRAME.grid_from_wgs84(math.radians(48.8582), math.radians(2.2945), 130.0)


def book(*tokens, issuers=ISSUERS, register=None):
    held = Issued(register or Register(), issuers, FRAME)
    for number, one in tokens:
        held.take(number, one, NOW)
    return held


def judged(held, identity=DRONE, time=NOW, place=HERE, strength="corroborated"):
    verdict, reasons = held.register.verdict(identity, time, None, strength, place)
    return verdict, reasons[0].sentence()


def refusal(held, number, one, now=NOW):
    before = held.state(), held.register.permits
    with pytest.raises(DecodeError) as error:
        held.take(number, one, now)
    counted = msgspec.structs.replace(before[0], refused=before[0].refused + 1)
    assert (held.state(), held.register.permits) == (counted, before[1])
    return str(error.value)


def test_a_permit_by_topic_authorises_its_drone_in_its_volume_and_time():
    held = book(("P-417", token()))
    assert judged(held) == ("authorised", f"{DRONE.serial} has a permit from police")
    assert judged(held, Identity(serial=" 1588epn26pp75000017 "))[0] == "authorised"
    assert judged(held, strength="claimed")[0] == "authorised"


@pytest.mark.parametrize(
    ("away", "reason"),
    [
        ((301.0, 0.0, 0.0), "is 1 metres outside of where its permit lets it fly"),
        ((0.0, 0.0, 75.4), "is 6 metres outside of where its permit lets it fly"),
        ((0.0, 0.0, -31.0), "is 1 metres outside of where its permit lets it fly"),
        ((1000.0, 0.0, 0.0), "is 700 metres outside"),
    ],
)
def test_outside_of_its_volume_it_is_not_authorised(away, reason):
    held = book(("P-417", token(CLAIMS | {"v": [{"c": [48.8582, 2.2945, 300.0], "h": [100.0, 200.0]}]})))
    verdict, why = judged(held, place=HERE + np.array(away))
    assert verdict == "unauthorised"
    assert reason in why


def test_the_edge_is_that_of_a_geodesic_circle_and_of_heights_above_the_ellipsoid():
    """Judged by GeographicLib's geodesics (pyproj): 1 m to either side of the edge, in every direction."""
    from pyproj import Geod

    held, geod = book(("P-417", token())), Geod(ellps="WGS84")
    for azimuth in range(0, 360, 15):
        for reach, verdict in ((299.0, "authorised"), (301.0, "unauthorised")):
            lng, lat, _ = geod.fwd(2.2945, 48.8582, azimuth, reach)
            place = FRAME.grid_from_wgs84(math.radians(lat), math.radians(lng), 130.0)
            assert judged(held, place=place)[0] == verdict
    for height, verdict in ((101.0, "authorised"), (99.0, "unauthorised"), (199.0, "authorised"), (201.0, "unauthorised")):
        assert judged(held, place=np.array([HERE[0], HERE[1], height]))[0] == verdict


def test_in_a_polygon_it_is_in_where_shapely_says_so():
    from shapely.geometry import Point, Polygon

    corners = [[48.856, 2.290], [48.861, 2.291], [48.8575, 2.2945], [48.861, 2.298], [48.856, 2.299]]
    held = book(("P-417", token(CLAIMS | {"v": [{"p": corners, "h": [100.0, 200.0]}]})))
    ring = [FRAME.grid_from_wgs84(math.radians(lat), math.radians(lng), 0.0)[:2] for lat, lng in corners]
    shape, random = Polygon(ring), np.random.default_rng(7)
    places = random.uniform(np.min(ring, axis=0) - 100, np.max(ring, axis=0) + 100, (300, 2))
    inside = [judged(held, place=np.array([*place, 130.0]))[0] == "authorised" for place in places]
    assert inside == [shape.contains(Point(place)) for place in places]
    assert 50 < sum(inside) < 250


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (-61, "the permit of 1588EPN26PP75000017 begins at 2026-07-14 03:33 UTC"),
        (-60, None),
        (28_739, None),
        (28_740, "the permit of 1588EPN26PP75000017 ended at 2026-07-14 11:33 UTC"),
    ],
)
def test_it_holds_from_its_first_second_to_before_its_end(seconds, reason):
    verdict, why = judged(book(("P-417", token())), time=NOW + seconds * SECOND)
    assert (verdict, why) == ("unauthorised", reason) if reason else verdict == "authorised"


def test_each_volume_has_its_own_hours():
    hour = 3600
    first = {"c": [48.8582, 2.2945, 300.0], "h": [60, 200], "t": [CLAIMS["nbf"], CLAIMS["nbf"] + hour]}
    second = {"c": [48.8682, 2.2945, 300.0], "h": [60, 200], "t": [CLAIMS["nbf"] + 2 * hour, CLAIMS["nbf"] + 3 * hour]}
    held = book(("P-417", token(CLAIMS | {"v": [first, second]})))
    there = FRAME.grid_from_wgs84(math.radians(48.8682), math.radians(2.2945), 130.0)
    assert judged(held)[0] == "authorised"
    assert "metres outside" in judged(held, place=there)[1]
    assert judged(held, time=NOW + hour * SECOND)[1] == f"the permit of {DRONE.serial} is not for this time"
    assert judged(held, time=NOW + 2 * hour * SECOND, place=there)[0] == "authorised"


def test_where_nobody_knows_where_it_is_it_is_not_authorised():
    assert judged(book(("P-417", token())), place=None) == (
        "unauthorised",
        f"nobody knows where {DRONE.serial} is, so its permit cannot be checked",
    )


def test_a_volume_on_the_other_side_of_the_earth_authorises_nobody_here():
    for shape in ({"c": [-48.8, -177.7, 100_000], "h": [0, 200]}, {"p": [[0, 179.9], [0, -179.9], [0.1, -179.9]], "h": [0, 200]}):
        held = book(("P-417", token(CLAIMS | {"v": [shape]})))
        assert judged(held) == ("unauthorised", f"{DRONE.serial} is 1000000 metres outside of where its permit lets it fly")


def test_a_permit_is_of_its_drone_alone():
    held = book(("P-417", token()))
    assert judged(held, Identity(serial="ANOTHER")) == ("unauthorised", "ANOTHER has no permit")
    assert judged(held, Identity(registration=CLAIMS["sn"]))[0] == "unauthorised"
    both = book(("P-417", token(CLAIMS | {"rg": "F-ABCD"})))
    assert judged(both)[0] == "unauthorised"
    assert judged(both, Identity(serial=CLAIMS["sn"], registration="F-ABCD"))[0] == "authorised"


def test_a_claim_to_be_it_that_measurements_contradict_is_worth_nothing():
    verdict, why = judged(book(("P-417", token())), strength="contradicted")
    assert (verdict, why) == ("unauthorised", f"claims to be {DRONE.serial}, but measurements contradict it")


def test_what_is_not_believed_changes_nothing_and_the_reason_says_why():
    held = book(("P-417", token()))
    assert "may not issue permits" in refusal(
        held, "P-9", token(CLAIMS | {"jti": "P-9", "iss": "x"}, HEADER | {"kid": "x"}, STRANGER)
    )
    assert refusal(held, "P-9", token()) == "the permit bears the number P-417, not P-9"
    assert "bears the number P-417 already" in refusal(held, "P-417", token(CLAIMS | {"exp": CLAIMS["exp"] + 1}))
    other = token(CLAIMS | {"iss": "city"}, HEADER | {"kid": "city"}, CITY)
    assert "bears the number P-417 already" in refusal(held, "P-417", other)
    assert refusal(book(issuers={}), "P-417", token()) == "nobody may issue permits here, so none is believed"
    assert "no signed permit" in refusal(held, "P-417", b"{}")


def test_what_a_broker_repeats_says_nothing_new():
    held = book(("P-417", token()))
    before = held.register
    held.take("P-417", token(), NOW)
    assert held.register is before


def test_an_empty_payload_withdraws_a_permit_which_may_come_again():
    held = book(("P-417", token()), ("P-417", b""), ("P-418", b""))
    assert judged(held) == ("unauthorised", f"{DRONE.serial} has no permit")
    held.take("P-417", token(), NOW)
    assert judged(held)[0] == "authorised"


def test_what_is_revoked_never_comes_back():
    held = book(("P-417", token()), ("P-417", revocation()))
    assert judged(held)[0] == "unauthorised"
    for _ in range(2):
        assert refusal(held, "P-417", token()) == "the permit P-417 was revoked by police"
        held.take("P-417", b"", NOW)
    again = book()
    again.restore(held.state())
    assert refusal(again, "P-417", token()) == "the permit P-417 was revoked by police"


def test_a_permit_that_was_revoked_before_it_came_is_refused():
    assert "was revoked by police" in refusal(book(("P-417", revocation())), "P-417", token())


def test_an_issuer_revokes_its_own_permits_alone():
    held = book(("P-417", token()))
    held.take("P-417", revocation(issuer="city", key=CITY), NOW)
    assert judged(held)[0] == "authorised"
    assert "not that of police" in refusal(held, "P-417", revocation(key=CITY))


def test_a_restart_holds_what_it_held_and_what_an_issuer_still_stands_for():
    city = token(CLAIMS | {"iss": "city", "jti": "C-1", "sn": "CITY1"}, HEADER | {"kid": "city"}, CITY)
    held = book(("P-417", token()), ("C-1", city))
    again = book()
    again.restore(held.state())
    assert again.state() == held.state()
    assert again.register.permits == held.register.permits
    without = book(issuers={"city": ISSUERS["city"]})
    without.restore(held.state())
    assert sorted(without.held) == ["C-1"]
    changed = book(issuers=ISSUERS | {"police": ISSUERS["city"]})
    changed.restore(held.state())
    assert sorted(changed.held) == ["C-1"]


def test_the_sites_own_register_stands_beside_what_comes_by_topic():
    own = parse_register('[[permit]]\nserial = "OURS"\nissued_by = "us"\nfriendly = true\n', "r", FRAME)
    held = book(("P-417", token()), register=own)
    assert [permit.serial for permit in held.register.permits] == ["OURS", CLAIMS["sn"]]
    held.take("P-417", b"", NOW)
    assert held.register.permits == own.permits


def test_of_too_many_the_ended_go_first_and_then_no_more_is_taken(monkeypatch):
    monkeypatch.setattr(issued, "MOST", 3)
    numbers = ["A", "B", "C", "D"]
    tokens = {
        number: token(CLAIMS | {"jti": number, "sn": number, "exp": CLAIMS["nbf"] + 1 + (number != "B")}) for number in numbers
    }
    held = book(*((number, tokens[number]) for number in "ABC"))
    assert refusal(held, "D", tokens["D"]) == "3 permits are held, and no more"
    held.take("D", tokens["D"], (CLAIMS["nbf"] + 86_402) * SECOND)
    assert sorted(held.held) == ["A", "C", "D"]


NUMBERS, SIGNERS = ("A", "B"), {"police": POLICE, "city": CITY}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "withdraw", "revoke", "forge", "restart"]),
        st.sampled_from(NUMBERS),
        st.sampled_from(sorted(SIGNERS)),
        st.integers(1, 2),
    ),
    max_size=25,
)


def issued_by(issuer, number, version, key=None):
    claims = CLAIMS | {"jti": number, "iss": issuer, "sn": f"{number}{issuer}{version}"}
    return token(claims, HEADER | {"kid": issuer}, key or SIGNERS[issuer])


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_whatever_comes_in_whatever_order_who_may_fly_is_what_a_simple_book_says(steps):
    """The book: one permit a number, the first to come; withdrawn it makes room; what its issuer revoked never stands there again."""
    held, book_of, revoked = book(), {}, set()
    for what, number, issuer, version in steps:
        if what == "restart":
            fresh = book()
            fresh.restore(held.state())
            held = fresh
            continue
        payload = {
            "issue": issued_by(issuer, number, version),
            "forge": issued_by(issuer, number, version, STRANGER),
            "revoke": revocation(number, issuer, SIGNERS[issuer]),
            "withdraw": b"",
        }[what]
        with contextlib.suppress(DecodeError):
            held.take(number, payload, NOW)
        if what == "issue" and (issuer, number) not in revoked:
            book_of.setdefault(number, (issuer, version))
        elif what == "withdraw":
            book_of.pop(number, None)
        elif what == "revoke":
            revoked.add((issuer, number))
            if book_of.get(number, ("",))[0] == issuer:
                del book_of[number]
    expected = {f"{number}{issuer}{version}" for number, (issuer, version) in book_of.items()}
    drones = {f"{number}{issuer}{version}" for number in NUMBERS for issuer in SIGNERS for version in (1, 2)}
    assert {drone for drone in drones if judged(held, Identity(serial=drone))[0] == "authorised"} == expected
