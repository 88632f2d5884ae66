"""What a person must mend first: exit code 2, and on the last lines what it is; never a traceback."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.brokers import Mosquitto, started
from tests.e2e.books import journal
from tests.e2e.processes import Command, command, eventually, run
from tests.e2e.stage import SITE, write, zone, zones
from tests.e2e.witness import flying, witness


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


BROKEN = {
    "a wrong type": ("period_s = 0.5", 'period_s = "often"', ["sensor[0].period_s", "'often'", "number above 0"]),
    "out of limits": ("detection_probability = 0.95", "detection_probability = 1.5", ["sensor[0].detection_probability", "1.5", "below 1"]),
    "an unknown key": ("ground_amsl_m = 33.0", "ground_asml_m = 33.0", ["site.ground_asml_m", "did you mean 'ground_amsl_m'"]),
    "a contradiction": ("exit_margin_m = 5.0", "release_probability = 0.9", ["rules.release_probability", "entry_probability (0.5)"]),
    "an empty interval": ("range_m = [50, 5000]", "range_m = [5000, 50]", ["sensor[0].coverage", "[5000.0, 50.0]", "from < to"]),
    "a secret": ('name = "paris"', 'name = "paris"\n[mqtt]\npassword = "x"\n[sites]', ["mqtt.password", "VIGIE_MQTT__PASSWORD"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_check_names_file_line_key_value_and_what_was_expected(tmp_path, fault):
    good, bad, words = BROKEN[fault]
    text = SITE.replace(good, bad, 1)
    (tmp_path / "zones.json").write_bytes(zones(zone()))
    (tmp_path / "site.toml").write_text(text)
    code, said = run(command("check", tmp_path / "site.toml"))
    assert code == 2, said
    assert "Traceback" not in said
    line = next(line for line in said.splitlines() if words[0] in line)
    for word in (f"{tmp_path}/site.toml, line {line_of(text, bad.splitlines()[-2] if fault == 'a secret' else bad)}", *words):
        assert word in line, (word, said)


def test_check_names_a_missing_key_and_what_was_expected(tmp_path):
    (tmp_path / "site.toml").write_text(SITE.replace("latitude_deg = 48.8582\n", "", 1))
    code, said = run(command("check", tmp_path / "site.toml"))
    assert (code, "Traceback" in said) == (2, False)
    assert "site.latitude_deg: is missing; expected number from -90 to 90" in said


ZONE_FAULTS = {
    "no JSON": (b"{", ["is not JSON"]),
    "an unknown type": (zones(zone().replace(b'"PROHIBITED"', b'"FORBIDDEN"')), ["features[0] (TOWER): properties.type", "'FORBIDDEN'", "PROHIBITED"]),
    "a hole in the height": (zones(zone().replace(b'"upper":500', b'"upper":-5')), ["TOWER", "layer.lower", "upper (-5)"]),
    "one name twice": (zones(zone(), zone()), ["TOWER", "features[0]"]),
    "no file": (None, ["zones.json", "cannot be read", "No such file"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", ZONE_FAULTS)
@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_broken_zone_file_is_named(tmp_path, fault, verb):
    content, words = ZONE_FAULTS[fault]
    write(tmp_path)
    (tmp_path / "zones.json").unlink() if content is None else (tmp_path / "zones.json").write_bytes(content)
    code, said = run(command(verb, tmp_path / "site.toml", VIGIE_MQTT__HOST="127.0.0.1"))
    assert (code, "Traceback" in said) == (2, False), said
    for word in ("zones.json", *words):
        assert word in said


@pytest.mark.parametrize(
    "arguments", [("check", "nowhere.toml"), ("run", "nowhere.toml"), ("replay", "nowhere.jsonl", "--out", "out")]
)
def test_a_missing_file_is_named(tmp_path, arguments):
    code, said = run(command(*(tmp_path / one if "nowhere" in one or one == "out" else one for one in arguments)))
    assert (code, "Traceback" in said) == (2, False), said
    assert "cannot be read: No such file" in said


def test_no_broker_at_all_is_said_at_once(tmp_path):
    write(tmp_path)
    code, said = run(command("run", tmp_path / "site.toml"))
    assert (code, "Traceback" in said) == (2, False), said
    assert "mqtt.host: is missing" in said


GUARDED = """
listener {port} 127.0.0.1
allow_anonymous false
password_file %s
user root
"""


@pytest.fixture
def guarded(tmp_path):
    """Run a Mosquitto that asks for a password."""
    tool = shutil.which("mosquitto_passwd") or shutil.which("mosquitto_passwd", path="/usr/bin:/usr/sbin:/usr/local/bin")
    assert tool, "mosquitto_passwd comes with Mosquitto"
    file = tmp_path / "passwords"
    subprocess.run([tool, "-c", "-b", file, "vigie", "right"], check=True, capture_output=True)
    with started(Mosquitto(tmp_path, GUARDED % file)) as broker:
        yield broker


@pytest.mark.parametrize("verb", ["run", "record"])
def test_a_wrong_password_is_said_in_words(guarded, tmp_path, verb):
    write(tmp_path)
    more = ("--out", tmp_path / "r.jsonl") if verb == "record" else ()
    wrong = {"VIGIE_MQTT__USERNAME": "vigie", "VIGIE_MQTT__PASSWORD": "wrong"}
    code, said = run(command(verb, tmp_path / "site.toml", *more, broker=guarded, **wrong))
    assert (code, "Traceback" in said) == (2, False), said
    assert f"127.0.0.1:{guarded.port} refuses user 'vigie'" in said
    assert "mqtt.password_file" in said
    assert "wrong" not in said


# --- A bad start -------------------------------------------------------------------------------------------------------


def start(directory, **more):
    return run(command("run", directory / "site.toml", VIGIE_MQTT__HOST="127.0.0.1", VIGIE_MQTT__PORT="9", **more))


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "state").write_text("in the way")
    code, said = start(tmp_path)
    assert (code, "Traceback" in said) == (2, False), said
    assert f"{tmp_path}/state" in said
    assert "state.directory" in said


def test_a_state_directory_that_cannot_be_written_is_named(tmp_path):
    """The kernel refuses it even to root: nothing can be made below a process's own entry in /proc."""
    write(tmp_path, more='\n[state]\ndirectory = "/proc/self/state"\n')
    code, said = start(tmp_path)
    assert (code, "Traceback" in said) == (2, False), said
    assert "/proc/self/state" in said
    assert "state.directory" in said


def test_a_corrupt_journal_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "journal.sqlite").write_bytes(b"this is no database" * 100)
    code, said = start(tmp_path)
    assert (code, "Traceback" in said) == (2, False), said
    assert "journal.sqlite" in said
    assert "not a database" in said


def test_a_recording_that_cannot_be_written_is_named(tmp_path):
    write(tmp_path, more='\n[state]\nrecord = "nowhere/recording.jsonl"\n')
    code, said = start(tmp_path)
    assert (code, "Traceback" in said) == (2, False), said
    assert "recording.jsonl: cannot be written" in said


def generations(directory) -> list:
    whole = [path for path in (directory / "state").glob("snapshot-*") if path.suffix != ".new"]
    return sorted(whole, key=lambda path: int(path.name.rpartition("-")[2]))


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["truncated", "empty", "all"])
def test_a_truncated_snapshot_is_said_and_the_one_before_is_used(fresh_mosquitto, tmp_path, damage):
    stage, site = write(tmp_path, seconds=30.0, more="\n[state]\nsnapshot_s = 1.0\n"), tmp_path / "site.toml"

    async def body():
        async with witness(fresh_mosquitto) as seen, flying(fresh_mosquitto, stage):
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.until(lambda w: w.alerts(), "an alert")
                await service.kill()
            for path in generations(tmp_path) if damage == "all" else generations(tmp_path)[-1:]:
                path.write_bytes(b"" if damage == "empty" else path.read_bytes()[:-100])
            killed = len(seen.heard)
            known = seen.track_ids()
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.until(lambda w: w.track_ids(killed), "tracks again")
                await seen.serving(killed)
                code, _ = await service.stop()
            return code, service.text, seen, killed, known

    code, said, seen, killed, known = run(body())
    assert (code, "Traceback" in said) == (0, False), said
    assert "the state of the last run cannot be used" in said
    assert "snapshot-" in said
    assert "is damaged" in said
    if damage != "all":
        assert seen.track_ids(killed) & known
        assert set(seen.revisions().values()) == {1}
    with journal(tmp_path) as book:
        assert book.unpublished() == []


def test_a_second_service_on_one_state_directory_is_refused_and_says_who_has_it(tmp_path):
    write(tmp_path)

    async def body():
        nobody = {"VIGIE_MQTT__HOST": "127.0.0.1", "VIGIE_MQTT__PORT": "9"}
        async with Command("run", tmp_path / "site.toml", **nobody) as first:
            await eventually(lambda: (tmp_path / "state" / "lock").exists() and (tmp_path / "state" / "lock").read_text())
            code, said = await command("run", tmp_path / "site.toml", **nobody)
            return first.pid, code, said

    pid, code, said = run(body())
    assert (code, "Traceback" in said) == (2, False), said
    assert f"state.directory: {tmp_path}/state: is in use by another service (process {pid})" in said


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('url = "udp://192.0.2.1:4010"', ["source.url: udp://192.0.2.1:4010: cannot be listened on"]),
        ('url = "udp://127.0.0.1:4010"\nformat = "morse"', ["source.format 'morse' is not known; expected adsb, "]),
        ('url = "carrier-pigeon"', ["sensor[3].source.url: 'carrier-pigeon' has no scheme that is known"]),
    ],
)
def test_a_sensor_that_cannot_be_heard_where_the_site_says_is_named(tmp_path, source, words):
    """192.0.2.0/24 is for documentation (RFC 5737): no machine has such an address to listen on."""
    sensor = '[[sensor]]\nid = "radar-9"\nkind = "radar"\nperiod_s = 1.0\naccuracy = { range_m = 5, azimuth_deg = 1 }\n[sensor.source]\n'
    write(tmp_path)
    site = tmp_path / "site.toml"
    site.write_text(site.read_text() + f"\n{sensor}{source}\n")
    code, said = start(tmp_path)
    assert (code, "Traceback" in said) == (2, False), said
    for word in words:
        assert word in said
