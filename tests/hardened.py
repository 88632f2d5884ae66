"""A Mosquitto with the configuration under docs/, certificates for its users, and a password."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
from pathlib import Path

from fusion.config import Mqtt
from tests.brokers import Mosquitto, free_port
from tests.certificates import Authority

DOCS = Path(__file__).parents[1] / "docs"
USERS = ("vigie-paris", "radar-1", "radar-2", "console-paris", "integrator-paris", "patrol-paris")


def password_line(user: str, password: str) -> str:
    """Write what mosquitto_passwd writes."""
    salt = b"twelve bytes"
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"{user}:$7$101${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}\n"


class Hardened(Mosquitto):
    """Mosquitto with the documented configuration: only its paths and ports are changed, and its log sent here."""

    def __init__(self, directory: Path) -> None:
        directory.chmod(0o755)
        text = (DOCS / "mosquitto.conf.example").read_text().replace("log_dest syslog\n", "")
        self.password_port = free_port()
        text = re.sub(r"^(listener) 8883$", r"\1 {port} 127.0.0.1", text, flags=re.MULTILINE)
        text = re.sub(r"^(listener) 8884$", rf"\1 {self.password_port} 127.0.0.1", text, flags=re.MULTILINE)
        text = text.replace("/etc/mosquitto/vigie", str(directory)).replace("/var/lib/mosquitto", str(directory))
        super().__init__(directory, text + "user root\n")  # as root, Mosquitto would otherwise lose sight of the test's directory
        self.authority = Authority(directory)
        self.authority.sign("broker")
        self.certificates = {user: self.authority.sign(user) for user in USERS}
        (directory / "acl").write_text((DOCS / "mosquitto.acl.example").read_text())
        (directory / "passwords").write_text(password_line("rf-1", "secret"))

    def settings(self, user: str | None = None, **changes) -> Mqtt:
        if user is None:
            return Mqtt(host=self.host, port=self.password_port, tls_ca=str(self.authority.certificate), **changes)
        certificate, key = map(str, self.certificates[user])
        tls = {"tls_ca": str(self.authority.certificate), "tls_certificate": certificate, "tls_key": key}
        return Mqtt(host=self.host, port=self.port, **tls, **changes)

    def tls(self, user: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority.certificate)
        context.load_cert_chain(*self.certificates[user])
        return context
