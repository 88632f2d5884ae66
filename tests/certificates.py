"""A certificate authority for the length of a test, by the openssl command that Debian has."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """Signs certificates in one directory."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self.directory = directory
        self.name = name
        self._openssl(
            "req", "-x509", *self._new_key(name), "-days", "2", "-subj", f"/CN=test {name}", "-out", self.path(f"{name}.crt")
        )

    @property
    def certificate(self) -> Path:
        return self.path(f"{self.name}.crt")

    def path(self, name: str) -> Path:
        return self.directory / name

    def sign(self, name: str) -> tuple[Path, Path]:
        """Give a certificate for a common name, good for this machine's loopback too, and its key."""
        request, extensions = self.path(f"{name}.csr"), self.path(f"{name}.ext")
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self._openssl("req", *self._new_key(name), "-subj", f"/CN={name}", "-out", request)
        signer = ("-CA", self.certificate, "-CAkey", self.path(f"{self.name}.key"), "-CAcreateserial")
        self._openssl(
            "x509", "-req", "-in", request, *signer, "-days", "2", "-extfile", extensions, "-out", self.path(f"{name}.crt")
        )
        return self.path(f"{name}.crt"), self.path(f"{name}.key")

    def _new_key(self, name: str) -> tuple[object, ...]:
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.path(f"{name}.key"))

    def _openssl(self, *arguments: object) -> None:
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
