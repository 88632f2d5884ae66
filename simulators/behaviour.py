"""How a configured sensor really behaves: what nobody at the site knows of it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from fusion.config import Accuracy, Confusion
from fusion.config_table import Name, NonNegative, Positive, Table
from simulators.terms import Claim, Ground, Second, Share, Text

Opening = Annotated[float, Meta(gt=0.0, le=120.0)]


class Spread(Table):
    """How far a bias is off from day to day: its standard deviation, drawn once a seed."""

    range_m: NonNegative = 0.0
    azimuth_deg: Annotated[float, Meta(ge=0.0, le=90.0)] = 0.0
    elevation_deg: Annotated[float, Meta(ge=0.0, le=45.0)] = 0.0


class Fakes(Table):
    """Broadcasts that a sender on the ground makes up: identities that fly nowhere, or one that flies elsewhere."""

    count: Annotated[int, Meta(ge=1, le=1000, description="how many identities it pretends")]
    middle: Annotated[Ground, Meta(description="around which they pretend to fly")]
    identity: Annotated[Claim | None, Meta(description="whom one fake pretends to be; invented names if left out")] = None
    radius_m: Annotated[Positive, Meta(description="the widest circle pretended")] = 500.0
    height_agl_m: Annotated[tuple[NonNegative, Positive], Meta(description="between these heights")] = (30.0, 120.0)
    speed_mps: Annotated[Positive, Meta(description="of each around its circle")] = 8.0
    between_s: Annotated[tuple[Second, Second], Meta(description="it sends from, to")] = (0.0, 86_400.0)


class Bias(Table):
    """What a sensor is really off by, the same all day."""

    range_m: Annotated[float, Meta(ge=-1e4, le=1e4)] = 0.0
    azimuth_deg: Annotated[float, Meta(ge=-180.0, le=180.0)] = 0.0
    elevation_deg: Annotated[float, Meta(ge=-90.0, le=90.0)] = 0.0
    time_s: Annotated[float, Meta(ge=-60.0, le=60.0, description="its clock is ahead by this")] = 0.0


class Echo(Table):
    """What a radar hears of a target: enough to tell how often it detects one of any kind at any range."""

    range_m: Annotated[Positive, Meta(description="where the mean echo of `rcs_dbsm` is `snr_db` above the noise")]
    snr_db: Annotated[float, Meta(ge=-30.0, le=60.0)] = 13.0
    rcs_dbsm: Annotated[float, Meta(ge=-60.0, le=60.0)] = -20.0
    false_alarm: Annotated[float, Meta(gt=0.0, lt=1.0, description="probability in one cell: sets the threshold")] = 1e-6


class Interference(Table):
    """A time in which noise rises: another radar, a jammer, a stage's radio microphones."""

    between_s: Annotated[tuple[Second, Second], Meta(description="from, to")]
    noise_db: Annotated[float, Meta(gt=0.0, le=120.0, description="how far the noise rises")] = 10.0
    links: Annotated[tuple[Text, ...], Meta(description="links in whose band it is; all if left out")] = ()


class Dropouts(Table):
    """Times in which nothing comes from a sensor that works: a picture that freezes, a radio link that fades."""

    every_s: Annotated[Positive, Meta(description="mean time between two, exponentially distributed")]
    for_s: Annotated[Positive, Meta(description="mean length of one, exponentially distributed")]


class Ptz(Table, kw_only=True):
    """A camera that pans, tilts and zooms: it looks at one thing at a time."""

    field_of_view_deg: Annotated[
        tuple[Opening, Opening], Meta(description="width and height of its picture; its coverage is where it can be pointed")
    ]
    slew_deg_s: Annotated[Positive, Meta(description="how fast it turns, in azimuth and in elevation")] = 60.0
    follow: Annotated[tuple[Name, ...], Meta(description="actors that it prefers, in this order; else the nearest")] = ()
    cues: Annotated[
        tuple[tuple[Second, Name], ...], Meta(description="[from this time on, actor]: what it is told to look at")
    ] = ()
    dwell_s: Annotated[Second, Meta(description="how long it stays with one before it chooses again")] = 5.0


class Counts(Table):
    """A camera that counts people in the cells that it sees."""

    every_s: Annotated[Positive, Meta(description="between two counts")] = 10.0
    sigma: Annotated[float, Meta(ge=0.0, le=2.0, description="standard deviation of the logarithm of its factor")] = 0.17
    correlation_s: Annotated[Second, Meta(description="the factor stays for so long; 0: each count errs anew")] = 60.0


class Carried(Table, kw_only=True):
    """What carries a sensor that moves, and what it tells of where it is."""

    actor: Annotated[Name, Meta(description="the actor; of a swarm its first member")]
    every_s: Annotated[Positive, Meta(description="between two poses")] = 0.2
    delay_s: Annotated[Second, Meta(description="from a pose to its arrival")] = 0.05
    loss: Annotated[Share, Meta(description="share of poses that never arrive")] = 0.0
    outages: Annotated[tuple[tuple[Second, Second], ...], Meta(description="from, to: no pose is sent")] = ()
    correlation_s: Annotated[
        Second, Meta(description="how long its errors of place, heading and tilt last: a satellite receiver's half a minute")
    ] = 30.0


class Behaviour(Table):
    """How a configured sensor really behaves, where that is not plain."""

    id: Annotated[Name, Meta(description="a sensor of the site's configuration")]
    rotating: Annotated[bool, Meta(description="an antenna that turns once a period: every plot has its own time")] = False
    preset: Annotated[
        Literal["drone-radar-2d", "aesa-radar", "rf-finder", "tdoa-net", "consumer-camera"] | None,
        Meta(description="a sensor of known make-up; keys beside it override single figures"),
    ] = None
    accuracy: Annotated[Accuracy, Meta(description="its true noise, axis by axis, where it is not what the site was told")] = (
        Accuracy()
    )
    bias: Bias = Bias()
    bias_sigma: Annotated[Spread, Meta(description="a further bias of this spread, constant all day")] = Spread()
    format: Annotated[
        Name | None, Meta(description="the native format that it publishes in, on raw/{format}; the scan contract if left out")
    ] = None
    delay_s: Annotated[Second, Meta(description="from the look to its arrival")] = 0.1
    jitter_s: Annotated[Second, Meta(description="mean of a random further delay; above the period it reorders")] = 0.0
    loss: Annotated[Share, Meta(description="share of messages that never arrive")] = 0.0
    duplicates: Annotated[Share, Meta(description="share of messages that arrive twice")] = 0.0
    outages: Annotated[tuple[tuple[Second, Second], ...], Meta(description="from, to: it is off, and boots anew")] = ()
    interference: Annotated[
        tuple[Interference, ...], Meta(description="when its noise rises: it detects less and errs more")
    ] = ()
    dropouts: Annotated[Dropouts | None, Meta(description="times at random in which its messages do not arrive")] = None
    correlation_s: Annotated[Second, Meta(description="its errors are correlated over this time; 0: white")] = 0.0
    gap_s: Annotated[Second, Meta(description="its misses are correlated over this time; 0: each look alone")] = 0.0
    detection_by_range: Annotated[
        tuple[tuple[Positive, Share], ...],
        Meta(description="[to this range, probability] in steps, instead of the configured probability"),
    ] = ()
    echo: Annotated[Echo | None, Meta(description="detection by the radar equation, instead of the configured probability")] = (
        None
    )
    fakes: Annotated[Fakes | None, Meta(description="made-up identities that a receiver of Remote ID or ADS-B hears")] = None
    repeats: Annotated[Share, Meta(description="share of broadcasts that are the last one again, with its old time")] = 0.0
    folds: Annotated[Share, Meta(description="share of bearings that point the opposite way")] = 0.0
    decodes: Annotated[
        tuple[Text, ...],
        Meta(description="links that a finder can read: the serial, the place and the pilot's place in their frames"),
    ] = ()
    ground_reach_m: Annotated[Positive, Meta(description="a direction finder hears controllers on the ground this far")] = 800.0
    reference: Annotated[
        Name | None,
        Meta(description="whom a time-difference sensor compares with; the next of its kind in the site's list: a ring"),
    ] = None
    carried: Annotated[Carried | None, Meta(description="an actor that carries it; its looks are from there")] = None
    ptz: Annotated[Ptz | None, Meta(description="a camera that looks at one thing at a time")] = None
    counts: Annotated[Counts | None, Meta(description="a camera that counts the people of [[crowd]]")] = None
    confusion: Annotated[
        Confusion | None, Meta(description="how often it names what how, where that is not what the site was told")
    ] = None
    class_accuracy: Annotated[
        Share, Meta(description="how often the class it names is right, the short form of a confusion matrix")
    ] = 0.0
