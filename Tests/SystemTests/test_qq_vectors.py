"""The platform's published examples, and signatures recomputed by others, sent over HTTP."""

import json

import pytest

import qq
from relay import Relay, receive

VALIDATION = b'{"d":{"plain_token":"Arq0D5A61EgUu4OxUvOp","event_ts":"1725442341"},"op":13}'


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    """The examples are years old, so this server takes events of any age."""
    with Relay("--freshness", "876000h", folder=tmp_path_factory.mktemp("relay")) as relay:
        yield relay


@pytest.mark.parametrize(
    "secret, signature",
    [
        (
            "DG5g3B4j9X2KOErG",
            "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d0"
            "1bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706",
        ),
        (
            "a",
            "766bba76bfd1ebf079298bd8713c3de6be82bf0e0d66f1c7f67aec80a0bbfb93"
            "e67bc4db53e82d865f2400c1fdd3073c23ec8958e459d92ce063fb101ce6a308",
        ),
        (
            "0123456789abcdef0123456789abcdefEXTRA",
            "62018bfb08131b248044754052505fec2bceb8e5c3708dc2358b387fa44de623"
            "277b2858cf9fa9f9a94bc6d68303061d59cb53eb2ede6f9a11f518518d4bb40e",
        ),
        (
            "iChChChDjFlHnJqNuRyV3b9hFnMvU3cB",
            "399f5b6dfc6e17ac2117eeac747f1f9e65dc3f65631fba41437a2dce9f7b3e89"
            "521ac885549934452713bfd0daa87cd8cda8f517b30bcd5668591b2a5127f105",
        ),
    ],
    ids=["documented", "1 character", "37 characters", "32 characters"],
)
def test_url_validation(relay, secret, signature):
    """The answer is the documented one: the token as it came and the signature in lower-case hex."""
    answer = relay.post(qq.known_secret(secret), VALIDATION, {"Content-Type": "application/json"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.body) == {"plain_token": "Arq0D5A61EgUu4OxUvOp", "signature": signature}


def test_url_validation_that_is_itself_signed(relay):
    """QQ may sign the validation request too; then the signature has to be right."""
    signature = (
        "83b6ac087184094d12acfde703017aad101fcff2f8345fd977de7300e7062b13"
        "ecf6bef86f29068624f8c6fd5747713c85a5ad5a151b2e532e8a8afcda39e80c"
    )
    secret = qq.known_secret("DG5g3B4j9X2KOErG")
    answer = relay.post(secret, VALIDATION, qq.headers("1725442341", signature))
    assert answer.status == 200
    assert json.loads(answer.body)["plain_token"] == "Arq0D5A61EgUu4OxUvOp"

    wrong = signature.replace("83b6", "83b7")
    assert relay.post(secret, VALIDATION, qq.headers("1725442341", wrong)).status == 401


EVENTS = {
    "the documented body with the right signature": (
        "naOC0ocQE3shWLAfffVLB1rhYPG7",
        "1725442341",
        '{ "op": 0,"d": {}, "t": "GATEWAY_EVENT_NAME"}',
        "2eb9983ebb8bb209e78fd095942f58e442656656e7975d01e64f9023a84b7c96"
        "4290fdd40e5500c33867ccfe9563b7e0b6bac0e1d42c13e787b304fd51f71102",
    ),
    "a message": (
        "DG5g3B4j9X2KOErG",
        "1735815639",
        '{"op":0,"id":"C2C_MESSAGE_CREATE:9wv6ubjx","d":{"id":"ROBOT1.0_a","content":"/1",'
        '"timestamp":"2025-01-02T19:00:38+08:00","author":{"id":"2B13","user_openid":"2B13","union_openid":"2B13"},'
        '"message_scene":{"source":"default","callback_data":""}},"t":"C2C_MESSAGE_CREATE"}',
        "b5c2cdf4836dd5973134662c1aecf8ad0c355b92746b0de788d30d1022afc5a1"
        "b299d52edb328d83bd54aa6be678038f75a8dd5ca3ee2af4277d4b12c58a7705",
    ),
}


@pytest.mark.parametrize("secret, timestamp, body, signature", EVENTS.values(), ids=EVENTS.keys())
def test_event(relay, secret, timestamp, body, signature):
    """An event that others signed is acknowledged and delivered as it came."""
    with relay.bot(qq.known_secret(secret)) as bot:
        answer = relay.post(secret, body.encode(), qq.headers(timestamp, signature))
        assert (answer.status, answer.body) == (200, qq.ACKNOWLEDGED)
        assert receive(bot) == ("text", body.encode())


def test_documented_signature_that_is_wrong(relay):
    """The platform's documentation shows a signature that does not verify; it does not pass here either."""
    signature = (
        "865ad13a61752ca65e26bde6676459cd36cf1be609375b37bd62af366e1dc25a"
        "8dc789ba7f14e017ada3d554c671a911bfdf075ba54835b23391d509579ed002"
    )
    body = EVENTS["the documented body with the right signature"][2].encode()
    answer = relay.post(qq.known_secret("naOC0ocQE3shWLAfffVLB1rhYPG7"), body, qq.headers("1725442341", signature))
    assert answer.status == 401


def test_signed_body_without_op(relay):
    """An SDK's example signs a bare message: its signature is right, and what is refused is the missing op."""
    body = (
        '{"id":"ROBOT1.0_veoihSEXDc8Q.g-6eLpNIa11bH8MisOjn-m-LKxCPntMk6exUXgcWCGpVO7L2QKTNZzjZzFFDSbiOFcqAPWyVA!!",'
        '"content":"哦一下","timestamp":"2024-10-15T16:33:15+08:00",'
        '"author":{"id":"675860273","user_openid":"675860273"}}'
    ).encode()
    signature = (
        "e949b5b94ef4103df903fb031d1d16e358db3db83e79e117edd404c8508be3ce"
        "8a76d7bad1bed353194c126a1a5915b4ad8b5288c1191cc53a12acffccd82004"
    )
    secret = qq.known_secret("123456abcdef")
    assert qq.sign(secret, 1728981195, body).hex() == signature
    assert relay.post(secret, body, qq.headers("1728981195", signature)).status == 400


@pytest.mark.parametrize(
    "secret, public_key",
    [
        ("DG5g3B4j9X2KOErG", "8b28ded5630f9051c205dd04c6ec56ad0b08b8812b2fe30ee9aece0ab41926f3"),
        ("naOC0ocQE3shWLAfffVLB1rhYPG7", "d7c362fe78aef81ff23287b493628b5db02a3c4fe30b215e4d19609b5d76673a"),
        ("123456abcdef", "1c3039fbc8134a9df2a09f47cf4bf9303440988cec3b22056b62470b85fa80a7"),
    ],
)
def test_signer_of_these_tests(secret, public_key):
    """The tests' own key derivation gives the published keys, so what they sign is what QQ would."""
    assert qq.private_key(secret).public_key().public_bytes_raw().hex() == public_key
