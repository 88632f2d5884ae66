"""What every table of the configuration is made of: limits by kind of figure, and the refusal of unknown keys."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fusion.messages import Frozen
from fusion.topics import ID

Name = Annotated[str, Meta(pattern=f"^{ID}$")]
Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
Height = Annotated[float, Meta(ge=-500.0, le=20_000.0)]
Positive = Annotated[float, Meta(gt=0.0, le=1e6)]
NonNegative = Annotated[float, Meta(ge=0.0, le=1e6)]
Probability = Annotated[float, Meta(gt=0.0, lt=1.0)]
Degrees = Annotated[float, Meta(ge=-360.0, le=360.0)]
SigmaDegrees = Annotated[float, Meta(gt=0.0, le=180.0)]


class Table(msgspec.Struct, metaclass=Frozen, forbid_unknown_fields=True):
    """A table of the file: a key that it does not know is a mistake, not a wish."""
