"""A peer by the C command jose: does the jobs on stdin, as peers.test.ts describes them. Python only hands them on."""

import json
import os
import subprocess
import sys
import tempfile
from base64 import urlsafe_b64decode


def jose(*args, **files):
    """Runs jose in a folder with these files, and returns what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(content if isinstance(content, str) else json.dumps(content))
        ended = subprocess.run(["jose", *args], cwd=folder, capture_output=True, text=True)
    if ended.returncode != 0:
        raise ValueError(ended.stderr.split("\n")[0])
    return ended.stdout


def header_of(token):
    """What a token says of itself. jose obeys it, so that it must be looked at before."""
    segment = token.split(".")[0]
    return json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


def find(keys, kid):
    return usable(next(key for key in keys["keys"] if key["kid"] == kid))


def usable(key):
    """jose takes the alg of a shared key for that of the content, and refuses it when it is dir."""
    return {name: value for name, value in key.items() if (name, value) != ("alg", "dir")}


def make(job):
    kinds = {"P-256": {"kty": "EC", "crv": "P-256"}, "X25519": {"kty": "OKP", "crv": "X25519"}, "RSA": {"kty": "RSA", "bits": 2048}}
    return json.loads(jose("jwk", "gen", "-i", json.dumps(kinds[job["kind"]])))


def open_token(job):
    header = header_of(job["token"])
    assert (header["alg"], header["enc"]) == (job["alg"], job["enc"])
    plaintext = jose("jwe", "dec", "-i", "token", "-k", "key", token=job["token"], key=find(job["keys"], header["kid"]))
    if "jwks" not in job:
        assert header["typ"] == "at+jwe"
        return json.loads(plaintext)
    assert header["cty"] == "JWT"
    header = header_of(plaintext)
    assert (header["alg"], header["typ"]) == (job["sig"], "at+jwt")
    return json.loads(jose("jws", "ver", "-i", "jws", "-k", "key", "-O-", jws=plaintext, key=find(job["jwks"], header["kid"])))


def seal(job):
    payload = job["payload"]
    if "sign" in job:
        template = json.dumps({"protected": job["sign"]["header"]})
        payload = jose("jws", "sig", "-I", "payload", "-k", "key", "-s", template, "-c", payload=payload, key=job["sign"]["key"])
    template = json.dumps({"protected": job["header"]})
    return jose("jwe", "enc", "-I", "payload", "-k", "key", "-i", template, "-c", payload=payload, key=usable(job["key"]))


def do(job):
    try:
        return {"value": {"make": make, "open": open_token, "seal": seal}[job["do"]](job)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


print(json.dumps([do(job) for job in json.load(sys.stdin)]))
