"""Code, PKCE and refresh by requests-oauthlib. Stdin: JSON with issuer, client, secret, redirect, driver."""

import base64
import hashlib
import json
import os
import secrets
import subprocess
import sys

from requests_oauthlib import OAuth2Session

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
asked = json.load(sys.stdin)
verifier = secrets.token_urlsafe(48)
challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
proof = {"client_secret": asked["secret"]} if asked["secret"] else {"include_client_id": True}

session = OAuth2Session(asked["client"], redirect_uri=asked["redirect"], scope=["orders:read"])
url, state = session.authorization_url(
    asked["issuer"] + "/authorize", code_challenge=challenge, code_challenge_method="S256"
)
driven = subprocess.run(["node", asked["driver"], url, asked["redirect"]], capture_output=True, text=True, check=True)
token = session.fetch_token(
    asked["issuer"] + "/token", authorization_response=driven.stdout.strip(), code_verifier=verifier, **proof
)
assert token["token_type"] == "Bearer" and token["scope"] == ["orders:read"], "the token answer"
renewal = {"auth": (asked["client"], asked["secret"])} if asked["secret"] else {"client_id": asked["client"]}
again = session.refresh_token(asked["issuer"] + "/token", **renewal)
assert again["access_token"] != token["access_token"], "the renewed token"
print("done")
