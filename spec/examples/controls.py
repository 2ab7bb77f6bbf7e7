#!/usr/bin/env python3
"""The toy under test: the provider of toy.py, with the controls of chapter 17, by which a conformance suite plays its people.

    controls.py --control 127.0.0.1:9450 --secret-file FILE, and what toy.py serve takes
"""
import argparse, http.server, json, threading, time
import toy
from formats import STATUS, Bad, Event, dump, fault, hash_of, home, need, now, read_body, read_mail, shape_of

class Controls:
    """One method for each operation; all of them do what the console of the toy does."""

    def __init__(self, provider):
        self.provider, self.sent = provider, {}

    def person(self, body):
        need(body["as"] in self.provider.people, "not-found", part="/as")
        return body["as"]

    def room(self, body):
        person, room = self.person(body), self.provider.rooms.get(body["room"])
        need(room and room.state.get("member", person), "unknown-room")
        return room

    def describe(self, body):
        return {"name": "payvand toy", "version": "0.1.0", "domain": self.provider.domain, "versions": ["0.1"],
                "profiles": ["core", "control"], "operations": list(OPERATIONS)}

    def make_account(self, body):
        person = body["localpart"] + "@" + self.provider.domain
        need(person not in self.provider.people, "address-taken")
        self.provider.people[person] = True
        self.provider.save()
        return {"address": person}

    def view_account(self, body):
        person, requests = self.person(body), []
        for text in [text for key, text in self.provider.requests.items() if key[44:] == person]:
            mail = read_mail(text)
            create, content, _ = read_body(mail)
            kind = "contact" if content["kind"] == "dm" else "invite"
            intro = {"text": mail.p["body"]["intro"]} if "intro" in mail.p["body"] else {}
            requests.append({"id": hash_of(text), "kind": kind, "from": mail.p["from"], "room": create.room, **intro})
        rooms = [{"room": room.id, "status": self.status(room, person)} for room in self.provider.rooms.values()
                 if room.state.get("member", person)]
        joining = [{"room": id, "status": "joining"} for id, wish in self.provider.wishes.items() if wish[1] == person]
        return {"rooms": rooms + joining, "requests": requests}

    @staticmethod
    def status(room, person):
        return "quarantined" if room.fault else "live" if room.state.joined(person) else "left"

    def create_room(self, body):
        person = self.person(body)
        room = self.provider.create(person, kind="group")
        self.provider.send(room, person, "room.info", {"title": body["title"]}, "")
        return {"room": room.id}

    def invite(self, body):
        person = self.person(body)
        if "room" in body:
            room = self.room(body)
        else:
            room = self.provider.create(person, kind="dm", **{"with": body["address"]})
        self.provider.invite(person, room, body["address"], body.get("text", ""))
        return {"room": room.id}

    def answer(self, body):
        person = self.person(body)
        found = [key for key, text in self.provider.requests.items() if hash_of(text) == body["request"] and key[44:] == person]
        need(found, "not-found")
        if body["how"] == "accept":
            self.provider.accept(person, found[0][:44])
            return {"room": found[0][:44]}
        self.provider.answered[self.provider.requests.pop(found[0])] = True
        self.provider.save()
        return {}

    def send(self, body):
        room, person = self.room(body), self.person(body)
        if (person, room.id, body["key"]) not in self.sent:
            more = {"rel": body["rel"]} if "rel" in body else {}
            self.sent[person, room.id, body["key"]] = self.provider.send(room, person, body["type"], body["content"], **more)
        result = self.sent[person, room.id, body["key"]]
        if result["status"] == "pending":
            return {"status": "pending", "id": result["id"]}
        return {"status": "ordered", "id": result["id"], "seq": result["seq"], "at": result["at"]}

    def change_room(self, body):
        room, person, change, target = self.room(body), self.person(body), body["change"], body.get("address")
        old = dict(room.state.said("access", target)) if target else {}
        old.pop("salt", None)
        member = room.state.get("member", target) if target else None
        remove = {"remove": member.id} if member and member.content["membership"] == "joined" else {}
        own = {"leave": ("member", {"membership": "left"}, person), "title": ("room.info", {"title": body.get("value")}, ""),
               "owner": ("room.owner", {"owner": target}, "")}
        new = {"remove": {**old, **remove}, "ban": {**old, **remove, "ban": True}, "role": {**old, "role": body.get("value")},
               "unban": {name: value for name, value in old.items() if name != "ban"}}
        type, content, key = own[change] if change in own else ("access", new[change], target)
        self.provider.send(room, person, type, content, key)
        return {}

    def view_room(self, body):
        room, person = self.room(body), self.person(body)
        members = sorted(room.state.people())
        roles = [{"address": who, "role": "owner" if who == room.state.owner else room.state.role_name(who, room.state.said("access", who))}
                 for who in members]
        return {"hub": room.state.hub, "status": self.status(room, person), "head": [0, room.newest, room.hashes[room.newest]],
                "state": room.state.hash(), "members": roles}

    def read_log(self, body):
        room, events = self.room(body), []
        for seq in [seq for seq in sorted(room.records) if seq > body["after"]][:body["limit"]]:
            item = room.records[seq]
            event = Event(item["jws"]) if "jws" in item else None
            if event and event.ok and room.may_read(self.provider.domain if room.state.hub != self.provider.domain else home(body["as"]), seq):
                shown = {"seq": seq, "at": item["at"], "id": event.id, "type": event.type, "sender": event.sender, "ts": event.p["ts"]}
                content = json.loads(item["content"]) if item["content"] is not None and event.p["scheme"] == "plain" else None
                more = {name: event.p[name] for name in ("key", "rel", "ttl") if name in event.p}
                events.append({**shown, **more, "content": content})
        return {"events": events}

    def discover(self, body):
        try:
            self.provider.fetch(body["domain"])
        except (OSError, Bad):
            raise Bad("not-found")
        return {"version": self.provider.document_of(body["domain"]).version}

    def drain(self, body):
        deadline = now() + body["deadlineMs"]
        while True:
            with self.provider.lock:
                owed = self.provider.owed()
            busy = owed - self.provider.troubled
            if not busy or now() > deadline:
                return {"quiet": not busy, "waiting": sorted(owed & self.provider.troubled)}
            time.sleep(0.02)

OPERATIONS = {name.replace("_", "-"): name for name in (
    "describe", "make_account", "view_account", "create_room", "invite", "answer", "send", "change_room", "view_room", "read_log",
    "discover", "drain")}

class ControlWeb(http.server.BaseHTTPRequestHandler):
    protocol_version, controls, secret = "HTTP/1.1", None, ""

    def do_POST(self):
        size = int(self.headers.get("content-length", 0))
        body = self.rfile.read(size)
        try:
            need(self.headers.get("authorization") == "Bearer " + self.secret, "bad-token")
            name = self.path.removeprefix("/control/v1/")
            need(self.command == "POST" and name in OPERATIONS, "unsupported")
            self.answer(200, self.operate(name, json.loads(body)))
        except Bad as e:
            status = STATUS.get(e.code, 400)
            self.answer(status, {"type": "urn:payvand:error:" + e.code, "title": e.code, "status": status, "code": e.code})

    def operate(self, name, body):
        wrong = fault(body, shape_of(f"control-{name}-request"))
        need(not wrong, "bad-request", part=wrong)
        operation = getattr(self.controls, OPERATIONS[name])
        if name in ("drain", "discover"):  # which wait for others
            return operation(body)
        with self.controls.provider.lock:
            return operation(body)

    def answer(self, status, body):
        body = dump(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status == 200 else "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *args):
        pass

def main():
    parser = toy.arguments(argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter))
    parser.add_argument("--control", required=True)
    parser.add_argument("--secret-file", required=True)
    args = parser.parse_args()
    with open(args.secret_file) as file:
        ControlWeb.secret = file.read().strip()
    need(len(ControlWeb.secret) >= 16 and args.control.startswith("127.") and args.listen.startswith("127."), "bad-request")
    host, _, port = args.control.rpartition(":")
    provider = toy.start(args)
    ControlWeb.controls = Controls(provider)
    server = http.server.ThreadingHTTPServer((host, int(port)), ControlWeb)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("controls are ready", flush=True)
    toy.console(provider)

if __name__ == "__main__":
    main()
