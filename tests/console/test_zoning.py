"""Zones drawn at the console: what no operator can have meant is refused before it is published."""

from __future__ import annotations

import json

import pytest

from tests.console.stage import operating, run
from tests.e2e.stage import zone

SQUARE = [[2.29, 48.85], [2.30, 48.85], [2.30, 48.86], [2.29, 48.86], [2.29, 48.85]]
BOW = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]
FLAT = [[2.29, 48.85], [2.30, 48.85], [2.295, 48.85], [2.29, 48.85]]


def drawn(ring) -> dict:
    feature = json.loads(zone("DRAWN"))
    (feature,) = feature.get("features", [feature])
    feature["geometry"] = {"type": "Polygon", "coordinates": [ring], "layer": feature["geometry"].get("layer", {})}
    return feature


@pytest.mark.parametrize(
    ("ring", "wrong"),
    [
        (SQUARE, None),
        ([SQUARE[0], *SQUARE], None),  # a double click
        (BOW, "make edges that cross or touch"),
        (FLAT, "lie on one line"),
    ],
)
def test_a_drawn_zone_encloses_something_and_does_not_cross_itself(tmp_path, ring, wrong):
    async def body():
        async with operating(tmp_path) as stage, stage.client("supervisor") as client:
            judged = (await client.post("/api/v1/zones/check", json={"feature": drawn(ring)})).json()["errors"]
            sent = {"feature": drawn(ring), "why": "an event"}
            answer = await client.put("/api/v1/zones/DRAWN", json=sent, headers={"If-None-Match": "*"})
            return judged, answer, stage.core.retained

    judged, answer, retained = run(body())
    if wrong is None:
        assert (judged, answer.status_code, len(retained)) == ([], 202, 1)
    else:
        assert answer.status_code == 422
        assert wrong in judged[0]["reason"]
        assert wrong in answer.json()["detail"]
        assert retained == []
