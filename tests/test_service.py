"""What a service remembers when it must start afresh."""

import asyncio

import msgspec

from fusion.config import Mqtt, State
from fusion.messages import Alert, AlertMessage, utc
from fusion.service import Service
from tests.scene import CONFIG, START


def test_alerts_of_a_run_whose_snapshots_are_gone_are_taken_over(tmp_path):
    config = msgspec.structs.replace(CONFIG, mqtt=Mqtt(host="127.0.0.1"), state=State(directory="state"))
    alert = Alert(
        alert="01K1J40A2M5B7C8D9E0F1G2H3J", site="paris", track="T1", zone="TOWER", rule="intrusion", severity="warning", state="raised",
        revision=3, raised=utc(START), updated=utc(START),
    )  # fmt: skip
    gone = msgspec.structs.replace(alert, alert="01K1J40A2M5B7C8D9E0F1G2H3K", state="closed", zone="PARK")
    archived = msgspec.structs.replace(alert, alert="01K1J40A2M5B7C8D9E0F1G2H3M", zone="GATE")
    first = Service(config, tmp_path)
    first.clerk.journal.write([AlertMessage(alert=one, cause=START) for one in (alert, gone, archived)])
    first.clerk.journal.write([AlertMessage(alert=archived, cause=START, archived=True)])
    first.clerk.journal.close()

    again = Service(config, tmp_path)
    asyncio.run(again._resume())
    assert again.pipeline.alerts.open == (alert,)
    assert [one.alert for one in again.pipeline.alerts.snapshot().closed] == [gone.alert]
    again.keeper.close()
    again.clerk.journal.close()
