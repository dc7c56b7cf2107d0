"""What the proof can find, in words: what each kind of finding means and how it is mended.

Findings name tables, roles, policies, functions and routes. No value of any row is in them.
"""

from enum import StrEnum

from msgspec import Struct

from tenants.languages.speaking import sentence


class Part(StrEnum):
    """The parts of the proof, in the order in which they are made."""

    CATALOGUE = "catalogue"
    LOGINS = "logins"
    TABLES = "tables"
    PLANS = "plans"
    ROUTES = "routes"
    MUTATIONS = "mutations"


PARTS = {
    Part.CATALOGUE: sentence("What PostgreSQL's catalogue says, compared with what the migrations build"),
    Part.LOGINS: sentence("What each role that can log in may not do"),
    Part.TABLES: sentence("Attacks on every table, as every role"),
    Part.PLANS: sentence("How the walls are looked up"),
    Part.ROUTES: sentence("Attacks on every address of the api"),
    Part.MUTATIONS: sentence("Whether the proof notices a wall that is taken down"),
}


class Kind(StrEnum):
    SERVER = "server"
    REVISION = "revision"
    ROLE = "role"
    MEMBERSHIP = "membership"
    OWNERSHIP = "ownership"
    DEFAULT_PRIVILEGE = "default_privilege"
    EXTENSION = "extension"
    NO_WALL = "no_wall"
    POLICY = "policy"
    GRANT = "grant"
    FUNCTION = "function"
    DEFINER = "definer"
    LEAKPROOF = "leakproof"
    VIEW = "view"
    OBJECT = "object"
    KEY = "key"
    ESCAPE = "escape"
    SEEN = "seen"
    CHANGED = "changed"
    LET_IN = "let_in"
    MOVED = "moved"
    ORACLE = "oracle"
    PLAN = "plan"
    OPEN_ROUTE = "open_route"
    TELLING_ROUTE = "telling_route"
    BROKEN_ROUTE = "broken_route"
    UNNOTICED = "unnoticed"


class Count(StrEnum):
    """What was counted while checking; kinds are counted too, where two catalogues are compared."""

    RULES = "rules"
    ROLES = "roles"
    TABLES = "tables"
    ATTEMPTS = "attempts"
    PROBES = "probes"
    PLANS = "plans"
    ADDRESSES = "addresses"
    REQUESTS = "requests"
    OWN = "own"
    BROKE = "broke"
    UNASKED = "unasked"
    TAKEN_DOWN = "taken_down"
    COMPARED = "compared"
    WEAKENED = "weakened"
    ATTACKED = "attacked"


class Words(Struct, frozen=True):
    means: str
    mend: str


_AS_MIGRATIONS = sentence("Restore what the migrations build, and find out who changed it and when.")
_WALLS = sentence("Treat it as a leak: compare the table's policies with the migrations, and read who could use it.")

WORDS: dict[Kind, Words] = {
    Kind.SERVER: Words(
        sentence("The server is older than those whose row-level security is known to hold."),
        sentence("Upgrade PostgreSQL."),
    ),
    Kind.REVISION: Words(
        sentence("The database was not brought to the version of this program, so the two cannot be compared."),
        sentence("Run seloste migrate, or prove the walls with the program that the installation runs."),
    ),
    Kind.ROLE: Words(
        sentence("A role is missing or has an attribute with which it passes or rebuilds the walls."),
        sentence("Run seloste create-database: it sets the attributes of every role again."),
    ),
    Kind.MEMBERSHIP: Words(
        sentence("A role may act as another role, and with it sees what that one sees."),
        sentence("Revoke the membership."),
    ),
    Kind.OWNERSHIP: Words(
        sentence("Something belongs to a role that could take its walls down."),
        sentence("Give it to the owner that the migrations give it to."),
    ),
    Kind.DEFAULT_PRIVILEGE: Words(
        sentence("Tables to come would be granted to a role without anybody saying so."),
        sentence("Take the default privilege away (ALTER DEFAULT PRIVILEGES)."),
    ),
    Kind.EXTENSION: Words(
        sentence("An extension is installed whose functions nobody has examined for these walls."),
        sentence("Drop it, or move it to a database of its own."),
    ),
    Kind.NO_WALL: Words(
        sentence("Row-level security of a table is not enabled and forced: its rows have no walls for somebody."),
        sentence("Enable and force row-level security on the table at once, then look for the reason."),
    ),
    Kind.POLICY: Words(sentence("A policy is missing, too many, or says something else."), _AS_MIGRATIONS),
    Kind.GRANT: Words(
        sentence("A right was granted or taken away that the migrations know nothing of."), _AS_MIGRATIONS
    ),
    Kind.FUNCTION: Words(
        sentence("A function is missing, too many, or does something else than the migrations say."), _AS_MIGRATIONS
    ),
    Kind.DEFINER: Words(
        sentence("A function runs as its owner and can be misled or called by anybody."),
        sentence("Fix its search_path, take EXECUTE from PUBLIC, or drop it."),
    ),
    Kind.LEAKPROOF: Words(
        sentence("A function is said to be leakproof and therefore sees rows before the walls are asked."),
        sentence("Declare it NOT LEAKPROOF, or drop it."),
    ),
    Kind.VIEW: Words(
        sentence("A view shows rows as its owner sees them, past the walls of whoever asks."),
        sentence("Drop it; a view needs security_invoker, a materialised view has no walls at all."),
    ),
    Kind.OBJECT: Words(
        sentence("A table, column, key, index or trigger is missing, too many, or another one."), _AS_MIGRATIONS
    ),
    Kind.KEY: Words(
        sentence("A key does not begin with the group: it reaches or betrays rows of other groups."),
        sentence("Build the key anew with the group as its first column."),
    ),
    Kind.ESCAPE: Words(
        sentence("A login could do what would let it out of its role or past the walls."),
        sentence("Take the right away from the role."),
    ),
    Kind.SEEN: Words(sentence("Rows were seen by somebody whom the walls must not show them."), _WALLS),
    Kind.CHANGED: Words(sentence("Rows could be changed or deleted by somebody whom they do not belong to."), _WALLS),
    Kind.LET_IN: Words(sentence("A row could be written in the name of somebody else."), _WALLS),
    Kind.MOVED: Words(sentence("A row could be moved to another group or company."), _WALLS),
    Kind.ORACLE: Words(
        sentence("A key tells whether somebody else has a certain row, or lets a row point at it."),
        sentence("Build the key anew so that it begins with the group, and with the company for personal data."),
    ),
    Kind.PLAN: Words(
        sentence("The wall of a table is not looked up in an index: every question reads rows of all groups."),
        sentence("Build an index that begins with the group, and with the company for personal data."),
    ),
    Kind.OPEN_ROUTE: Words(
        sentence("An address answered somebody who has not signed in or has no role."),
        sentence("Ask for the permission in its handler before anything is read."),
    ),
    Kind.TELLING_ROUTE: Words(
        sentence("An answer contained something that belongs to somebody else."),
        sentence("Treat it as a leak: let the handler read through the caller's own session only."),
    ),
    Kind.BROKEN_ROUTE: Words(
        sentence("An address broke (status 500) when a stranger asked it."),
        sentence("Let the handler refuse before it works; read the log of the same moment for the reason."),
    ),
    Kind.UNNOTICED: Words(
        sentence("A wall could be lost without this proof noticing it."),
        sentence("Report it to the makers of Seloste: the proof has a gap, the walls themselves may stand."),
    ),
}  # fmt: skip

COUNTED: dict[Count | Kind, str] = {
    Count.RULES: sentence("rules %(count)s"),
    Count.ROLES: sentence("roles %(count)s"),
    Count.TABLES: sentence("tables %(count)s"),
    Count.ATTEMPTS: sentence("attempts %(count)s"),
    Count.PROBES: sentence("probes of keys %(count)s"),
    Count.PLANS: sentence("plans %(count)s"),
    Count.ADDRESSES: sentence("addresses %(count)s"),
    Count.REQUESTS: sentence("requests %(count)s"),
    Count.OWN: sentence("addresses that open to their own %(count)s"),
    Count.BROKE: sentence("answers that broke over what canaries are made of %(count)s"),
    Count.UNASKED: sentence("bodies refused before it was asked who sends them %(count)s"),
    Count.TAKEN_DOWN: sentence("walls taken down %(count)s"),
    Count.COMPARED: sentence("of them noticed by the comparison %(count)s"),
    Count.WEAKENED: sentence("walls weakened %(count)s"),
    Count.ATTACKED: sentence("of them noticed by an attack %(count)s"),
    Kind.POLICY: sentence("policies %(count)s"),
    Kind.GRANT: sentence("rights %(count)s"),
    Kind.FUNCTION: sentence("functions %(count)s"),
    Kind.OBJECT: sentence("tables, columns, keys and indexes %(count)s"),
    Kind.NO_WALL: sentence("tables with walls %(count)s"),
    Kind.OWNERSHIP: sentence("owners %(count)s"),
}


class Finding(Struct, frozen=True):
    """`place` and `detail` are names of the catalogue, of roles and of routes; `detail` may be empty."""

    kind: Kind
    place: str
    detail: str = ""


class Untried(Struct, frozen=True):
    """What was to be checked and could not be: `reason` is a word of PostgreSQL's or of ours, never a value."""

    place: str
    reason: str


class Result(Struct, kw_only=True):
    """One part of the proof. `checked` counts by what was checked; `skipped` says why nothing was."""

    part: Part
    checked: dict[Count | Kind, int] = {}
    findings: list[Finding] = []
    untried: list[Untried] = []
    skipped: str | None = None
    seconds: float = 0.0

    def count(self, what: Count | Kind, number: int = 1) -> None:
        self.checked[what] = self.checked.get(what, 0) + number

    def find(self, kind: Kind, place: str, detail: str = "") -> None:
        """Once, however often it is met."""
        found = Finding(kind, place, detail)
        if found not in self.findings:
            self.findings.append(found)
