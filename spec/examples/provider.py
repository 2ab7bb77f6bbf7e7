"""A provider with one person, in Python's standard library: the shortest example of how to take part in Payvand.

It serves its provider document, takes an invitation by mail, joins the dm, verifies the snapshot, submits a message and
verifies the receipt. Each step is a JSON line; a check that fails ends it with exit code 1. Numbers in comments are ids of
spec/prose. Ed25519 is written out, because the standard library has none: fine for an example, too slow and not
constant in time for a server.
"""

import argparse, base64, hashlib, http.client, http.server, json, os, socket, ssl, sys, threading, time

# ---- Ed25519 (RFC 8032), PV-SIG

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, p)
        p, n = add(p, p), n >> 1
    return q


def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def encode_point(p):
    z = pow(p[2], P - 2, P)
    return (p[1] * z % P | (p[0] * z % P & 1) << 255).to_bytes(32, "little")


def decode_point(data):
    y = int.from_bytes(data, "little")
    x = recover_x(y & (1 << 255) - 1, y >> 255)
    return None if x is None else (x, y & (1 << 255) - 1, 1, x * (y & (1 << 255) - 1) % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def is_small_order(p):
    return encode_point(times(8, p)) == encode_point((0, 1, 1, 0))


def number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


class Key:
    def __init__(self):
        digest = hashlib.sha512(os.urandom(32)).digest()
        self.a = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix = digest[32:]
        self.public = encode_point(times(self.a, BASE))
        self.x = b64(self.public)
        self.kid = thumbprint(self.x)

    def sign(self, message):
        r = number(self.prefix, message) % L
        point = encode_point(times(r, BASE))
        s = (r + number(point, self.public, message) * self.a) % L
        return point + s.to_bytes(32, "little")


def verify(public, message, signature):
    a, r, s = decode_point(public), decode_point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or is_small_order(a) or is_small_order(r):  # PV-SIG
        return False
    k = number(signature[:32], public, message) % L
    return encode_point(add(times(k, a), r)) == encode_point(times(s, BASE))


# ---- encodings: PV-B64, PV-HASH, PV-JWS, PV-KID


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    require(b64(data) == text, "strict base64url")
    return data


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def thumbprint(x):
    return b64(H(b'{"crv":"Ed25519","kty":"OKP","x":"%s"}' % x.encode()))


def sign_jws(typ, payload, key):
    header = '{"alg":"Ed25519","kid":"%s","typ":"%s"}' % (key.kid, typ)
    text = b64(header.encode()) + "." + b64(json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode())
    return text + "." + b64(key.sign(text.encode()))


def payload_of(jws):
    return unb64(jws.split(".")[1])


def verify_jws(jws, typ, x):
    header, payload, signature = jws.split(".")
    expected = '{"alg":"Ed25519","kid":"%s","typ":"%s"}' % (thumbprint(x), typ)
    return unb64(header).decode() == expected and verify(unb64(x), f"{header}.{payload}".encode(), unb64(signature))


def nonce():
    return b64(os.urandom(16))


def require(holds, what):
    if not holds:
        print(json.dumps({"failed": what}), flush=True)
        os._exit(1)


def tell(step, **facts):
    print(json.dumps({"step": step, **facts}, ensure_ascii=False), flush=True)


# ---- events, records, heads, state: PV-EVT, PV-CNT, PV-REC, PV-HEAD, PV-SEAL, PV-STH


def event_id(jws):
    return "e" + b64(H(payload_of(jws)))


def id_hash(name):
    return unb64(name[1:])


def u32(n):
    return n.to_bytes(4, "big")


def u64(n):
    return n.to_bytes(8, "big")


def record_hash(room, header, prev):
    return H(
        b"payvand-record\0", id_hash(room), u32(header["epoch"]), u64(header["seq"]), u64(header["at"]), prev,
        id_hash(header["event"]), unb64(header["jwsHash"]),
    )


def state_hash(entries):
    """Over (type, key) → event id; also gives the 256 bucket hashes."""
    buckets = [[] for _ in range(256)]
    for (kind, key), event in entries.items():
        buckets[H(kind.encode(), b"\0", key.encode())[0]].append((kind.encode(), key.encode(), id_hash(event)))
    hashes = [H(*(u32(len(t)) + t + u32(len(k)) + k + h for t, k, h in sorted(bucket))) for bucket in buckets]
    return H(b"payvand-state\0", *hashes), hashes


def verify_sealed(sealed, seals, statement):
    """A head lies under a seal's root, and the seal is signed by an active seal key of the hub."""
    head, seal = sealed["head"], json.loads(payload_of(seals[sealed["seal"]]))
    leaf = b"payvand-head\0" + id_hash(head["room"]) + u32(head["epoch"]) + u64(head["seq"]) + u64(head["at"])
    leaf += unb64(head["hash"]) + unb64(head["state"]) + u64(head["committed"]) + head["hub"].encode()
    node, index, last = H(b"\0", leaf), sealed["index"], seal["size"] - 1
    for step in map(unb64, sealed["path"]):  # RFC 9162 section 2.1.3.2
        require(last > 0, "inclusion path is too long")
        if index & 1 or index == last:
            node = H(b"\1", step, node)
            while index & 1 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            node = H(b"\1", node, step)
        index, last = index >> 1, last >> 1
    require(last == 0 and node == unb64(seal["root"]), "inclusion in the seal")
    require(seal["hub"] == head["hub"] == statement["provider"], "hub of the seal")
    keys = [k["x"] for k in statement["keys"] if k["use"] == "seal" and k["status"] == "active"]
    require(any(verify_jws(seals[sealed["seal"]], "payvand-seal", x) for x in keys), "signature of the seal")
    return head


def read_statement(jws):
    statement = json.loads(payload_of(jws))
    require(verify_jws(jws, "payvand-statement", statement["roots"][0]), "signature of a key statement")
    return statement


# ---- the provider


class Provider:
    def __init__(self, options):
        self.options = options
        self.name, self.person = options.domain, "bob@" + options.domain
        self.root, self.event, self.seal, self.request = Key(), Key(), Key(), Key()
        uses = {"event": self.event, "seal": self.seal, "request": self.request}
        keys = [{"x": key.x, "use": use, "status": "active"} for use, key in uses.items()]
        now = int(time.time() * 1000)
        statement = {"provider": self.name, "version": 1, "issued": now, "roots": [self.root.x], "keys": keys}
        self.statement = sign_jws("payvand-statement", statement, self.root)
        document = {  # PV-DOC
            "provider": self.name, "version": 1, "issued": now, "expires": now + 86_400_000,
            "endpoint": "https://" + self.name, "statement": self.statement, "versions": ["0.1"],
            "profiles": ["core"], "limits": {}, "contacts": {}, "status": "ok",
        }
        self.document = sign_jws("payvand-provider", document, self.root)
        self.invited = threading.Event()
        self.invitation = None

    def listen(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                found = self.path == "/.well-known/payvand"
                self.answer(200 if found else 404, provider.document if found else "{}", "application/jose")

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(200, json.dumps(provider.take(self.path.rsplit("/", 1)[1], body)), "application/json")

            def answer(self, status, text, kind):
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.options.cert, self.options.key)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.options.port), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def take(self, verb, body):
        """What peers ask of us; an example takes their word that they are who they say."""
        if verb == "mailbox":
            for jws in body["items"]:
                self.invitation = json.loads(payload_of(jws))
                self.invited.set()
            return {"results": [{"status": "ok"} for _ in body["items"]]}
        if verb == "push":
            heads = [page["sealed"]["head"] for page in body["rooms"]]
            return {"rooms": [{"room": h["room"], "status": "acked", "seq": h["seq"]} for h in heads]}
        return {}

    def call(self, verb, body):
        """A signed request: PV-RSG."""
        host, port = self.options.hub_at.split(":")
        data, path, created = json.dumps(body, ensure_ascii=False).encode(), "/payvand/v1/" + verb, int(time.time())
        hub, digest = self.options.hub, "sha-256=:%s:" % base64.b64encode(H(data)).decode()
        params = '("@method" "@authority" "@path" "@query" "content-digest" "payvand-from" "payvand-to")'
        params += f';created={created};expires={created + 60};keyid="{self.request.kid}";tag="payvand"'
        base = [
            '"@method": POST', f'"@authority": {hub}', f'"@path": {path}', '"@query": ?', f'"content-digest": {digest}',
            f'"payvand-from": {self.name}', f'"payvand-to": {hub}', f'"@signature-params": {params}',
        ]
        signature = base64.b64encode(self.request.sign("\n".join(base).encode())).decode()
        headers = {
            "Host": hub, "Content-Type": "application/json", "Content-Digest": digest, "Payvand-From": self.name,
            "Payvand-To": hub, "Signature-Input": "payvand=" + params, "Signature": f"payvand=:{signature}:",
        }
        context = ssl.create_default_context(cafile=self.options.ca)
        raw = socket.create_connection((host, int(port)), timeout=20)
        connection = http.client.HTTPSConnection(hub, context=context)
        connection.sock = context.wrap_socket(raw, server_hostname=hub)
        connection.request("POST", path, data, headers)
        answer = connection.getresponse()
        status, wait, text = answer.status, answer.headers.get("Retry-After"), answer.read()
        connection.close()
        if status in (401, 429, 503) and wait is not None:  # PV-RSG: the hub has to learn our keys first
            time.sleep(min(int(wait), 5))
            return self.call(verb, body)
        require(status == 200, f"{verb}: {status} {text.decode()}")
        return json.loads(text)

    def sign_event(self, sender, kind, content, **members):
        """A JWS with its content beside it: PV-EVT, PV-CNT."""
        text = json.dumps({**content, "salt": nonce()}, separators=(",", ":"), ensure_ascii=False)
        now = int(time.time() * 1000)
        payload = {
            "room": self.invitation_room(), "type": kind, "sender": sender, "ts": now, "until": now + 3_600_000,
            "nonce": nonce(), **members, "content": b64(H(text.encode())), "size": len(text.encode()), "scheme": "plain",
        }
        return {"jws": sign_jws("payvand-event", payload, self.event), "content": text}

    def invitation_room(self):
        return json.loads(payload_of(self.invitation["body"]["invite"]))["room"]

    def join(self):
        """PV-JOIN: our provider's entry, then the person's; the answer is the state at a sealed head."""
        statement = {"statement": b64(H(self.statement.encode())), "version": 1}
        provider = self.sign_event(self.name, "provider", statement, key=self.name)
        member = self.sign_event(self.person, "member", {"membership": "joined"}, key=self.person)
        room, items = self.invitation_room(), [{**provider, "statement": self.statement}, member]
        answer = self.call("join", {"room": room, "items": items})
        require(all(r["status"] in ("accepted", "duplicate") for r in answer["results"]), f"join: {answer['results']}")
        snapshot, entries, statements = answer["snapshot"], {}, {}
        for entry in snapshot["entries"]:
            payload = json.loads(payload_of(entry["jws"]))
            require(b64(H(entry["content"].encode())) == payload["content"], "content of an entry")
            if "statement" in entry:
                named = json.loads(entry["content"])["statement"]
                require(b64(H(entry["statement"].encode())) == named, "statement of an entry")
                statements[read_statement(entry["statement"])["provider"]] = read_statement(entry["statement"])
            entries[payload["type"], payload["key"]] = event_id(entry["jws"])
        require(entries["room.create", ""][1:] == room[1:], "the room is named after its create event")
        for entry in snapshot["entries"]:
            payload = json.loads(payload_of(entry["jws"]))
            keys = [k["x"] for k in statements[payload["sender"].split("@")[-1]]["keys"] if k["use"] == "event"]
            require(any(verify_jws(entry["jws"], "payvand-event", x) for x in keys), "signature of an entry")
        head = verify_sealed(snapshot["sealed"], answer["seals"], statements[self.options.hub])
        total, buckets = state_hash(entries)
        require(snapshot["covered"] == 256 and buckets == [unb64(b) for b in snapshot["buckets"]], "bucket hashes")
        require(total == unb64(head["state"]), "state hash")
        return head, statements[self.options.hub]

    def say(self, text, head, hub_statement):
        """PV-SUB: a message, and the proof that it was recorded."""
        seen = [head["epoch"], head["seq"], head["hash"]]
        item = self.sign_event(self.person, "message", {"text": text}, seen=seen)
        answer = self.call("submit", {"items": [item]})
        result = answer["results"][0]
        require(result["status"] in ("accepted", "duplicate"), f"submit: {result}")
        receipt = answer["rooms"][0]
        chain, own = unb64(receipt["prev"]), None
        for header in receipt["headers"]:
            chain = record_hash(receipt["room"], header, chain)
            if header["event"] == event_id(item["jws"]):
                own = header["seq"], b64(chain), header["jwsHash"] == b64(H(item["jws"].encode()))
        require(own == (result["seq"], result["hash"], True), "our record is in the chain")
        sealed = verify_sealed(receipt["sealed"], answer["seals"], hub_statement)
        require(chain == unb64(sealed["hash"]), "the chain ends at the sealed head")
        return result["seq"]


def main():
    parser = argparse.ArgumentParser()
    for name in ("domain", "cert", "key", "ca", "hub", "hub-at", "text"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--port", type=int, required=True)
    provider = Provider(parser.parse_args())
    provider.listen()
    tell("listening", person=provider.person)
    require(provider.invited.wait(60), "an invitation within a minute")
    tell("invited", by=provider.invitation["from"])
    head, hub_statement = provider.join()
    tell("joined", seq=head["seq"], state=head["state"])
    seq = provider.say(provider.options.text, head, hub_statement)
    tell("recorded", seq=seq)


if __name__ == "__main__":
    main()
