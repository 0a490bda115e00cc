"""What the stores' certificates are checked by."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.certificates import RENEWED, VALID, is_current
from ops.store_keys import Addresses, write_store_keys


def _handshake(folder: Path, host: str) -> None:
    """As Python 3.13 checks, which the images have: strictly. Raises ssl.SSLError."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "kafka" / "server.pem")
    client = ssl.create_default_context(cafile=str(folder / "dispatch" / "ca.pem"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client.wrap_socket(ours, server_hostname=host).close()
    finally:
        ours.close()
        thread.join()


def test_a_strict_client_accepts_the_store_under_its_name_and_under_no_other(
    tmp_path: Path,
) -> None:
    write_store_keys(tmp_path, Addresses())
    _handshake(tmp_path, "kafka")
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(tmp_path, "mongo")


def test_a_certificate_is_renewed_in_time_by_the_same_authority(tmp_path: Path) -> None:
    made = datetime.now(UTC)
    write_store_keys(tmp_path, Addresses(), made)
    pem, ca = tmp_path / "kafka" / "server.pem", tmp_path / "dispatch" / "ca.pem"
    first, authority = pem.read_text(), ca.read_text()
    write_store_keys(tmp_path, Addresses(), made + VALID - RENEWED - timedelta(days=1))
    assert pem.read_text() == first
    later = made + VALID - RENEWED + timedelta(days=1)
    write_store_keys(tmp_path, Addresses(), later)
    assert pem.read_text() != first
    assert ca.read_text() == authority
    assert is_current(pem.read_text()[pem.read_text().index("-----BEGIN CERT") :], later)
