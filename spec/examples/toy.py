#!/usr/bin/env python3
"""Payvand in one file: a provider, hub and follower, in plain Python, written from the specification alone.

    toy.py self-test spec/vectors
    toy.py serve --domain toy.test --people sara --listen 127.0.0.1:8450 --cert c.pem --key k.pem --peers peers.json --data DIR

Read it beside spec/prose, whose sentences the comments name. For real use it lacks: a signature in constant time, keys that
change, budgets, signals, and the client API; its people talk in its own console (type help). It talks with the names in its
peers file only, {"a.test": {"address": "127.0.0.1", "port": 8443, "ca": "ca.pem"}}, so nobody can send it elsewhere (PV-HTTP-004).
"""
import argparse, base64, copy, functools, hashlib, http.client, http.server, json, os, random, re, secrets, socket, ssl, sys
import threading, time
from types import SimpleNamespace

class Bad(Exception):
    """Something that is not as the specification says: the code, and what a problem or denial says beside."""
    def __init__(self, code, **more):
        super().__init__(code)
        self.code, self.more = code, more

def need(good, code, **more):
    if not good:
        raise Bad(code, **more)

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

def strict_json(data, limit, depth=8):
    """PV-JSON: Python's parser takes more than RFC 8259 and strict JSON allow, so it is told what to refuse."""
    data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    need(len(data) <= limit, "json-bytes")

    def number(text):
        need(re.fullmatch("-?[0-9]{1,16}", text) and text != "-0" and abs(int(text)) <= MAX, "json-number")
        return int(text)

    def members(pairs):
        need(len(dict(pairs)) == len(pairs), "json-duplicate-name")
        return dict(pairs)

    def constant(_):
        raise Bad("json-syntax")

    def look(value, left):
        if isinstance(value, str):
            need("\0" not in value, "json-nul")
            need(not re.search("[\ud800-\udfff]", value), "json-surrogate")
        elif isinstance(value, (dict, list)):
            need(left > 0, "json-depth")
            for part in [*value, *value.values()] if isinstance(value, dict) else value:
                look(part, left - 1)
    try:
        value = json.loads(data.decode(), object_pairs_hook=members, parse_int=number, parse_float=number, parse_constant=constant)
    except UnicodeDecodeError:
        raise Bad("json-utf8")
    except ValueError:
        raise Bad("json-syntax")
    except RecursionError:
        raise Bad("json-depth")
    look(value, depth)
    return value

def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

# Ed25519 (RFC 8032) with the verdicts of PV-SIG. Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        q, p, n = add(q, p) if n & 1 else q, add(p, p), n >> 1
    return q

def encode(p):
    inverse = pow(p[2], -1, P)
    return (p[1] * inverse % P | (p[0] * inverse % P & 1) << 255).to_bytes(32, "little")

def decode(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & 2**255 - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or x == 0 and sign:
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P

BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
SMALL = [bytes.fromhex(h) for h in ("01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 32,
         "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
         "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]

def canonical(data):
    """PV-SIG-003 and PV-SIG-004."""
    data = data[:31] + bytes([data[31] & 127])
    return int.from_bytes(data, "little") < P and data not in SMALL

def good_key(key):
    return len(key) == 32 and canonical(key) and decode(key) is not None

def sha512(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")

@functools.lru_cache(100000)
def good_signature(key, message, signature):
    if len(signature) != 64 or not good_key(key) or not canonical(signature[:32]):
        return False
    (x, y, _, t), r, s = decode(key), signature[:32], int.from_bytes(signature[32:], "little")
    return s < L and encode(add(times(s, BASE), times(sha512(r, key, message) % L, (P - x, y, 1, P - t)))) == r

def key_id(public):
    return hash_of('{"crv":"Ed25519","kty":"OKP","x":"%s"}' % b64(public))

class Key:
    def __init__(self, secret):
        half = hashlib.sha512(secret).digest()
        self.scalar, self.prefix = int.from_bytes(half[:32], "little") & (2**254 - 8) | 2**254, half[32:]
        self.public = encode(times(self.scalar, BASE))
        self.kid = key_id(self.public)

    def sign(self, message):
        r = sha512(self.prefix, message) % L
        point = encode(times(r, BASE))
        return point + ((r + sha512(point, self.public, message) * self.scalar) % L).to_bytes(32, "little")

    def jws(self, typ, payload):
        text = b64(jws_header(self.kid, typ)) + "." + b64(payload if isinstance(payload, bytes) else dump(payload))
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
            self.payload, self.signature = unb64(parts[1]), unb64(parts[2], 64)
        except Bad:
            raise Bad("jws-base64")
        self.text, self.input = text, (parts[0] + "." + parts[1]).encode()

    def good(self, public):
        return public is not None and good_signature(public, self.input, self.signature)

def node(left, right):
    return H(b"\1" + left + right)

def tree(leaves):
    """PV-MERKLE-003, row by row: the root over leaf hashes, and the inclusion path of each."""
    row, paths, places = list(leaves), [[] for _ in leaves], list(range(len(leaves)))
    while len(row) > 1:
        for n, place in enumerate(places):
            paths[n] += [row[place ^ 1]] if place ^ 1 < len(row) else []
            places[n] = place // 2
        row = [node(*row[i:i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
    return row[0], paths

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
        h, i, j = node(p, h) if i % 2 else node(h, p), i // 2, j // 2
    return j == 0 and h == root

# ------------------------------------------------------------------------- shapes: what spec/schemas says, as far as used
def fault(value, form, at=""):
    """The JSON pointer of the first place where a value is not of its form, or None. A form is a test, an object of forms
    (with ? after the names of members that may be absent), or (form, least, most) for an array."""
    if isinstance(form, dict):
        if not isinstance(value, dict) or any(name not in value and name[-1] != "?" for name in form):
            return at or "/"
        parts = [(name.rstrip("?"), part) for name, part in form.items()]
        return next((w for w in (fault(value[n], part, f"{at}/{n}") for n, part in parts if n in value) if w), None)
    if isinstance(form, tuple):
        if not isinstance(value, list) or not form[1] <= len(value) <= form[2]:
            return at or "/"
        return next((w for w in (fault(v, form[0], f"{at}/{n}") for n, v in enumerate(value)) if w), None)
    return None if form(value) else at or "/"

def has(value, form):
    return fault(value, form) is None

def whole(low, high):
    return lambda v: type(v) is int and low <= v <= high

def match(pattern, size=10**9):
    return lambda v: isinstance(v, str) and len(v) <= size and re.fullmatch(pattern, v) is not None

def line(low, high):
    return match("[^\0-\x1f\x7f-\x9f]{%d,%d}" % (low, high))

def one_of(*values):
    return lambda v: isinstance(v, str) and v in values

def items(*forms):
    return lambda v: isinstance(v, list) and len(v) == len(forms) and all(map(has, v, forms))

def map_of(form):
    return lambda v: isinstance(v, dict) and len(v) <= 64 and all(map(form, v.values()))

def rights(v):
    return isinstance(v, list) and all(isinstance(r, str) and r in RIGHTS for r in v) and len(set(v)) == len(v)

def address(v):
    return match("[a-z0-9][a-z0-9._-]{0,63}@.*", 128)(v) and domain(v.partition("@")[2])

def home(sender):
    return sender.rpartition("@")[2]

def string(v):
    return isinstance(v, str)

def true(v):
    return v is True

LABEL, HASH = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
domain, role_name, count, version, u32 = match(rf"({LABEL}\.)+(?=[a-z]){LABEL}", 253), match("[a-z0-9-]{1,32}"), whole(0, MAX), whole(
    1, MAX), whole(0, 2**32 - 1)
hash32, nonce, event_id, room_id = match(HASH), match("[A-Za-z0-9_-]{21}[AQgw]"), match("e" + HASH), match("r" + HASH)
signature = match("[A-Za-z0-9_-]{85}[AQgw]")
RIGHTS = {"send", "react", "invite", "remove", "ban", "restrict", "moderate", "info", "roles", "manage", "pin"}
ROLES = {"member": (0, {"send", "react", "invite"}), "admin": (60, RIGHTS - {"manage"}),
         "moderator": (30, {"send", "react", "invite", "remove", "restrict", "moderate", "pin"})}
EVENT = {"type": match(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)*", 64), "sender": lambda v: address(v) or domain(v), "ts": count,
         "until": count, "nonce": nonce, "content": hash32, "size": whole(0, 65536), "scheme": one_of("plain", "mls"),
         "room?": room_id, "seen?": items(u32, count, hash32), "key?": match("[ -~]{0,128}"), "prior?": event_id,
         "rel?": (items(one_of("reply", "edit", "delete", "react", "thread", "forward", "vote"), event_id), 1, 16),
         "ttl?": whole(1, 31536000), "author?": lambda v: False}
ROOM_TYPES = ("create", "owner", "info", "settings", "pins", "history", "superseded")
KEYS = {**{"room." + name: one_of("") for name in ROOM_TYPES}, "member": address, "access": address, "provider": domain,
        "room.deny": domain, "role": role_name, "room.link": hash32}
RELATIONS = {"message.edit": ("edit", 1), "message.delete": ("delete", 16), "reaction": ("react", 1), "message.vote": ("vote", 1),
             "message.poll-close": ("vote", 1)}
UNERASED = ("message.edit", "message.delete", "message.poll-close")  # PV-EFF-002
CONTENT = {"room.create": {"kind": one_of("dm", "group"), "rules": whole(1, 1), "statement": hash32, "version": version,
                           "with?": address, "prev?": room_id},
           "member": {"membership": one_of("joined", "left"), "invite?": string, "proof?": signature, "role?": role_name},
           "access": {"role?": role_name, "ban?": true, "remove?": event_id, "title?": line(1, 32),
                      "restrict?": {"rights": rights, "until?": count}},
           "provider": {"statement": hash32, "version": version}, "role": {"rank": whole(0, 99), "rights": rights},
           "room.owner": {"owner": address}, "room.info": {"title": line(1, 128), "alias?": lambda v: string(v) and v[:1] == "#" and address(
               v[1:]), "about?": match("[^\0-\t\x0b-\x1f\x7f-\x9f]{1,512}")},
           "room.settings": {"timer?": whole(1, 31536000), "slow?": whole(1, 86400), "edits?": one_of("history", "latest"),
                             "preview?": true, "join?": one_of("knock")},
           "room.pins": {"pins": lambda v: has(v, (event_id, 0, 50)) and len(set(v)) == len(v)},
           "room.deny": {"denied": lambda v: isinstance(v, bool)},
           "room.history": {"visible": one_of("all", "joined")}, "room.superseded": {"by": room_id},
           "room.link": {"by": address, "link": hash32}}
KEY = {"x": hash32, "use": one_of("event", "seal", "request"), "status": one_of("active", "retired")}
STATEMENT = {"provider": domain, "version": version, "issued": count, "roots": (hash32, 1, 2), "keys": (KEY, 1, 12)}
DOCUMENT = {"version": version, "issued": count, "expires": count, "statement": string, "versions": (line(1, 64), 0, 16),
            "profiles": (line(1, 64), 0, 16), "limits": map_of(count), "contacts": map_of(line(1, 256)), "status": line(1, 64)}
INVITE = {"room": room_id, "hub": domain, "by": address, "to": address, "until": count, "nonce": nonce, "after?": event_id}
LINK = {"room": room_id, "hub": domain, "by": address, "link": hash32, "until": count, "nonce": nonce,
        "to?": lambda v: False, "after?": lambda v: False, "role?": role_name, "approve?": true, "uses?": whole(1, 1000000)}
MAIL = {"from": address, "to": lambda v: address(v) or domain(v), "kind": string, "nonce": nonce, "until": count, "body": {}}
PLACED = {"id": count, "at": count, "by?": {}}
IMPORTED = {"imported": {"imported": one_of("payvand-imported"), "version": whole(1, 1), "from": one_of("telegram-desktop"), "at": count,
                         "chat": {"id": string, "kind": string}, "key": string},
            "message": {"message": {**PLACED, "content?": {}, "media?": {"kind": string}, "reply?": count, "edited?": count}},
            "service": {"service": {**PLACED, "action": string}},
            "end": {"end": {"messages": count, "services": count}, "seal": string}}
CREATE = {"jws": string, "content": string, "statement": string}
DENIAL = {"hub": domain, "room": room_id, "event": event_id, "code": match("[a-z][a-z0-9-]{0,63}"), "at": count,
          "rule": lambda v: v is None or match("R[1-9][0-9]?")(v)}
REPORT = {"from": domain, "to": domain, "sender": address, "item": hash32, "at": count, "nonce": nonce, "note?": line(1, 500),
          "reason": one_of("spam", "abuse", "violence", "child", "illegal", "other")}
SEAL = {"hub": domain, "at": count, "root": hash32, "size": whole(1, 65536)}
PLACE, JWS, SEALS = {"epoch": u32, "seq": count, "at": count}, line(1, 100000), (line(1, 100000), 0, 256)
HEAD = {**PLACE, "hub": domain, "room": room_id, "hash": hash32, "state": hash32, "committed": count}
SEALED = {"head": HEAD, "seal": whole(0, 255), "index": whole(0, 65535), "path": (hash32, 0, 16)}
RECORD = {**PLACE, "jws": JWS, "content": lambda v: v is None or isinstance(v, str), "statement?": JWS}
HEADER = {**PLACE, "event": event_id, "jwsHash": hash32}
PROVEN = {"record": {**RECORD, "content": string}, "statement": string, "prev": hash32, "headers": (HEADER, 0, 4096),
          "sealed": SEALED, "seals": SEALS, "hubStatement": string}
ENTRY, ITEM = {**RECORD, "content": string}, {"jws": string, "content": string, "statement?": string}
PAGE = {"room": room_id, "prev?": hash32, "sealed": SEALED,
        "records": (lambda v: has(v, RECORD if isinstance(v, dict) and "jws" in v else HEADER), 0, 256)}
SIGNAL = {"kind": string, "room": string, "from": string, "counter": count, "seq?": count}
REQUESTS = {"submit": {"items": (ITEM, 1, 256)}, "push": {"rooms": (PAGE, 1, 256), "seals": SEALS},
            "log": {"room": room_id, "from": count, "max": whole(1, 256)}, "join": {"room": room_id, "items": (ITEM, 1, 2)},
            "heads": {"rooms?": (room_id, 1, 256), "digest?": {"asOf": count, "bucket?": whole(0, 255)}},
            "snapshot": {"room": room_id, "seq": count, "from": whole(0, 255)}, "mailbox": {"items": (string, 1, 16)},
            "signals": {"items": (SIGNAL, 1, 256)}, "directory": {"statement?": hash32, "profile?": address}}
RESULTS = ({"status": string, "code?": string, "seq?": count, "after?": whole(0, 86400)}, 0, 256)
PROOF = {"room": room_id, "prev": hash32, "headers": (HEADER, 1, 4096), "sealed": SEALED}
SNAPSHOT = {"room": room_id, "sealed": SEALED, "entries": (ENTRY, 0, 20000), "covered": whole(0, 256), "buckets": (hash32, 256, 256)}
ANSWERS = {"submit": {"results": RESULTS, "seals": SEALS, "rooms": (PROOF, 0, 256)}, "push": {"rooms": RESULTS},
           "log": {"page": PAGE, "seals": SEALS, "newest": count}, "mailbox": {"results": RESULTS}, "heads": {},
           "join": {"results": RESULTS, "seals": SEALS, "snapshot?": SNAPSHOT},
           "snapshot": {"entries": (ENTRY, 0, 20000), "covered": whole(1, 256)}}

# ------------------------------------------------------- signed objects: chapters 04 (events), 05 (seals), 06 (letters)
class Event(Jws):
    """A text that is no JWS raises; a payload that is no event does not, because it still has its place in a chain."""
    def __init__(self, jws):
        super().__init__(jws, "payvand-event", 4096)
        self.id = "e" + hash_of(self.payload)
        try:
            p = self.p = strict_json(self.payload, 4096)
            self.ok = has(p, EVENT) and self.fits(p)
        except Bad:
            self.ok = False
        if self.ok:
            self.type, self.sender, self.key, self.domain = p["type"], p["sender"], p.get("key"), home(p["sender"])
            self.room, self.rel = p.get("room", "r" + self.id[1:]), [target for _, target in p.get("rel", [])]

    @staticmethod
    def fits(p):
        kind, state, rel = p["type"], "key" in p, [r[0] for r in p.get("rel", [])]
        if kind in KEYS and not (state and KEYS[kind](p["key"])) or state and (kind == "message" or kind in RELATIONS):
            return False
        if (p["size"] > 4096 or p["scheme"] != "plain" or "ttl" in p) if state else "prior" in p:
            return False
        if kind in RELATIONS and (set(rel) != {RELATIONS[kind][0]} or len(rel) > RELATIONS[kind][1]):
            return False
        return ("room" in p) != (kind == "room.create") and (kind != "room.create" or "@" in p["sender"])

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
    need(has(c, {"salt": nonce}) and has(c, CONTENT.get(event.type, {}) if event.key is not None else {}), "bad-event")
    if event.type == "room.create":
        need(("with" in c) == (c["kind"] == "dm") and c.get("with") != event.sender, "bad-event")
    need(event.type != "member" or ("invite" not in c or c["membership"] == "joined") and ("proof" not in c or "invite" in c)
         and ("role" not in c or "proof" in c), "bad-event")
    need(event.type != "room.link" or event.key == link_id(c["by"], c["link"]), "bad-event")
    return c

def read(text, typ, limit, form, code):
    """A signed object: a JWS whose payload is one strict JSON object of a form."""
    try:
        jws = Jws(text, typ, limit)
        jws.p = strict_json(jws.payload, limit)
    except Bad:
        raise Bad(code)
    need(has(jws.p, form), code)
    return jws

@functools.lru_cache(10000)
def statement(text):
    """PV-KEY-001 to PV-KEY-010, but for the signature: see first()."""
    need(isinstance(text, str) and len(text) <= 2048, "bad-statement")
    s = read(text, "payvand-statement", 2048, STATEMENT, "bad-statement")
    s.__class__, roots = Statement, [unb64(r) for r in s.p["roots"]]
    s.keys = [SimpleNamespace(kid=key_id(unb64(k["x"])), public=unb64(k["x"]), use=k["use"], status=k["status"]) for k in s.p["keys"]]
    every = roots + [k.public for k in s.keys]
    need(len(set(every)) == len(every) and all(map(good_key, every)), "bad-statement")
    s.provider, s.version, s.hash, s.root, s.roots = s.p["provider"], s.p["version"], hash_of(text), roots[0], list(map(key_id, roots))
    need(s.kid == s.roots[0], "bad-statement")
    return s

class Statement(Jws):
    def first(self):
        return self.good(self.root)

    def succeeds(self, last):
        return (self.first() and self.provider == last.provider and self.version > last.version and self.roots[0] in last.roots)

    def key(self, kid, use, active=False):
        return next((k.public for k in self.keys if (k.kid, k.use) == (kid, use) and (k.status == "active" or not active)), None)

    def signed(self, jws, use, active=False):
        return jws.good(self.key(jws.kid, use, active))

    def names(self, content):
        return (self.hash, self.version) == (content["statement"], content["version"])

def read_document(text, provider):
    """PV-DOC-001 to PV-DOC-012."""
    need(isinstance(text, str) and len(text) <= 65536, "bad-document")
    d = read(text, "payvand-provider", 65536, DOCUMENT, "bad-document")
    endpoint, d.version = str(d.p.get("endpoint")), d.p["version"]
    need(d.p.get("provider") == provider, "wrong-provider")
    need(d.p["expires"] > d.p["issued"], "bad-document")
    need(d.p["expires"] - d.p["issued"] <= 604800000, "document-too-long")
    d.host = endpoint[8:] if endpoint.startswith("https://") else ""
    need(domain(d.host) and ("." + d.host).endswith("." + provider), "wrong-endpoint")
    try:
        d.statement = statement(d.p["statement"])
    except Bad:
        raise Bad("bad-document")
    need(d.statement.provider == provider, "wrong-statement")
    need("0.1" in d.p["versions"], "no-common-version")
    need(d.kid == d.statement.kid and d.good(d.statement.root) and d.statement.first(), "bad-document")
    return d

def accept_document(text, provider, now, last=None):
    """PV-DOC-013 to PV-DOC-019; last is the document accepted before. True for a new provider under an old name."""
    new = read_document(text, provider)
    need(new.p["expires"] > now, "document-expired")
    need(new.p["issued"] <= now + 60000, "document-not-yet-valid")
    if last and new.statement.roots[0] not in last.statement.roots:
        need(now >= last.p["expires"] + 2592000000, "unlisted-root")
        return True
    for a, b in ((new, last), (new.statement, last.statement)) if last else ():
        need(a.version >= b.version, "lower-version")
        need(a.version > b.version or a.text == b.text, "version-reused")
    return False

def read_invite(text):
    invite = read(text, "payvand-invite", 1024, {}, "bad-invite")
    need(has(invite.p, LINK if "link" in invite.p else INVITE) and invite.p["by"] != invite.p.get("to"), "bad-invite")
    return invite

def read_link(text):
    """PV-LNK-003 to PV-LNK-005: the domain, the seed of the key and the locator of the text of a link."""
    found = re.fullmatch("https://([^/]*)/join#([^/]*)", text)
    need(found and domain(found[1]) and nonce(found[2]), "bad-link")
    return {"provider": found[1], "seed": hash_of("payvand-link-key\0" + found[2]), "locator": hash_of("payvand-link-locator\0" + found[2])}

def proves(link, room, person, proof):
    """PV-LNK-006."""
    return good_signature(unb64(link), f"payvand-link\0{room}\0{person}".encode(), unb64(proof))

def link_id(by, link):
    return hash_of(f"{by}\0{link}")

def read_mail(text):
    need(not isinstance(text, str) or len(text) <= 8192, "too-large")
    mail = read(text, "payvand-mail", 8192, MAIL, "bad-mail")
    need(mail.p["from"] != mail.p["to"], "bad-mail")
    need(mail.p["kind"] in ("invite", "knock", "knock-answer"), "not-supported")
    return mail

def read_invitation(mail):
    """PV-MAIL-006 to PV-MAIL-009: the create event, its content and the invitation in a mailbox item."""
    body, people = mail.p["body"], (mail.p["from"], mail.p["to"])
    try:
        need(has(body, {"create": CREATE, "invite": string, "intro?": line(1, 200)}), "bad-mail")
        create, keys, invite = Event(body["create"]["jws"]), statement(body["create"]["statement"]), read_invite(body["invite"])
        content = read_content(create, body["create"]["content"])
        need(create.type == "room.create" and keys.names(content) and keys.provider == create.domain, "bad-mail")
        need(keys.first() and keys.signed(create, "event"), "bad-mail")
        need((invite.p["room"], invite.p["by"], invite.p.get("to")) == (create.room, *people), "bad-mail")
        need(content["kind"] == "group" or people == (create.sender, content["with"]), "bad-mail")
    except Bad:
        raise Bad("bad-mail")
    return create, content, invite

def read_knock(mail):
    """PV-KNK-002."""
    body = mail.p["body"]
    try:
        need(has(body, {"link": string, "proof": signature, "intro?": line(1, 200)}), "bad-mail")
        link = read_invite(body["link"]).p
        need("link" in link and "approve" in link and link["by"] == mail.p["to"], "bad-mail")
        need(proves(link["link"], link["room"], mail.p["from"], body["proof"]), "bad-mail")
    except Bad:
        raise Bad("bad-mail")

def need_json(text, code):
    try:
        return strict_json(text, 524288)
    except Bad:
        raise Bad(code)

def read_imported(lines):
    """PV-IMP-001 to PV-IMP-009: a file that nobody but its importer has signed."""
    prev, kinds, header, over = bytes(32), [], None, None
    for text in lines:
        line = need_json(text, "bad-import") if not over else {}
        kind = next((k for k, form in IMPORTED.items() if k in line and has(line, form)), None)
        need(kind and (kind == "imported") == (not kinds), "bad-import")
        said = line.get("message", {}).get("content", {})
        need(all(e["type"] != "mention" for e in said.get("entities", [])), "bad-import")
        header, over = header or line, kind == "end" and line
        if not over:
            kinds, prev = [*kinds, kind], H(b"payvand-import\0" + prev + text.encode())
    need(over, "cut-tail")
    seal = read(over["seal"], "payvand-import", 256, {"hash": hash32, "lines": count}, "bad-seal")
    need(seal.kid == key_id(unb64(header["key"])) and seal.good(unb64(header["key"])), "bad-seal")
    counts = {"messages": kinds.count("message"), "services": kinds.count("service")}
    need(seal.p == {"hash": b64(prev), "lines": len(kinds)} and over["end"] == counts, "import-changed")

def read_room_knock(mail):
    """PV-KNK-009 and PV-KNK-014: what is meant for the hub of a room."""
    body, knocks = mail.p["body"], mail.p["kind"] == "knock"
    shape = {"room": room_id, "intro?": line(1, 200)} if knocks else {"room": room_id, "person": address, "answer": one_of("accepted", "ignored")}
    need(domain(mail.p["to"]) and has(body, shape) and "link" not in body and body.get("person") != mail.p["from"], "bad-mail")

def read_body(mail):
    if mail.p["kind"] == "knock-answer" or mail.p["kind"] == "knock" and domain(mail.p["to"]):
        return read_room_knock(mail)
    return {"invite": read_invitation, "knock": read_knock}[mail.p["kind"]](mail)

def raw(id):
    return unb64(id[-43:], 32)

def u(bits, number):
    return number.to_bytes(bits // 8, "big")

def record_bytes(room, h, prev):
    return (b"payvand-record\0" + raw(room) + u(32, h["epoch"]) + u(64, h["seq"]) + u(64, h["at"]) + raw(prev) + raw(h["event"])
            + raw(h["jwsHash"]))

def header_of(item):
    return item if "event" in item else {**{k: item[k] for k in PLACE}, "event": Event(item["jws"]).id, "jwsHash": hash_of(item["jws"])}

def record_hash(room, item, prev):
    return hash_of(record_bytes(room, header_of(item), prev))

def leaf(h):
    return (b"payvand-head\0" + raw(h["room"]) + u(32, h["epoch"]) + u(64, h["seq"]) + u(64, h["at"]) + raw(h["hash"])
            + raw(h["state"]) + u(64, h["committed"]) + h["hub"].encode())

def leaf_hash(head):
    return H(b"\0" + leaf(head))

def covers(sealed, seals):
    """PV-SEAL-006: the seal that covers a sealed head."""
    need(has(sealed, SEALED) and sealed["seal"] < len(seals), "bad-seal")
    seal, path = read(seals[sealed["seal"]], "payvand-seal", 1024, SEAL, "bad-seal"), [raw(p) for p in sealed["path"]]
    need(seal.p["hub"] == sealed["head"]["hub"], "bad-seal")
    need(included(leaf_hash(sealed["head"]), sealed["index"], seal.p["size"], path, raw(seal.p["root"])), "bad-seal")
    return seal

def read_report(text):
    return read(text, "payvand-report", 4096, REPORT, "bad-report")

def check_evidence(report, evidence):
    """PV-REP-005 to PV-REP-007: what is reported was said by the sender, and stands in the log of a hub or came by mail."""
    try:
        mail = "mail" in evidence
        need(has(evidence, {"mail": string, "statement": string} if mail else PROVEN), "bad-report")
        item, keys = read_mail(evidence["mail"]) if mail else Event(evidence["record"]["jws"]), statement(evidence["statement"])
        need(mail or item.ok, "bad-report")
        sender, name = (item.p["from"], hash_of(item.text)) if mail else (item.sender, item.id[1:])
        need((sender, name, home(sender)) == (report.p["sender"], report.p["item"], keys.provider), "bad-report")
        need(keys.first() and keys.signed(item, "event"), "bad-report")
        if mail:
            return need(home(item.p["to"]) == report.p["from"], "bad-report")
        record, chain, head, hub = evidence["record"], evidence["prev"], evidence["sealed"]["head"], statement(evidence["hubStatement"])
        need(hash_of(record["content"]) == item.p["content"] and head["room"] == item.room, "bad-report")
        for header in [header_of(record)] + evidence["headers"]:
            chain = hash_of(record_bytes(item.room, header, chain))
        need(chain == head["hash"] and hub.provider == head["hub"] and hub.first(), "bad-report")
        need(hub.signed(covers(evidence["sealed"], evidence["seals"]), "seal"), "bad-report")
    except Bad:
        raise Bad("bad-report")

# --------------------------------------------------------------------------------------- rooms and rules: chapter 07
ZERO = b64(bytes(32))

def shared(type):
    return type not in ("member", "access", "room.link")

def bucket(type, key):
    return H(type + "\0" + key)[0]

def bucket_hash(entries):
    """PV-STH-002 over (type, key, id)."""
    return H(b"".join(u(32, len(t)) + t.encode() + u(32, len(k)) + k.encode() + raw(i) for t, k, i in sorted(entries)))

class Entry:
    def __init__(self, id, sender, content, size, item=None, statement=None):
        self.id, self.sender, self.content, self.size, self.item, self.statement = id, sender, content, size, item, statement

def entry_of(event, content, item):
    brings = statement(item["statement"]) if event.type in ("room.create", "provider") else None
    size = len(item["jws"]) + len(item["content"].encode()) + len(item.get("statement", ""))
    return Entry(event.id, event.sender, content, size, item, brings)

class State:
    """The entries of a room by type and key, and what is read off them."""
    def __init__(self, entries=()):
        self.entries = dict(entries)

    def get(self, type, key=""):
        return self.entries.get((type, key))

    def said(self, type, key=""):
        return self.get(type, key).content if self.get(type, key) else {}

    def buckets(self):
        rows = [[] for _ in range(256)]
        for (t, k), entry in self.entries.items():
            rows[bucket(t, k)].append((t, k, entry.id))
        return [bucket_hash(row) for row in rows]

    def hash(self):
        return hash_of(b"payvand-state\0" + b"".join(self.buckets()))

    @property
    def create(self):
        return self.get("room.create")

    @property
    def hub(self):
        return self.create and home(self.create.sender)

    @property
    def dm(self):
        return self.create.content["kind"] == "dm"

    @property
    def owner(self):
        return None if self.dm else self.said("room.owner").get("owner", self.create.sender)

    @property
    def visible(self):
        return self.dm or self.said("room.history").get("visible") == "all"

    def in_force(self, domain):
        entry = self.get("provider", domain) or (self.create if self.hub == domain else None)
        return entry and entry.statement

    def joined(self, person):
        member, access = self.get("member", person), self.said("access", person)
        return bool(member and member.content["membership"] == "joined" and "ban" not in access and access.get("remove") != member.id
                    and not self.denied(home(person)))

    def denied(self, domain):
        return self.said("room.deny", domain).get("denied", False)

    def people(self):
        return [key for type, key in self.entries if type == "member" and self.joined(key)]

    def domains(self):
        return {home(person) for person in self.people()}

    def role(self, name):
        entry = self.get("role", name)
        return (entry.content["rank"], set(entry.content["rights"])) if entry else ROLES.get(name)

    def role_of(self, person):
        return (100, RIGHTS) if person == self.owner else self.role(self.role_name(person, self.said("access", person))) or (0, set())

    def role_name(self, person, access):
        """PV-RIGHT-004, with this access entry."""
        return access.get("role") or self.said("member", person).get("role", "member")

    def rank(self, person):
        return self.role_of(person)[0]

    def rights(self, person, at):
        off = person != self.owner and self.said("access", person).get("restrict")
        gone = set(off["rights"]) if off and at < off.get("until", at + 1) else set()
        return self.role_of(person)[1] - gone if self.joined(person) else set()

def judge(state, room, item, event, seen_hash=None):
    """The first of the rules R1 to R13 that a record breaks, as (rule, code), or None; and the content of a state event."""
    keys, content, malformed = None, None, False
    try:
        need(event.ok, "bad-event")
        content = read_content(event, item["content"]) if event.key is not None else None
        if event.type in ("room.create", "provider"):
            try:
                keys = statement(item.get("statement"))
            except Bad:
                malformed = True
        brings, force = keys, state.in_force(event.domain)
        own = brings if brings and brings.provider == event.domain else None
        signs = own if event.type in ("room.create", "provider") else force  # PV-RULE-006, PV-RULE-005
        need(not signs or signs.signed(event, "event", active=True), "bad-event")
    except Bad:
        return ("R1", "bad-event"), None
    p, at, seq, kind, sender, key, seen = event.p, item["at"], item["seq"], event.type, event.sender, event.key, event.p.get("seen")
    create, person, joins = kind == "room.create", "@" in sender, kind == "member" and content["membership"] == "joined"
    present, mine = state.get(kind, key) if key is not None else None, state.rights(sender, at) if state.create else set()
    if create != (seq == 0) or event.room != room:
        return ("R2", "wrong-room"), content
    if at > p["until"]:
        return ("R3", "until-passed"), content
    if (event.domain in state.domains() if seen is None else seen[1] >= seq or seen[0] > item["epoch"] or (
            seen[0] == item["epoch"] and seen_hash not in (None, seen[2]))):
        return ("R4", "seen-mismatch"), content
    if p.get("prior") != (present and present.id):
        return ("R5", "prior-mismatch"), content
    if not create and person and (not force or not state.joined(sender) and not (joins and key == sender)) or (
            kind == "provider" and state.denied(sender)):
        return ("R6", "not-member"), content
    two = {state.create.sender, state.create.content["with"]} if not create and state.dm else None
    if ((kind == "provider") == person or kind in ("provider", "member") and key != sender or kind == "room.owner" and sender
            != state.owner or two and sender not in two | set(map(home, two))):
        return ("R7", "wrong-sender"), content
    if kind in ("room.create", "provider") and (malformed or not brings.names(content) or brings.provider != event.domain
                                                or not (brings.succeeds(force) if force else brings.first())):
        return ("R8", "bad-statement"), content
    if joins and (state.joined(sender) or "ban" in state.said("access", sender) or state.denied(event.domain)
                  or not invited(state, room, sender, content, at)):
        return ("R9", "not-invited"), content
    if not may(state, event, content, joins, mine):
        return ("R10", "no-right"), content
    if kind in ("access", "role", "room.owner", "room.deny") and not reaches(state, event, content, mine):
        return ("R11", "rank"), content
    if key is not None and full(state, event, joins, force, entry_of(event, content, item), present, mine):
        return ("R12", "state-full"), content
    timer = state.said("room.settings").get("timer")
    if key is None and timer and kind != "message.delete" and p.get("ttl", MAX) > timer:
        return ("R13", "timer"), content
    return None, content

def invited(state, room, sender, content, at):
    """R9, PV-RULE-022 to PV-RULE-026 and PV-RULE-070."""
    try:
        invite = read_invite(content.get("invite"))
    except Bad:
        invite = SimpleNamespace(p={})
    i, keys = invite.p, invite.p and state.in_force(home(invite.p["by"]))
    if content.get("role") != (i.get("role") if "link" in i else None):
        return False
    if state.dm or sender == state.create.sender and not state.get("member", sender):
        return True
    if not i or i["room"] != room or i["until"] < at or not keys or not keys.signed(invite, "event"):
        return False
    access, ranked = state.get("access", sender), state.role_name(sender, state.said("access", sender)) != "member"
    return ("invite" in state.rights(i["by"], at) and (not ranked or state.rank(i["by"]) > state.rank(sender)) and (
        linked(state, sender, content, i, at) if "link" in i else (i["to"], i.get("after")) == (sender, access and access.id)))

def linked(state, sender, content, i, at):
    """R9, PV-RULE-071 to PV-RULE-075."""
    role, rights = state.role(i.get("role")), state.rights(i["by"], at)
    return ("approve" not in i and "proof" in content and proves(i["link"], i["room"], sender, content["proof"])
            and "remove" not in state.said("access", sender) and not state.get("room.link", link_id(i["by"], i["link"]))
            and ("role" not in i or bool(role) and state.rank(i["by"]) > role[0] and {"roles"} | role[1] <= rights))

def may(state, event, content, joins, mine):
    """R10."""
    kind, key = event.type, event.key
    if kind in ("room.create", "provider", "room.owner", "message.delete", "message.poll-close") or joins:
        return True
    if kind == "member":
        return event.sender != state.owner or state.people() == [event.sender]
    if state.dm and key is not None:
        return kind in ("room.settings", "room.pins", "room.superseded")
    if kind == "room.deny" and content["denied"] == state.denied(key):
        return False
    if kind == "room.link":
        return "remove" in mine or content["by"] == event.sender and "invite" in mine
    if kind != "access":
        usual = "send" if key is None else "manage"
        return {"reaction": "react", "message.vote": "react", "room.info": "info", "room.settings": "info", "room.pins": "pin", "room.deny": "ban",
                "role": "roles"}.get(kind, usual) in mine
    old, limits = state.said("access", key), lambda c: (set(c["restrict"]["rights"]), c["restrict"].get("until")) if "restrict" in c else 0
    removes = content.get("remove") != old.get("remove")
    needs = {"ban": ("ban" in old) != ("ban" in content), "roles": (old.get("role"), old.get("title")) != (content.get("role"), content.get("title")),
             "remove": removes and "remove" in content and not ("ban" in content and "ban" not in old),
             "restrict": limits(old) != limits(content)}
    return (any(needs.values()) or removes) and {right for right, asked in needs.items() if asked} <= mine

def reaches(state, event, content, mine):
    """R11."""
    if event.type == "room.owner":
        return state.joined(content["owner"])
    key, rank = event.key, state.rank(event.sender)
    if event.type == "role":
        return content["rank"] < rank and (state.role(key) or (-1,))[0] < rank and set(content["rights"]) <= mine
    if event.type == "room.deny":
        theirs = [k for t, k in state.entries if t == "member" and home(k) == key and state.said(t, k)["membership"] == "joined"]
        if content["denied"]:
            return key not in (home(state.owner), state.hub) and all(state.rank(k) < rank for k in theirs if state.joined(k))
        return all(state.said("access", k).get("remove") == state.get("member", k).id for k in theirs)
    old, member, remove = state.said("access", key), state.get("member", key), content.get("remove")
    join = member.id if member and member.content["membership"] == "joined" else None
    if key == event.sender or state.rank(key) >= rank or remove and remove not in (old.get("remove"), join):
        return False
    if join and remove != join and (old.get("remove") == join or "ban" in content):
        return False
    name = state.role_name(key, content)
    role = state.role(name)
    return old.get("role") == content.get("role") or bool(role) and role[0] < rank and (
        "role" not in content and name == "member" or role[1] <= mine)

def full(state, event, joins, force, entry, present, mine):
    """R12."""
    def after(test):
        rows = [e.size for (t, _), e in state.entries.items() if test(t)]
        return 0 if present else len(rows) + 1, sum(rows) + entry.size - (present.size if present else 0)
    kind, reserve = event.type, event.type == "room.owner" or event.type == "provider" and force
    if after(lambda t: True)[0] > 20000 or joins and len(state.people()) >= 5000:
        return True
    if kind == "room.link":
        return after(lambda t: t == kind)[0] > (512 if "remove" in mine else 128)
    if not shared(kind):
        return kind == "member" and after(lambda t: t == "member")[0] > 9500
    (number, size), (roles, role_size) = after(shared), after(lambda t: t == "role") if kind == "role" else (0, 0)
    return size > 229376 if reserve else number > 256 or size > 196608 or roles > 32 or role_size > 32768

class Room:
    """A log with its state. Records are kept as they travel; those before a snapshot are kept, and not judged."""
    def __init__(self, id):
        self.id, self.state, self.records, self.hashes, self.newest, self.at = id, State(), {}, {-1: ZERO}, -1, 0
        self.ids, self.heads, self.readers, self.said, self.gone, self.behind, self.fault = {}, {}, {}, {}, set(), -1, None

    def copy(self):
        twin = copy.copy(self)
        twin.state, twin.gone = State(self.state.entries), set(self.gone)
        for name in ("records", "hashes", "ids", "heads", "readers", "said"):
            setattr(twin, name, dict(getattr(self, name)))
        return twin

    def check(self, item):
        """What is refused before there is a verdict, PV-ROOM-013 to PV-ROOM-019; the event."""
        try:
            event = Event(item.get("jws"))
        except Bad:
            raise Bad("bad-chain")
        need(item["seq"] == self.newest + 1 and item["epoch"] == 0, "bad-chain")
        need(item["at"] >= self.at, "at-decreased")
        need(event.id not in self.ids, "duplicate-event")
        if event.ok:
            need(item["content"] is not None or event.key is None, "content-missing")
            need(item["content"] is None or hash_of(item["content"]) == event.p["content"], "content-mismatch")
            if event.type in ("room.create", "provider"):
                try:
                    named = read_content(event, item["content"])["statement"]
                except Bad:
                    return event
                need("statement" in item, "content-missing")
                need(hash_of(item["statement"]) == named, "content-mismatch")
        return event

    def judge(self, item, event):
        seen = event.p.get("seen") if event.ok else None
        return judge(self.state, self.id, item, event, self.hashes.get(seen[1]) if seen else None)

    def append(self, item):
        """Takes the next record: chains it, judges it, does what it says. The rule it broke, or None."""
        event = self.check(item)
        broken, content = self.judge(item, event)
        need(item["seq"] > 0 or not broken, "bad-create")
        self.keep(item)
        self.newest, self.at = item["seq"], item["at"]
        if not broken and event.key is not None:
            visible = item["seq"] > 0 and self.state.visible
            self.state.entries[event.type, event.key] = entry_of(event, content, item)
            self.open_for(event, content, visible)
        elif not broken:
            self.erase(event, "moderate" in self.state.rights(event.sender, item["at"]))
        return broken

    def keep(self, item):
        header, seq = header_of(item), item["seq"]
        self.records[seq], self.hashes[seq] = item, hash_of(record_bytes(self.id, header, self.hashes[seq - 1]))
        self.ids[header["event"]] = seq

    def open_for(self, event, content, visible):
        """PV-READ: the stretches of the log that each provider may read, after a state event."""
        seq, before = self.newest, self.records.get(self.newest - 1, {})
        if event.type == "member" and content["membership"] == "joined":
            last = Event(before["jws"]) if "jws" in before else None
            start = seq - bool(last and last.ok and (last.type, last.sender) == ("provider", event.domain))
            self.readers[event.domain] = self.readers.get(event.domain, []) + [(0 if visible else start, None)]
        for who in self.readers.keys() - self.state.domains():
            self.readers[who] = [(a, seq if b is None else b) for a, b in self.readers[who]]

    def may_read(self, who, seq):
        return any(a <= seq and (b is None or seq <= b) for a, b in self.readers.get(who, []))

    def reads_to(self, who):
        return max((self.newest if b is None else b for a, b in self.readers.get(who, [])), default=-2)

    def erase(self, event, moderates):
        """PV-EFF: what an allowed delete erases, and the edits of what was erased before, and the votes on it."""
        self.said[event.id] = event.type, event.sender, event.rel[0] if event.type in ("message.edit", "message.vote") else None
        if event.type == "message.delete":
            for target in event.rel:
                kind, sender, _ = self.said.get(target, ("message.edit", "", None))
                if kind not in UNERASED and (moderates or sender == event.sender):
                    self.gone.add(target)
        self.gone |= {id for id, (_, _, about) in self.said.items() if about in self.gone}
        for seq in [self.ids[id] for id in self.gone]:
            self.records[seq] = {**self.records[seq], "content": None}

    def hub_said(self, sealed, seals, active=True):
        """PV-ROOM-012: the head, if it is the hub's word on this room by the statement in force in the state as it is here."""
        seal, head, keys = covers(sealed, seals), sealed["head"], self.state.in_force(self.state.hub)
        need((head["hub"], head["room"], head["committed"]) == (self.state.hub, self.id, head["seq"]), "bad-seal")
        need(keys.signed(seal, "seal", active), "bad-seal")
        need(head["epoch"] == 0, "bad-chain")  # PV-ROOM-013
        return head

    def agrees(self, head):
        need((head["hash"], head["at"]) == (self.hashes[self.newest], self.at), "bad-chain")
        need(head["state"] == self.state.hash(), "state-mismatch")

def replay(id, records, heads, now):
    """PV-ROOM-015 to PV-ROOM-022 over a whole log, as replay.json asks for it."""
    room, voids, waiting, fault = Room(id), [], {}, None
    for h in heads:
        waiting.setdefault(h["sealed"]["head"]["seq"], []).append(h)
    try:
        for item in records:
            broken, said = room.append(item), []
            voids += [{"seq": room.newest, "rule": broken[0], "code": broken[1]}] if broken else []
            try:
                said = [room.hub_said(h["sealed"], h["seals"]) for h in waiting.pop(room.newest, [])]
                need(all(head == said[0] for head in said), "fork")
                list(map(room.agrees, said))
            except Bad as e:
                fault = {"code": e.code, "seq": room.newest}
                break
        else:
            need(not waiting, "bad-chain")
            fault = None if said else {"code": "bad-seal", "seq": room.newest}
    except Bad as e:
        fault = {"code": e.code, "seq": room.newest + 1}
    events = [(Event(item["jws"]), item) for item in room.records.values()]
    holes = [item["seq"] for e, item in events if item["content"] is None and e.id in room.said and e.id not in room.gone
             and now <= item["at"] + e.p.get("ttl", MAX) * 1000]
    answer = {"ok": fault is None, "voids": voids, "holes": holes}
    return {**answer, "fault": fault} if fault else {**answer, "state": room.state.hash()}

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

def sign_request(key, method, authority, target, body, sender, receiver, now):
    params, digest = f'{COVERED};created={now};expires={now + 60};keyid="{key.kid}";tag="payvand"', mark("sha-256", H(body))
    base = signature_base(method, authority, target, digest, sender, receiver, params)
    return {"content-digest": digest, "payvand-from": sender, "payvand-to": receiver, "signature-input": "payvand=" + params,
            "signature": mark("payvand", key.sign(base.encode()))}, base

def check_request(method, target, headers, me, authority, now, keys_of):
    """The table of PV-RSG-010 but for its last line; keys_of(domain) is {key id: public key}, or None."""
    def want(good, part, reason, code="bad-signature", **more):
        need(good, code, part=part, reason=reason, **more)
        return good
    for part, name in FIELDS.items():
        want(name in headers, part, "missing")
    line, signature, digest, sender, receiver = (str(headers[name]) for name in FIELDS.values())
    _, params, created, expires, kid, tag = (lambda m: (m[0], *m.groups()))(want(INPUT.fullmatch(line), "signature-input", "malformed"))
    created, expires = int(created), int(expires)
    want(tag == "payvand", "tag", "mismatch")
    signed = want(unmark("payvand", signature, 64), "signature", "malformed")
    want(unmark("sha-256", digest, 32), "content-digest", "malformed")
    want(domain(sender), "from", "malformed")
    want(domain(receiver), "to", "malformed")
    want(receiver == me, "to", "mismatch", expected=me, received=receiver)
    want(created < expires <= created + 60, "expires", "malformed")
    clocks = {"senderClock": created, "receiverClock": now}
    want(created <= now + 30, "created", "ahead", **clocks)
    want(expires >= now - 30, "expires", "expired", **clocks)
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

# ----------------------------------------------------------------------------------------- a provider: chapters 08, 09
STATUS = {"bad-json": 400, "bad-request": 400, "bad-signature": 401, "unknown-peer": 401, "not-supported": 404, "not-found": 404,
          "unknown-room": 404, "method-not-allowed": 405, "too-large": 413, "unsupported-media-type": 415, "internal": 500}
BAD_EVENT = {"id": None, "status": "denied", "code": "bad-event", "rule": "R1"}

def now():
    return time.time_ns() // 1000000

def fresh():
    return b64(secrets.token_bytes(16))

class Provider:
    def __init__(self, domain, people, folder, peers):
        self.domain, self.people, self.peers, self.lock, self.quiet = domain, [p + "@" + domain for p in people], peers, threading.RLock(), True
        self.rooms, self.documents, self.out, self.mail, self.requests, self.wishes, self.seen = {}, {}, {}, {}, {}, {}, set()
        self.acked, self.paused, self.snapshots, self.workers, self.fetched, self.issued = {}, {}, {}, {}, {}, 0
        os.makedirs(folder, exist_ok=True)
        names, path, self.path = ("root", "event", "seal", "request"), os.path.join(folder, "keys.json"), os.path.join(folder, "journal")
        if not os.path.exists(path):
            with open(path, "w", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
                json.dump({"issued": now(), **{name: secrets.token_hex(32) for name in names}}, file)
        with open(path) as file:
            saved = json.load(file)
        self.keys = {name: Key(bytes.fromhex(saved[name])) for name in names}
        self.statement = statement(self.keys["root"].jws("payvand-statement", {
            "provider": domain, "version": 1, "issued": saved["issued"], "roots": [b64(self.keys["root"].public)],
            "keys": [{"x": b64(self.keys[n].public), "use": n, "status": "active"} for n in names[1:]]}))
        self.journal = open(self.path, "a+b")
        self.journal.seek(0)
        for entry in self.journal.read().split(b"\n")[:-1]:
            self.apply(json.loads(entry))
        self.quiet = False

    # Whatever has to survive is a line of the journal, and is done once the line is on disk (PV-HUB-001, PV-PUSH-010).
    def write(self, *changes):
        self.journal.write(b"".join(dump(change) + b"\n" for change in changes))
        self.journal.flush()
        os.fsync(self.journal.fileno())
        for change in changes:
            self.apply(change)

    def apply(self, change):
        getattr(self, "do_" + change["do"])(**{k: v for k, v in change.items() if k != "do"})

    def do_page(self, room, records, sealed, seal):
        r = self.rooms.setdefault(room, Room(room))
        gone = len(r.gone)
        for item in records:
            self.show(r, item, r.append(item))
            self.out.pop(Event(item["jws"]).id, None)
        r.heads[r.newest] = sealed, seal
        if len(r.gone) > gone and not self.quiet:
            self.forget(r)
        for who in r.readers if r.state.hub == self.domain else ():
            self.wake(who)

    def forget(self, room):
        """PV-EFF-005: writes the journal again, without the contents that were deleted."""
        self.journal.seek(0)
        changes = [json.loads(entry) for entry in self.journal.read().split(b"\n")[:-1]]
        changes = [c for c in changes if c["do"] != "send" or Event(c["item"]["jws"]).id not in room.gone]
        for item in (i for c in changes if c["do"] in ("page", "past") and c["room"] == room.id for i in c["records"] if "jws" in i):
            item["content"] = None if Event(item["jws"]).id in room.gone else item["content"]
        with open(self.path + ".new", "wb") as file:
            file.write(b"".join(dump(change) + b"\n" for change in changes))
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.path + ".new", self.path)
        self.journal = open(self.path, "a+b")

    def do_state(self, room, entries, sealed, seal):
        r, head = self.rooms.setdefault(room, Room(room)), sealed["head"]
        r.state, r.newest, r.at, r.hashes[head["seq"]] = read_entries(room, entries), head["seq"], head["at"], head["hash"]
        r.heads[r.newest] = sealed, seal
        for who in r.state.people():
            r.readers[home(who)] = [(0 if r.state.dm else r.state.get("member", who).item["seq"], None)]
        self.say(f"in {room} of {r.state.hub}: {' '.join(r.state.people())}")

    def do_past(self, room, records, prev):
        r = self.rooms[room]
        r.hashes[records[0]["seq"] - 1] = prev
        for item in records:
            r.keep(item)
            self.show(r, item)

    def do_fault(self, room, code):
        self.rooms[room].fault = code
        self.say(f"{room} stands still: {code}")

    def do_send(self, room, item):
        self.out[Event(item["jws"]).id] = room, item
        self.wake(self.rooms[room].state.hub)

    def do_denied(self, id, code):
        self.out.pop(id, None)
        self.say(f"denied: {code} ({id})")

    def do_post(self, to, jws):
        self.mail[jws] = to
        self.wake(to)

    def do_posted(self, jws):
        self.mail.pop(jws, None)

    def do_request(self, jws):
        mail = read_mail(jws)
        create, content, _ = read_invitation(mail)
        self.seen.add(H(jws))
        self.requests[create.room, mail.p["to"]] = jws
        self.say(f"request to {mail.p['to']}: {content['kind']} of {mail.p['from']} {create.room} {mail.p['body'].get('intro', '')}")

    def do_wish(self, room, hub, person, items):
        self.requests.pop((room, person), None)
        self.wishes[room] = hub, person, items
        self.wake(hub)

    def do_wished(self, room):
        self.wishes.pop(room, None)

    def do_document(self, text, provider):
        self.documents[provider] = read_document(text, provider)

    def say(self, text):
        if not self.quiet:
            print(text, flush=True)

    def show(self, room, item, broken=None):
        event = Event(item["jws"]) if "jws" in item and not self.quiet else None
        if event and event.ok:
            self.say(f"{room.id} {item['seq']} {event.sender} {event.type} {'void: ' + broken[1] if broken else item['content']}")

    # ---- the hub's work
    def seal(self, room):
        """Each record gets a seal of its own, over the smallest tree (PV-SEAL-004): so PV-LOG-004 is kept by itself."""
        head = {"hub": self.domain, "room": room.id, "epoch": 0, "seq": room.newest, "at": room.at, "hash": room.hashes[room.newest],
                "state": room.state.hash(), "committed": room.newest}
        seal = {"hub": self.domain, "at": now(), "root": b64(leaf_hash(head)), "size": 1}
        return {"head": head, "seal": 0, "index": 0, "path": []}, self.keys["seal"].jws("payvand-seal", seal)

    def order(self, room, items, joins=None):
        """Gives all these events their places, or none: then Bad says what is wrong. After a join, joins has to be in the room."""
        trial, changes, status = room.copy(), [], []
        for item in items:
            event = Event(item["jws"])
            status.append((event.id, "duplicate" if event.id in trial.ids else "accepted"))
            if event.id not in trial.ids:
                record = {"epoch": 0, "seq": trial.newest + 1, "at": max(now(), trial.at), **item}
                self.admit(trial, record, event)
                trial.append(record)
                sealed, seal = self.seal(trial)
                changes.append({"do": "page", "room": room.id, "records": [record], "sealed": sealed, "seal": seal})
        need(not (joins and changes) or joins in trial.state.domains(), "not-invited", room=room.id)  # PV-ROOM-023
        self.write(*changes)
        room = self.rooms[room.id]
        return [{"id": id, "status": s, "epoch": 0, "seq": room.ids[id], "at": room.records[room.ids[id]]["at"],
                 "hash": room.hashes[room.ids[id]]} for id, s in status]

    def admit(self, room, record, event):
        """The rules, and then the checks that are the hub's alone; what is refused by either is denied with a proof."""
        need(event.ok, "bad-event", rule="R1")
        need(hash_of(record["content"]) == event.p["content"], "content-mismatch")
        broken, _ = room.judge(record, event)
        need(not broken, broken and broken[1], rule=broken and broken[0], room=room.id)
        try:
            read_content(event, record["content"])
        except Bad as e:
            raise Bad(e.code, room=room.id)
        need(event.p["until"] <= record["at"] + 2678400000, "until-too-far", room=room.id)
        keys = self.statement_of(event.domain)
        need(not keys or keys.key(event.kid, "event", active=True), "retired-key", room=room.id)
        if event.type in ("message.edit", "message.delete"):  # PV-EFF-007
            edit, any_sender = event.type == "message.edit", "moderate" in room.state.rights(event.sender, record["at"])
            targets = [room.said[t] for t in event.rel if t in room.said]
            need(any((kind == "message" if edit else kind not in UNERASED) and (
                sender == event.sender or any_sender and not edit) for kind, sender, _ in targets), "no-right", room=room.id)

    def denied(self, e, event):
        answer = {"id": event.id, "status": "denied", "code": e.code, "rule": e.more.get("rule")}
        if "room" in e.more:
            answer["denial"] = self.keys["seal"].jws("payvand-denial", {
                "hub": self.domain, "room": e.more["room"], "event": event.id, "code": e.code, "rule": answer["rule"], "at": now()})
        return answer

    def own_room(self, id):
        room = self.rooms.get(id)
        return room if room and room.state.hub == self.domain else None

    def submit(self, who, body):
        results, lowest, stop, most = [], {}, False, taken([len(item["content"].encode()) for item in body["items"]])
        for item in body["items"]:
            if stop or len(results) >= most:
                results.append({"id": None, "status": "retry", "after": 1})
                continue
            try:
                event = Event(item["jws"])
                need(event.ok, "bad-event")
            except Bad:
                results.append(BAD_EVENT)
                continue
            room = self.own_room(event.room)
            room = room if room and room.reads_to(who) > -2 else None  # PV-SUB-016
            try:
                need(event.domain == who, "wrong-origin")
                need(room and event.type != "room.create", "unknown-room")
                need(event.id in room.ids or who in room.state.domains(), "not-member", rule="R6")
                results += self.order(room, [item])
                lowest[room.id] = min(lowest.get(room.id, MAX), results[-1]["seq"])
            except Bad as e:
                results.append(self.denied(e, event))
                keys = room and room.state.in_force(who)
                stop = bool(keys) and not keys.signed(event, "event")  # PV-SUB-005
        proofs, seals = [], []
        for room, seq in [(self.rooms[id], seq) for id, seq in lowest.items()]:
            if room.newest - seq < 256:
                sealed, seal = room.heads[room.newest]
                proofs.append({"room": room.id, "prev": room.hashes[seq - 1], "sealed": {**sealed, "seal": len(seals)},
                               "headers": [header_of(room.records[s]) for s in range(seq, room.newest + 1)]})
                seals.append(seal)
        return {"results": results, "rooms": proofs, "seals": seals}

    def join(self, who, body):
        room, items, events = self.own_room(body["room"]), body["items"], []
        try:
            events = [Event(item["jws"]) for item in items]
            need(all(e.ok for e in events), "bad-event", rule="R1")
            need(all(e.domain == who for e in events), "wrong-origin")
            need(all(e.room == body["room"] for e in events), "wrong-room", rule="R2")
            need(all(e.p["until"] >= now() for e in events), "until-passed", rule="R3")
            need(room, "not-invited")
            results = self.order(room, items, joins=who)
        except Bad as e:
            if room and "room" in e.more and room.reads_to(who) == -2 and e.code != "state-full":
                e = Bad("not-invited")  # PV-JOIN-016
            return {"results": [self.denied(e, event) for event in events] or [BAD_EVENT for _ in items], "seals": []}
        if who not in room.state.domains():
            return {"results": results, "seals": []}
        (sealed, seal), (common, rows) = room.heads[room.newest], split(room.state)
        entries, covered = take_buckets(common, rows, 0, 229376)
        self.snapshots[room.id, room.newest] = rows, now()
        self.acked[room.id, who] = room.newest
        return {"results": results, "seals": [seal], "snapshot": {
            "room": room.id, "sealed": sealed, "covered": covered, "entries": [e.item for e in entries],
            "buckets": [b64(h) for h in room.state.buckets()]}}

    def snapshot(self, who, body):
        self.snapshots = {place: kept for place, kept in self.snapshots.items() if kept[1] > now() - 7200000}
        room, kept = self.rooms.get(body["room"]), self.snapshots.get((body["room"], body["seq"]))
        need(kept and room.readers.get(who), "unknown-room")
        entries, covered = take_buckets([], kept[0], body["from"], 1048576)
        return {"entries": [e.item for e in entries], "covered": covered}

    # ---- what everyone in a room answers
    def page(self, room, who, start, most):
        size, end, items = 0, room.newest if start > room.newest else None, []
        for seq in range(start, min(room.newest, start + 255) + 1):
            item = room.records[seq] if room.may_read(who, seq) else header_of(room.records[seq])
            ttl = Event(item["jws"]).p.get("ttl") if "jws" in item else None
            item = {**item, "content": None} if ttl and item["at"] + ttl * 1000 < now() else item
            size += len(item.get("jws", "")) + len((item.get("content") or "").encode())
            if size > 1048576 and items:
                break
            items.append(item)
            end = seq if seq in room.heads and (end is None or seq < start + most) else end
        need(end is not None, "unknown-room")
        sealed, seal = room.heads[end]
        page = {"room": room.id, "records": items[:max(0, end - start + 1)], "sealed": sealed}
        return {**page, "prev": room.hashes[start - 1]} if start <= room.newest else page, seal

    def log(self, who, body):
        room, start = self.rooms.get(body["room"]), body["from"]
        need(room and room.readers.get(who) and (start > room.newest or start in room.records), "unknown-room")
        page, seal = self.page(room, who, start, body["max"])
        return {"page": page, "seals": [seal], "newest": room.newest}

    def heads(self, who, body):
        shared = [r for r in self.rooms.values() if r.state.create and who in r.state.domains()]
        if "rooms" in body:
            found = [r.heads[max(r.heads)] for r in shared if r.id in body["rooms"]]
            return {"rooms": [{**sealed, "seal": n} for n, (sealed, _) in enumerate(found)], "seals": [seal for _, seal in found]}
        need("digest" in body, "bad-request", part="/")
        as_of, number = body["digest"]["asOf"], body["digest"].get("bucket")
        rows = digest([r for r in shared if r.state.hub == self.domain], as_of)
        if number is None:
            return {"digest": {"asOf": as_of, "buckets": list(map(digest_hash, rows))}}
        return {"rooms": [[id, seq] for id, seq, _ in rows[number]]}

    def push(self, who, body):
        rooms = [(page, self.rooms.get(page["room"])) for page in body["rooms"]]
        return {"rooms": [{"room": page["room"], **(self.take(room, page, body["seals"]) if room and room.state.hub == who else
                                                    {"status": "unknown-room"})} for page, room in rooms]}

    def take(self, room, page, seals):
        """PV-PUSH-005 to PV-PUSH-009, for pages that are pushed and those of a log."""
        head, records = page["sealed"]["head"], [item for item in page["records"] if item["seq"] > room.newest]
        if room.fault:
            return {"status": "quarantined", "code": room.fault, "seq": max(0, room.newest)}
        if head["at"] > now() + 60000:
            return {"status": "retry", "after": 5}
        trial, trouble = room.copy(), None
        try:
            for item in records if records and records[0]["seq"] == room.newest + 1 else ():
                trouble = trouble or self.tried(trial, item)
            trial.hub_said(page["sealed"], seals)  # by the keys in force after the records, which may bring new ones
            need(not trouble, trouble)
            if head["seq"] <= room.newest:
                need(room.hashes.get(head["seq"], head["hash"]) == head["hash"], "fork")
                return {"status": "acked", "seq": room.newest}
            if trial.newest == room.newest:
                self.behind(room, head["seq"])
                return {"status": "gap", "have": room.newest}
            need(trial.newest == head["seq"], "bad-chain")
            need(trial.hashes[trial.newest] == head["hash"], "fork")
            trial.agrees(head)
        except Bad as e:
            if e.code != "bad-seal":  # PV-PUSH-014
                self.write({"do": "fault", "room": room.id, "code": e.code})
            return {"status": "quarantined", "code": e.code, "seq": max(0, room.newest)}
        self.write({"do": "page", "room": room.id, "records": records, "sealed": {**page["sealed"], "seal": 0},
                    "seal": seals[page["sealed"]["seal"]]})
        return {"status": "acked", "seq": room.newest}

    @staticmethod
    def tried(room, item):
        try:
            room.append(item)
        except Bad as e:
            return e.code

    def behind(self, room, seq):
        room.behind = max(room.behind, seq)
        self.wake(room.state.hub)

    def mailbox(self, who, body):
        results = []
        for text in body["items"]:
            try:
                mail = read_mail(text)
                read_body(mail)
                need(home(mail.p["from"]) == who, "wrong-origin")
                need(home(mail.p["to"]) == self.domain and self.statement_of(who).signed(mail, "event"), "bad-mail")
                need(mail.p["until"] >= now(), "until-passed")
                if mail.p["kind"] == "invite" and mail.p["to"] in self.people and H(text) not in self.seen:  # nobody here makes links
                    self.write({"do": "request", "jws": text})
                results.append({"status": "ok"})
            except Bad as e:
                results.append({"status": "denied", "code": e.code})
        return {"results": results}

    def signals(self, who, body):
        return {}

    def directory(self, who, body):
        if "statement" in body:
            known = [self.statement] + [d.statement for d in self.documents.values()] + [
                e.statement for r in self.rooms.values() for e in r.state.entries.values() if e.statement]
            return next(({"statement": s.text} for s in known if s.hash == body["statement"]), None) or need(False, "not-found")
        person = body.get("profile")
        rooms = [r.state for r in self.rooms.values() if r.state.create]
        need(person in self.people and any(who in s.domains() and s.joined(person) for s in rooms), "not-found")
        return {"profile": {"address": person, "name": person.partition("@")[0]}}

    # ---- asking other providers
    def document(self):
        if now() - self.issued > 86400000:
            self.issued = now()
            self.own = self.keys["root"].jws("payvand-provider", {
                "provider": self.domain, "version": self.issued, "issued": self.issued, "expires": self.issued + 604800000,
                "endpoint": "https://" + self.domain, "statement": self.statement.text, "versions": ["0.1"],
                "profiles": ["core"], "limits": {}, "contacts": {}, "status": "ok"})
        return self.own

    def statement_of(self, who):
        document = self.documents.get(who)
        return self.statement if who == self.domain else document.statement if document and document.p["expires"] > now() else None

    def keys_of(self, who):
        keys = self.statement_of(who)
        if keys is None and who in self.peers:
            self.wake(who)  # PV-DISC-010: the one worker of that peer fetches its document
        return keys and {k.kid: k.public for k in keys.keys if (k.use, k.status) == ("request", "active")}

    def http(self, who, host, method, target, headers={}, body=b""):
        need(who in self.peers, "unknown-peer")
        peer, connection = self.peers[who], http.client.HTTPSConnection(host, timeout=30)
        connection.sock = ssl.create_default_context(cafile=peer.get("ca")).wrap_socket(
            socket.create_connection((peer["address"], peer["port"]), 10), server_hostname=host)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read(4194305)
        finally:
            connection.close()

    def fetch(self, who):
        status, _, body = self.http(who, who, "GET", "/.well-known/payvand")
        need(status == 200, "bad-document")
        with self.lock:
            accept_document(body.decode(), who, now(), self.documents.get(who))
            self.fetched[who] = now()
            if who not in self.documents or self.documents[who].text != body.decode():
                self.write({"do": "document", "text": body.decode(), "provider": who})

    def ask(self, who, verb, body):
        body, target = dump(body), "/payvand/v1/" + verb
        for _ in range(5):
            if not self.statement_of(who):
                self.fetch(who)
            host = self.documents[who].host
            headers, _ = sign_request(self.keys["request"], "POST", host, target, body, self.domain, who, now() // 1000)
            status, fields, answer = self.http(who, host, "POST", target, {**headers, "content-type": "application/json"}, body)
            answer = strict_json(answer, 4194304, 16)
            if status == 200:
                need(has(answer, ANSWERS[verb]), "bad-request", part=fault(answer, ANSWERS[verb]))
                return answer
            if answer.get("code") != "unknown-peer":
                break
            time.sleep(int(fields.get("Retry-After", 1)))
        raise Bad(str(answer.get("code")), problem=answer)

    def wake(self, who):
        if who != self.domain and not self.quiet:
            if who not in self.workers:
                self.workers[who] = threading.Event()
                threading.Thread(target=self.work, args=(who,), daemon=True).start()
            self.workers[who].set()

    def work(self, who):
        """One thread for each peer does all that is to be asked of it, one request at a time (PV-BUD-006, PV-SUB-007)."""
        failures, compared = 0, now()
        while True:
            self.workers[who].wait(60)
            self.workers[who].clear()
            try:
                if now() - self.fetched.get(who, 0) > 3600000 or not self.statement_of(who):
                    self.fetch(who)
                for task in (self.deliver, self.enter, self.submit_to, self.push_to, self.catch_up):
                    task(who)
                if now() - compared > 60000:
                    compared = now()
                    self.compare(who)
                failures = 0
            except (OSError, http.client.HTTPException, Bad) as e:
                failures += 1
                self.say(f"{who}: {e!r} {getattr(e, 'more', '')}")
                time.sleep(random.uniform(0, min(300, 2 ** (failures - 1))))  # PV-HTTP-014
                self.workers[who].set()

    def deliver(self, who):
        items = [jws for jws, to in list(self.mail.items()) if to == who][:16]
        for jws, result in zip(items, self.ask(who, "mailbox", {"items": items})["results"] if items else []):
            if result["status"] != "retry":
                with self.lock:
                    self.write({"do": "posted", "jws": jws})
                    self.say(f"invitation {result['status']} {result.get('code', '')}")

    def enter(self, who):
        """Joins by the hub who: chapter 09, join and snapshot."""
        for id, (_, person, items) in [w for w in self.wishes.items() if w[1][0] == who]:
            answer = self.ask(who, "join", {"room": id, "items": items})
            last = answer["results"][-1]
            if last["status"] == "denied":
                with self.lock:
                    self.write({"do": "denied", "id": last["id"], "code": last["code"]}, {"do": "wished", "room": id})
            elif "snapshot" in answer:
                snap, trial = answer["snapshot"], Room(id)
                entries, covered, seq = snap["entries"], snap["covered"], snap["sealed"]["head"]["seq"]
                while covered < 256:
                    more = self.ask(who, "snapshot", {"room": id, "seq": seq, "from": covered})
                    entries, covered = entries + more["entries"], more["covered"]
                state = trial.state = read_entries(id, entries)
                need(state.hub == who and state.in_force(who), "bad-seal")
                head, member = trial.hub_said(snap["sealed"], answer["seals"]), state.get("member", person)
                need([b64(h) for h in state.buckets()] == snap["buckets"] and state.hash() == head["state"], "state-mismatch")
                need(member and member.id == Event(items[-1]["jws"]).id, "state-mismatch")
                used, newest = state.in_force(who), self.statement_of(who)
                need(used.version < newest.version or used.hash == newest.hash, "bad-statement")
                with self.lock:
                    self.write({"do": "state", "room": id, "entries": entries, "sealed": {**snap["sealed"], "seal": 0},
                                "seal": answer["seals"][snap["sealed"]["seal"]]}, {"do": "wished", "room": id})
                self.look_back(who, self.rooms[id], 0 if state.visible else answer["results"][0].get("seq", seq), seq)

    def look_back(self, who, room, start, last):
        """PV-LOG-009 and PV-LOG-010: what was said before we came, as far as we may read it."""
        while start <= last:
            answer = self.ask(who, "log", {"room": room.id, "from": start, "max": 256})
            page, before = answer["page"], answer["page"]["prev"]
            head = room.hub_said(page["sealed"], answer["seals"], active=False)
            for item in page["records"]:
                need(item["seq"] == start, "bad-chain")
                need(item.get("content") is None or hash_of(item["content"]) == Event(item["jws"]).p["content"], "content-mismatch")
                before, start = record_hash(room.id, item, before), start + 1
            need(before == head["hash"] and start - 1 == head["seq"], "bad-chain")
            old = [item for item in page["records"] if item["seq"] <= last]
            with self.lock:
                self.write({"do": "past", "room": room.id, "records": old, "prev": page["prev"]})

    def submit_to(self, who):
        waiting = [(id, self.rooms[room], item) for id, (room, item) in list(self.out.items()) if self.rooms[room].state.hub == who][:256]
        waiting = waiting[:taken([len(item["content"].encode()) for _, _, item in waiting])]  # PV-SUB-015
        answer = self.ask(who, "submit", {"items": [item for _, _, item in waiting]}) if waiting else {"results": [], "rooms": []}
        proofs = {proof["room"]: proof for proof in answer["rooms"]}
        for (id, room, item), result in zip(waiting, answer["results"]):
            if result["status"] == "denied":
                with self.lock:
                    self.write({"do": "denied", "id": id, "code": result["code"]})
            elif result["status"] in ("accepted", "duplicate"):
                self.proven(room, id, item, proofs[room.id], answer["seals"])
                self.say(f"sent {room.id} {result['seq']} {id}")
                self.behind(room, result["seq"])
            else:
                time.sleep(result.get("after", 1))
                self.workers[who].set()

    @staticmethod
    def proven(room, id, item, proof, seals):
        """PV-SUB-011: nothing is recorded because the hub says so."""
        h = proof["prev"]
        for header in proof["headers"]:
            h = record_hash(room.id, header, h)
        need(h == room.hub_said(proof["sealed"], seals)["hash"], "bad-seal")
        need((id, hash_of(item["jws"])) in [(header["event"], header["jwsHash"]) for header in proof["headers"]], "bad-seal")

    def push_to(self, who):
        pages, seals = [], []
        with self.lock:
            for room in [r for r in self.rooms.values() if r.state.hub == self.domain]:
                have, last = self.acked.get((room.id, who)), room.reads_to(who)
                if (have is None or have < last) and last >= 0 and self.paused.get((room.id, who), -1) < room.newest and len(pages) < 16:
                    start = room.newest + 1 if have is None else have + 1  # at first an empty page asks where the other stands
                    page, seal = self.page(room, who, start, min(256, last - start + 1))
                    pages.append({**page, "sealed": {**page["sealed"], "seal": len(seals)}})
                    seals.append(seal)
        for result in self.ask(who, "push", {"rooms": pages, "seals": seals})["rooms"] if pages else []:
            place = result["room"], who
            if result["status"] in ("acked", "gap"):
                self.acked[place] = result["seq"] if result["status"] == "acked" else result["have"]
            elif result["status"] == "retry":
                time.sleep(result["after"])
            else:
                self.paused[place] = self.rooms[result["room"]].newest
                self.say(f"{who} says {result['status']} {result.get('code', '')} of {result['room']}")
            self.workers[who].set()

    def catch_up(self, who):
        for room in [r for r in self.rooms.values() if r.state.hub == who]:
            while room.behind > room.newest and not room.fault:
                answer = self.ask(who, "log", {"room": room.id, "from": room.newest + 1, "max": 256})
                with self.lock:
                    if not answer["page"]["records"] or self.take(room, answer["page"], answer["seals"])["status"] != "acked":
                        break

    def compare(self, who):
        """PV-HEADS-003: the digest of a hub, and the heads that others hold."""
        shared, at = [r for r in self.rooms.values() if r.state.create and {who, self.domain} <= r.state.domains()], now() - 60000
        theirs, others = [r for r in shared if r.state.hub == who], [r.id for r in shared if r.state.hub not in (who, self.domain)]
        said = self.ask(who, "heads", {"digest": {"asOf": at}})["digest"]["buckets"] if theirs else None
        for n, row in enumerate(digest(theirs, at)) if theirs else ():
            if digest_hash(row) != said[n]:
                for id, seq in self.ask(who, "heads", {"digest": {"asOf": at, "bucket": n}})["rooms"]:
                    self.behind(self.rooms[id], seq) if id in self.rooms else None
        answer = self.ask(who, "heads", {"rooms": others[:256]}) if others else {"rooms": []}
        for room, sealed in [(self.rooms[s["head"]["room"]], s) for s in answer["rooms"]]:
            head = room.hub_said(sealed, answer["seals"])
            with self.lock:
                if room.hashes.get(head["seq"], head["hash"]) != head["hash"] and not room.fault:
                    self.write({"do": "fault", "room": room.id, "code": "fork"})
            self.behind(room, head["seq"])

    # ---- what people do
    def event(self, room, sender, type, content, key=None, **more):
        """A signed event and its content, as they travel; room is None for a create event."""
        content = dump({"salt": fresh(), **content}).decode()
        p = {"type": type, "sender": sender, "ts": now(), "until": now() + (604800000 if key is None else 3600000), "nonce": fresh(),
             "content": hash_of(content), "size": len(content.encode()), "scheme": "plain", **more}
        if room:
            p["room"] = room.id
        if room and self.domain in room.state.domains():
            p["seen"] = [0, room.newest, room.hashes[room.newest]]
        timer = room and key is None and type != "message.delete" and room.state.said("room.settings").get("timer")
        if timer:
            p["ttl"] = timer
        if key is not None:
            p["key"] = key
        if room and key is not None and room.state.get(type, key):
            p["prior"] = room.state.get(type, key).id
        item = {"jws": self.keys["event"].jws("payvand-event", p), "content": content}
        return {**item, "statement": self.statement.text} if type in ("room.create", "provider") else item

    def send(self, room, *args, **more):
        with self.lock:
            item = self.event(room, *args, **more)
            self.order(room, [item]) if room.state.hub == self.domain else self.write({"do": "send", "room": room.id, "item": item})

    def create(self, person, **content):
        keys = {"rules": 1, "statement": self.statement.hash, "version": 1}
        item = self.event(None, person, "room.create", {**keys, **content}, "")
        id = Event(item["jws"]).room
        self.order(Room(id), [item])
        self.send(self.rooms[id], person, "member", {"membership": "joined"}, person)
        self.say(f"made {id}")
        return self.rooms[id]

    def invite(self, person, room, to, intro=""):
        access, until = room.state.get("access", to), now() + 604800000
        invite = self.keys["event"].jws("payvand-invite", {
            "room": room.id, "hub": room.state.hub, "by": person, "to": to, "until": until, "nonce": fresh(),
            **({"after": access.id} if access else {})})
        body = {"create": {k: room.state.create.item[k] for k in CREATE}, "invite": invite, **({"intro": intro} if intro else {})}
        mail = self.keys["event"].jws("payvand-mail", {
            "from": person, "to": to, "kind": "invite", "nonce": fresh(), "until": until, "body": body})
        if home(to) == self.domain:
            self.mailbox(self.domain, {"items": [mail]})
        else:
            self.write({"do": "post", "to": home(to), "jws": mail})

    def accept(self, person, id):
        _, content, invite = read_invitation(read_mail(self.requests[id, person]))
        joined, room = {"membership": "joined", **({"invite": invite.text} if content["kind"] == "group" else {})}, self.rooms.get(id, Room(id))
        if room.state.create and self.domain in room.state.domains():
            self.requests.pop((id, person))
            return self.send(room, person, "member", joined, person)
        force, own = room.state.in_force(self.domain), {"statement": self.statement.hash, "version": 1}
        items = [] if force and force.hash == self.statement.hash else [self.event(room, self.domain, "provider", own, self.domain)]
        items.append(self.event(room, person, "member", joined, person))
        self.write({"do": "wish", "room": id, "hub": invite.p["hub"], "person": person, "items": items})

    def command(self, text):
        verb, *words = text.split(" ")
        me, rest, more = words[0] + "@" + self.domain if words else "", " ".join(words[2:]), " ".join(words[3:])
        room = next((r for r in self.rooms.values() if len(words) > 1 and r.id.startswith(words[1])), None)
        if verb == "dm":
            self.invite(me, self.create(me, kind="dm", **{"with": words[1]}), words[1], rest)
        elif verb == "group":
            self.send(self.create(me, kind="group"), me, "room.info", {"title": " ".join(words[1:])}, "")
        elif verb == "invite":
            self.invite(me, room, words[2], more)
        elif verb == "accept":
            self.accept(me, next(id for id, to in self.requests if to == me and id.startswith(words[1])))
        elif verb == "say":
            self.send(room, me, "message", {"text": rest})
        elif verb == "edit":
            self.send(room, me, "message.edit", {"text": more}, rel=[["edit", words[2]]])
        elif verb == "delete":
            self.send(room, me, "message.delete", {}, rel=[["delete", words[2]]])
        elif verb == "react":
            self.send(room, me, "reaction", {"emoji": more}, rel=[["react", words[2]]])
        elif verb == "state":
            self.send(room, me, words[2], json.loads(" ".join(words[4:])), words[3].strip("-"))
        elif verb == "leave":
            self.send(room, me, "member", {"membership": "left"}, me)
        elif verb == "rooms":
            for r in self.rooms.values():
                self.say(f"{r.id} {r.state.hub} {r.newest} {r.state.hash()} {r.fault or 'good'} {' '.join(r.state.people())}")
        else:
            self.say("dm ME ADDRESS [INTRO] | group ME TITLE | invite ME ROOM ADDRESS [INTRO] | accept ME ROOM | say ME ROOM TEXT\n"
                     "edit ME ROOM EVENT TEXT | delete ME ROOM EVENT | react ME ROOM EVENT EMOJI | leave ME ROOM | rooms\n"
                     "state ME ROOM TYPE KEY|- JSON")

def read_entries(room, entries):
    """PV-JOIN-009 and PV-JOIN-010: the state that the entries of a snapshot make."""
    state, events = State(), []
    for item in entries:
        event = Event(item["jws"])
        content = read_content(event, item["content"])
        need(event.key is not None and event.room == room and (event.type, event.key) not in state.entries, "state-mismatch")
        entry = state.entries[event.type, event.key] = entry_of(event, content, item)
        own = entry.statement
        need(not own or own.names(content) and own.provider == event.domain and own.first(), "bad-statement")
        events.append((event, own))
    for event, own in events:
        keys = own or state.in_force(event.domain)
        need(keys and keys.signed(event, "event"), "bad-event")
    need(state.create, "bad-create")
    return state

def split(state):
    """The shared entries, and those of people by bucket."""
    rows = [[] for _ in range(256)]
    for (t, k), e in state.entries.items():
        rows[bucket(t, k)] += [] if shared(t) else [e]
    return [e for (t, _), e in state.entries.items() if shared(t)], rows

def taken(sizes):
    """PV-SUB-014: how many items of a batch are looked at, by the sizes of their contents."""
    return next((n for n in range(1, len(sizes)) if sum(sizes[:n + 1]) > 1048576), len(sizes))

def take_buckets(entries, rows, start, limit):
    """PV-JOIN-006 and PV-SNAP-002, where one bucket always fits."""
    entries, covered = list(entries), start
    while covered < 256 and (sum(e.size for e in entries + rows[covered]) <= limit or limit == 1048576 and covered == start):
        entries, covered = entries + rows[covered], covered + 1
    return entries, covered

def digest(rooms, as_of):
    """PV-HEADS-005: for each bucket, the rooms with seq and hash of the last record that is not later."""
    rows = [[] for _ in range(256)]
    for r in sorted(rooms, key=lambda r: raw(r.id)):
        seq = max((seq for seq, item in r.records.items() if item["at"] <= as_of), default=None)
        rows[raw(r.id)[0]] += [] if seq is None else [(r.id, seq, r.hashes[seq])]
    return rows

def digest_hash(row):
    return hash_of(b"".join(raw(id) + u(64, seq) + raw(h) for id, seq, h in row))

class Web(http.server.BaseHTTPRequestHandler):
    protocol_version, timeout, provider = "HTTP/1.1", 30, None

    def answer(self, status, kind, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": len(body), "Connection": "close", **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        me, target = self.provider, self.raw_requestline.decode("latin-1").split(" ")[1]
        try:
            if (self.command, target) == ("GET", "/.well-known/payvand"):
                return self.answer(200, "application/jose", me.document().encode())
            verb = target[12:] if target.startswith("/payvand/v1/") else ""
            need(verb in REQUESTS, "not-supported")
            need(self.command == "POST", "method-not-allowed")
            fields = {name.lower(): ", ".join(self.headers.get_all(name)) for name in self.headers}
            kind, size = fields.get("content-type", "").partition(";")[0].strip().lower(), fields.get("content-length", "")
            need(kind == "application/json" and "content-encoding" not in fields, "unsupported-media-type")
            who, _, _ = check_request("POST", target, fields, me.domain, me.domain, now() // 1000, me.keys_of)
            need(re.fullmatch("[0-9]{1,7}", size) and int(size) <= 4194304, "too-large")
            body = self.rfile.read(int(size))
            check_digest(fields, body)
            try:
                body = strict_json(body, 4194304, 16)
            except Bad as e:
                raise Bad("bad-json", detail=e.code)
            need(has(body, REQUESTS[verb]), "bad-request", part=fault(body, REQUESTS[verb]))
            with me.lock:
                answer = getattr(me, verb)(who, body)
            self.answer(200, "application/json", dump(answer))
        except Bad as e:
            extra = {"Retry_After": 1} if e.code == "unknown-peer" else {"Allow": "POST"} if e.code == "method-not-allowed" else {}
            status = STATUS.get(e.code, 500)
            problem = {"type": "urn:payvand:error:" + e.code, "title": e.code, "status": status, "code": e.code, **e.more}
            self.answer(status, "application/problem+json", dump(problem), **extra)

    do_GET = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_POST

    def log_message(self, *args):
        pass

def serve(args):
    with open(args.peers) as file:
        peers = json.load(file)
    for peer in peers.values():
        peer["ca"] = os.path.join(os.path.dirname(os.path.abspath(args.peers)), peer["ca"]) if "ca" in peer else None
    provider = Web.provider = Provider(args.domain, args.people.split(","), args.data, peers)
    host, _, port = args.listen.rpartition(":")
    server, context = http.server.ThreadingHTTPServer((host, int(port)), Web), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.daemon_threads = True
    context.load_cert_chain(args.cert, args.key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for peer in peers:
        provider.wake(peer)
    provider.say(f"{args.domain} is ready on port {server.server_address[1]}")
    for text in sys.stdin:
        try:
            with provider.lock:
                provider.command(text.strip())
        except (Bad, LookupError, ValueError, AttributeError, StopIteration) as e:
            provider.say(f"no: {e!r} {getattr(e, 'more', '')}")

# ------------------------------------------------------------------------------------------- the vectors: spec/vectors
def verdict(call, *args):
    try:
        return {"ok": call(*args) is not False}
    except Bad as e:
        return {"ok": False, "code": e.code}

def parsed(answer, more):
    """A verdict, with what else is known of good input."""
    return {**answer, **more()} if answer["ok"] else answer

def vector(format, i):
    """What this program makes of the input of a vector."""
    op, bytes_of, jws = i.get("operation"), lambda name: bytes.fromhex(i[name]), i.get("jws")
    if format == "base64url":
        return parsed(verdict(unb64, i["text"]), lambda: {"bytesHex": unb64(i["text"]).hex()})
    if format == "strict-json":
        data = bytes_of("textHex") if "textHex" in i else i["text"]
        return parsed(verdict(lambda: strict_json(data, i["bytesMax"]) or True), lambda: {"value": strict_json(data, i["bytesMax"])})
    if format == "ed25519" and op == "sign":
        key = Key(bytes_of("secretHex"))
        return {"publicKeyHex": key.public.hex(), "signatureHex": key.sign(bytes_of("messageHex")).hex()}
    if format == "ed25519":
        key = bytes_of("publicKeyHex")
        return {"ok": good_key(key) if op == "accept-key" else good_signature(key, bytes_of("messageHex"), bytes_of("signatureHex"))}
    if format == "jws" and op == "sign":
        key = Key(bytes_of("secretHex"))
        made = key.jws(i["typ"], i["payload"].encode())
        return {"header": jws_header(key.kid, i["typ"]).decode(), "signingInput": made.rpartition(".")[0], "jws": made}
    if format == "jws":
        parse = functools.partial(Jws, i["text"], i["typ"], i.get("payloadBytesMax", 4096))
        if op == "verify":
            return verdict(lambda: parse().kid == key_id(bytes_of("publicKeyHex")) and parse().good(bytes_of("publicKeyHex")))
        return parsed(verdict(parse), lambda: {"kid": parse().kid, "payload": parse().payload.decode(), "signingInput": parse().input.decode(),
                                              "signatureHex": parse().signature.hex()})
    if format == "key-id":
        return {"ok": True, "kid": key_id(bytes_of("publicKeyHex"))} if op == "thumbprint" else verdict(unb64, i["text"], 32)
    if format == "merkle" and op == "tree":
        leaves = [H(b"\0" + bytes.fromhex(leaf)) for leaf in i["leavesHex"]]
        root, paths = tree(leaves)
        return {"rootHex": root.hex(), "leafHashesHex": [h.hex() for h in leaves], "pathsHex": [[h.hex() for h in p] for p in paths]}
    if format == "merkle":
        path = [bytes.fromhex(p) for p in i["pathHex"]]
        return {"ok": included(bytes_of("leafHashHex"), i["index"], i["size"], path, bytes_of("rootHex"))}
    if format == "identifiers":
        return {"ok": bool({"domain": domain, "address": address, "event-id": event_id, "room-id": room_id}[op](i["text"]))}
    if format == "event" and op == "parse":
        try:
            e = Event(jws)
        except Bad:
            return {"ok": False, "code": "bad-event"}
        return {"ok": True, "id": e.id, "room": e.room, "jwsHash": hash_of(jws), "kid": e.kid} if e.ok else {"ok": False, "code": "bad-event"}
    if format == "event":
        return {"ok": Event(jws).domain == statement(i["statement"]).provider and statement(i["statement"]).signed(Event(jws), "event")}
    if format == "content":
        return verdict(lambda: read_content(Event(jws), i["content"]))
    if format == "record" and op == "parse":
        kind = "record" if isinstance(i["item"], dict) and "jws" in i["item"] else "header"
        return parsed({"ok": has(i["item"], RECORD if kind == "record" else HEADER)}, lambda: {"kind": kind})
    if format == "record":
        data = record_bytes(i["room"], i["header"], i["prev"])
        return {"bytesHex": data.hex(), "hash": hash_of(data)}
    if format == "state-hash":
        rows = [(e["type"], e["key"], e["id"]) for e in i.get("entries", [])]
        state = State({(t, k): Entry(id, "", {}, 0) for t, k, id in rows})
        return {"bucket": bucket(i.get("type", ""), i.get("key", "")), "hash": b64(bucket_hash(rows)), "state": state.hash()}
    if format == "head":
        head = i["head"]
        return {"leafHex": leaf(head).hex(), "leafHash": b64(leaf_hash(head))} if op == "leaf" else {
            "ok": has(head, HEAD) and head["committed"] == head["seq"]}
    if format == "seal":
        parse = lambda: read(i["seal"], "payvand-seal", 1024, SEAL, "bad-seal")
        return verdict({"parse": parse, "included": lambda: covers(i["sealed"], i["seals"]), "verify": lambda: parse().good(
            unb64(i["publicKey"])) and parse().kid == key_id(unb64(i["publicKey"]))}[op])
    if format == "key-statement" and op == "parse":
        return parsed(verdict(statement, jws), lambda: (lambda s: {"hash": s.hash, "provider": s.provider, "version": s.version, "keys": [
            {"kid": k.kid, "use": k.use, "status": k.status} for k in s.keys]})(statement(jws)))
    if format == "key-statement":
        return verdict(lambda: statement(jws).first() if op == "first" else statement(jws).succeeds(statement(i["previous"])))
    if format == "provider-document" and op == "parse":
        return verdict(read_document, jws, i["domain"])
    if format == "provider-document":
        try:
            last = read_document(i["last"], i["domain"]) if "last" in i else None
            return {"kind": "new-provider" if accept_document(i["candidate"], i["domain"], i["now"], last) else "accept"}
        except Bad as e:
            return {"kind": "refuse", "code": e.code}
    if format == "report" and op == "evidence":
        return verdict(lambda: check_evidence(read_report(jws), i["evidence"]))
    if format == "link" and op == "id":
        return {"id": link_id(i["by"], i["link"])}
    if format == "link":
        return {"ok": proves(i["link"], i["room"], i["person"], i["proof"])} if op == "proof" else parsed(
            verdict(read_link, i["text"]), lambda: read_link(i["text"]))
    if format == "imported":
        return verdict(read_imported, i["lines"])
    if format == "submit-batch":
        return {"taken": taken(i["contentBytes"])}
    if format in ("invite", "mail", "denial", "report"):
        parse, by, use = {"invite": (read_invite, "by", "event"), "mail": (read_mail, "from", "event"), "denial": (
            lambda text: read(text, "payvand-denial", 1024, DENIAL, "bad-denial"), "hub", "seal"),
            "report": (read_report, "from", "event")}[format]
        if op == "verify":
            keys = statement(i["statement"])
            return verdict(lambda: home(parse(jws).p[by]) == keys.provider and keys.signed(parse(jws), use))
        return verdict(lambda: read_body(parse(jws))) if op == "body" else parsed(verdict(parse, jws), lambda: {"hash": hash_of(jws)})
    if format == "http-signature" and op == "sign":
        headers, base = sign_request(Key(bytes_of("secretHex")), i["method"], i["authority"], i["target"], i["body"].encode(),
                                     i["from"], i["to"], i["nowSeconds"])
        return {"headers": headers, "signatureBase": base}
    if format == "http-signature":
        r, keys = i["receiver"], {}
        for k in i["keys"]:
            keys.setdefault(k["provider"], {})[k["kid"]] = bytes.fromhex(k["publicKeyHex"])
        try:
            who, kid, base = check_request(i["method"], i["target"], i["headers"], r["provider"], r["authority"], r["nowSeconds"], keys.get)
            check_digest(i["headers"], i["body"].encode())
            return {"ok": True, "from": who, "kid": kid, "signatureBase": base}
        except Bad as e:
            return {"ok": False, "code": e.code, **e.more}
    if format == "rules":
        state = State()
        for item in i["state"]:
            for n in range(item["fill"]["count"] if "fill" in item else 0):
                f, key = item["fill"], item["fill"]["key"].replace("{n}", str(n))
                state.entries[f["type"], key] = Entry("e" + hash_of(f["type"] + "\0" + key), f["sender"], f["content"], f["bytes"])
            if "jws" in item:
                event = Event(item["jws"])
                state.entries[event.type, event.key] = entry_of(event, json.loads(item["content"]), item)
        item, event = i["record"], Event(i["record"]["jws"])
        broken, content = judge(state, i["room"], item, event, i.get("seenHash"))
        if not broken and event.key is not None:
            state.entries[event.type, event.key] = entry_of(event, content, item)
        answer = {"verdict": "deny", "rule": broken[0], "code": broken[1]} if broken else {"verdict": "allow"}
        return {**answer, "stateAfter": state.hash()}
    if format == "replay":
        return replay(i["room"], i["records"], i["heads"], i["now"])
    raise Bad("unknown format " + format)

SKIPPED = ("message", "poll", "forward")  # what contents say to people: no rule reads it, so a hub and follower does without

def self_test(folder):
    wrong = total = 0
    for name in sorted(name for name in os.listdir(folder) if name.endswith(".json")):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            data = json.load(file)
        if data["format"] in SKIPPED:
            print(f"{data['format']}: skipped, {len(data['vectors'])} vectors")
            continue
        for v in data["vectors"]:
            try:
                got = vector(data["format"], v["input"])
            except Exception as e:
                got = {"raised": repr(e)}
            if {k: got.get(k) for k in v["expect"]} != v["expect"]:
                wrong += 1
                print(f"{data['format']} {v['name']}: expected {v['expect']}, got {got}")
        total += len(data["vectors"])
    print(f"{total - wrong} of {total} vectors")
    return wrong == 0

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("self-test").add_argument("folder")
    flags = commands.add_parser("serve")
    for name in ("domain", "people", "listen", "cert", "key", "peers", "data"):
        flags.add_argument("--" + name, required=True)
    args = parser.parse_args()
    if args.command == "self-test":
        sys.exit(not self_test(args.folder))
    serve(args)

if __name__ == "__main__":
    main()
