"""Fixtures that several rooms share: brokers, and a topic tree that no other test uses."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from fusion.topics import TopicTree
from tests.brokers import KINDS, Mosquitto, random_root, started
from tests.databases import PostgreSQL, programs

settings.register_profile("vigie", derandomize=True, deadline=None)  # the same examples in every run, however slow the machine
settings.load_profile("vigie")


@pytest.fixture(scope="module", params=KINDS)
def broker(request, tmp_path_factory):
    """Run a broker for a whole module, once of each kind."""
    with started(KINDS[request.param](tmp_path_factory.mktemp("broker"))) as running:
        yield running


@pytest.fixture(params=KINDS)
def fresh_broker(request, tmp_path):
    """Run a broker that a test may kill and start again, once of each kind."""
    with started(KINDS[request.param](tmp_path)) as running:
        yield running


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory):
    """Run a Mosquitto for a whole module."""
    with started(Mosquitto(tmp_path_factory.mktemp("mosquitto"))) as running:
        yield running


@pytest.fixture
def fresh_mosquitto(tmp_path):
    """Run a Mosquitto that a test may kill and start again."""
    with started(Mosquitto(tmp_path)) as running:
        yield running


@pytest.fixture(scope="session")
def postgresql():
    """Run a PostgreSQL for the whole run; skip where there is none, which continuous integration always has."""
    if (where := programs()) is None:
        assert not os.environ.get("CI"), "continuous integration has PostgreSQL: `.ci/debian postgresql`"
        pytest.skip("no PostgreSQL here: `.ci/debian postgresql`")
    server = PostgreSQL(where).start()
    yield server
    server.stop()


@pytest.fixture
def tree():
    """Give the topics of a site below a root that no other test uses."""
    return TopicTree("paris", random_root())
