"""A bad configuration is explained by key, line and what was expected."""

import pytest

from fusion.config import Config
from fusion.config_file import load
from fusion.errors import ConfigError

GOOD = """[site]
name = "paris"
latitude_deg = 48.8582
longitude_deg = 2.2945

[[sensor]]
id = "radar-1"
kind = "radar"
accuracy = { range_m = 5.0, azimuth_deg = 0.5 }
"""


@pytest.fixture
def read(tmp_path):
    def read(text: str, environment: dict[str, str] | None = None) -> Config:
        path = tmp_path / "site.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, environment or {})

    return read


def faults(read, text, environment=None) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        read(text, environment)
    return str(refused.value).splitlines()


def test_what_is_left_out_has_its_default(read):
    config = read(GOOD)
    assert config.tracking.window_s == 3.0
    assert config.sensor[0].reports == "scans"
    assert config.site.frame().crs.startswith("+proj=tmerc")


@pytest.mark.parametrize(
    ("line", "wrong", "says"),
    [
        (
            3,
            "latitude_deg = 148.8",
            "site.latitude_deg: 148.8 is refused (Expected `float` <= 90.0); expected number from -90 to 90",
        ),
        (
            3,
            'latitude_deg = "48"',
            "site.latitude_deg: '48' is refused (Expected `float`, got `str`); expected number from -90 to 90",
        ),
        (2, 'name = "par/is"', "site.name: 'par/is' is refused"),
        (7, "id = 7", "sensor[0].id: 7 is refused"),
        (9, "accuracy = { range_m = -5.0 }", "sensor[0].accuracy.range_m: -5.0 is refused (Expected `float` > 0.0)"),
        (9, "acuracy = {}", "sensor[0].acuracy: is not a key of this table; did you mean 'accuracy'?"),
        (
            9,
            'reports = "sometimes"',
            "sensor[0].reports: 'sometimes' is refused (Invalid enum value 'sometimes'); expected \"scans\" or \"detections-only\"",
        ),
        (
            9,
            "coverage = { range_m = [500, 100] }",
            "sensor[0].coverage.range_m: [500.0, 100.0] is empty; expected [from, to] with from < to",
        ),
        (9, "longitude_deg = 2.3", "sensor[0]: latitude_deg and longitude_deg belong together"),
    ],
)
def test_a_fault_is_named_by_key_line_value_and_what_was_expected(read, line, wrong, says):
    text = GOOD.splitlines()
    text[line - 1] = wrong
    found = faults(read, "\n".join(text))
    assert len(found) == 1
    assert says in found[0]
    assert f"line {line}" in found[0] or "sensor[0]:" in found[0]


CONFUSION = """
[sensor.confusion]
multirotor = { drone = 0.9, bird = 0.1 }
fixed_wing = { drone = 0.5, bird = 0.5 }
bird = { drone = 0.2, bird = 0.8 }
manned = { drone = 1 }
other = { drone = 0.33, bird = 0.33, none = 0.33 }
"""


def test_a_confusion_matrix_has_a_row_that_sums_to_one_for_each_class(read):
    confusion = read(GOOD + CONFUSION).sensor[0].confusion
    assert (confusion.bird, confusion.correlation_s) == ({"drone": 0.2, "bird": 0.8}, 3.0)
    (fault,) = faults(read, GOOD + CONFUSION.replace("bird = 0.8", "bird = 0.7"))
    assert fault.endswith("sensor[0].confusion.bird: its probabilities sum to 0.9; expected 1")
    (fault,) = faults(read, GOOD + CONFUSION.replace("manned = { drone = 1 }\n", ""))
    assert "sensor[0].confusion.manned: is missing" in fault
    (fault,) = faults(read, GOOD + CONFUSION.replace("bird = 0.8", "bird = 1.8"))
    assert "sensor[0].confusion.bird" in fault
    assert "<= 1.0" in fault
    (fault,) = faults(read, GOOD + CONFUSION + "helicopter = { drone = 1 }\n")
    assert "sensor[0].confusion.helicopter: is not a key of this table" in fault


def test_every_fault_of_a_file_is_told_at_once(read):
    text = GOOD.replace("48.8582", "200").replace('"radar"', "3") + 'period_s = 0\n[mqtt]\nport = "x"\nhots = "h"\n'
    found = faults(read, text)
    assert [line.split(": ")[1] for line in found] == [
        "site.latitude_deg",
        "sensor[0].kind",
        "sensor[0].period_s",
        "mqtt.port",
        "mqtt.hots",
    ]


def test_two_sensors_may_not_share_a_name(read):
    second = GOOD[GOOD.index("[[sensor]]") :]
    assert "'radar-1' names sensor[0] already" in faults(read, GOOD + second)[0]


def test_a_missing_required_key_says_what_it_takes(read):
    assert faults(read, GOOD.replace('name = "paris"\n', ""))[0].endswith(
        "site.name: is missing; expected text matching ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
    )


def test_what_is_not_toml_or_not_there_or_not_text_is_said_so(read, tmp_path):
    assert "is not TOML" in faults(read, "[site\n")[0]
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml", {})
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "binary.toml", {})


def test_the_environment_goes_over_the_file(read):
    environment = {
        "VIGIE_MQTT__HOST": "broker.example",
        "VIGIE_MQTT__PORT": "8883",
        "VIGIE_MQTT__PASSWORD": "1234",
        "VIGIE_SENSOR__0__PERIOD_S": "2.5",
        "VIGIE_ZONES__FILES": '["a.json", "b.json"]',
        "PATH": "/bin",
    }
    config = read(GOOD, environment)
    assert (config.mqtt.host, config.mqtt.port, config.mqtt.password) == ("broker.example", 8883, "1234")
    assert config.sensor[0].period_s == 2.5
    assert config.zones.files == ("a.json", "b.json")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("VIGIE_MQTT__HOTS", "x", "there is no mqtt.hots"),
        ("VIGIE_SENSOR__4__PERIOD_S", "1", "there is no sensor[4].period_s"),
        ("VIGIE_MQTT__PORT", "many", "'many' does not fit mqtt.port"),
        ("VIGIE_MQTT__PORT", "70000", "'70000' does not fit mqtt.port"),
        ("VIGIE_ZONES__FILES", "[", "does not fit zones.files"),
    ],
)
def test_a_wrong_variable_of_the_environment_is_named(read, name, value, says):
    assert faults(read, GOOD, {name: value})[0].startswith(f"{name}: ")
    assert says in faults(read, GOOD, {name: value})[0]


def test_a_secret_in_the_file_is_refused(read):
    assert "VIGIE_MQTT__PASSWORD" in faults(read, GOOD + '[mqtt]\npassword = "x"\n')[0]


PROVIDER = '[console.oidc]\nissuer = "https://id.example/realms/city"\nclient_id = "vigie"\nroles = { ops = "operator" }\n'


@pytest.mark.parametrize(
    ("console", "provider", "key", "says"),
    [
        ("", "", None, ""),
        ("", 'issuer = "http://id.example"', "issuer", "is not encrypted"),
        ("", 'issuer = "http://id.example"\nplain_http = true', None, ""),
        ("", 'issuer = "http://localhost:8081"', None, ""),
        ("", 'issuer = "https://id.example?x"', "issuer", "names no provider"),
        ("", 'issuer = "https://a:b@id.example"', "issuer", "names no provider"),
        ("", 'issuer = "ldap://id.example"', "issuer", "names no provider"),
        ("", 'issuer = "https://[id.example"', "issuer", "names no provider"),
        ("", "roles = {}", "roles", "nobody could come in"),
        ("", 'roles = { ops = "chief" }', "roles", "is refused"),
        ("", 'scopes = ["profile"]', "scopes", "expected 'openid' among them"),
        ("", 'scopes = ["openid profile"]', "scopes", "is refused"),
        ("proxy = true", "", "redirect_uri", "is missing"),
        ('host = "10.0.0.7"\nproxy = true', "", "redirect_uri", "is missing"),
        ("proxy = true", 'redirect_uri = "https://vigie.example/api/v1/oidc/callback"', None, ""),
        (
            "proxy = true",
            'redirect_uri = "http://vigie.example/api/v1/oidc/callback"',
            "redirect_uri",
            "expected https://host/api",
        ),
        ("", 'redirect_uri = "http://localhost:8080/api/v1/oidc/callback"', None, ""),
        ("", 'redirect_uri = "https://localhost:8080/api/v1/oidc/callback"', "redirect_uri", "expected http://host/api"),
        ("", 'redirect_uri = "http://localhost:8080/"', "redirect_uri", "does not lead back here"),
        ("", 'redirect_uri = "http://localhost:8080/api/v1/oidc/callback?x"', "redirect_uri", "does not lead back here"),
        ("", 'client_secret = "x"', "client_secret", "VIGIE_CONSOLE__OIDC__CLIENT_SECRET or client_secret_file"),
    ],
)
def test_what_of_a_provider_cannot_be_or_would_leave_a_door_open_is_named(read, console, provider, key, says):
    kept = [
        line
        for line in PROVIDER.splitlines()
        if line.partition(" ")[0] not in {one.partition(" ")[0] for one in provider.splitlines()}
    ]
    text = "\n".join([GOOD, "[console]", console, *kept, provider, ""])
    if key is None:
        assert read(text).console.oidc.roles == {"ops": "operator"}
    else:
        assert f"console.oidc.{key}" in faults(read, text)[0]
        assert says in faults(read, text)[0]


def test_the_secret_of_the_consoles_client_comes_from_the_environment(read):
    environment = {"VIGIE_CONSOLE__OIDC__CLIENT_SECRET": "s3cret", "VIGIE_CONSOLE__OIDC__ROLES": '{ "city/ops" = "supervisor" }'}
    oidc = read(f"{GOOD}[console]\n{PROVIDER}", environment).console.oidc
    assert (oidc.client_secret, oidc.roles) == ("s3cret", {"city/ops": "supervisor"})
