"""HTTPS without a proxy: a certificate and a key from files."""

import datetime
import ipaddress
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.sync.client import connect

import qq
from relay import BINARY, receive, run_command
from waiting import until


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1: the folder that has cert.pem and key.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


def test_https_and_wss(start, certificate, secret):
    """Both directions over TLS on the one port, and the banner says so."""
    relay = start("--tls-cert", str(certificate / "cert.pem"), "--tls-key", str(certificate / "key.pem"))
    assert relay.scheme == "https"
    assert relay.webhook_url.startswith("https://")
    assert relay.socket_url.startswith("wss://")
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")

    with connect(f"wss://127.0.0.1:{relay.port}/ws?secret={secret}", ssl=trust, proxy=None) as bot:
        body = qq.event_of_size(100_000)
        target = qq.webhook_path(secret)
        answer = relay.request("POST", target, body, qq.signed_headers(secret, body), context=trust)
        assert (answer.status, answer.body) == (200, qq.ACKNOWLEDGED)
        assert receive(bot) == ("text", body)
    relay.signal()
    assert relay.wait() == 0


def test_plain_http_to_a_tls_port(start, certificate):
    """It is refused, and the server goes on. Its log says what was wrong, and what a client did not like."""
    relay = start("--tls-cert", str(certificate / "cert.pem"), "--tls-key", str(certificate / "key.pem"))
    with relay.raw() as connection:
        connection.request("GET", "/livez")
        with pytest.raises((EOFError, ConnectionResetError)):
            connection.response()
    until(lambda: "plain HTTP: the client needs https://" in relay.log, "the cause in the log")
    for version, words in [("TLSv1_3", "a client that does not trust the certificate"), ("TLSv1_2", "ALERT_UNKNOWN_CA")]:
        stranger = ssl.create_default_context()
        stranger.minimum_version = stranger.maximum_version = ssl.TLSVersion[version]
        with pytest.raises(ssl.SSLCertVerificationError):
            relay.request("GET", "/livez", context=stranger)
        until(lambda words=words: words in relay.log, lambda: relay.log)
    listen = [BINARY, "listen", "--relay", f"http://127.0.0.1:{relay.port}", "--secret", "listen-secret"]
    process = subprocess.Popen(listen, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert "http:// or https://" in process.stderr.readline()
    process.kill()
    process.communicate()
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")
    assert relay.request("GET", "/livez", context=trust).status == 200


def test_health_over_tls(start, certificate):
    """A container asks its own node by an address that the certificate need not be for, where it says so."""
    relay = start("--tls-cert", str(certificate / "cert.pem"), "--tls-key", str(certificate / "key.pem"))
    ask = [BINARY, "health", "--url", f"https://localhost:{relay.port}/readyz"]
    done = run_command(ask)
    assert done.returncode == 1 and done.stderr.startswith(f"Cannot reach https://localhost:{relay.port}: "), done.stderr
    assert "ertificate" in done.stderr and "NIO" not in done.stderr and done.stderr.count("\n") == 1
    done = run_command([*ask, "--insecure"])
    assert (done.returncode, done.stdout.strip()) == (0, "ready")


def test_certificate_without_its_key(certificate):
    """One without the other is a mistake of configuration."""
    done = run_command([BINARY, "serve", "--port", "0", "--tls-cert", certificate / "cert.pem"])
    assert done.returncode not in (0, -6, -11)
    assert "tls-key" in done.stderr
