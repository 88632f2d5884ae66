"""Print every track of a site as it changes: `python watch.py paris 127.0.0.1 1883`."""

import asyncio
import sys

from fusion.client import connect


async def main(site: str, host: str, port: str) -> None:
    """Watch until Ctrl-C; a broker that goes away is waited for."""
    async with connect(site, host, port=int(port)) as vigie:
        async for track in vigie.tracks():
            place = track.position
            where = f"{place.latitude_deg:.5f} {place.longitude_deg:.5f}" if place else "somewhere on a bearing"
            print(f"{track.time:%H:%M:%S} {track.track} {track.status} {track.class_} {track.verdict}: {where}", flush=True)


asyncio.run(main(*sys.argv[1:]))
