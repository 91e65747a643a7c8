"""Whoever is told of alarms, on loopback: a web server of the standard library, and a mail server that speaks SMTP.

The mail server is our own: aiosmtpd has had no release since May 2024, and a test needs a screenful of RFC 5321.
"""

import asyncio
import base64
import email
import email.policy
import hashlib
import hmac
import json
import ssl
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class Told:
    """A request as it came in."""

    path: str
    headers: dict
    body: bytes

    @property
    def event(self):
        return json.loads(self.body)

    def is_signed_with(self, secret):
        """Check the signature as its receivers do, from its description alone."""
        parts = dict(each.split("=", 1) for each in self.headers["twinql-signature"].split(","))
        expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, parts["v1"])


@dataclass
class Receiver:
    """A web server that notes what it is told, and answers (status, headers, body) as it was told to in turn."""

    address: str = ""
    port: int = 0
    told: list = field(default_factory=list)
    answers: list = field(default_factory=list)
    on_request: object = lambda: None


@contextmanager
def receiving(tls=None):
    """Receive requests for the length of a block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.told.append(Told(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            receiver.on_request()
            status, headers, *said = receiver.answers.pop(0) if receiver.answers else (204, {})
            said = b"".join(said)
            self.send_response(status)
            for name, value in {"content-length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver.port = server.server_port
        receiver.address = f"http://127.0.0.1:{receiver.port}/alarms"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Mailbox:
    """A mail server that notes what it is handed."""

    port: int = 0
    offers: tuple = ("8BITMIME",)
    replies: dict = field(default_factory=dict)
    """What it says to a verb instead of the usual."""
    ends_after_data: bool = False
    tls: object = None
    logins: list = field(default_factory=list)
    verbs: list = field(default_factory=list)
    recipients: list = field(default_factory=list)
    raw: list = field(default_factory=list)

    @property
    def letters(self):
        return [email.message_from_bytes(each, policy=email.policy.default) for each in self.raw]

    async def talk(self, reader, writer):
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader, writer):
        writer.write(b"220 desk.test\r\n")
        while line := (await reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            self.verbs.append(verb := verb.upper())
            if verb in self.replies:
                writer.write(self.replies[verb].encode() + b"\r\n")
            elif verb == "EHLO":
                lines = ["desk.test", *self.offers]
                writer.write(
                    "".join(f"250{'-' if each is not lines[-1] else ' '}{each}\r\n" for each in lines).encode()
                )
            elif verb == "STARTTLS":
                writer.write(b"220 go on\r\n")
                await writer.drain()
                await writer.start_tls(self.tls)
                self.offers = tuple(each for each in self.offers if each != "STARTTLS")
            elif verb == "AUTH":
                self.logins.append(base64.b64decode(rest.split()[-1]).split(b"\0")[1:])
                writer.write(b"235 welcome\r\n")
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                whole = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                self.raw.append(whole.replace(b"\r\n..", b"\r\n."))
                if self.ends_after_data:
                    return
                writer.write(b"250 taken\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                if verb == "RCPT":
                    self.recipients.append(rest)
                writer.write(b"250 ok\r\n")


@asynccontextmanager
async def mailbox(**how):
    """Run a mail server for the length of a block."""
    box = Mailbox(**how)
    async with await asyncio.start_server(box.talk, "127.0.0.1", 0) as server:
        box.port = server.sockets[0].getsockname()[1]
        yield box


def certificate(folder, *names):
    """Make a certificate for some names: the context of a server that has it, and of a client that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(Encoding.PEM)
    file = folder / "server.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    client = ssl.create_default_context(cadata=pem.decode())
    return server, client


def _name(text):
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
