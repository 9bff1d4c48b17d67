"""A webhook that is wrong in one way, over TLS, with certificates of a test's own authority."""

import contextlib
import dataclasses
import datetime
import http.server
import ipaddress
import json
import pathlib
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import qq

HOST = "relay.example.com"


def _name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


class Authority:
    """A certificate authority: files in a folder, `ca` its own certificate."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.key, self.certificate = self._sign("Test Authority", None, is_authority=True)
        self.ca = self._write("ca.pem", self.certificate)

    def certificate_for(self, *hosts, days=(-1, 90), self_signed=False, intermediate=False, sends_chain=True):
        """The path of a file with a certificate and its key, valid from and until so many days from now."""
        issuer, chain = (self.key, self.certificate), []
        if intermediate:
            issuer = self._sign("Test Intermediate", issuer, is_authority=True)
            chain = [issuer[1]] if sends_chain else []
        key, certificate = self._sign(hosts[0], None if self_signed else issuer, hosts=hosts, days=days)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        name = f"{certificate.serial_number}.pem"
        return self._write(name, certificate, *chain, more=private)

    def _write(self, name, *certificates, more=b""):
        path = self.folder / name
        path.write_bytes(b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates) + more)
        return path

    def _sign(self, subject, issuer, hosts=(), days=(-1, 3650), is_authority=False):
        key = ec.generate_private_key(ec.SECP256R1())
        issuer_key, issuer_name = (key, _name(subject)) if issuer is None else (issuer[0], issuer[1].subject)
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder(issuer_name, _name(subject), key.public_key(), x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(h) for h in hosts]), critical=False)
        return key, builder.sign(issuer_key, hashes.SHA256())


def _alternative(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@dataclasses.dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: dict = dataclasses.field(default_factory=dict)
    delay: float = 0
    # The end of the connection instead of an answer.
    hangs_up: bool = False


class Webhook:
    """QQ's side satisfied, as strictly as QQ itself: checks every signature, and refuses anything that it does not expect.

    A test replaces `validation`, `event` or `socket` with what is wrong. Use `with`.
    """

    def __init__(self, secret, certificate=None):
        self.secret = secret
        self.requests = []
        self.complaints = []
        self.clock_offset = 0  # seconds
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                webhook._answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def do_GET(self):
                webhook._answer(self, b"")

            def date_time_string(self, timestamp=None):
                return super().date_time_string((timestamp or time.time()) + webhook.clock_offset)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                # Clients that do not like what they see hang up.
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake belongs to the connection's own thread, or one bad client keeps the others waiting.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]

    # What it answers

    def validation(self, d):
        signature = qq.sign(self.secret, d["event_ts"], d["plain_token"].encode()).hex()
        return Reply(json.dumps({"plain_token": d["plain_token"], "signature": signature}).encode())

    def event(self, body, is_genuine):
        return Reply(qq.ACKNOWLEDGED) if is_genuine else Reply(b'{"reason":"wrong_signature"}', 401)

    def socket(self):
        return Reply(b"", 404)

    # The strict part

    def _answer(self, request, body):
        self.requests.append((request.command, request.path, dict(request.headers), body))
        reply = self._reply(request, body)
        time.sleep(reply.delay)
        if reply.hangs_up:
            request.close_connection = True
            return
        request.send_response(reply.status)
        for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(reply.body)))
        request.end_headers()
        request.wfile.write(reply.body)

    def _reply(self, request, body):
        if request.command == "GET" and request.path.startswith("/ws?"):
            return self.socket()
        if request.headers["Host"] != HOST and not request.headers["Host"].startswith(HOST + ":"):
            self.complaints.append(f"Host is {request.headers['Host']}")
        timestamp, signature = request.headers["X-Signature-Timestamp"], request.headers["X-Signature-Ed25519"]
        if abs(time.time() - int(timestamp)) > 60 or len(signature) != 128:
            self.complaints.append(f"not signed as QQ signs: {timestamp} {signature}")
        is_genuine = signature == qq.sign(self.secret, timestamp, body).hex()
        members = json.loads(body)
        if members["op"] == 13:
            if not is_genuine:
                self.complaints.append("a validation with a wrong signature")
            return self.validation(members["d"])
        return self.event(body, is_genuine)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        with contextlib.suppress(OSError):
            self._server.server_close()
        assert not self.complaints
