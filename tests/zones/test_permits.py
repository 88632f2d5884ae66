"""The register: who is authorised, why not, and what is refused by line and key."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.errors import ConfigError
from fusion.messages import Identity, nanoseconds
from fusion.zones.permits import Register, parse_register

REGISTER = """
[[permit]]
serial = "1588EPN26PP75000017"
issued_by = "the police"
valid_from = 2026-07-01T00:00:00+02:00
valid_until = 2026-08-01T00:00:00+02:00
zones = ["CORE", "RING"]

[[permit]]
icao24 = "39AC45"
friendly = true
issued_by = "the SAMU"

[[permit]]
operator = "FRAVDP75*"
issued_by = "the city"

[[permit]]
serial = "1588EPN26PP75000018"
operator = "FRA0001"
issued_by = "the police"
"""


def utc_of(text):
    return nanoseconds(datetime.fromisoformat(text))


NOW = utc_of("2026-07-26T12:00:00+02:00")
POLICE = Identity(serial="1588EPN26PP75000017")
register = parse_register(REGISTER, "register.toml")


def judged(identity, time=NOW, zone=None, strength="corroborated", by=register):
    verdict, reasons = by.verdict(identity, time, zone, strength)
    return verdict, [reason.sentence() for reason in reasons]


def test_without_an_identity_it_is_unknown():
    for nobody in (None, Identity(), Identity(serial="")):
        assert judged(nobody) == ("unknown", ["no identity received"])


def test_a_permit_authorises_in_its_zones_and_nowhere_else():
    assert judged(POLICE, zone="CORE") == ("authorised", ["1588EPN26PP75000017 has a permit from the police"])
    assert judged(POLICE) == ("authorised", ["1588EPN26PP75000017 has a permit from the police"])
    assert judged(POLICE, zone="LF-P23") == ("unauthorised", ["the permit of 1588EPN26PP75000017 is not for LF-P23"])


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2026-06-30T23:59:59+02:00", "begins at 2026-06-30 22:00 UTC"),
        ("2026-08-01T00:00:00+02:00", "ended at 2026-07-31 22:00 UTC"),
    ],
)
def test_a_permit_holds_only_in_its_time(time, reason):
    verdict, reasons = judged(POLICE, utc_of(time), "CORE")
    assert verdict == "unauthorised"
    assert reasons == [f"the permit of 1588EPN26PP75000017 {reason}"]
    assert judged(POLICE, utc_of("2026-07-01T00:00:00+02:00"), "CORE")[0] == "authorised"


def test_who_is_not_in_the_register_has_no_permit():
    assert judged(Identity(serial="1581F45T7229DMK001AB")) == ("unauthorised", ["1581F45T7229DMK001AB has no permit"])


def test_a_friendly_entry_makes_friendly():
    assert judged(Identity(icao24="39ac45", callsign="SAMU31")) == ("friendly", ["39ac45 is friendly by word of the SAMU"])


def test_a_claim_that_no_sensor_confirms_says_so():
    verdict, reasons = judged(POLICE, strength="claimed")
    assert (verdict, reasons[1]) == ("authorised", "no sensor has confirmed that claim")


@pytest.mark.parametrize("name", [POLICE, Identity(icao24="39ac45"), Identity(operator="FRAVDP75x"), Identity(serial="X")])
def test_a_contradicted_claim_is_never_authorised(name):
    verdict, (reason,) = judged(name, strength="contradicted")
    assert verdict == "unauthorised"
    assert reason.endswith("but measurements contradict it")


def test_an_operator_pattern_covers_its_drones():
    assert judged(Identity(serial="A", operator="fravdp75abc "))[0] == "authorised"
    assert judged(Identity(operator="FRAVDP75"))[0] == "authorised"
    assert judged(Identity(operator="FRAVDP7"))[0] == "unauthorised"
    assert judged(Identity(serial="A"))[0] == "unauthorised"


def test_everything_that_an_entry_asks_for_must_be_claimed():
    assert judged(Identity(serial="1588EPN26PP75000018"))[0] == "unauthorised"
    assert judged(Identity(serial="1588EPN26PP75000018", operator="FRA0002"))[0] == "unauthorised"
    assert judged(Identity(serial="1588EPN26PP75000018", operator="FRA0001"))[0] == "authorised"


def test_the_best_of_several_entries_counts():
    several = parse_register(
        """
        [[permit]]
        serial = "A"
        issued_by = "one"
        valid_until = 2020-01-01T00:00:00Z
        [[permit]]
        serial = "A"
        issued_by = "two"
        [[permit]]
        serial = "a"
        issued_by = "three"
        friendly = true
        """,
        "x",
    )
    assert judged(Identity(serial="A"), by=several) == ("friendly", ["A is friendly by word of three"])


def test_no_verdict_is_ever_hostile():
    identities = [None, POLICE, Identity(icao24="39ac45"), Identity(serial="X"), Identity(operator="FRAVDP75Z")]
    verdicts = {
        judged(i, NOW, z, s)[0] for i in identities for z in (None, "CORE") for s in ("claimed", "corroborated", "contradicted")
    }
    assert verdicts == {"unknown", "authorised", "unauthorised", "friendly"}


def test_an_empty_register_authorises_nobody():
    assert judged(POLICE, by=Register())[0] == "unauthorised"
    assert parse_register("", "x").permits == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('serial = " "', "line 3: permit[0].serial: ' ' is refused"),
        ('icao24 = "39ac4"', "line 3: permit[0].icao24: '39ac4' is refused"),
        ('operator = "*"', "line 3: permit[0].operator: '*' is refused"),
        ('operator = "F*A*"', "line 3: permit[0].operator: 'F*A*' is refused"),
        ('serail = "A"', "line 3: permit[0].serail: is not a key of this table; did you mean 'serial'?"),
        ('note = "nobody"', "line 2: permit[0]: names nobody; expected serial, icao24, registration, callsign or operator"),
        ('serial = "A"\nvalid_from = 2026-07-01', "line 4: permit[0].valid_from: datetime.date(2026, 7, 1) is refused"),
        ('serial = "A"\nvalid_from = 2026-07-01T00:00:00', "line 4: permit[0].valid_from: "),
        ('serial = "A"\nzones = []', "line 4: permit[0].zones: [] is refused"),
        ('serial = "A"\nzones = ["LF/P23"]', "line 4: permit[0].zones[0]: 'LF/P23' is refused"),
        (
            'serial = "A"\nvalid_from = 2026-07-02T00:00:00Z\nvalid_until = 2026-07-01T00:00:00Z',
            "line 5: permit[0].valid_until: 2026-07-01 00:00:00+00:00 is refused; expected a time after valid_from",
        ),
        ("serial = A", "is not TOML"),
    ],
)
def test_a_fault_is_named_by_line_and_key(line, words):
    with pytest.raises(ConfigError) as error:
        parse_register(f'# who\n[[permit]]\n{line}\nissued_by = "x"\n', "register.toml")
    assert str(error.value).startswith("register.toml")
    assert words in str(error.value)


def test_an_entry_says_on_whose_word():
    with pytest.raises(ConfigError, match=r"permit\[0\]\.issued_by: is missing; expected text"):
        parse_register('[[permit]]\nserial = "A"\n', "x")


asked = st.fixed_dictionaries(
    {}, optional={"serial": st.sampled_from("AB"), "registration": st.sampled_from("AB"), "operator": st.just("FRA1")}
)
names = st.none() | st.sampled_from(["A", "B", "39ac45", "FRA1", "FRA2"])


@given(st.builds(Identity, serial=names, registration=names, icao24=names, callsign=names, operator=names), st.data())
@settings(max_examples=200)
def test_a_claim_is_authorised_just_when_some_entry_asks_no_more_than_it_says(identity, data):
    entries = [entry for entry in data.draw(st.lists(asked, max_size=4)) if entry]
    text = "".join(
        "[[permit]]\nissued_by='x'\n" + "".join(f"{key}='{value}'\n" for key, value in entry.items()) for entry in entries
    )
    expected = any(all(getattr(identity, key) == value for key, value in entry.items()) for entry in entries)
    assert (judged(identity, by=parse_register(text, "x"))[0] == "authorised") == expected
