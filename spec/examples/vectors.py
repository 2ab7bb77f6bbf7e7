"""Tests formats.py and rules.py with the vectors of the specification (toy.py self-test spec/vectors), and has what only they
ask for: trees of many leaves, links as texts, imported archives, reports, and a whole log at once.
"""
import functools, json, os, re
from formats import (HASH, H, MAX, Bad, Event, Jws, Key, accept_document, address, b64, check_digest, check_request, covers, domain, good_key,
                     good_signature, has, hash_of, header_of, home, included, jws_header, key_id, leaf, link_id, need, proves, read,
                     read_body, read_content, read_document, read_invite, read_mail, record_bytes, sign_request, statement,
                     strict_json, unb64)
from rules import Room, State, bucket, bucket_hash, entry_of, judge
from types import SimpleNamespace

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

def read_link(text):
    """PV-LNK-003 to PV-LNK-005: the domain, the seed of the key and the locator of the text of a link."""
    found = re.fullmatch("https://([^/]*)/join#([^/]*)", text)
    need(found and domain(found[1]) and re.fullmatch("[A-Za-z0-9_-]{21}[AQgw]", found[2]), "bad-link")
    return {"provider": found[1], "seed": hash_of("payvand-link-key\0" + found[2]), "locator": hash_of("payvand-link-locator\0" + found[2])}

def need_json(text, code):
    try:
        return strict_json(text, 524288)
    except Bad:
        raise Bad(code)

IMPORTED = {"imported": "imported-header", "message": "imported-message", "service": "imported-service", "end": "imported-end"}

def read_imported(lines):
    """PV-IMP-001 to PV-IMP-009: a file that nobody but its importer has signed."""
    prev, kinds, header, over = bytes(32), [], None, None
    for text in lines:
        line = need_json(text, "bad-import") if not over else {}
        kind = next((k for k, shape in IMPORTED.items() if k in line and has(line, shape)), None)
        need(kind and (kind == "imported") == (not kinds), "bad-import")
        said = line.get("message", {}).get("content", {})
        need(all(e["type"] != "mention" for e in said.get("entities", [])), "bad-import")
        header, over = header or line, kind == "end" and line
        if not over:
            kinds, prev = [*kinds, kind], H(b"payvand-import\0" + prev + text.encode())
    need(over, "cut-tail")
    seal = read(over["seal"], "payvand-import", 256, None, "bad-seal")
    need(seal.kid == key_id(unb64(header["key"])) and seal.good(unb64(header["key"])), "bad-seal")
    counts = {"messages": kinds.count("message"), "services": kinds.count("service")}
    need(seal.p == {"hash": b64(prev), "lines": len(kinds)} and over["end"] == counts, "import-changed")

def read_report(text):
    return read(text, "payvand-report", 4096, "report-payload", "bad-report")

def check_evidence(report, evidence):
    """PV-REP-005 to PV-REP-007: what is reported was said by the sender, and stands in the log of a hub or came by mail."""
    try:
        mail = "mail" in evidence
        need(has({"report": report.text, "evidence": evidence}, "report-request"), "bad-report")
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

def is_id(letter, text):
    return isinstance(text, str) and bool(re.fullmatch(letter + HASH, text))

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
        return {"ok": {"domain": domain, "address": address, "event-id": lambda v: is_id("e", v), "room-id": lambda v: is_id("r", v)}[op](i["text"])}
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
        return parsed({"ok": has(i["item"], "record" if kind == "record" else "record-header")}, lambda: {"kind": kind})
    if format == "record":
        data = record_bytes(i["room"], i["header"], i["prev"])
        return {"bytesHex": data.hex(), "hash": hash_of(data)}
    if format == "state-hash":
        rows = [(e["type"], e["key"], e["id"]) for e in i.get("entries", [])]
        state = State({(t, k): SimpleNamespace(id=id) for t, k, id in rows})
        return {"bucket": bucket(i.get("type", ""), i.get("key", "")), "hash": b64(bucket_hash(rows)), "state": state.hash()}
    if format == "head":
        head = i["head"]
        return {"leafHex": leaf(head).hex(), "leafHash": b64(H(b"\0" + leaf(head)))} if op == "leaf" else {
            "ok": has(head, "head") and head["committed"] == head["seq"]}
    if format == "seal":
        parse = lambda: read(i["seal"], "payvand-seal", 1024, "seal-payload", "bad-seal")
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
        from toy import taken
        return {"taken": taken(i["contentBytes"])}
    if format in ("invite", "mail", "denial", "report"):
        parse, by, use = {"invite": (read_invite, "by", "event"), "mail": (read_mail, "from", "event"), "denial": (
            lambda text: read(text, "payvand-denial", 1024, "denial-payload", "bad-denial"), "hub", "seal"),
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
                id = "e" + hash_of(f["type"] + "\0" + key)
                state.entries[f["type"], key] = SimpleNamespace(id=id, sender=f["sender"], content=f["content"], size=f["bytes"], statement=None)
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

SKIPPED = ("message", "poll", "forward", "conformance-report")  # what contents say to people: no rule reads it, so a hub and follower does without

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
