"""What a Payvand room is, chapter 07: its state, the rules R1 to R13, and its log."""
import copy
from types import SimpleNamespace
from formats import (MAX, RIGHTS, ROLES, TYPES, Bad, Event, H, b64, covers, hash_of, header_of, home, link_id, need, proves, raw,
                     read_content, read_invite, record_hash, statement, u)

# ------------------------------------------------------------------------------------------- the state of a room: chapter 07
ZERO = b64(bytes(32))

def bucket(type, key):
    return H(type + "\0" + key)[0]

def bucket_hash(entries):
    """PV-STH-002 over (type, key, id)."""
    return H(b"".join(u(32, len(t)) + t.encode() + u(32, len(k)) + k.encode() + raw(i) for t, k, i in sorted(entries)))

def shared(type):
    """PV-ROOM-014."""
    return type not in ("member", "access", "room.link")

def entry_of(event, content, item):
    brings = statement(item["statement"]) if event.type in ("room.create", "provider") else None
    size = len(item["jws"]) + len(item["content"].encode()) + len(item.get("statement", ""))
    return SimpleNamespace(id=event.id, sender=event.sender, content=content, size=size, item=item, statement=brings)

class State:
    """The entries of a room by type and key, and what is read off them."""

    def __init__(self, entries=()):
        self.entries = dict(entries)

    def get(self, type, key=""):
        return self.entries.get((type, key))

    def said(self, type, key=""):
        entry = self.get(type, key)
        return entry.content if entry else {}

    def buckets(self):
        rows = [[] for _ in range(256)]
        for (type, key), entry in self.entries.items():
            rows[bucket(type, key)].append((type, key, entry.id))
        return [bucket_hash(row) for row in rows]

    def hash(self):
        return hash_of(b"payvand-state\0" + b"".join(self.buckets()))

    @property
    def create(self):
        return self.get("room.create")

    @property
    def hub(self):
        return home(self.create.sender) if self.create else None

    @property
    def dm(self):
        return bool(self.create) and self.create.content["kind"] == "dm"

    @property
    def owner(self):
        return None if self.dm else self.said("room.owner").get("owner", self.create.sender)

    @property
    def visible(self):
        return self.dm or self.said("room.history").get("visible") == "all"

    def in_force(self, domain):
        """PV-ROOM-005: the statement whose keys sign for a domain."""
        entry = self.get("provider", domain) or (self.create if self.hub == domain else None)
        return entry and entry.statement

    def denied(self, domain):
        return self.said("room.deny", domain).get("denied", False)

    def joined(self, person):
        """PV-ROOM-007."""
        member, access = self.get("member", person), self.said("access", person)
        if not member or member.content["membership"] != "joined" or self.denied(home(person)):
            return False
        return "ban" not in access and access.get("remove") != member.id

    def people(self):
        return [key for type, key in self.entries if type == "member" and self.joined(key)]

    def domains(self):
        return {home(person) for person in self.people()}

    def role(self, name):
        """Rank and rights, or None."""
        role = self.said("role", name) or ROLES.get(name)
        return role and (role["rank"], set(role["rights"]))

    def role_name(self, person, access):
        """PV-RIGHT-004, with this access entry."""
        return access.get("role") or self.said("member", person).get("role", "member")

    def role_of(self, person):
        if person == self.owner:
            return 100, RIGHTS
        return self.role(self.role_name(person, self.said("access", person))) or (0, set())

    def rank(self, person):
        return self.role_of(person)[0]

    def rights(self, person, at):
        if not self.create or not self.joined(person):
            return set()
        limit = self.said("access", person).get("restrict") if person != self.owner else None
        lost = set(limit["rights"]) if limit and at < limit.get("until", at + 1) else set()
        return self.role_of(person)[1] - lost

# --------------------------------------------------------------------------------------------- the rules R1 to R13: chapter 07
class Case:
    """A record before the rules, with what they look at. Bad stands for R1."""

    def __init__(self, state, room, record, event, seen_hash):
        need(event.ok, "bad-event")
        self.state, self.room, self.record, self.event, self.seen_hash = state, room, record, event, seen_hash
        self.p, self.kind, self.sender, self.key = event.p, event.type, event.sender, event.key
        self.at, self.content, self.brings = record["at"], None, None
        if self.key is not None:
            self.content = read_content(event, record["content"])
        self.is_keys = self.kind in ("room.create", "provider")
        self.force = state.in_force(event.domain)
        if self.is_keys:
            try:
                self.brings = statement(record.get("statement"))
            except Bad:
                pass
        own = self.brings if self.brings and self.brings.provider == event.domain else None
        signs = own if self.is_keys else self.force  # PV-RULE-006, PV-RULE-005
        need(not signs or signs.signed(event, "event", active=True), "bad-event")
        self.joins = self.kind == "member" and self.content["membership"] == "joined"
        self.present = state.get(self.kind, self.key) if self.key is not None else None
        self.rights = state.rights(self.sender, self.at)

def wrong_room(c):
    return (c.kind == "room.create") != (c.record["seq"] == 0) or c.event.room != c.room

def until_passed(c):
    return c.at > c.p["until"]

def seen_mismatch(c):
    if "seen" not in c.p:
        return c.event.domain in c.state.domains()
    epoch, seq, seen = c.p["seen"]
    if seq >= c.record["seq"] or epoch > c.record["epoch"]:
        return True
    return epoch == c.record["epoch"] and c.seen_hash not in (None, seen)

def prior_mismatch(c):
    return c.p.get("prior") != (c.present.id if c.present else None)

def not_member(c):
    if c.kind == "provider" and c.state.denied(c.sender):
        return True
    if c.kind == "room.create" or "@" not in c.sender:
        return False
    return not c.force or not (c.state.joined(c.sender) or c.joins and c.key == c.sender)

def wrong_sender(c):
    if (c.kind == "provider") == ("@" in c.sender) or c.kind in ("provider", "member") and c.key != c.sender:
        return True
    if c.kind == "room.owner" and c.sender != c.state.owner:
        return True
    two = [c.state.create.sender, c.state.create.content["with"]] if c.state.dm else []
    return bool(two) and c.sender not in two + [home(person) for person in two]

def bad_statement(c):
    if not c.is_keys:
        return False
    if not c.brings or not c.brings.names(c.content) or c.brings.provider != c.event.domain:
        return True
    return not (c.brings.succeeds(c.force) if c.force else c.brings.first())

def not_invited(c):
    if not c.joins:
        return False
    if c.state.joined(c.sender) or "ban" in c.state.said("access", c.sender) or c.state.denied(c.event.domain):
        return True
    try:
        invite = read_invite(c.content.get("invite"))
    except Bad:
        invite = None
    if c.content.get("role") != (invite.p.get("role") if invite and "link" in invite.p else None):  # PV-RULE-070
        return True
    if c.state.dm or c.sender == c.state.create.sender and not c.state.get("member", c.sender):
        return False
    if not invite or not well_given(c, invite):
        return True
    access = c.state.get("access", c.sender)
    after = access.id if access else None
    return not may_use_link(c, invite.p) if "link" in invite.p else (invite.p["to"], invite.p.get("after")) != (c.sender, after)

def well_given(c, invite):
    """PV-RULE-023, PV-RULE-024 and PV-RULE-026."""
    i, keys = invite.p, c.state.in_force(home(invite.p["by"]))
    if i["room"] != c.room or i["until"] < c.at or not keys or not keys.signed(invite, "event"):
        return False
    ranked = c.state.role_name(c.sender, c.state.said("access", c.sender)) != "member"
    return "invite" in c.state.rights(i["by"], c.at) and (not ranked or c.state.rank(i["by"]) > c.state.rank(c.sender))

def may_use_link(c, i):
    """PV-RULE-071 to PV-RULE-075."""
    if "approve" in i or "remove" in c.state.said("access", c.sender) or c.state.get("room.link", link_id(i["by"], i["link"])):
        return False
    if "proof" not in c.content or not proves(i["link"], c.room, c.sender, c.content["proof"]):
        return False
    role, rights = c.state.role(i.get("role")), c.state.rights(i["by"], c.at)
    return "role" not in i or bool(role) and c.state.rank(i["by"]) > role[0] and {"roles"} | role[1] <= rights

def no_right(c):
    known = TYPES.get(c.kind, {})
    if c.kind in ("room.create", "provider", "room.owner") or c.joins:
        return False
    if c.kind == "member":
        return c.sender == c.state.owner and c.state.people() != [c.sender]
    if c.state.dm and c.key is not None:
        return not known.get("dm")
    if c.kind == "access":
        return not may_change_access(c)
    if c.kind == "room.link":
        return not ("remove" in c.rights or c.content["by"] == c.sender and "invite" in c.rights)
    if c.kind == "room.deny" and c.content["denied"] == c.state.denied(c.key):
        return True
    right = known["right"] if known else "send" if c.key is None else "manage"
    return right is not None and right not in c.rights

def may_change_access(c):
    """PV-RULE-030."""
    old, new = c.state.said("access", c.key), c.content
    differs = {name: old.get(name) != new.get(name) for name in ("ban", "remove", "role", "title")}
    limits = [(set(x["restrict"]["rights"]), x["restrict"].get("until")) if "restrict" in x else None for x in (old, new)]
    asked = {right for right, needed in (
        ("ban", differs["ban"]),
        ("remove", differs["remove"] and "remove" in new and not ("ban" in new and "ban" not in old)),
        ("roles", differs["role"] or differs["title"]),
        ("restrict", limits[0] != limits[1])) if needed}
    return (bool(asked) or differs["remove"]) and asked <= c.rights

def rank_too_low(c):
    if c.kind not in ("room.owner", "role", "room.deny", "access"):
        return False
    rank = c.state.rank(c.sender)
    if c.kind == "room.owner":
        return not c.state.joined(c.content["owner"])
    if c.kind == "role":
        present = c.state.role(c.key)
        return c.content["rank"] >= rank or bool(present) and present[0] >= rank or not set(c.content["rights"]) <= c.rights
    if c.kind == "room.deny":
        return not may_deny(c, rank)
    return not reaches(c, rank)

def may_deny(c, rank):
    """PV-RULE-053 and PV-RULE-054."""
    said = [key for type, key in c.state.entries if type == "member" and home(key) == c.key]
    if c.content["denied"]:
        higher = [key for key in said if c.state.joined(key) and c.state.rank(key) >= rank]
        return c.key not in (home(c.state.owner), c.state.hub) and not higher
    members = [(c.state.get("member", key), c.state.said("access", key)) for key in said]
    return all(access.get("remove") == member.id for member, access in members if member.content["membership"] == "joined")

def reaches(c, rank):
    """PV-RULE-031 to PV-RULE-035."""
    old, member, remove = c.state.said("access", c.key), c.state.get("member", c.key), c.content.get("remove")
    join = member.id if member and member.content["membership"] == "joined" else None
    if c.key == c.sender or c.state.rank(c.key) >= rank or remove and remove not in (old.get("remove"), join):
        return False
    if join and remove != join and (old.get("remove") == join or "ban" in c.content):
        return False
    if old.get("role") == c.content.get("role"):
        return True
    name = c.state.role_name(c.key, c.content)
    role = c.state.role(name)
    if not role or role[0] >= rank:
        return False
    return "role" not in c.content and name == "member" or role[1] <= c.rights

def state_full(c):
    if c.key is None:
        return False
    size = entry_of(c.event, c.content, c.record).size
    def after(test):
        """Number and bytes of entries there would be; a number that does not grow breaks no limit."""
        sizes = [entry.size for (type, _), entry in c.state.entries.items() if test(type)]
        return 0 if c.present else len(sizes) + 1, sum(sizes) + size - (c.present.size if c.present else 0)
    if after(lambda type: True)[0] > 20000 or c.joins and len(c.state.people()) >= 5000:
        return True
    number, total = after(shared) if shared(c.kind) else after(lambda type: type == c.kind)
    if c.kind == "room.link":
        return number > (512 if "remove" in c.rights else 128)
    if not shared(c.kind):
        return c.kind == "member" and number > 9500
    if c.kind == "room.owner" or c.kind == "provider" and c.force:  # PV-RULE-043
        return total > 229376
    roles, role_bytes = after(lambda type: type == "role") if c.kind == "role" else (0, 0)
    return number > 256 or total > 196608 or roles > 32 or role_bytes > 32768

def timer_passed(c):
    timer = c.state.said("room.settings").get("timer")
    return c.key is None and bool(timer) and c.kind != "message.delete" and c.p.get("ttl", MAX) > timer

RULES = {
    "R2": ("wrong-room", wrong_room), "R3": ("until-passed", until_passed), "R4": ("seen-mismatch", seen_mismatch),
    "R5": ("prior-mismatch", prior_mismatch), "R6": ("not-member", not_member), "R7": ("wrong-sender", wrong_sender),
    "R8": ("bad-statement", bad_statement), "R9": ("not-invited", not_invited), "R10": ("no-right", no_right),
    "R11": ("rank", rank_too_low), "R12": ("state-full", state_full), "R13": ("timer", timer_passed),
}

def judge(state, room, record, event, seen_hash=None):
    """The first rule that a record breaks, as (rule, code), or None; and the content of a state event."""
    try:
        case = Case(state, room, record, event, seen_hash)
    except Bad:
        return ("R1", "bad-event"), None
    for rule, (code, is_broken) in RULES.items():
        if is_broken(case):
            return (rule, code), case.content
    return None, case.content

# --------------------------------------------------------------------------------------------------- a room: chapters 05, 07
UNERASED = ("message.edit", "message.delete", "message.poll-close")  # PV-EFF-002

class Room:
    """A log with its state, from its create event on or from a snapshot. Records are kept as they travel."""

    def __init__(self, id, snapshot=None):
        self.id, self.snapshot, self.state = id, snapshot, State()
        self.newest, self.at, self.hashes = -1, 0, {-1: ZERO}
        self.records, self.ids, self.heads = {}, {}, {}
        self.readers, self.said, self.gone = {}, {}, set()
        self.fault, self.behind, self.first, self.past = None, -1, 0, []
        if snapshot:
            head = snapshot["sealed"]["head"]
            self.state = read_entries(id, snapshot["entries"])
            self.newest, self.at, self.hashes[head["seq"]] = head["seq"], head["at"], head["hash"]
            self.heads[self.newest], self.first = (snapshot["sealed"], snapshot["seal"]), self.newest + 1
            for who in self.state.people():
                since = 0 if self.state.dm else self.state.get("member", who).item["seq"]
                self.readers[home(who)] = self.readers.get(home(who), []) + [(since, None)]

    def copy(self):
        twin = copy.copy(self)
        twin.state, twin.gone, twin.past = State(self.state.entries), set(self.gone), list(self.past)
        for name in ("records", "hashes", "ids", "heads", "readers", "said"):
            setattr(twin, name, dict(getattr(self, name)))
        return twin

    def saved(self):
        return {"id": self.id, "snapshot": self.snapshot, "past": self.past,
                "records": [item for seq, item in self.records.items() if seq >= self.first],
                "fault": self.fault, "heads": list(self.heads.values())}

    @staticmethod
    def restored(saved):
        room = Room(saved["id"], saved["snapshot"])
        for item in saved["records"]:
            room.append(item)
        for prev, items in saved["past"]:
            room.look_back(prev, items)
        room.heads = {sealed["head"]["seq"]: (sealed, seal) for sealed, seal in saved["heads"]}
        room.fault = saved["fault"]
        return room

    def look_back(self, prev, items):
        """PV-LOG-009: keeps records from before the snapshot, which are chained to it and not judged."""
        self.past.append((prev, items))
        self.hashes[items[0]["seq"] - 1] = prev
        for item in items:
            self.keep(item, header_of(item)["event"])

    def keep(self, item, id):
        seq = item["seq"]
        self.records[seq], self.hashes[seq], self.ids[id] = item, record_hash(self.id, item, self.hashes[seq - 1]), seq

    def check(self, item):
        """What is refused before there is a verdict, PV-ROOM-013 to PV-ROOM-019; the event."""
        try:
            event = Event(item.get("jws"))
        except Bad:
            raise Bad("bad-chain")
        need(item["seq"] == self.newest + 1 and item["epoch"] == 0, "bad-chain")
        need(item["at"] >= self.at, "at-decreased")
        need(event.id not in self.ids, "duplicate-event")
        if not event.ok:
            return event
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
        seq, before = item["seq"], self.records.get(item["seq"] - 1)
        self.keep(item, event.id)
        self.newest, self.at = seq, item["at"]
        if not broken and event.key is not None:
            visible = seq > 0 and self.state.visible
            self.state.entries[event.type, event.key] = entry_of(event, content, item)
            self.open_for(event, content, visible, before)
        elif not broken:
            self.erase(event, "moderate" in self.state.rights(event.sender, item["at"]))
        return broken

    def open_for(self, event, content, visible, before):
        """PV-READ: the stretches of the log that each provider may read, after a state event."""
        seq = self.newest
        if event.type == "member" and content["membership"] == "joined":
            last = Event(before["jws"]) if before and "jws" in before else None
            with_keys = last and last.ok and (last.type, last.sender) == ("provider", event.domain)
            start = 0 if visible else seq - 1 if with_keys else seq
            self.readers[event.domain] = self.readers.get(event.domain, []) + [(start, None)]
        for who in self.readers.keys() - self.state.domains():
            self.readers[who] = [(a, seq if b is None else b) for a, b in self.readers[who]]

    def may_read(self, who, seq):
        return any(a <= seq and (b is None or seq <= b) for a, b in self.readers.get(who, []))

    def reads_to(self, who):
        return max((self.newest if b is None else b for a, b in self.readers.get(who, [])), default=-2)

    def erase(self, event, moderates):
        """PV-EFF: what an allowed delete erases, and the edits of what was erased before, and the votes on it."""
        about = event.targets[0] if event.type in ("message.edit", "message.vote") else None
        self.said[event.id] = event.type, event.sender, about
        for target in event.targets if event.type == "message.delete" else ():
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
