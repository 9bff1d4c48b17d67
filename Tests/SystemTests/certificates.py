"""Certificates of a test's own authority, and the ways in which files of them are replaced."""

import datetime
import ipaddress
import os
import shutil
import socket
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Authority:
    """Signs certificates for 127.0.0.1. Each has a number of its own, by which a test knows it again."""

    def __init__(self, folder):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
        self.file = folder / "authority.pem"
        builder = self._builder(self.name, self.key).add_extension(x509.BasicConstraints(True, 0), critical=True)
        self.file.write_bytes(self._signed(builder).public_bytes(serialization.Encoding.PEM))

    @property
    def trust(self):
        """What a client of it takes for good."""
        return ssl.create_default_context(cafile=self.file)

    def issue(self, days=30, begins=-60):
        """A new pair, valid from one day to another: the certificate and the key as PEM, and the certificate's number."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.example")])
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = self._builder(name, key, days, begins).add_extension(x509.SubjectAlternativeName([address]), critical=False)
        certificate = self._signed(builder)
        private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        pem = serialization.Encoding.PEM
        return certificate.public_bytes(pem), key.private_bytes(pem, *private), certificate.serial_number

    def _builder(self, name, key, days=30, begins=-60):
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder(self.name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=begins))
            .not_valid_after(now + datetime.timedelta(days=days))
        )

    def _signed(self, builder):
        return builder.sign(self.key, hashes.SHA256())


def served_number(port):
    """The number of the certificate that a new connection is secured with, whoever signed it."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=15) as plain, anyone.wrap_socket(plain) as connection:
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True)).serial_number


class PlainFiles:
    """Two files, each of which is written over in place: for some time they do not belong together."""

    def __init__(self, folder, certificate, key):
        folder.mkdir()
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        self.replace(certificate, key)

    def replace(self, certificate, key):
        self.certificate.write_bytes(certificate)
        self.key.write_bytes(key)

    @property
    def flags(self):
        return "--tls-cert", str(self.certificate), "--tls-key", str(self.key)


class RenamedFiles(PlainFiles):
    """Each is written beside itself and put in its place."""

    def replace(self, certificate, key):
        for path, content in ((self.key, key), (self.certificate, certificate)):
            path.with_suffix(".new").write_bytes(content)
            path.with_suffix(".new").replace(path)


class MountedSecret(PlainFiles):
    """As the kubelet writes a mounted secret: links into a folder ..data, which is a link that is replaced in one step."""

    def replace(self, certificate, key):
        folder = self.certificate.parent
        version = folder / f"..{os.urandom(4).hex()}"
        version.mkdir()
        (version / "tls.crt").write_bytes(certificate)
        (version / "tls.key").write_bytes(key)
        data = folder / "..data"
        old = data.resolve() if data.is_symlink() else None
        (folder / "..data_tmp").symlink_to(version.name)
        (folder / "..data_tmp").replace(data)
        for path in (self.certificate, self.key):
            if not path.is_symlink():
                path.symlink_to(f"..data/{path.name}")
        if old:
            shutil.rmtree(old)
