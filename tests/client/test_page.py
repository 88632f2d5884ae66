"""What docs/client.md says can be run: its programs import what there is, and its tables name what there is."""

from __future__ import annotations

import ast
import re
import typing

import pytest

import fusion.client
from fusion.client import Client
from fusion.client.client import Options
from fusion.client.feed import ROOM
from tests.judges import ROOT

PAGE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_program_of_the_page_imports_what_there_is(block):
    names = [name.name for node in ast.walk(ast.parse(block)) if isinstance(node, ast.ImportFrom) for name in node.names]
    assert names
    assert set(names) <= set(fusion.client.__all__)


def test_the_readme_shows_the_page_s_first_program():
    assert BLOCKS[0] in README


def test_every_name_of_a_client_that_the_page_tells_is_one():
    named = set(re.findall(r"`vigie\.(\w+)", PAGE)) | set(re.findall(r"await vigie\.(\w+)", PAGE))
    assert {"tracks", "alerts", "news", "status", "acknowledge", "command"} <= named
    assert all(hasattr(Client, name) or name == "unreadable" for name in named)


def test_the_page_tells_every_option_and_bound():
    told = PAGE.split("## How to reach the broker")[1].split("\n## ")[0]
    assert set(typing.get_type_hints(Options)) <= set(re.findall(r"`(\w+)`", told))
    assert f"{ROOM:,}" in PAGE
