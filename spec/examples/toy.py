#!/usr/bin/env python3
"""A Payvand provider, hub and follower, in plain Python, written from the specification alone.

    toy.py serve --domain toy.test --people sara --listen 127.0.0.1:8450 --cert c.pem --key k.pem --peers peers.json --data DIR
    toy.py self-test spec/vectors

Read it beside spec/prose, whose sentences the comments name. Here is what providers say to each other (chapters 08 and 09);
formats.py has what they sign and hash, rules.py what a room is; vectors.py tests all three, controls.py lets a conformance
suite play the people. It talks with the names in its peers file only, {"a.test": {"address": "127.0.0.1", "port": 8443, "ca":
"ca.pem"}}, so nobody can send it elsewhere (PV-HTTP-004). Its people type in its console (help). For real use it lacks
signatures in constant time, keys that change, budgets, signals and the client API.
"""
import argparse, http.client, http.server, json, os, random, re, secrets, socket, ssl, sys, threading, time
from formats import (MAX, STATUS, Bad, Event, H, Key, accept_document, b64, check_digest, check_request, dump, fault, fresh, hash_of,
                     header_of, home, leaf, need, now, raw, read_body, read_content, read_document, read_invitation, read_mail,
                     record_hash, shape_of, sign_request, statement, strict_json, u)
from rules import Room, bucket, shared

# ------------------------------------------------------------------------------------------------- a provider: chapters 08, 09
BAD_EVENT = {"id": None, "status": "denied", "code": "bad-event", "rule": "R1"}
SAVED = ("people", "out", "mail", "requests", "answered", "wishes", "documents")

class Provider:
    """All that has to survive is written to one file, as a whole, before anybody is told of it (PV-HUB-001, PV-PUSH-010)."""

    def __init__(self, domain, people, folder, peers):
        self.domain, self.peers, self.lock = domain, peers, threading.RLock()
        self.path, self.issued = os.path.join(folder, "toy.json"), 0
        self.rooms, self.acked, self.paused, self.snapshots = {}, {}, {}, {}
        self.workers, self.troubled = {}, set()
        self.out, self.mail, self.requests, self.answered, self.wishes, self.documents = {}, {}, {}, {}, {}, {}
        self.people = {person + "@" + domain: True for person in people}
        os.makedirs(folder, exist_ok=True)
        saved = {"keys": {name: secrets.token_hex(32) for name in ("root", "event", "seal", "request")}, "issued": now(), "rooms": []}
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                saved = json.load(file)
        for name in SAVED:
            getattr(self, name).update(saved.get(name, {}))
        for room in saved["rooms"]:
            self.rooms[room["id"]] = Room.restored(room)
        self.secrets = {"keys": saved["keys"], "issued": saved["issued"]}
        self.keys = {name: Key(bytes.fromhex(secret)) for name, secret in saved["keys"].items()}
        self.statement = statement(self.keys["root"].jws("payvand-statement", {
            "provider": domain, "version": 1, "issued": saved["issued"], "roots": [b64(self.keys["root"].public)],
            "keys": [{"x": b64(self.keys[n].public), "use": n, "status": "active"} for n in ("event", "seal", "request")]}))
        self.save()

    def save(self):
        rooms = [room.saved() for room in self.rooms.values()]
        data = {**self.secrets, "rooms": rooms, **{name: getattr(self, name) for name in SAVED}}
        with open(self.path + ".new", "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(dump(data))
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.path + ".new", self.path)

    def say(self, text):
        print(text, flush=True)

    def show(self, room, records):
        for item in records:
            event = Event(item["jws"])
            if event.ok:
                self.say(f"{room.id} {item['seq']} {event.sender} {event.type} {item['content']}")

    # ---- the hub's work
    def seal(self, room):
        """Each record gets a seal of its own, over the smallest tree (PV-SEAL-004): so PV-LOG-004 is kept by itself."""
        head = {"hub": self.domain, "room": room.id, "epoch": 0, "seq": room.newest, "at": room.at,
                "hash": room.hashes[room.newest], "state": room.state.hash(), "committed": room.newest}
        seal = {"hub": self.domain, "at": now(), "root": b64(H(b"\0" + leaf(head))), "size": 1}
        return {"head": head, "seal": 0, "index": 0, "path": []}, self.keys["seal"].jws("payvand-seal", seal)

    def order(self, room, items, joins=None):
        """Gives all these events their places, or none: then Bad says what is wrong. After a join, joins has to be in the room."""
        trial, results = room.copy(), []
        for item in items:
            event = Event(item["jws"])
            status = "duplicate" if event.id in trial.ids else "accepted"
            if status == "accepted":
                record = {"epoch": 0, "seq": trial.newest + 1, "at": max(now(), trial.at), **item}
                self.admit(trial, record, event)
                trial.append(record)
                trial.heads[trial.newest] = self.seal(trial)
            seq = trial.ids[event.id]
            results.append({"id": event.id, "status": status, "epoch": 0, "seq": seq, "at": trial.records[seq]["at"],
                            "hash": trial.hashes[seq]})
        need(not joins or joins in trial.state.domains() or trial.newest == room.newest, "not-invited", room=room.id)  # PV-ROOM-023
        self.rooms[room.id] = trial
        self.save()
        self.show(trial, [trial.records[seq] for seq in range(room.newest + 1, trial.newest + 1)])
        for who in trial.readers:
            self.wake(who)
        return results

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

    def denied(self, e, event):
        answer = {"id": event.id, "status": "denied", "code": e.code, "rule": e.more.get("rule")}
        if "room" in e.more:
            denial = {"hub": self.domain, "room": e.more["room"], "event": event.id, "code": e.code, "rule": answer["rule"], "at": now()}
            answer["denial"] = self.keys["seal"].jws("payvand-denial", denial)
        return answer

    def own_room(self, id):
        room = self.rooms.get(id)
        return room if room and room.state.hub == self.domain else None

    def submit(self, who, body):
        results, lowest, stop = [], {}, False
        most = taken([len(item["content"].encode()) for item in body["items"]])
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
                headers = [header_of(room.records[s]) for s in range(seq, room.newest + 1)]
                proofs.append({"room": room.id, "prev": room.hashes[seq - 1], "sealed": {**sealed, "seal": len(seals)}, "headers": headers})
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
            if room and "room" in e.more and room.reads_to(who) == -2:
                e = Bad("not-invited")  # PV-JOIN-016
            return {"results": [self.denied(e, event) for event in events] or [BAD_EVENT for _ in items], "seals": []}
        room = self.rooms[room.id]
        if who not in room.state.domains():
            return {"results": results, "seals": []}
        sealed, seal = room.heads[room.newest]
        self.acked[room.id, who] = room.newest
        common, rows = split(room.state)
        entries, covered = take_buckets(common, rows, 0, 229376)
        self.snapshots[room.id, room.newest] = rows, now()
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
        shared = [room for room in self.rooms.values() if who in room.state.domains()]
        if "rooms" in body:
            found = [room.heads[max(room.heads)] for room in shared if room.id in body["rooms"]]
            return {"rooms": [{**sealed, "seal": n} for n, (sealed, _) in enumerate(found)], "seals": [seal for _, seal in found]}
        as_of, number = body["digest"]["asOf"], body["digest"].get("bucket")
        rows = digest([room for room in shared if room.state.hub == self.domain], as_of)
        if number is not None:
            return {"rooms": [[id, seq] for id, seq, _ in rows[number]]}
        return {"digest": {"asOf": as_of, "buckets": list(map(digest_hash, rows))}}

    def push(self, who, body):
        results = []
        for page in body["rooms"]:
            room, wish = self.rooms.get(page["room"]), self.wishes.get(page["room"])
            if wish and wish[0] == who:  # the answer to the join is on its way
                result = {"status": "retry", "after": 1}
            elif room and room.state.hub == who:
                result = self.take(room, page, body["seals"])
            else:
                result = {"status": "unknown-room"}
            results.append({"room": page["room"], **result})
        return {"rooms": results}

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
                room.behind = max(room.behind, head["seq"])
                self.wake(room.state.hub)
                return {"status": "gap", "have": room.newest}
            need(trial.newest == head["seq"], "bad-chain")
            need(trial.hashes[trial.newest] == head["hash"], "fork")
            trial.agrees(head)
        except Bad as e:
            if e.code != "bad-seal":  # PV-PUSH-014
                room.fault = e.code
                self.save()
                self.say(f"{room.id} stands still: {e.code}")
            return {"status": "quarantined", "code": e.code, "seq": max(0, room.newest)}
        trial.heads[trial.newest] = {**page["sealed"], "seal": 0}, seals[page["sealed"]["seal"]]
        self.rooms[room.id] = trial
        for id in trial.ids:
            self.out.pop(id, None)
        self.save()
        self.show(trial, records)
        return {"status": "acked", "seq": trial.newest}

    @staticmethod
    def tried(room, item):
        try:
            room.append(item)
        except Bad as e:
            return e.code

    def mailbox(self, who, body):
        results = []
        for text in body["items"]:
            try:
                mail = read_mail(text)
                body = read_body(mail)
                need(home(mail.p["from"]) == who, "wrong-origin")
                need(home(mail.p["to"]) == self.domain and self.statement_of(who).signed(mail, "event"), "bad-mail")
                need(mail.p["until"] >= now(), "until-passed")
                if mail.p["kind"] == "invite" and mail.p["to"] in self.people:  # nobody here makes links
                    self.receive(text, mail.p, *body)
                results.append({"status": "ok"})
            except Bad as e:
                results.append({"status": "denied", "code": e.code})
        return {"results": results}

    def receive(self, text, mail, create, content, _):
        if self.requests.get(create.room + mail["to"]) != text and text not in self.answered:
            self.requests[create.room + mail["to"]] = text
            self.save()
            self.say(f"request to {mail['to']}: {content['kind']} of {mail['from']} {create.room} {mail['body'].get('intro', '')}")

    def signals(self, who, body):
        return {}

    def directory(self, who, body):
        person = body.get("profile")
        if "statement" in body:
            known = [self.statement] + [e.statement for room in self.rooms.values() for e in room.state.entries.values() if e.statement]
            found = [s.text for s in known if s.hash == body["statement"]]
            need(found, "not-found")
            return {"statement": found[0]}
        need(person in self.people and any(who in r.state.domains() and r.state.joined(person) for r in self.rooms.values()), "not-found")
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

    def document_of(self, who):
        text = self.documents.get(who)
        return text and read_document(text, who)

    def statement_of(self, who):
        document = None if who == self.domain else self.document_of(who)
        return self.statement if who == self.domain else document.statement if document and document.p["expires"] > now() else None

    def keys_of(self, who):
        keys = self.statement_of(who)
        if keys is None and who in self.peers:
            self.wake(who)  # PV-DISC-010: the one worker of that peer fetches its document
        return keys and {k.kid: k.public for k in keys.keys if (k.use, k.status) == ("request", "active")}

    def http(self, who, host, method, target, headers={}, body=b""):
        need(who in self.peers, "unknown-peer")
        peer, connection = self.peers[who], http.client.HTTPSConnection(host, timeout=30)
        plain = socket.create_connection((peer["address"], peer["port"]), 10)
        connection.sock = ssl.create_default_context(cafile=peer.get("ca")).wrap_socket(plain, server_hostname=host)
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
            accept_document(body.decode(), who, now(), self.document_of(who))
            self.documents[who] = body.decode()
            self.save()

    def ask(self, who, verb, body):
        body, target = dump(body), "/payvand/v1/" + verb
        for _ in range(5):
            host = self.document_of(who).host
            headers, _ = sign_request(self.keys["request"], "POST", host, target, body, self.domain, who, now() // 1000)
            status, fields, answer = self.http(who, host, "POST", target, {**headers, "content-type": "application/json"}, body)
            answer = strict_json(answer, 4194304, 16)
            if status == 200:
                wrong = fault(answer, shape_of(verb + "-answer"))
                need(not wrong, "bad-request", part=wrong)
                return answer
            if answer.get("code") != "unknown-peer":
                break
            time.sleep(int(fields.get("Retry-After", 1)))
        raise Bad(str(answer.get("code")), problem=answer)

    def wake(self, who):
        if who != self.domain:
            if who not in self.workers:
                self.workers[who] = threading.Event()
                threading.Thread(target=self.work, args=(who,), daemon=True).start()
            self.workers[who].set()

    def work(self, who):
        """One thread for each peer does all that is to be asked of it, one request at a time (PV-BUD-006, PV-SUB-007)."""
        failures, fetched, compared = 0, 0, now()
        while True:
            self.workers[who].wait(60)
            self.workers[who].clear()
            try:
                if now() - fetched > 3600000 or not self.statement_of(who):
                    self.fetch(who)
                    fetched = now()
                for task in (self.deliver, self.enter, self.submit_to, self.push_to, self.catch_up):
                    task(who)
                if now() - compared > 60000:
                    compared = now()
                    self.compare(who)
                failures = 0
                self.troubled.discard(who)
            except (OSError, http.client.HTTPException, Bad) as e:
                failures += 1
                self.troubled.add(who)
                self.say(f"{who}: {e!r} {getattr(e, 'more', '')}")
                time.sleep(random.uniform(0, min(300, 2 ** (failures - 1))))  # PV-HTTP-014
                self.workers[who].set()

    def deliver(self, who):
        items = [jws for jws, to in list(self.mail.items()) if to == who][:16]
        for jws, result in zip(items, self.ask(who, "mailbox", {"items": items})["results"] if items else []):
            if result["status"] != "retry":
                with self.lock:
                    self.mail.pop(jws)
                    self.save()
                    self.say(f"invitation {result['status']} {result.get('code', '')}")

    def drop(self, id, code):
        """What was denied is not sent again (PV-SUB-009)."""
        self.out.pop(id, None)
        self.save()
        self.say(f"denied: {code} ({id})")

    def enter(self, who):
        """Joins by the hub who: chapter 09, join and snapshot."""
        for id, (_, person, items) in [wish for wish in list(self.wishes.items()) if wish[1][0] == who]:
            answer = self.ask(who, "join", {"room": id, "items": items})
            last = answer["results"][-1]
            if last["status"] == "denied":
                with self.lock:
                    self.wishes.pop(id)
                    self.drop(last["id"], last["code"])
            elif "snapshot" in answer:
                snap = answer["snapshot"]
                entries, covered, seq = snap["entries"], snap["covered"], snap["sealed"]["head"]["seq"]
                while covered < 256:
                    more = self.ask(who, "snapshot", {"room": id, "seq": seq, "from": covered})
                    entries, covered = entries + more["entries"], more["covered"]
                sealed = {**snap["sealed"], "seal": 0}
                room = Room(id, {"entries": entries, "sealed": sealed, "seal": answer["seals"][snap["sealed"]["seal"]]})
                state = room.state
                need(state.hub == who, "bad-seal")
                head, member = room.hub_said(snap["sealed"], answer["seals"]), state.get("member", person)
                need([b64(h) for h in state.buckets()] == snap["buckets"] and state.hash() == head["state"], "state-mismatch")
                need(member and member.id == Event(items[-1]["jws"]).id, "state-mismatch")
                used, newest = state.in_force(who), self.statement_of(who)
                need(used.version < newest.version or used.hash == newest.hash, "bad-statement")
                with self.lock:
                    self.rooms[id] = room
                    self.wishes.pop(id)
                    self.save()
                self.look_back(who, room, 0 if state.visible else answer["results"][0].get("seq", seq), seq)
                self.show(room, [member.item])

    def look_back(self, who, room, start, last):
        """PV-LOG-009 and PV-LOG-010: what was said before we came, as far as we may read it."""
        while start <= last:
            answer = self.ask(who, "log", {"room": room.id, "from": start, "max": 256})
            page = answer["page"]
            prev = before = page["prev"]
            head = room.hub_said(page["sealed"], answer["seals"], active=False)
            for item in page["records"]:
                need(item["seq"] == start, "bad-chain")
                need(item.get("content") is None or hash_of(item["content"]) == Event(item["jws"]).p["content"], "content-mismatch")
                before, start = record_hash(room.id, item, before), start + 1
            need(page["records"] and before == head["hash"] and start - 1 == head["seq"], "bad-chain")
            with self.lock:
                self.rooms[room.id].look_back(prev, [item for item in page["records"] if item["seq"] <= last])
                self.save()

    def submit_to(self, who):
        waiting = [(id, self.rooms[room], item) for id, (room, item) in list(self.out.items()) if self.rooms[room].state.hub == who][:256]
        waiting = waiting[:taken([len(item["content"].encode()) for _, _, item in waiting])]  # PV-SUB-015
        answer = self.ask(who, "submit", {"items": [item for _, _, item in waiting]}) if waiting else {"results": [], "rooms": []}
        proofs = {proof["room"]: proof for proof in answer["rooms"]}
        for (id, room, item), result in zip(waiting, answer["results"]):
            if result["status"] == "denied":
                with self.lock:
                    self.drop(id, result["code"])
            elif result["status"] in ("accepted", "duplicate"):
                self.proven(room, id, item, proofs[room.id], answer["seals"])
                self.say(f"sent {room.id} {result['seq']} {id}")
                self.rooms[room.id].behind = max(room.behind, result["seq"])
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

    def unpushed(self, who):
        """Rooms with records that a provider may read and has not acknowledged."""
        own = [room for room in self.rooms.values() if room.state.hub == self.domain and room.reads_to(who) >= 0]
        return [room for room in own if self.acked.get((room.id, who), -2) < room.reads_to(who)
                and self.paused.get((room.id, who), -1) < room.newest]

    def owed(self):
        """Providers that something is waiting for."""
        hubs = [self.rooms[room].state.hub for room, _ in self.out.values()] + [wish[0] for wish in self.wishes.values()]
        behind = [room.state.hub for room in self.rooms.values() if room.behind > room.newest and not room.fault]
        readers = {who for room in self.rooms.values() for who in room.readers} - {self.domain}
        return {*self.mail.values(), *hubs, *behind, *(who for who in readers if self.unpushed(who))}

    def push_to(self, who):
        pages, seals = [], []
        with self.lock:
            for room in self.unpushed(who)[:16]:
                have, last = self.acked.get((room.id, who)), room.reads_to(who)
                start = room.newest + 1 if have is None else have + 1  # at first an empty page asks where the other stands
                page, seal = self.page(room, who, start, max(1, min(256, last - start + 1)))
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
        for id in [room.id for room in list(self.rooms.values()) if room.state.hub == who]:
            while self.rooms[id].behind > self.rooms[id].newest and not self.rooms[id].fault:
                answer = self.ask(who, "log", {"room": id, "from": self.rooms[id].newest + 1, "max": 256})
                with self.lock:
                    if not answer["page"]["records"] or self.take(self.rooms[id], answer["page"], answer["seals"])["status"] != "acked":
                        break

    def compare(self, who):
        """PV-HEADS-003: the digest of a hub, and the heads that others hold."""
        both, at = [room for room in self.rooms.values() if {who, self.domain} <= room.state.domains()], now() - 60000
        theirs = [room for room in both if room.state.hub == who]
        said = self.ask(who, "heads", {"digest": {"asOf": at}})["digest"]["buckets"] if theirs else []
        for n in [n for n, row in enumerate(digest(theirs, at)) if said and digest_hash(row) != said[n]]:
            for id, seq in self.ask(who, "heads", {"digest": {"asOf": at, "bucket": n}})["rooms"]:
                if id in self.rooms:
                    self.rooms[id].behind = max(self.rooms[id].behind, seq)
        others = [room.id for room in both if room.state.hub not in (who, self.domain)][:256]
        answer = self.ask(who, "heads", {"rooms": others}) if others else {"rooms": []}
        for sealed in answer["rooms"]:
            room = self.rooms[sealed["head"]["room"]]
            head = room.hub_said(sealed, answer["seals"])
            with self.lock:
                if room.hashes.get(head["seq"], head["hash"]) != head["hash"] and not room.fault:
                    room.fault = "fork"
                    self.save()
            room.behind = max(room.behind, head["seq"])
            self.wake(room.state.hub)

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
        timer = room and key is None and room.state.said("room.settings").get("timer")
        if timer:
            p["ttl"] = timer
        if key is not None:
            p["key"] = key
        if room and key is not None and room.state.get(type, key):
            p["prior"] = room.state.get(type, key).id
        item = {"jws": self.keys["event"].jws("payvand-event", p), "content": content}
        return {**item, "statement": self.statement.text} if type in ("room.create", "provider") else item

    def send(self, room, *args, **more):
        """Orders an event, or keeps it for the hub. Its result, as in an answer to submit, where there is one yet."""
        item = self.event(room, *args, **more)
        id = Event(item["jws"]).id
        if room.state.hub == self.domain:
            return self.order(room, [item])[0]
        self.out[id] = room.id, item
        self.save()
        self.wake(room.state.hub)
        return {"id": id, "status": "pending"}

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
        invite = {"room": room.id, "hub": room.state.hub, "by": person, "to": to, "until": until, "nonce": fresh()}
        invite = self.keys["event"].jws("payvand-invite", {**invite, **({"after": access.id} if access else {})})
        create = {name: room.state.create.item[name] for name in ("jws", "content", "statement")}
        body = {"create": create, "invite": invite, **({"intro": intro} if intro else {})}
        mail = {"from": person, "to": to, "kind": "invite", "nonce": fresh(), "until": until, "body": body}
        mail = self.keys["event"].jws("payvand-mail", mail)
        if home(to) == self.domain:
            return self.mailbox(self.domain, {"items": [mail]})
        self.mail[mail] = home(to)
        self.save()
        self.wake(home(to))

    def accept(self, person, id):
        text = self.requests.pop(id + person)
        self.answered[text] = True
        _, content, invite = read_invitation(read_mail(text))
        joined = {"membership": "joined", **({"invite": invite.text} if content["kind"] == "group" else {})}
        room = self.rooms.get(id, Room(id))
        if self.domain in room.state.domains():
            return self.send(room, person, "member", joined, person)
        force, own = room.state.in_force(self.domain), {"statement": self.statement.hash, "version": 1}
        items = [] if force and force.hash == self.statement.hash else [self.event(room, self.domain, "provider", own, self.domain)]
        self.wishes[id] = invite.p["hub"], person, items + [self.event(room, person, "member", joined, person)]
        self.save()
        self.wake(invite.p["hub"])

    def command(self, text):
        verb, *words = text.split(" ")
        me, rest = words[0] + "@" + self.domain if words else "", " ".join(words[2:])
        room = next((r for r in self.rooms.values() if len(words) > 1 and r.id == words[1]), None)
        if verb == "dm":
            self.invite(me, self.create(me, kind="dm", **{"with": words[1]}), words[1], rest)
        elif verb == "group":
            self.send(self.create(me, kind="group"), me, "room.info", {"title": " ".join(words[1:])}, "")
        elif verb == "invite":
            self.invite(me, room, words[2], " ".join(words[3:]))
        elif verb == "accept":
            self.accept(me, words[1])
        elif verb == "say":
            self.send(room, me, "message", {"text": rest})
        elif verb == "delete":
            self.send(room, me, "message.delete", {}, rel=[["delete", words[2]]])
        elif verb == "state":
            self.send(room, me, words[2], json.loads(" ".join(words[4:])), words[3].strip("-"))
        elif verb == "leave":
            self.send(room, me, "member", {"membership": "left"}, me)
        elif verb == "rooms":
            for r in self.rooms.values():
                self.say(f"{r.id} {r.state.hub} {r.newest} {r.state.hash()} {r.fault or 'good'} {' '.join(r.state.people())}")
        else:
            self.say("dm ME ADDRESS [INTRO] | group ME TITLE | invite ME ROOM ADDRESS [INTRO] | accept ME ROOM | say ME ROOM TEXT\n"
                     "delete ME ROOM EVENT | leave ME ROOM | rooms | state ME ROOM TYPE KEY|- JSON")

def split(state):
    """The shared entries, and those of people by bucket."""
    rows = [[] for _ in range(256)]
    for (type, key), entry in state.entries.items():
        rows[bucket(type, key)] += [] if shared(type) else [entry]
    return [entry for (type, _), entry in state.entries.items() if shared(type)], rows

def take_buckets(entries, rows, start, limit):
    """PV-JOIN-006 and PV-SNAP-002, where one bucket always fits."""
    entries, covered = list(entries), start
    while covered < 256 and (sum(e.size for e in entries + rows[covered]) <= limit or limit == 1048576 and covered == start):
        entries, covered = entries + rows[covered], covered + 1
    return entries, covered

def taken(sizes):
    """PV-SUB-014: how many items of a batch are looked at, by the sizes of their contents."""
    return next((n for n in range(1, len(sizes)) if sum(sizes[:n + 1]) > 1048576), len(sizes))

def digest(rooms, as_of):
    """PV-HEADS-005: for each bucket, the rooms with seq and hash of the last record that is not later."""
    rows = [[] for _ in range(256)]
    for room in sorted(rooms, key=lambda room: raw(room.id)):
        seq = max((seq for seq, item in room.records.items() if item["at"] <= as_of), default=None)
        if seq is not None:
            rows[raw(room.id)[0]].append((room.id, seq, room.hashes[seq]))
    return rows

def digest_hash(row):
    return hash_of(b"".join(raw(id) + u(64, seq) + raw(h) for id, seq, h in row))

# ----------------------------------------------------------------------------------------------------- the wire: chapters 03, 08
VERBS = ("submit", "push", "log", "join", "snapshot", "heads", "mailbox", "signals", "directory")

class Web(http.server.BaseHTTPRequestHandler):
    protocol_version, timeout, provider = "HTTP/1.1", 30, None

    def answer(self, status, kind, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": len(body), "Connection": "close", **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        target = self.raw_requestline.decode("latin-1").split(" ")[1]
        try:
            if (self.command, target) == ("GET", "/.well-known/payvand"):
                return self.answer(200, "application/jose", self.provider.document().encode())
            self.answer(200, "application/json", dump(self.verb(target)))
        except Bad as e:
            extra = {"Retry_After": 1} if e.code == "unknown-peer" else {"Allow": "POST"} if e.code == "method-not-allowed" else {}
            status = STATUS.get(e.code, 500)
            problem = {"type": "urn:payvand:error:" + e.code, "title": e.code, "status": status, "code": e.code, **e.more}
            self.answer(status, "application/problem+json", dump(problem), **extra)

    def verb(self, target):
        me, verb = self.provider, target[12:] if target.startswith("/payvand/v1/") else ""
        need(verb in VERBS, "not-supported")
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
        wrong = fault(body, shape_of(verb + "-request"))
        need(not wrong, "bad-request", part=wrong)
        with me.lock:
            return getattr(me, verb)(who, body)

    do_GET = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_POST

    def log_message(self, *args):
        pass

def start(args):
    """A provider that listens, and has begun to speak with its peers."""
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
    for peer in provider.owed():
        provider.wake(peer)
    provider.say(f"{args.domain} is ready on port {server.server_address[1]}")
    return provider

def console(provider):
    for text in sys.stdin:
        try:
            with provider.lock:
                provider.command(text.strip())
        except (Bad, LookupError, ValueError, AttributeError) as e:
            provider.say(f"no: {e!r} {getattr(e, 'more', '')}")

def arguments(parser):
    for name in ("domain", "people", "listen", "cert", "key", "peers", "data"):
        parser.add_argument("--" + name, required=True)
    return parser

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("self-test").add_argument("folder")
    arguments(commands.add_parser("serve"))
    args = parser.parse_args()
    if args.command == "serve":
        return console(start(args))
    from vectors import self_test
    sys.exit(not self_test(args.folder))

if __name__ == "__main__":
    main()
