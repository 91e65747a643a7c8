"""A gateway that does commands by SMS, without any package: TwinQL's webhook in, one message out for each command.

SMS_URL is where a provider takes `From`, `To` and `Body` as a form, with SMS_USER and SMS_PASSWORD as its login, as
Twilio does; SMS_FROM and SMS_TO are the numbers. TWINQL_SECRET is the webhook's secret, JOURNAL a file, and PORT where
to listen.
"""

import hashlib
import hmac
import json
import os
import sqlite3
import threading
import time
from base64 import b64encode
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

LARGEST = 65_536
OLDEST_S = 300
JOURNAL = "create table if not exists commands (id text primary key, status text, detail text)"


def is_genuine(secret, header, body):
    """Say whether TwinQL signed it, and within the last five minutes."""
    sent = dict(part.partition("=")[::2] for part in header.split(","))
    expected = hmac.new(secret.encode(), sent.get("t", "").encode() + b"." + body, hashlib.sha256).hexdigest()
    fits = hmac.compare_digest(expected.encode(), sent.get("v1", "").encode())
    return fits and abs(time.time() - int(sent["t"])) < OLDEST_S


class Gateway:
    """Sends each command once. One whose message was begun and not seen to its end is FAILED, never sent again."""

    def __init__(self, journal):
        self.turn = threading.Lock()
        self.journal = sqlite3.connect(journal, check_same_thread=False, isolation_level=None)
        self.journal.execute(JOURNAL)

    def obey(self, command):
        """Return what became of a command, the same each time it is asked."""
        with self.turn:
            done = self.journal.execute("select status, detail from commands where id = ?", (command["id"],)).fetchone()
            if done is None:
                self.journal.execute("insert into commands (id) values (?)", (command["id"],))
                done = self.send(command)
                values = (*done, command["id"])
                self.journal.execute("update commands set status = ?, detail = ? where id = ?", values)
        status, detail = done
        unknown = "The gateway stopped while it was sending; nobody knows whether the message went out."
        return {"status": status or "FAILED", "detail": detail or unknown}

    def send(self, command):
        """Send the message, and return the status and what to say of it."""
        if datetime.fromisoformat(command["expiresAt"]) <= datetime.now(UTC):
            return "REJECTED", "It has expired."
        asked = command["action"] or f"{command['desired']:g}"
        text = f"{command['channel']['key']} {asked}"
        form = urlencode({"From": os.environ["SMS_FROM"], "To": os.environ["SMS_TO"], "Body": text}).encode()
        login = b64encode(f"{os.environ['SMS_USER']}:{os.environ['SMS_PASSWORD']}".encode()).decode()
        try:
            with urlopen(Request(os.environ["SMS_URL"], form, {"Authorization": f"Basic {login}"}), timeout=8):
                return "EXECUTED", f"Sent as SMS: {text}"
        except HTTPError as error:
            return "FAILED", f"The SMS provider answered {error.code}."
        except (URLError, TimeoutError, ConnectionError):
            return "FAILED", "The SMS provider could not be reached; nobody knows whether the message went out."


def serve(gateway, port):
    """Take webhooks until stopped."""

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(min(int(self.headers.get("content-length", 0)), LARGEST))
            if not is_genuine(os.environ["TWINQL_SECRET"], self.headers.get("twinql-signature", ""), body):
                self.send_error(401)
                return
            said = json.dumps(gateway.obey(json.loads(body))).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    with ThreadingHTTPServer(("127.0.0.1", port), Webhook) as server:
        print(f"Commands are taken at http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve(Gateway(os.environ["JOURNAL"]), int(os.environ.get("PORT", "8080")))
