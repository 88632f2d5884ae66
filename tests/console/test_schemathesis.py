"""Schemathesis, which knows nothing of us but our own description, asks the real service whatever that allows, and what it does not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.browser.stage import staged
from tests.e2e.processes import run

DEADLINE_S = 1_800.0

JUDGE = Path(__file__).parents[2] / ".judges" / "schemathesis" / "bin" / "schemathesis"

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
)

ENDLESS = "/api/v1/export/tracks.ndjson"
"""With `follow=true` its answer does not end."""


PROVIDER = """
[console.oidc]
issuer = "http://127.0.0.1:9"
client_id = "vigie"
roles = { ops = "operator" }
"""
"""Nobody is there: what its routes answer to whatever comes is our own."""


def asked(broker, directory, *, phases: str, examples: int) -> str:
    """Let it ask with every right that there is; give what it says at the end."""
    assert JUDGE.exists(), "this test needs its judge: `make .judges/schemathesis/ready`"

    async def body() -> tuple[int | None, str]:
        async with staged(broker, directory, more=PROVIDER) as stage:
            async with httpx.AsyncClient(base_url=stage.url) as client:
                await client.get(stage.link("chief", "administrator"))
                may = (await client.get("/api/v1/session")).json()["permissions"]
                wanted = {"name": "the judge", "scopes": may}
                made = await client.post("/api/v1/tokens", json=wanted, headers={"Origin": stage.url})
            judge = await asyncio.create_subprocess_exec(
                *(JUDGE, "run", f"{stage.url}/api/v1/openapi.json", "-H", f"Authorization: Bearer {made.json()['token']}"),
                *("--phases", phases, "--max-examples", str(examples), "--seed", "1", "--checks", CHECKS),
                *("--exclude-path", ENDLESS, "--request-timeout", "30", "--no-color"),
                cwd=directory,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await judge.communicate()
            return judge.returncode, said.decode()

    code, said = run(body(), DEADLINE_S)
    assert code == 0, said
    return said


@pytest.mark.slow
def test_no_question_has_a_mistake_of_ours_for_an_answer(fresh_mosquitto, tmp_path):
    said = asked(fresh_mosquitto, tmp_path, phases="fuzzing", examples=5)
    assert "Fuzzing" in said


@pytest.mark.deep
def test_nor_has_any_of_some_thousand(fresh_mosquitto, tmp_path):
    asked(fresh_mosquitto, tmp_path, phases="coverage,fuzzing", examples=60)
