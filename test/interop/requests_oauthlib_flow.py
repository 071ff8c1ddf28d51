"""Code, PKCE and refresh by requests-oauthlib. Stdin: JSON with issuer, client, secret, named, redirect, driver."""

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
# Without a word a public client is named by Basic with an empty password.
named = {"include_client_id": True} if asked["named"] == "in the body" else {}
proof = {"client_secret": asked["secret"]} if asked["secret"] else named

session = OAuth2Session(asked["client"], redirect_uri=asked["redirect"], scope=["orders:read"])
url, state = session.authorization_url(
    asked["issuer"] + "/authorize", code_challenge=challenge, code_challenge_method="S256"
)
driven = subprocess.run(["node", asked["driver"], url, asked["redirect"]], capture_output=True, text=True, check=True)
token = session.fetch_token(
    asked["issuer"] + "/token", authorization_response=driven.stdout.strip(), code_verifier=verifier, **proof
)
assert token["token_type"] == "Bearer" and token["scope"] == ["orders:read"], "the token answer"
renewal = {"client_id": asked["client"]} if named else {"auth": (asked["client"], asked["secret"])}
again = session.refresh_token(asked["issuer"] + "/token", **renewal)
assert again["access_token"] != token["access_token"], "the renewed token"
print("done")
