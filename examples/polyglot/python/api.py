"""The API in FastAPI: what is in its name stands in `bulla.py`, and is the same for every framework."""

import os

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from bulla import Refusal, Verifier

verifier = Verifier(
    issuer=os.environ.get("ISSUER", "http://localhost:8787"),
    resource="https://api.example.com",
    client_id="orders-api",
    client_secret=os.environ["CLIENT_SECRET"],
    keys_every=int(os.environ.get("KEYS_EVERY", "1800")),
    list_every=int(os.environ.get("LIST_EVERY", "10")),
)
app = FastAPI(openapi_url=None)


class NotLetIn(Exception):
    def __init__(self, refusal, scope):
        self.refusal, self.scope = refusal, scope


@app.exception_handler(NotLetIn)
def answer(_: Request, error: NotLetIn):
    status, headers, body = error.refusal.answer(verifier.resource, error.scope)
    return JSONResponse(body, status, headers)


def needs(scope: str):
    """Lets in who has this scope, and gives the route the claims of the token."""

    def entitlement(request: Request):
        try:
            return verifier.verify(request.headers.getlist("authorization"), request.url.query, scope)
        except Refusal as refusal:
            raise NotLetIn(refusal, scope)

    return Depends(entitlement)


@app.get("/orders/{order}")
def read_order(order: str, who=needs("orders:read")):
    return {"id": order, "client": who["client_id"]}


@app.post("/orders/{order}")
def change_order(order: str, who=needs("orders:read orders:write")):
    return {"id": order, "changed": True, "client": who["client_id"]}
