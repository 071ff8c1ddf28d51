"""A peer by Python's jwcrypto: does the jobs on stdin, as peers.test.ts describes them."""

import json
import sys

from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jws import JWS


def compact(header):
    return json.dumps(header, separators=(",", ":"))


def find(keys, kid):
    key = JWKSet.from_json(json.dumps(keys)).get_key(kid)
    if key is None:
        raise ValueError("no key of this kid")
    return key


def make(job):
    kinds = {"P-256": {"kty": "EC", "crv": "P-256"}, "X25519": {"kty": "OKP", "crv": "X25519"}, "RSA": {"kty": "RSA", "size": 2048}}
    return json.loads(JWK.generate(**kinds[job["kind"]]).export())


def open_token(job):
    envelope = JWE(algs=[job["alg"], job["enc"]])
    envelope.deserialize(job["token"])
    envelope.decrypt(find(job["keys"], envelope.jose_header["kid"]))
    if "jwks" not in job:
        assert envelope.jose_header["typ"] == "at+jwe"
        return json.loads(envelope.payload)
    assert envelope.jose_header["cty"] == "JWT"
    signed = JWS()
    signed.allowed_algs = [job["sig"]]
    signed.deserialize(envelope.payload.decode())
    assert signed.jose_header["typ"] == "at+jwt"
    signed.verify(find(job["jwks"], signed.jose_header["kid"]))
    return json.loads(signed.payload)


def seal(job):
    payload = job["payload"]
    if "sign" in job:
        signed = JWS(payload)
        signed.allowed_algs = [job["sign"]["header"]["alg"]]
        signed.add_signature(JWK(**job["sign"]["key"]), protected=compact(job["sign"]["header"]))
        payload = signed.serialize(compact=True)
    header = job["header"]
    envelope = JWE(payload.encode(), compact(header), algs=[header["alg"], header["enc"]])
    envelope.add_recipient(JWK(**job["key"]))
    return envelope.serialize(compact=True)


def do(job):
    try:
        return {"value": {"make": make, "open": open_token, "seal": seal}[job["do"]](job)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


print(json.dumps([do(job) for job in json.load(sys.stdin)]))
