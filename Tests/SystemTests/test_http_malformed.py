"""Requests that are none, and the ambiguous ones that smuggling lives on: 400, and the connection ends."""

import pytest

HOST = b"Host: relay.example\r\n"
POST = b"POST /webhook?secret=x HTTP/1.1\r\n" + HOST

MALFORMED = {
    "no HTTP": b"hello\r\n\r\n",
    "a TLS client": bytes.fromhex("160301020001"),
    "a space in the target": b"GET /li vez HTTP/1.1\r\n" + HOST + b"\r\n",
    "no colon": b"GET /livez HTTP/1.1\r\n" + HOST + b"NoColon\r\n\r\n",
    "a space before the colon": b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A : 1\r\n\r\n",
    "a space before the first field": b"GET /livez HTTP/1.1\r\n X-A: 1\r\n" + HOST + b"\r\n",
    "an empty field name": b"GET /livez HTTP/1.1\r\n" + HOST + b": 1\r\n\r\n",
    "a folded field": b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A: 1\r\n 2\r\n\r\n",
    "NUL in a value": b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A: a\x00b\r\n\r\n",
    "NUL in the target": b"GET /li\x00vez HTTP/1.1\r\n" + HOST + b"\r\n",
    "a lone CR in a value": b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A: a\rb\r\n\r\n",
    "no Host": b"GET /livez HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /livez HTTP/1.1\r\n" + HOST + b"Host: other.example\r\n\r\n",
    "no host in Host": b"GET /livez HTTP/1.1\r\nHost: relay.example@other.example\r\n\r\n",
    "a space in Host, with a body": b"POST /webhook?secret=x HTTP/1.1\r\nHost: a b\r\nContent-Length: 0\r\n\r\n",
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "one length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a negative length": POST + b"Content-Length: -5\r\n\r\nhello",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a length in hex": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "a length past 64 bits": POST + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
    "an empty length": POST + b"Content-Length:\r\n\r\nhello",
    "an unknown coding": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size that is no hex": POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
    "a chunk size with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
    "a chunk size past 64 bits": POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than its size": POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n",
    "a chunk that ends in a lone LF": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_request(relay, request_bytes):
    """400 as a problem, then the end; a request hidden behind it is never answered."""
    with relay.raw() as connection:
        connection.send(request_bytes + b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n")
        response = connection.response()
        assert response.status == 400
        assert response.is_problem()
        assert response.headers["connection"].lower() == "close"
        assert connection.is_closed()


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/3.0", "HTTP/0.9", "HTTP/1.7"])
def test_unknown_version(relay, version):
    """A version that is not spoken is refused, with 400 or with the status made for it."""
    with relay.raw() as connection:
        connection.send(f"GET /livez {version}\r\nHost: relay.example\r\n\r\n")
        assert connection.response().status in (400, 505)
        assert connection.is_closed()


def test_next_request_after_a_good_one_is_malformed(relay):
    """Answers to what came before still come, in order, then the 400."""
    with relay.raw() as connection:
        connection.send(b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n" + MALFORMED["no colon"])
        assert connection.response().status == 200
        assert connection.response().status == 400
        assert connection.is_closed()


def test_server_survives_all_of_it(relay):
    """The same process answers afterwards."""
    for request_bytes in MALFORMED.values():
        with relay.raw() as connection:
            connection.send(request_bytes)
    assert relay.get("/livez").status == 200
    assert relay.process.poll() is None
