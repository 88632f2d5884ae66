"""The core: Pipeline.feed(Input) -> list[Output]. Everything between a message and an alert, and no I/O of its own."""

from __future__ import annotations

from fusion import __version__, newcomers
from fusion.config import Config, Sensor
from fusion.errors import DecodeError
from fusion.intake import Found, Intake, refused
from fusion.messages import SECOND, Bearing, Input, Output, Polar, RawMessage, Scan, StatusMessage, Tick, TrackTable, utc
from fusion.picture import WireTracks
from fusion.pipeline_state import PipelineState, decode_state, encode_state
from fusion.publishing import Publisher, next_beat
from fusion.topics import TOPICS, Address
from fusion.tracking.registration import Learnt
from fusion.tracking.timeline import Timeline
from fusion.tracking.tracker import Tracker
from fusion.tracking.widening import widened
from fusion.zones.airspace import Airspace
from fusion.zones.alerts import Alerts
from fusion.zones.commands import decode_command
from fusion.zones.exposure import Exposure
from fusion.zones.findings import Circumstances
from fusion.zones.following import Following
from fusion.zones.issued import Issued
from fusion.zones.issuers import Issuers
from fusion.zones.permits import Register
from fusion.zones.plans import FIRST, Plans
from fusion.zones.rules import assess
from fusion.zones.watch import Watch
from fusion.zones.zones import ZoneSet
from sensors import Adapter

LOOK_AHEAD = SECOND
"""ns: with no scan for longer than this, tracks are carried on to this much before now. Up to it they stay at the newest scan:
a picture is extrapolated no further than what is on its way may still correct."""


MOVING_S = 1.0
"""s between two statuses at most where a sensor moves: they say where it is, and a map shows it."""


class Pipeline:
    """One site's core. What it does is a function of its configuration and of what it was fed, in order."""

    def __init__(
        self,
        config: Config,
        adapters: dict[str, Adapter],
        zones: ZoneSet | Plans,
        register: Register,
        issuers: Issuers | None = None,
    ) -> None:
        """Build the core; `zones` and `register` are those of the files, to which zones and permits by topic are added."""
        self.config = config
        self.frame = config.site.frame()
        self.permits = Issued(register, issuers or {}, self.frame)
        self.intake = Intake(config, self.frame, adapters)
        self.timeline = Timeline(Tracker(config, self.frame), config.tracking.window_s)
        self.alerts = Alerts(config.site.name, config.rules)
        self.following = Following(
            self.frame, config.site.name, every_hz=config.publish.track_hz, horizon_s=config.rules.horizon_s
        )
        self.exposure = Exposure(config.rules.exposure)
        self.watch = Watch()
        self.publisher = Publisher(config.publish, self.frame, config.site.name)
        self._newcomers: dict[str, Sensor] = {}
        self.now = 0
        self.airspace = Airspace(Plans({FIRST: zones}, config.site.name, {}) if isinstance(zones, ZoneSet) else zones)
        self._status_due = 0

    @property
    def zones(self) -> ZoneSet:
        """The zones in force, by schedule or not."""
        return self.airspace.zones

    def feed(self, item: Input) -> list[Output]:
        """Take one input and give what it causes. Time never runs backwards here: an older time counts as the newest."""
        if isinstance(item, Tick):
            self.now = max(self.now, item.time)
            return self._beat()
        self.now = max(self.now, item.received)
        try:
            return self._hear(item)
        except DecodeError as error:
            return [self._refused(item, str(error))]

    def _refused(self, message: RawMessage, reason: str) -> Output:
        """Say what was refused; not quoted where it may be of a person."""
        return refused(message, reason, quoting=not self.intake.is_private(self.intake.tree.parse(message.topic)))

    # --- A message ------------------------------------------------------------------------------------------------

    def _hear(self, message: RawMessage) -> list[Output]:
        address = self.intake.tree.parse(message.topic)
        if address is None or TOPICS[address.name].direction != "in":
            raise DecodeError(f"topic: {message.topic[:200]!r} is not one that this site hears")
        match address.name:
            case "scan" | "raw":
                return self._insert(message, self.intake.scan(message, address))
            case "sensor_status" | "registration" | "pose" | "crowd":
                return self._hear_sensor(message, address)
            case "zone" | "zone_window" | "zone_plan" | "zone_position" | "permit":
                return self._change(message, address)
            case "command":
                return [*self.alerts.command(address.parts["alert"], decode_command(message.payload), self.now)]
            case name:
                raise DecodeError(f"topic: {name} messages are not read by this version")

    def _hear_sensor(self, message: RawMessage, address: Address) -> list[Output]:
        """Take what a sensor says besides what it detects."""
        name = address.parts["sensor"]
        match address.name:
            case "sensor_status":
                self.intake.status(message, address)
            case "registration":
                self._welcome(message, name)
            case "pose":
                return self._hear_pose(message, name)
            case "crowd":
                return self._count(message, name)
        return []

    def _insert(self, message: RawMessage, scan: Scan) -> list[Output]:
        """Put a scan into its place in time; what cannot have one is counted and told."""
        notes: list[Output] = [self._refused(message, note) for note in scan.left_out]
        if notes:
            self.intake.count(scan.sensor, left_out=len(notes))
        match self.timeline.insert(scan):
            case "taken":
                self.intake.note(scan)
                notes += self._unplaced(message, scan)
            case "duplicate":
                self.intake.count(scan.sensor, duplicates=1)
            case "late":
                self.intake.count(scan.sensor, late=1)
                age = (self.timeline.newest - scan.time) / SECOND
                window = self.config.tracking.window_s
                notes.append(
                    self._refused(message, f"time: {age:.1f} s behind the newest look; at most {window:g} s is made up for")
                )
        return notes

    def _unplaced(self, message: RawMessage, scan: Scan) -> list[Output]:
        """Tell that nobody knows whence a look was; it counts all the same if a pose still comes that says so."""
        moving = self.timeline.tracker.moving
        if scan.sensor not in moving or not any(isinstance(one, Polar | Bearing) for one in scan.detections):
            return []
        if moving.places(scan) is not None:
            return []
        return [
            self._refused(message, f"pose: nobody knows where {scan.sensor!r} was then; its directions wait for one that says")
        ]

    def _hear_pose(self, message: RawMessage, name: str) -> list[Output]:
        """Take where a sensor that moves is. An empty payload withdraws what was retained: it grows old."""
        if not message.payload:
            return []
        pose = self.intake.pose(message, name)
        if self.timeline.hear(name, pose) == "late":
            self.intake.count(name, late=1)
            age = (self.timeline.newest - pose.time) / SECOND
            return [self._refused(message, f"time: {age:.1f} s behind the newest look; no look so old is placed any more")]
        return []

    def _welcome(self, message: RawMessage, name: str) -> None:
        """Take a sensor that no file names, or what has changed of one."""
        sensor = newcomers.read(message.payload, name, self.config, self._newcomers, self.intake.adapters)
        if sensor != self._newcomers.get(name):
            self._know(self._newcomers | {name: sensor})

    def _know(self, sensors: dict[str, Sensor]) -> None:
        """Go on with sensors that have appeared, beside those of the file."""
        self._newcomers, config = sensors, newcomers.with_them(self.config, sensors)
        self.intake.know(config)
        self.timeline.go_on_with(Tracker(config, self.frame), widened)

    def _count(self, message: RawMessage, sensor: str) -> list[Output]:
        """Keep what a sensor counts of a crowd. What is refused is not quoted: it may be of a person."""
        try:
            known = self.exposure.take(sensor, self.intake.crowd(message, sensor))
        except DecodeError as error:
            return [refused(message, str(error), quoting=False)]
        self.intake.count(sensor, crowds=1, late=known)
        return []

    def _change(self, message: RawMessage, address: Address) -> list[Output]:
        """Change who may fly where. Zones, their hours and positions are retained, and may come in any order."""
        match address.name:
            case "zone":
                self.airspace.change_zone(address.parts["zone"], message.payload)
            case "zone_window":
                self.airspace.change_window(name := address.parts["zone"], message.payload)
                if self.zones.find(name) is None:
                    return [refused(message, f"zone {name}: is not known yet; its window is kept until it is")]
            case "zone_plan":
                self.airspace.change_plan(message.payload, message.received)
                self._status_due = 0  # whoever switched sees at once that it is done
            case "zone_position":
                name = address.parts["zone"]
                note = self.following.hear(name, self.zones.find(name), message.payload, message.received)
                return [] if note is None else [refused(message, note)]
            case "permit":
                self.permits.take(address.parts["permit"], message.payload, self.now)
        return []

    # --- The beat -------------------------------------------------------------------------------------------------

    def _beat(self) -> list[Output]:
        """Bring the picture to now: step what came, judge it, and say what is due."""
        self.timeline.advance()
        table = self._table()
        zones = self.following.place(self.zones, table)
        assessment = assess(table, zones, self.permits.register, self.now, self.config.rules, self._circumstances())
        self.watch = assessment.watch
        findings = assessment.findings + self.following.lost(self.zones, table.time, self.now)
        tracks = WireTracks(table, self.frame, self.config.site.name, assessment.standings)
        outputs: list[Output] = [*self.alerts.update(findings, self.now, tracks)]
        outputs += self.following.publish(self.zones, table.time, self.now)
        outputs += self.publisher.publish(table, assessment.standings, self.now)
        if self.now >= self._status_due:
            moving = bool(self.timeline.tracker.moving.carriers)
            every = min(self.config.publish.status_s, MOVING_S) if moving else self.config.publish.status_s
            self._status_due = next_beat(self._status_due, self.now, every)
            outputs.append(self._status(table))
        return outputs

    def status(self) -> StatusMessage:
        """Say how the service and its sensors are now, whether that is due or not."""
        return self._status(self._table())

    def _circumstances(self) -> Circumstances:
        """Give what rules know besides the picture."""
        threatened = self.alerts.threatened
        return Circumstances(
            watch=self.watch,
            crowds=self.exposure.crowds(self.frame, self.now),
            lost=self.intake.lost(self.now) if threatened else (),
            threatened=threatened,
            cooperative=self.intake.cooperative,
            hostile=self.alerts.hostile,
        )

    def _table(self) -> TrackTable:
        at = max(self.timeline.newest, self.now - LOOK_AHEAD)
        return self.timeline.tracker.table(at, tentative=self.config.publish.tentative)

    def _status(self, table: TrackTable) -> StatusMessage:
        tracker = self.timeline.tracker
        return StatusMessage(
            site=self.config.site.name,
            version=__version__,
            time=utc(self.now),
            tracks=_counted(table),
            alerts=len(self.alerts.open),
            alarms=self.alerts.rate(self.now),
            plan=self.airspace.plans.plan or None,
            plan_signing=self.airspace.plans.signing,
            permits=self.permits.told(),
            sensors=self.intake.health(
                self.now, Found(tracker.registration.biases(), tracker.floods(), tracker.moving.told(self.now))
            ),
            crowds=self.exposure.state(self.now),
            counters={},
        )

    # --- What outlives the state ------------------------------------------------------------------------------------

    def learnt(self) -> Learnt:
        """Give what the sensors were found to be off by."""
        return self.timeline.tracker.registration.learnt()

    def adopt(self, known: Learnt) -> None:
        """Begin with what an earlier run found the sensors to be off by; before the first input."""
        self.timeline.tracker.registration.adopt(known)

    # --- The whole state as a value -------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Give everything that the future depends on."""
        state = PipelineState(
            now=self.now,
            status_due=self._status_due,
            timeline=self.timeline.snapshot(),
            alerts=self.alerts.snapshot(),
            following=self.following.state,
            crowds=self.exposure.held,
            watch=self.watch,
            publisher=self.publisher.state,
            intake=self.intake.records,
            newcomers=tuple(self._newcomers.values()),
            memories=self.intake.memories,
            plan=self.airspace.plans.state(),
            windows=self.airspace.windows,
            zones=self.airspace.changed,
            permits=self.permits.state(),
        )
        return encode_state(self.config, state)

    def restore(self, snapshot: bytes) -> None:
        """Become what a snapshot says; raise SnapshotError, having changed nothing, where it does not fit."""
        state = decode_state(self.config, snapshot)
        if state.newcomers != tuple(self._newcomers.values()):
            self._newcomers = {sensor.id: sensor for sensor in state.newcomers}
            config = newcomers.with_them(self.config, self._newcomers)
            self.intake.know(config)
            self.timeline = Timeline(Tracker(config, self.frame), config.tracking.window_s)
        self.timeline.restore(state.timeline)
        self.alerts = Alerts(self.config.site.name, self.config.rules, state.alerts)
        self.following.state = state.following
        self.exposure, self.watch = Exposure(self.config.rules.exposure, state.crowds), state.watch
        self.publisher.state = state.publisher
        self.intake.records = dict(state.intake)
        self.intake.recall(state.memories)
        self.permits.restore(state.permits)
        self.airspace.restore(state.plan, state.zones, state.windows)
        self.now, self._status_due = state.now, state.status_due


def _counted(table: TrackTable) -> dict[str, int]:
    """Count the tracks by their status, and those of which only a direction is known."""
    tracks = {status: table.status.count(status) for status in sorted(set(table.status))}
    return tracks | ({"bearing": len(table.bearings)} if table.bearings else {})
