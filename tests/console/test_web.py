"""The console's pages: their own unit tests and types, their lock file, and what they share with the core."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import get_args

from fusion.errors import NotIn
from fusion.zones.reasons import SENTENCES

WEB = Path(__file__).parents[2] / "fusion/console/web"
DEADLINE_S = 120.0

ALLOWED = {"MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Apache-2.0", "OFL-1.1", "CC0-1.0"}
"""Licences under which a part may go out with ours."""


def npm(script: str) -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", script], cwd=WEB, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pages_functions_pass_their_own_tests():
    npm("test")


def test_the_pages_types_are_right():
    npm("types")


def test_every_package_is_pinned_to_one_version_and_the_lock_file_names_no_address():
    wanted = json.loads((WEB / "package.json").read_text())
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values()), versions
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if "integrity" not in package]


def test_what_goes_out_with_the_pages_is_under_a_licence_that_allows_it_and_carries_its_text():
    text = (WEB / "dist/licences.txt").read_text()
    parts = text.split("\n" + "-" * 80 + "\n\n")
    named = {part.split(" ", 1)[0]: re.match(r"\S+ \S+ \((.+)\)\n", part).group(1) for part in parts}
    assert {"ol", "preact", "milsymbol", "@fontsource-variable/inter"} <= named.keys()
    assert set(named.values()) <= ALLOWED
    assert all(len(part) > 200 for part in parts), "a part without the text of its licence"


def test_every_reason_of_the_core_has_a_french_form_in_the_pages():
    source = (WEB / "src/i18n/reasons.ts").read_text()
    for key, sentence in SENTENCES["en"].items():
        assert re.search(rf"\b{key}: \[\s*{re.escape(json.dumps(sentence))}", source), f"{key}: {sentence}"
    assert len(re.findall(r"^  \w+: \[", source, re.MULTILINE)) == len(SENTENCES["en"])


def test_every_refusal_of_a_provider_has_its_sentence_in_both_languages():
    source = (WEB / "src/i18n/entering.ts").read_text()
    assert sorted(re.findall(r"^ +refused_(\w+): \"", source, re.MULTILINE)) == sorted(2 * get_args(NotIn))


def test_the_page_loads_only_what_was_built():
    page = (WEB / "dist/index.html").read_text()
    assert [one for one in re.findall(r'(?:src|href)="([^"]+)"', page) if not one.startswith("data:")] == [
        f"/static/{next((WEB / 'dist').glob(pattern)).name}" for pattern in ("style-*.css", "app-*.js")
    ]
    assert "style=" not in page
    assert "<script>" not in page
