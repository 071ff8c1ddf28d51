"""A token by client_credentials for a client with a key, by Authlib with its defaults. Stdin: JSON with issuer, client, key."""

import json
import os
import sys

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
asked = json.load(sys.stdin)
endpoint = asked["issuer"] + "/token"
session = OAuth2Session(asked["client"], asked["key"], token_endpoint_auth_method=PrivateKeyJWT(endpoint))
token = session.fetch_token(endpoint, grant_type="client_credentials")
assert token["token_type"] == "Bearer" and token["scope"] == "orders:read", "the token answer"
print("done")
