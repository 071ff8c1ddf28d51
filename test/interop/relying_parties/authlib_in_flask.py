"""Authlib in Flask, as its guide for Flask has it. Stdin: a line of JSON, the registration; it ends when stdin does."""

import json
import os
import sys
import threading

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, redirect, session

told = json.loads(sys.stdin.readline())


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_stdin, daemon=True).start()
app = Flask(__name__)
app.secret_key = "a secret"
oauth = OAuth(app)
oauth.register(
    "bulla",
    client_id=told["clientId"],
    client_secret=told["clientSecret"],
    server_metadata_url=told["issuer"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": told["scope"], "code_challenge_method": "S256"},
)


@app.get("/login")
def login():
    return oauth.bulla.authorize_redirect(told["origin"] + "/callback")


@app.get("/callback")
def callback():
    token = oauth.bulla.authorize_access_token()
    session["claims"] = token["userinfo"]
    session["token"] = {name: token[name] for name in ("access_token", "refresh_token", "token_type")}
    return redirect("/me")


@app.get("/me")
def me():
    if "claims" not in session:
        return jsonify({})
    claims = {**session["claims"], **oauth.bulla.userinfo(token=session["token"])}
    return jsonify({name: claims.get(name) for name in ("sub", "name", "email")})


@app.get("/refresh")
def refresh():
    metadata = oauth.bulla.load_server_metadata()
    with oauth.bulla._get_oauth_client(**metadata) as client:
        token = client.refresh_token(metadata["token_endpoint"], session["token"]["refresh_token"])
    session["token"] = {name: token[name] for name in ("access_token", "refresh_token", "token_type")}
    return redirect("/me")


app.run("127.0.0.1", told["port"])
