"""`vigie score` on a case that it flies itself: what it prints, writes and refuses."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from fusion import recording
from fusion.__main__ import main
from fusion.assembly import assemble, read_zones
from fusion.config_file import load
from fusion.replay import fed, write_down
from simulators import scenario_file
from simulators.case import write_case
from simulators.outcomes import load_alerts
from simulators.scoring.entries import entries
from simulators.scoring.judgement import Asked, judge
from simulators.scoring.reading import load_tracks, load_truths, origin

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    stage = scenario_file.load(scenario_file.find("eiffel_tower"))
    stage = stage._replace(
        scenario=type(stage.scenario)(
            **{f: getattr(stage.scenario, f) for f in stage.scenario.__struct_fields__} | {"duration_s": 40.0}
        )
    )
    directory = write_case(stage, tmp_path_factory.mktemp("case")).directory
    pipeline = assemble(load(directory / "site.toml", {}), directory)
    write_down(fed(recording.read(directory / "recording.jsonl.gz"), pipeline), directory / "out")
    return directory


@pytest.fixture(scope="module")
def scored(case):
    out = case / "score"
    code = main(["score", str(case / "out/tracks.jsonl"), str(case / "truth.csv"), "--indifferent", "pigeons-*",
                 "--json", str(out / "score.json"), "--report", str(out / "score.html"), "--png", str(out / "png")])  # fmt: skip
    assert code == 0
    return out


class Page(HTMLParser):
    """What a page holds, and whether every tag is closed in its turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.links, self.said = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def test_the_report_is_one_page_that_needs_nothing_else(scored):
    text = (scored / "score.html").read_text()
    page = Page(text)
    assert page.open == []
    assert page.links == []
    assert not {"script", "link", "img", "iframe"} & set(page.seen)
    assert "http" not in text
    assert "url(" not in text
    assert "nan" not in re.sub(r"[a-z]*nance|[a-z]+nan[a-z]*", "", text.lower())
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    said = " ".join(page.said)
    for word in (
        "ED-87E",
        "Map",
        "Error over time",
        "Who was tracked by what",
        "Alerts",
        "Sensors",
        "TE-CORE",
        "radar-1",
        "intruder",
    ):
        assert word in said


def test_the_json_holds_every_figure_and_only_what_json_knows(scored):
    told = json.loads((scored / "score.json").read_text(), parse_constant=pytest.fail)
    assert {
        "score",
        "ospa",
        "ospa2",
        "siap",
        "clear_mot",
        "identity",
        "axes",
        "times",
        "tables",
        "ed87e",
        "bound",
        "sensors",
        "series",
    } <= set(told)
    series = {key: np.array(values) for key, values in told["series"].items()}
    assert told["score"]["gospa"] == pytest.approx(series["gospa"].mean())
    assert told["score"]["missed"] == pytest.approx(series["missed"].sum() / told["score"]["truth_steps"])
    assert 0.5 < told["bound"]["ratio"] < 5.0
    assert len(told["ed87e"]) == 6


def test_the_sensors_show_the_biases_that_the_scenario_gave_them(scored):
    told = json.loads((scored / "score.json").read_text())["sensors"]
    found = {(one["sensor"], r["component"]): np.array(r["values"]) for one in told for r in one["residuals"]}
    for sensor, component, bias in (("radar-1", "azimuth", 0.4), ("radar-2", "azimuth", -0.5), ("radar-2", "range", -2.0)):
        values = found[sensor, component]
        assert abs(values.mean() - bias) < 4 * values.std() / np.sqrt(len(values))


def test_entries_are_when_geometry_says_and_alerts_follow_soon(case):
    config, here = load(case / "site.toml", {}), origin(load(case / "site.toml", {}).site)
    judged = judge(load_tracks(case / "out/tracks.jsonl", here), load_truths(case / "truth.csv", here), Asked())
    alerts = tuple(load_alerts(case / "out/alerts.jsonl"))
    found = {(one.target, one.zone): one for one in entries(judged, config, tuple(read_zones(config.zones.files, case)), alerts)}
    ring = found["intruder", "TE-RING"]
    rows = judged.scene.true.who == judged.scene.truths.index("intruder")
    near = (
        np.hypot(*judged.scene.true.place[rows, :2].T) <= 1250.0
    )  # the ring's radius around the Tower, where the site's middle is
    assert ring.entered == pytest.approx(judged.scene.true.step[rows][near][0], abs=1.0)
    assert ring.warning > 5.0
    assert found["intruder", "LF-P23"].delay < 5.0
    assert found["police", "TE-RING"].friend is True
    assert np.isnan(found["police", "TE-RING"].raised)


def test_pictures_are_written(scored):
    names = {path.name for path in (scored / "png").iterdir()}
    assert names == {"map.png", "errors.png", "distances.png", "timelines.png", "sensors.png"}


def test_the_first_lines_are_what_they_always_were(case, capsys):
    assert main(["score", str(case / "out/tracks.jsonl"), str(case / "truth.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[:6]] == [
        "position error (3-D)", "missed", "false tracks", "identity switches", "GOSPA (c = 50 m)", "NEES per dimension"
    ]  # fmt: skip


def test_a_run_without_tracks_has_a_report_too(case, tmp_path, capsys):
    (tmp_path / "tracks.jsonl").touch()
    truth = (case / "truth.csv").read_text().splitlines()
    (tmp_path / "truth.csv").write_text("\n".join([*truth[:2], ""]))
    wanted = ["--horizontal", "--report", str(tmp_path / "r.html"), "--png", str(tmp_path), "--json", str(tmp_path / "r.json")]
    for chosen in (case / "truth.csv", tmp_path / "truth.csv"):
        assert main(["score", str(tmp_path / "tracks.jsonl"), str(chosen), "--site", str(case / "site.toml"), *wanted]) == 0
        assert "missed                 100.0 %" in capsys.readouterr().out
        assert Page((tmp_path / "r.html").read_text()).open == []
        assert json.loads((tmp_path / "r.json").read_text())["score"]["spread"]["rmse"] is None


def test_two_runs_are_compared(scored, capsys):
    assert main(["score", "--compare", str(scored / "score.json"), str(scored / "score.json")]) == 0
    assert "no difference shown" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("truth.csv", "time_unix_s,truth,latitude_deg,longitude_deg\n", "line 1.*column altitude_hae_m is missing"),
        (
            "truth.csv",
            "time_unix_s,truth,latitude_deg,longitude_deg,altitude_hae_m\n1,a,48,2,3\n2,a,48,x,3\n",
            "line 3.*longitude_deg is 'x'",
        ),
        (
            "truth.csv",
            "time_unix_s,truth,latitude_deg,longitude_deg,altitude_hae_m\n1,a,48,2,nan\n",
            "line 2.*altitude_hae_m is 'nan'",
        ),
        ("truth.csv", "time_unix_s,truth,latitude_deg,longitude_deg,altitude_hae_m\n", "has no truth in it"),
        ("tracks.jsonl", '{"track": "a"}\n', "line 1: cannot be read as tracks: .*site"),
        ("tracks.jsonl", "not json\n", "line 1: cannot be read as tracks"),
    ],
)
def test_a_wrong_file_is_refused_by_line_and_field(case, tmp_path, capsys, file, text, reason):
    (tmp_path / file).write_text(text)
    tracks = tmp_path / file if file == "tracks.jsonl" else case / "out/tracks.jsonl"
    truth = tmp_path / file if file == "truth.csv" else case / "truth.csv"
    assert main(["score", str(tracks), str(truth), "--site", str(case / "site.toml")]) == 2
    assert re.search(f"{file}.*{reason}", capsys.readouterr().err)


def test_nothing_to_judge_is_said(capsys):
    assert main(["score"]) == 2
    assert "TRACKS and TRUTH" in capsys.readouterr().err
