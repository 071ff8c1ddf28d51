"""Access tokens of Bulla, opened offline: what an API in Python needs, with jwcrypto alone.

It takes `direct` tokens with A256GCM for one API, as bearer tokens. Keys and the list of what was revoked it fetches itself, and keeps.
"""

import base64, hashlib, hmac, json, logging, re, threading, time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote_plus
from urllib.request import HTTPRedirectHandler, Request, build_opener

from jwcrypto.common import JWException
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jws import JWS

DAY = 86400
TOLERANCE = 10  # seconds by which this machine's clock may be behind the issuer's
FORM = re.compile(r"([A-Za-z0-9_-]+)\.\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{22})")
CREDENTIALS = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?: (.*))?", re.DOTALL)
TOKEN = re.compile(r" *([A-Za-z0-9._~+/-]+=*) *")
SECOND = re.compile(r", *(?:bearer|dpop) ", re.IGNORECASE)
SCOPE = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")

ANSWERS = {
    "no_credentials": (401, "The request has no access token."),
    "invalid_request": (400, "The request is malformed."),
    "invalid_token": (401, "The access token is invalid or has expired."),
    "insufficient_scope": (403, "The access token lacks the scope that is needed here."),
    "temporarily_unavailable": (503, "Access tokens cannot be checked now; try again later."),
}
log = logging.getLogger("bulla")


class Refusal(Exception):
    """Why somebody is not let in; `status`, `headers` and `body` are the answer (RFC 6750 §3)."""

    def __init__(self, code, why=None):
        super().__init__(why or code)
        self.code = code

    def answer(self, resource, scope):
        log.info("%s: %s", self.code, self)
        status, said = ANSWERS[self.code]
        error = {} if self.code == "no_credentials" else {"error": self.code}
        body = {**error, "error_description": said}
        if status == 503:
            return status, {"Cache-Control": "no-store", "Retry-After": "5"}, body
        told = "".join(f', {name}="{value}"' for name, value in body.items()) if error else ""
        challenge = f'Bearer realm="{resource}"{told}, scope="{scope}"'
        return status, {"Cache-Control": "no-store", "WWW-Authenticate": challenge}, body


def decode(text):
    """Decodes base64url in its one spelling; raises for every other."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise ValueError("another spelling")
    return data


def is_text(value):
    return isinstance(value, str) and value != ""


def is_instant(value):
    return type(value) is int and value >= 0  # True is an int, too, and 1e9 none


class StayHere(HTTPRedirectHandler):
    """No redirect is followed: by Python's own way the secret would go along."""

    def redirect_request(self, *_):
        return None


opener = build_opener(StayHere)


def fetch(url, headers, longest):
    with opener.open(Request(url, headers=headers), timeout=2.5) as response:
        body = response.read(longest + 1)
        if len(body) > longest:
            raise ValueError("too long")
        return body.decode(), response.headers


class Kept:
    """What is fetched, kept, and fetched again before it is needed: by one request, beside which the others go on with what there is."""

    def __init__(self, load, every, hold, cooldown):
        self.load, self.every, self.hold, self.cooldown = load, every, hold, cooldown
        self.value, self.at, self.tried, self.lock = None, 0.0, None, threading.Lock()

    def get(self, lacking=False):
        asked = time.monotonic()
        must = self.value is None or lacking or asked - self.at >= self.hold
        if (must or asked - self.at >= self.every) and self.lock.acquire(blocking=must):
            try:
                wait = min(self.cooldown, 5) if self.value is None else self.cooldown
                if self.tried is None or (self.tried <= asked and asked - self.tried >= wait):
                    self.tried = time.monotonic()
                    self.value = self.load(self.value)
                    self.at = self.tried
            except (OSError, HTTPException, ValueError, KeyError, TypeError, JWException) as error:
                log.warning("%s failed: %s", self.load.__name__, type(error).__name__)
            finally:
                self.lock.release()
        return self.value


def labels(*texts):
    """Texts as bytes, each with its length before it."""
    parts = [text.encode() for text in texts]
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Verifier:
    """Opens access tokens for one API.

    `keys_every`: seconds after which keys are fetched anew; `list_every`: the same of the list of what was revoked, for which requests wait.
    """

    def __init__(self, issuer, resource, client_id, client_secret, keys_every=1800, list_every=10):
        if not re.match(r"https://|http://(localhost|127\.0\.0\.1)(:[0-9]+)?(/|$)", issuer):
            raise ValueError("the issuer expected https, or this machine")
        self.issuer, self.resource = issuer, resource
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
        self.basic = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        self.keys = Kept(self.load_keys, keys_every, 2 * keys_every, min(30, keys_every))
        self.signers = Kept(self.load_signers, 3600, DAY, min(30, keys_every))
        self.revoked = Kept(self.load_revoked, list_every / 2, list_every, min(5, list_every / 2))

    def load_keys(self, _):
        text, _ = fetch(f"{self.issuer}/keys", self.basic, 65536)
        told = json.loads(text)
        leaves = {key["kid"]: key for key in told["keys"] if is_instant(key["nbf"]) and is_instant(key["exp"])}
        if not leaves:
            raise ValueError("no keys")
        return leaves, [(key["kid"], decode(key["k"])) for key in told.get("names_keys", [])]

    def load_signers(self, _):
        return JWKSet.from_json(fetch(f"{self.issuer}/jwks", {}, 65536)[0])

    def load_revoked(self, known):
        etag = {} if known is None else {"If-None-Match": known["etag"]}
        try:
            text, headers = fetch(f"{self.issuer}/revocations", etag, 4_000_000)
        except HTTPError as error:
            if error.code == 304 and known is not None:
                return known  # and grows old all the same, so that nobody can freeze it
            raise
        signed = JWS()
        signed.allowed_algs = ["ES256"]
        signed.deserialize(text.strip())
        header = signed.jose_header
        if header.get("typ") != "revocations+jwt":
            raise ValueError("no list")
        key = (self.signers.get() or JWKSet()).get_key(header["kid"])
        key = key or (self.signers.get(lacking=True) or JWKSet()).get_key(header["kid"])
        if key is None:
            raise ValueError("no key of this issuer")
        signed.verify(key)
        told = json.loads(signed.payload)
        if told["iss"] != self.issuer or not is_instant(told["iat"]) or told["iat"] > time.time() + 60:
            raise ValueError("not of this issuer, or not of now")
        if not is_text(told["salt"]) or not all(isinstance(one, dict) for one in told["events"].values()):
            raise ValueError("no list")
        if known is not None:
            is_back = (told.get("epoch", 0), told["seq"]) < (known.get("epoch", 0), known["seq"])
            if told["iat"] < known["iat"] + (60 if is_back else 0):
                raise ValueError("older than what is known")
        return {**told, "etag": headers.get("ETag", "")}

    def open(self, token):
        """Returns the claims of a token for this API, now, and the kid of its key; raises `Refusal` for every other."""
        try:
            return self.read(token)
        except (ValueError, KeyError, TypeError, RecursionError, JWException) as error:
            raise Refusal("invalid_token", str(error)) from None

    def read(self, token):
        form = FORM.fullmatch(token) if len(token) <= 8192 else None
        if form is None or len(form[1]) > 512:
            raise ValueError("a form or a tag that is not ours")
        parts = [decode(part) for part in form.groups()]
        header = json.loads(parts[0])
        if set(header) != {"alg", "enc", "kid", "typ"} or header["typ"] != "at+jwe":
            raise ValueError("a header that is not ours")
        if header["alg"] != "dir" or header["enc"] != "A256GCM" or not is_text(header["kid"]):
            raise ValueError("an algorithm that is not ours")
        leaf, now = self.find(header["kid"]), time.time()
        if leaf is None or leaf["enc"] != "A256GCM" or not leaf["nbf"] - 60 <= now < leaf["exp"] + DAY + 60:
            raise ValueError("no key of this kid, now")
        envelope = JWE(algs=["dir", "A256GCM"])
        envelope.deserialize(token)
        envelope.decrypt(JWK(kty="oct", k=leaf["k"]))
        claims = json.loads(envelope.payload)
        if not all(is_text(claims[name]) for name in ("iss", "sub", "aud", "client_id", "jti")):
            raise ValueError("claims that are not ours")
        if claims["iss"] != self.issuer or claims["aud"] != self.resource:
            raise ValueError("for somebody else")
        iat, exp = claims["iat"], claims["exp"]
        if not is_instant(iat) or not is_instant(exp) or not iat - TOLERANCE <= now < exp <= iat + DAY:
            raise ValueError("not of now")
        if "scope" in claims and not (is_text(claims["scope"]) and SCOPE.fullmatch(claims["scope"])):
            raise ValueError("a scope that is none")
        if "scope" not in claims and "authorization_details" not in claims:
            raise ValueError("for nothing")
        if "cnf" in claims:
            raise ValueError("bound to a key, which nothing here proves")
        return claims, header["kid"]

    def find(self, kid):
        for lacking in (False, True):
            kept = self.keys.get(lacking)
            if kept is None:
                raise Refusal("temporarily_unavailable", "there never were keys")
            if kid in kept[0]:
                return kept[0][kid]
        return None

    def check_revoked(self, claims, kid):
        """Raises `Refusal` where the issuer's list says that a token counts no more, or nobody can tell."""
        told = self.revoked.get()
        if told is None or not -60 <= time.time() - told["iat"] <= 60:
            raise Refusal("temporarily_unavailable", "the list of what was revoked is not of now")
        events, root, parts = told["events"], kid.split(".")[0], kid.split(".")

        def event(kind, value):
            digest = hashlib.sha256(labels("bulla/1/revoked", told["salt"], kind, value)).digest()
            return events.get(kind, {}).get(b64(digest)[:16])

        app = b64(hashlib.sha256(labels("app", claims["sub"], claims["client_id"])).digest())
        hidden = [("sub", claims["sub"]), ("app", app)]
        hidden += [("gid", claims["gid"])] if is_text(claims.get("gid")) else []
        open_ones = [("jti", claims["jti"]), ("client", claims["client_id"])]
        kids = {("kid", ".".join(parts[:length])) for length in (1, 2, len(parts))}
        hits = [(event(kind, value), 0) for kind, value in [*hidden, *open_ones, *kids]]
        if "name" in events:
            names = self.names_of(root)
            macs = [hmac.digest(key, labels("bulla/1/name", *one), "sha256") for key in names for one in hidden]
            hits += [(event("name", b64(mac[:16])), int.from_bytes(mac[16:21], "big")) for mac in macs]
        if any(instant is not None and claims["iat"] <= instant - shift for instant, shift in hits):
            raise Refusal("invalid_token", "revoked")
        branch = int(parts[2]) if len(parts) > 2 else 1
        if branch < (event("resource", claims["aud"]) or 1):
            raise Refusal("invalid_token", "under a branch that counts no more")

    def names_of(self, root):
        for lacking in (False, True):
            found = [key for kid, key in (self.keys.get(lacking) or ({}, []))[1] if kid == root]
            if found:
                return found
        raise Refusal("temporarily_unavailable", "no key tells who was revoked")

    def verify(self, authorization, query, scope):
        """Returns the claims of who asks, with `scope` as a list; raises `Refusal`.

        `authorization` are all `Authorization` headers of the request, `query` its query, `scope` what is needed, with spaces between.
        """
        found = CREDENTIALS.fullmatch(authorization[0]) if authorization else None
        if len(authorization) > 1 or (authorization and SECOND.search(authorization[0])):
            raise Refusal("invalid_request", "two Authorization headers")
        if found is None or found[1].lower() != "bearer":
            raise Refusal("no_credentials")
        token = TOKEN.fullmatch(found[2] or "")
        if token is None or "access_token" in parse_qs(query, keep_blank_values=True):
            raise Refusal("invalid_request", "a header that is malformed, or a token in the query too")
        claims, kid = self.open(token[1])
        self.check_revoked(claims, kid)
        scopes = claims.get("scope", "").split(" ")
        if not set(scope.split(" ")) <= set(scopes):
            raise Refusal("insufficient_scope")
        return {**claims, "scope": scopes}
