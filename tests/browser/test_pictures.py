"""The console's screens as they were looked at and found good, in both languages, both themes, and the two usual sizes."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser.pictures import LOOKS, MOST, OUT, differing, pictures

pytestmark = pytest.mark.slow

DEADLINE_S = 400.0

RENEW = f"look at them in {OUT}; if they are as they should be: python -m tests.browser.renew"


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_screens_look_as_they_were_found_good(tmp_path, look):
    async def body():
        async with asyncio.timeout(DEADLINE_S):
            return await pictures(tmp_path, look)

    found = {name: differing(raw, name) for name, raw in asyncio.run(body()).items()}
    assert {name: pixels for name, pixels in found.items() if pixels > MOST} == {}, RENEW
