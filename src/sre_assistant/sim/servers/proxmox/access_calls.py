"""The calls about users, roles and rights, and the one that gives a ticket."""

from __future__ import annotations

import hmac
from typing import Final

from sre_assistant.sim.servers.proxmox.access import (
    AUDITOR,
    CHANGE,
    CHANGER,
    OWNER,
    READ,
    ROLES,
    USER,
    Caller,
    Keys,
)
from sre_assistant.sim.servers.proxmox.asked import FLAG, TEXT, WORD, Asked
from sre_assistant.sim.servers.proxmox.calls import Call, Refused

Row = dict[str, object]

_REALMS: Final = (
    {"realm": "pam", "type": "pam", "comment": "Linux PAM standard authentication"},
    {"realm": "pve", "type": "pve", "comment": "Proxmox VE authentication server"},
)
LOGIN: Final = {"username": WORD, "password": WORD, "realm": TEXT, "new-format": FLAG}


def ticket(asked: Asked) -> Row:
    """A ticket for a user with the right password, or with a ticket that is still good."""
    keys = Keys(asked.live.credentials["proxmox"])
    name, password, now = asked.text("username"), asked.text("password"), asked.view.now
    if "realm" in asked.values and "@" not in name:
        name = f"{name}@{asked.text('realm')}"
    right = hmac.compare_digest(password.encode(), keys.password.encode())
    if name != USER or not (right or keys.opened(password, now)):
        raise Refused(401, "authentication failure")
    everything = Caller(USER, OWNER)
    return {
        "username": name,
        "ticket": keys.ticket(name, now),
        "CSRFPreventionToken": keys.csrf(name, now),
        "clustername": asked.view.name,
        "cap": {
            kind: everything.permissions_on(path)
            for kind, path in {"dc": "/", "nodes": "/nodes", "storage": "/storage", "vms": "/vms"}.items()
        },
    }


def _users(asked: Asked) -> list[Row]:
    user: Row = {"userid": USER, "enable": 1, "expire": 0, "realm-type": "pve", "comment": "SRE assistant"}
    if asked.flag("full"):
        user["tokens"] = [
            {"tokenid": name, "privsep": 1, "expire": 0, "comment": comment}
            for name, comment in ((READ, "reads"), (CHANGE, "reads and changes"))
        ]
    if not asked.caller.has("/access/groups", "Sys.Audit"):
        return [user]
    root: Row = {
        "userid": "root@pam",
        "enable": 1,
        "expire": 0,
        "realm-type": "pam",
        "email": "admin@example.com",
    }
    return [root, user]


def _tokens(asked: Asked) -> list[Row]:
    if asked.text("userid") != USER:
        asked.caller.check("/access/users", "User.Modify")
    return [{"tokenid": name, "privsep": 1, "expire": 0} for name in (READ, CHANGE)]


def _roles(_asked: Asked) -> list[Row]:
    own = {"SREOperator", "SREOwner"}
    return [
        {"roleid": name, "privs": ",".join(some), "special": int(name not in own)}
        for name, some in sorted(ROLES.items())
    ]


def _permissions(asked: Asked) -> dict[str, dict[str, int]]:
    """What the caller may do, or somebody else; a user may know this of its own tokens."""
    who = asked.text("userid", asked.caller.name)
    if who != asked.caller.name and who.partition("!")[0] != asked.caller.name:
        asked.caller.check("/access", "Sys.Audit")
    roles = {USER: OWNER, f"{USER}!{READ}": AUDITOR, f"{USER}!{CHANGE}": CHANGER}
    if who not in roles:
        raise Refused(500, f"no such user ('{who}')")
    meant = Caller(who, roles[who], asked.caller.denied)
    if "path" in asked.values:
        path = asked.text("path")
        return {path: meant.permissions_on(path)}
    return meant.permissions()


def _acl(asked: Asked) -> list[Row]:
    """Who has which role where; all of it for who may audit access, nothing for others."""
    if not asked.caller.has("/access", "Sys.Audit"):
        return []
    given = (
        (USER, "user", "PVEAuditor"),
        (USER, "user", "SREOwner"),
        (f"{USER}!{READ}", "token", "PVEAuditor"),
        (f"{USER}!{CHANGE}", "token", "PVEAuditor"),
        (f"{USER}!{CHANGE}", "token", "SREOperator"),
    )
    return [
        {"path": "/", "ugid": who, "type": kind, "roleid": role, "propagate": 1} for who, kind, role in given
    ]


def _domains(_asked: Asked) -> list[Row]:
    return [dict(one) for one in _REALMS]


CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "access/users", _users, fields={"enabled": FLAG, "full": FLAG}),
    Call("GET", "access/users/{userid}/token", _tokens, fields={"userid": WORD}),
    Call("GET", "access/roles", _roles),
    Call("GET", "access/permissions", _permissions, fields={"path": TEXT, "userid": TEXT}),
    Call("GET", "access/acl", _acl),
)
OPEN: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "access/domains", _domains),
    Call("GET", "access/ticket", lambda _asked: None),
    Call("POST", "access/ticket", ticket, fields=LOGIN),
)
"""What anybody may call."""
