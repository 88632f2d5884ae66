"""Write a table with a line for each track's new state: `python to_csv.py paris 127.0.0.1 1883 > evening.csv`."""

import asyncio
import csv
import sys

from fusion.client import connect


async def main(site: str, host: str, port: str) -> None:
    """Write until Ctrl-C."""
    table = csv.writer(sys.stdout)
    table.writerow(["time", "track", "status", "class", "verdict", "latitude_deg", "longitude_deg", "altitude_hae_m"])
    async with connect(site, host, port=int(port)) as vigie:
        async for track in vigie.tracks():
            if (place := track.position) is not None:
                row = [track.time.isoformat(), track.track, track.status, track.class_, track.verdict]
                table.writerow([*row, place.latitude_deg, place.longitude_deg, place.altitude_hae_m])
                sys.stdout.flush()


asyncio.run(main(*sys.argv[1:]))
