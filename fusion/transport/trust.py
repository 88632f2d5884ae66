"""Whom we trust over TLS."""

from __future__ import annotations

import ssl
from pathlib import Path


def trusting(authorities: Path | None) -> ssl.SSLContext:
    """Give what connects by TLS 1.2 or newer to who is vouched for by a file's authorities, or the machine's.

    Raise OSError, of which an SSLError is one, for a file that cannot be used.
    """
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
