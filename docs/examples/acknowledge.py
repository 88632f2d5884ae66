"""Show each alert that asks, and take it in a person's name: `python acknowledge.py paris 127.0.0.1 1883 m.durand`."""

import asyncio
import sys

from fusion.client import CommandError, connect


async def main(site: str, host: str, port: str, who: str) -> None:
    """Ask for each alert what to say of it; an empty line takes it without a word."""
    async with connect(site, host, port=int(port)) as vigie:
        async for alert in vigie.alerts():
            if alert.state not in {"raised", "updated"}:
                continue
            print(f"{alert.severity}: {alert.rule} {alert.zone}: {'; '.join(alert.reasons)}. Who goes, and why?", flush=True)
            why = await asyncio.to_thread(sys.stdin.readline)
            try:
                taken = await vigie.acknowledge(alert.alert, who, why.strip() or None)
                print(f"{taken.alert} {taken.state} by {taken.acknowledged_by}", flush=True)
            except CommandError as error:
                print(f"not taken: {error}", flush=True)


asyncio.run(main(*sys.argv[1:]))
