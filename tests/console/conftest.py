import pytest

from tests.console.stage import quick_hashes


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    quick_hashes(monkeypatch)
