"""The formats of Payvand, chapters 02 to 06: encodings, keys, request signatures, events, records, seals, documents, letters.

Whoever implements Payvand has libraries for the first third of this: Ed25519, JOSE, JSON Schema. Python brings none of them, so
here they are, with the verdicts that the specification asks for. Shapes, event types, rights and error codes are read from
spec/schemas and spec/registries.
"""
import base64, functools, hashlib, json, os, re, secrets, time
from types import SimpleNamespace

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

class Bad(Exception):
    """Something is not as the specification says: the code, and what a problem or denial says beside it."""

    def __init__(self, code, **more):
        super().__init__(code)
        self.code = code
        self.more = more

def need(good, code, **more):
    if not good:
        raise Bad(code, **more)

def now():
    return time.time_ns() // 1000000

def fresh():
    return b64(secrets.token_bytes(16))

# ---------------------------------------------------------------------------------------------- encodings: chapter 02
MAX = 2**53 - 1

def H(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).digest()

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

def hash_of(data):
    return b64(H(data))

def unb64(text, size=None):
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, TypeError):
        raise Bad("base64")
    need(b64(data) == text and size in (None, len(data)), "base64")
    return data

def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

def strict_json(data, limit, depth=8):
    """PV-JSON: Python's parser takes more than strict JSON allows, so it is told what to refuse."""
    data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    need(len(data) <= limit, "json-bytes")

    def number(text):
        need(re.fullmatch("-?[0-9]{1,16}", text) and text != "-0" and abs(int(text)) <= MAX, "json-number")
        return int(text)

    def members(pairs):
        need(len(dict(pairs)) == len(pairs), "json-duplicate-name")
        return dict(pairs)

    try:
        value = json.loads(data.decode(), object_pairs_hook=members, parse_int=number, parse_float=number,
                           parse_constant=lambda _: need(False, "json-syntax"))
        look_at(value, depth)
    except UnicodeDecodeError:
        raise Bad("json-utf8")
    except ValueError:
        raise Bad("json-syntax")
    except RecursionError:
        raise Bad("json-depth")
    return value

def look_at(value, depth):
    if isinstance(value, str):
        need("\0" not in value, "json-nul")
        need(not re.search("[\ud800-\udfff]", value), "json-surrogate")
    elif isinstance(value, (dict, list)):
        need(depth > 0, "json-depth")
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            look_at(part, depth - 1)

# Ed25519 (RFC 8032) with the verdicts of PV-SIG. Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        q = add(q, p) if n & 1 else q
        p = add(p, p)
        n >>= 1
    return q

def encode(p):
    inverse = pow(p[2], -1, P)
    return (p[1] * inverse % P | (p[0] * inverse % P & 1) << 255).to_bytes(32, "little")

def decode(data):
    """The point, or None; PV-SIG-003 and PV-SIG-004 ask for a canonical one that is not of small order."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & 2**255 - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or x == 0:
        return None
    x = x if x & 1 == sign else P - x
    point = (x, y, 1, x * y % P)
    return None if times(8, point)[0] == 0 else point

BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))

def good_key(key):
    return len(key) == 32 and decode(key) is not None

def scalar_of(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")

@functools.lru_cache(100000)
def good_signature(key, message, signature):
    if len(signature) != 64 or not good_key(key) or decode(signature[:32]) is None:
        return False
    x, y, _, t = decode(key)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    minus = times(scalar_of(r, key, message) % L, (P - x, y, 1, P - t))
    return s < L and encode(add(times(s, BASE), minus)) == r

def key_id(public):
    return hash_of('{"crv":"Ed25519","kty":"OKP","x":"%s"}' % b64(public))

class Key:
    def __init__(self, secret):
        half = hashlib.sha512(secret).digest()
        self.scalar = int.from_bytes(half[:32], "little") & (2**254 - 8) | 2**254
        self.prefix = half[32:]
        self.public = encode(times(self.scalar, BASE))
        self.kid = key_id(self.public)

    def sign(self, message):
        r = scalar_of(self.prefix, message) % L
        point = encode(times(r, BASE))
        return point + ((r + scalar_of(point, self.public, message) * self.scalar) % L).to_bytes(32, "little")

    def jws(self, typ, payload):
        payload = payload if isinstance(payload, bytes) else dump(payload)
        text = b64(jws_header(self.kid, typ)) + "." + b64(payload)
        return text + "." + b64(self.sign(text.encode()))

def jws_header(kid, typ):
    return b'{"alg":"Ed25519","kid":"%s","typ":"%s"}' % (kid.encode(), typ.encode())

class Jws:
    """PV-JWS-003 to PV-JWS-006: a text in three parts, whose header is compared and not interpreted."""

    def __init__(self, text, typ, limit):
        parts = text.split(".") if isinstance(text, str) else []
        need(len(parts) == 3 and parts[0] and parts[1] and len(parts[2]) == 86, "jws-form")
        try:
            self.kid = json.loads(unb64(parts[0]))["kid"]
            unb64(self.kid, 32)
        except (Bad, ValueError, KeyError, TypeError, RecursionError):
            raise Bad("jws-header")
        need(parts[0] == b64(jws_header(self.kid, typ)), "jws-header")
        need(len(parts[1]) <= -(-4 * limit // 3), "jws-too-large")
        try:
            self.payload = unb64(parts[1])
            self.signature = unb64(parts[2], 64)
        except Bad:
            raise Bad("jws-base64")
        self.text = text
        self.input = (parts[0] + "." + parts[1]).encode()

    def good(self, public):
        return public is not None and good_signature(public, self.input, self.signature)

def included(h, i, size, path, root):
    """PV-MERKLE-004."""
    j = size - 1
    if not 1 <= size <= 65536 or not 0 <= i < size or any(len(p) != 32 for p in path):
        return False
    for p in path:
        if j == 0:
            return False
        while i == j and i % 2 == 0:
            i, j = i // 2, j // 2
        h = H(b"\1" + p + h) if i % 2 else H(b"\1" + h + p)
        i, j = i // 2, j // 2
    return j == 0 and h == root

# ------------------------------------------------------------------- shapes and registries: spec/schemas, spec/registries
def load(*path):
    with open(os.path.join(SPEC, *path), encoding="utf-8") as file:
        return json.load(file)

@functools.lru_cache(None)
def shape_of(name):
    return load("schemas", "json", name + ".json")

TYPES = load("registries", "event-types.json")["types"]
ROLES = load("registries", "rights.json")["roles"]
RIGHTS = set(load("registries", "rights.json")["rights"])
STATUS = {row["code"]: row["status"] for row in load("registries", "error-codes.json")}
KINDS = {"object": dict, "array": list, "string": str, "integer": int, "number": int, "boolean": bool, "null": type(None)}
LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HASH = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"

def fault(value, form, at=""):
    """The JSON pointer of the first place where a value is not of its JSON Schema, or None: what ours use of that."""
    kind = KINDS.get(form.get("type"), object)
    good = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    good = good and value in form.get("enum", [value]) and (type(value), value) == (
        type(form.get("const", value)), form.get("const", value))
    good = good and "not" not in form
    if good and isinstance(value, str):
        good = form.get("minLength", 0) <= len(value) <= form.get("maxLength", MAX)
        good = good and bool(re.fullmatch(form.get("pattern", "(?s:.*)"), value))
    elif good and isinstance(value, int):
        good = form.get("minimum", -MAX) <= value <= form.get("maximum", MAX)
    elif good and isinstance(value, list):
        good = form.get("minItems", 0) <= len(value) <= form.get("maxItems", MAX)
        good = good and (form.get("items") is not False or len(value) == len(form["prefixItems"]))
        good = good and not (form.get("uniqueItems") and len(set(map(str, value))) < len(value))
    elif good and isinstance(value, dict):
        good = all(name in value for name in form.get("required", ())) and len(value) <= form.get("maxProperties", MAX)
    choices = form.get("anyOf")
    if not good or choices and all(fault(value, choice) for choice in choices):
        return at or "/"
    parts = ()
    if isinstance(value, list):
        parts = [(n, part, (form.get("prefixItems") or [form.get("items", {})] * len(value))[n]) for n, part in enumerate(value)]
    elif isinstance(value, dict):
        known, others = form.get("properties", {}), next(iter(form.get("patternProperties", {}).values()), {})
        parts = [(name, part, known.get(name, others)) for name, part in value.items()]
    return next(filter(None, (fault(part, shape, f"{at}/{name}") for name, part, shape in parts)), None)

def has(value, name):
    return fault(value, shape_of(name)) is None

def domain(v):
    return isinstance(v, str) and len(v) <= 253 and bool(re.fullmatch(rf"({LABEL}\.)+(?=[a-z]){LABEL}", v))

def address(v):
    person = isinstance(v, str) and len(v) <= 128 and re.fullmatch("[a-z0-9][a-z0-9._-]{0,63}@(.*)", v)
    return bool(person) and domain(person[1])

def home(sender):
    return sender.rpartition("@")[2]

KEY_FORMS = {"empty": lambda key: key == "", "address": address, "domain": domain,
             "role": lambda key: re.fullmatch("[a-z0-9-]{1,32}", key), "hash": lambda key: re.fullmatch(HASH, key)}

# ----------------------------------------------------------------------------------------- request signatures: chapter 03
COVERED = '("@method" "@authority" "@path" "@query" "content-digest" "payvand-from" "payvand-to")'
INPUT = re.compile(r'payvand=(%s;created=(0|[1-9][0-9]{0,14});expires=(0|[1-9][0-9]{0,14});keyid="(%s)";tag="([^"\\]*)")'
                   % (re.escape(COVERED), HASH))
FIELDS = {"signature-input": "signature-input", "signature": "signature", "content-digest": "content-digest",
          "from": "payvand-from", "to": "payvand-to"}

def mark(label, data):
    return label + "=:" + base64.b64encode(data).decode() + ":"

def unmark(label, text, size):
    found = re.fullmatch(label + "=:([A-Za-z0-9+/]+=*):", text)
    try:
        data = base64.b64decode(found[1]) if found else b""
    except ValueError:
        return None
    return data if len(data) == size and mark(label, data) == text else None

def signature_base(method, authority, target, digest, sender, receiver, params):
    path, _, query = target.partition("?")
    lines = {"@method": method, "@authority": authority, "@path": path, "@query": "?" + query, "content-digest": digest,
             "payvand-from": sender, "payvand-to": receiver, "@signature-params": params}
    return "\n".join(f'"{name}": {value}' for name, value in lines.items())

def sign_request(key, method, authority, target, body, sender, receiver, time):
    params = f'{COVERED};created={time};expires={time + 60};keyid="{key.kid}";tag="payvand"'
    digest = mark("sha-256", H(body))
    base = signature_base(method, authority, target, digest, sender, receiver, params)
    return {"content-digest": digest, "payvand-from": sender, "payvand-to": receiver, "signature-input": "payvand=" + params,
            "signature": mark("payvand", key.sign(base.encode()))}, base

def check_request(method, target, headers, me, authority, time, keys_of):
    """The table of PV-RSG-010 but for its last line; keys_of(domain) is {key id: public key}, or None."""
    def want(good, part, reason, code="bad-signature", **more):
        need(good, code, part=part, reason=reason, **more)
        return good
    for part, name in FIELDS.items():
        want(name in headers, part, "missing")
    line, signature, digest, sender, receiver = (str(headers[name]) for name in FIELDS.values())
    params, created, expires, kid, tag = want(INPUT.fullmatch(line), "signature-input", "malformed").groups()
    created, expires = int(created), int(expires)
    want(tag == "payvand", "tag", "mismatch")
    signed = want(unmark("payvand", signature, 64), "signature", "malformed")
    want(unmark("sha-256", digest, 32), "content-digest", "malformed")
    want(domain(sender), "from", "malformed")
    want(domain(receiver), "to", "malformed")
    want(receiver == me, "to", "mismatch", expected=me, received=receiver)
    want(created < expires <= created + 60, "expires", "malformed")
    clocks = {"senderClock": created, "receiverClock": time}
    want(created <= time + 30, "created", "ahead", **clocks)
    want(expires >= time - 30, "expires", "expired", **clocks)
    want(re.fullmatch(r'/[!-"$-~]*', target), "target", "malformed")
    keys = keys_of(sender)
    want(keys is not None, "from", "unknown", "unknown-peer")
    want(kid in keys, "key", "unknown")
    base, host = signature_base(method, authority, target, digest, sender, receiver, params), headers.get("host")
    if not good_signature(keys[kid], base.encode(), signed):
        want(host == authority, "authority", "mismatch", expected=authority, received=host)
        want(False, "signature", "mismatch")
    return sender, kid, base

def check_digest(headers, body):
    need(headers["content-digest"] == mark("sha-256", H(body)), "bad-signature", part="content-digest", reason="mismatch")

# ------------------------------------------------------- signed objects: chapters 04 (events), 05 (seals), 06 (letters)
class Event(Jws):
    """A text that is no JWS raises; a payload that is no event does not, because it still has its place in a chain."""

    def __init__(self, jws):
        super().__init__(jws, "payvand-event", 4096)
        self.id = "e" + hash_of(self.payload)
        try:
            self.p = strict_json(self.payload, 4096)
            self.ok = has(self.p, "event-payload") and self.fits(self.p)
        except Bad:
            self.ok = False
        if self.ok:
            self.type, self.sender, self.key = self.p["type"], self.p["sender"], self.p.get("key")
            self.domain = home(self.sender)
            self.room = self.p.get("room", "r" + self.id[1:])
            self.targets = [target for _, target in self.p.get("rel", [])]

    @staticmethod
    def fits(p):
        """What event-types.json says of this type, and what goes for state events and for others."""
        kind, key, known = p["type"], p.get("key"), TYPES.get(p["type"])
        if known and (known["key"] is None) != (key is None) or key is not None and known and not KEY_FORMS[known["key"]](key):
            return False
        if key is None and "prior" in p or key is not None and (p["size"] > 4096 or p["scheme"] != "plain" or "ttl" in p):
            return False
        wanted = known and known.get("relations")
        names = [name for name, _ in p.get("rel", [])]
        if wanted and (set(names) != {wanted["kind"]} or len(names) > wanted["max"]):
            return False
        return ("room" in p) != (kind == "room.create") and (kind != "room.create" or "@" in p["sender"])

def link_id(by, link):
    return hash_of(f"{by}\0{link}")

def read_content(event, content):
    """PV-CNT: the members of the content of an event; None for scheme mls, which is not read."""
    need(event.ok, "bad-event")
    need(hash_of(content) == event.p["content"], "content-mismatch")
    need(len(content.encode()) == event.p["size"], "bad-event")
    if event.p["scheme"] == "mls":
        return None
    try:
        c = strict_json(content, 65536 if event.key is None else 4096)
    except Bad:
        raise Bad("bad-event")
    shape = TYPES[event.type]["content"] if event.key is not None and event.type in TYPES else "content-message-delete"
    need(has(c, "content-message-delete") and has(c, shape), "bad-event")
    if event.type == "room.create":
        need(("with" in c) == (c["kind"] == "dm") and c.get("with") != event.sender, "bad-event")
    elif event.type == "member":
        need("invite" not in c or c["membership"] == "joined", "bad-event")
        need(("proof" not in c or "invite" in c) and ("role" not in c or "proof" in c), "bad-event")
    elif event.type == "room.link":
        need(event.key == link_id(c["by"], c["link"]), "bad-event")
    return c

def read(text, typ, limit, shape, code):
    """A signed object: a JWS whose payload is one strict JSON object of a shape."""
    try:
        jws = Jws(text, typ, limit)
        jws.p = strict_json(jws.payload, limit)
    except Bad:
        raise Bad(code)
    need(shape is None or has(jws.p, shape), code)
    return jws

class Statement(Jws):
    """PV-KEY-001 to PV-KEY-011: the keys of a provider."""

    def first(self):
        return self.good(self.root)

    def succeeds(self, last):
        return self.first() and self.provider == last.provider and self.version > last.version and self.roots[0] in last.roots

    def key(self, kid, use, active=False):
        return next((k.public for k in self.keys if (k.kid, k.use) == (kid, use) and (k.status == "active" or not active)), None)

    def signed(self, jws, use, active=False):
        return jws.good(self.key(jws.kid, use, active))

    def names(self, content):
        return (self.hash, self.version) == (content["statement"], content["version"])

@functools.lru_cache(10000)
def statement(text):
    need(isinstance(text, str) and len(text) <= 2048, "bad-statement")
    s = read(text, "payvand-statement", 2048, "statement-payload", "bad-statement")
    s.__class__ = Statement
    roots = [unb64(root) for root in s.p["roots"]]
    s.keys = [SimpleNamespace(kid=key_id(unb64(k["x"])), public=unb64(k["x"]), use=k["use"], status=k["status"]) for k in s.p["keys"]]
    publics = roots + [k.public for k in s.keys]
    need(len(set(publics)) == len(publics) and all(map(good_key, publics)), "bad-statement")
    s.provider, s.version, s.hash = s.p["provider"], s.p["version"], hash_of(text)
    s.root, s.roots = roots[0], [key_id(root) for root in roots]
    need(s.kid == s.roots[0], "bad-statement")
    return s

def read_document(text, provider):
    """PV-DOC-001 to PV-DOC-012."""
    need(isinstance(text, str) and len(text) <= 65536, "bad-document")
    d = read(text, "payvand-provider", 65536, None, "bad-document")
    need(isinstance(d.p, dict), "bad-document")
    need(d.p.get("provider") == provider, "wrong-provider")
    endpoint = str(d.p.get("endpoint"))
    need(has({**d.p, "endpoint": "https://any.test"}, "provider-payload"), "bad-document")
    need(d.p["expires"] > d.p["issued"], "bad-document")
    need(d.p["expires"] - d.p["issued"] <= 604800000, "document-too-long")
    d.host, d.version = endpoint.removeprefix("https://"), d.p["version"]
    need(endpoint == "https://" + d.host and domain(d.host) and ("." + d.host).endswith("." + provider), "wrong-endpoint")
    try:
        d.statement = statement(d.p["statement"])
    except Bad:
        raise Bad("bad-document")
    need(d.statement.provider == provider, "wrong-statement")
    need("0.1" in d.p["versions"], "no-common-version")
    need(d.kid == d.statement.kid and d.good(d.statement.root) and d.statement.first(), "bad-document")
    return d

def accept_document(text, provider, time, last=None):
    """PV-DOC-013 to PV-DOC-019; last is the document accepted before. True for a new provider under an old name."""
    new = read_document(text, provider)
    need(new.p["expires"] > time, "document-expired")
    need(new.p["issued"] <= time + 60000, "document-not-yet-valid")
    if last and new.statement.roots[0] not in last.statement.roots:
        need(time >= last.p["expires"] + 2592000000, "unlisted-root")
        return True
    for a, b in ((new, last), (new.statement, last.statement)) if last else ():
        need(a.version >= b.version, "lower-version")
        need(a.version > b.version or a.text == b.text, "version-reused")
    return False

def read_invite(text):
    """An invitation, or a link, which is one for whoever holds its key."""
    invite = read(text, "payvand-invite", 1024, None, "bad-invite")
    link = isinstance(invite.p, dict) and "link" in invite.p
    need(has(invite.p, "link-payload" if link else "invite-payload") and invite.p["by"] != invite.p.get("to"), "bad-invite")
    need(not link or "to" not in invite.p and "after" not in invite.p, "bad-invite")
    return invite

def proves(link, room, person, proof):
    """PV-LNK-006."""
    return good_signature(unb64(link), f"payvand-link\0{room}\0{person}".encode(), unb64(proof))

def read_mail(text):
    need(not isinstance(text, str) or len(text) <= 8192, "too-large")
    mail = read(text, "payvand-mail", 8192, "mail-payload", "bad-mail")
    need(mail.p["from"] != mail.p["to"], "bad-mail")
    need(mail.p["kind"] in ("invite", "knock", "knock-answer"), "not-supported")
    return mail

def read_body(mail):
    if mail.p["kind"] == "invite":
        return read_invitation(mail)
    if mail.p["kind"] == "knock-answer" or domain(mail.p["to"]):
        return read_room_knock(mail)
    return read_knock(mail)

def read_knock(mail):
    """PV-KNK-002."""
    body = mail.p["body"]
    try:
        need(has(body, "knock-mail-body"), "bad-mail")
        link = read_invite(body["link"]).p
        need("link" in link and "approve" in link and link["by"] == mail.p["to"], "bad-mail")
        need(proves(link["link"], link["room"], mail.p["from"], body["proof"]), "bad-mail")
    except Bad:
        raise Bad("bad-mail")

def read_room_knock(mail):
    """PV-KNK-009 and PV-KNK-014: what is meant for the hub of a room."""
    body, shape = mail.p["body"], "room-knock-mail-body" if mail.p["kind"] == "knock" else "knock-answer-mail-body"
    need(domain(mail.p["to"]) and has(body, shape) and "link" not in body and body.get("person") != mail.p["from"], "bad-mail")

def read_invitation(mail):
    """PV-MAIL-006 to PV-MAIL-009: the create event, its content and the invitation in a mailbox item."""
    body, people = mail.p["body"], (mail.p["from"], mail.p["to"])
    try:
        need(has(body, "invite-mail-body"), "bad-mail")
        create = Event(body["create"]["jws"])
        keys = statement(body["create"]["statement"])
        invite = read_invite(body["invite"])
        content = read_content(create, body["create"]["content"])
        need(create.type == "room.create" and keys.names(content) and keys.provider == create.domain, "bad-mail")
        need(keys.first() and keys.signed(create, "event"), "bad-mail")
        need((invite.p["room"], invite.p["by"], invite.p.get("to")) == (create.room, *people), "bad-mail")
        need(content["kind"] == "group" or people == (create.sender, content["with"]), "bad-mail")
    except Bad:
        raise Bad("bad-mail")
    return create, content, invite

def raw(id):
    return unb64(id[-43:], 32)

def u(bits, number):
    return number.to_bytes(bits // 8, "big")

def header_of(item):
    if "event" in item:
        return item
    place = {name: item[name] for name in ("epoch", "seq", "at")}
    return {**place, "event": Event(item["jws"]).id, "jwsHash": hash_of(item["jws"])}

def record_bytes(room, h, prev):
    return (b"payvand-record\0" + raw(room) + u(32, h["epoch"]) + u(64, h["seq"]) + u(64, h["at"]) + raw(prev)
            + raw(h["event"]) + raw(h["jwsHash"]))

def record_hash(room, item, prev):
    return hash_of(record_bytes(room, header_of(item), prev))

def leaf(h):
    return (b"payvand-head\0" + raw(h["room"]) + u(32, h["epoch"]) + u(64, h["seq"]) + u(64, h["at"]) + raw(h["hash"])
            + raw(h["state"]) + u(64, h["committed"]) + h["hub"].encode())

def covers(sealed, seals):
    """PV-SEAL-006: the seal that covers a sealed head."""
    need(has(sealed, "sealed-head") and sealed["seal"] < len(seals), "bad-seal")
    seal = read(seals[sealed["seal"]], "payvand-seal", 1024, "seal-payload", "bad-seal")
    path = [raw(p) for p in sealed["path"]]
    need(seal.p["hub"] == sealed["head"]["hub"], "bad-seal")
    need(included(H(b"\0" + leaf(sealed["head"])), sealed["index"], seal.p["size"], path, raw(seal.p["root"])), "bad-seal")
    return seal
