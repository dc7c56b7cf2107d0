"""A company's notice as it is shown, and what differs between two of it, told in the sentences that people read."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from html.parser import HTMLParser
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy.orm import Session

from services.api.render import PortalViewer, environment
from tenants.companies.model import Company
from tenants.languages.speaking import Language, Text
from tenants.manifests import as_declared, gaps, protecting, versions
from tenants.manifests.drafting import Draft, DraftState
from tenants.manifests.model import DeclaredNotice, Manifest
from tenants.manifests.protecting import Protections
from tenants.manifests.versions import NoManifest
from tenants.processors import arranging, transferring
from tenants.processors.model import JointArrangement, TransferKind
from tenants.processors.transferring import Adequacy, Transferred
from tenants.registers import describing, registers
from tenants.registers.describing import Description

TEMPLATE = "portal/notices/notice.html"
BLOCKS = frozenset({"p", "li", "dd", "tr"})
HEADINGS = frozenset({"h1", "h2", "h3"})
PASSED_OVER = frozenset({"nav", "thead"})


class ShownTransfer(Struct, frozen=True):
    """`registers` are the names of those whose data goes there, in the order of the notice."""

    country: str
    kind: TransferKind
    adequacy: Adequacy
    registers: list[Text]
    register_ids: frozenset[UUID]


class Notice(Struct, frozen=True, kw_only=True):
    """What the notice's template shows of a company.

    `joint` and `transfers` follow from its agreements; `declared` is what the group says beside its registers.
    """

    company: Company
    registers: list[Description]
    protections: Protections = Protections()
    silences: Sequence[Text] = ()
    declared: DeclaredNotice | None = None
    joint: Sequence[JointArrangement] = ()
    transfers: Sequence[ShownTransfer] = ()


class Said(Struct, frozen=True):
    """One sentence, or one row of a table, under its headings."""

    section: str
    words: str


class NoticeChange(Struct, frozen=True):
    """`was` is empty where a sentence appears, `becomes` where one goes."""

    section: str
    was: str
    becomes: str


def notice_of(session: Session, company: Company) -> Notice:
    found = Notice(
        company=company,
        registers=describing.describe(session, company.company_id),
        joint=arranging.shown(session, company.company_id),
        transfers=transfers_of(session, company),
    )
    try:
        manifest = versions.in_force(session)
    except NoManifest:
        return found
    return structs.replace(
        found,
        protections=protecting.protections(manifest, company.key),
        silences=[gap.says for gap in gaps.silences(manifest, company.key)],
        declared=manifest.notice,
    )


def transfers_of(session: Session, company: Company) -> list[ShownTransfer]:
    kept = {one.register_id: one.name for one in registers.listed(session) if one.company_id == company.company_id}
    return [_told(one, kept) for one in transferring.shown(session, company.company_id)]


def _told(one: Transferred, kept: Mapping[UUID, Text]) -> ShownTransfer:
    names = [name for register_id, name in kept.items() if register_id in one.registers]
    return ShownTransfer(one.country, one.kind, one.adequacy, names, one.registers)


def changed_by(language: Language, draft: Draft) -> dict[UUID, list[NoticeChange]]:
    """By company. Of a draft that was published: what it changed then. It has no faults."""
    return {
        one.company_id: _compared(_sentences(language, draft.in_force, one), _sentences(language, draft.becomes, one))
        for one in draft.concerned
        if draft.state is not DraftState.DISCARDED
    }


def _sentences(language: Language, manifest: Manifest, company: Company) -> list[Said]:
    template = environment(language).get_template(TEMPLATE)
    reading = _Reading()
    shown = structs.asdict(as_declared.notice(manifest, company.key))
    live = {"joint": (), "transfers": ()}
    reading.feed(template.render(viewer=PortalViewer(language=language), request_url="", **live, **shown))
    return reading.found


def _compared(before: Sequence[Said], after: Sequence[Said]) -> list[NoticeChange]:
    """In the order of the notice."""
    found: list[NoticeChange] = []
    for kind, a, b, c, d in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if kind != "equal":
            found += _of_passage(before[a:b], after[c:d])
    return found


def _of_passage(gone: Sequence[Said], come: Sequence[Said]) -> Iterator[NoticeChange]:
    """What stands in one section before and after is one sentence changed."""
    waiting = list(come)
    for said in gone:
        same = next((one for one in waiting if one.section == said.section), None)
        if same is not None:
            waiting.remove(same)
        yield NoticeChange(said.section, said.words, same.words if same else "")
    for said in waiting:
        yield NoticeChange(said.section, "", said.words)


class _Reading(HTMLParser):
    """The sentences of the article, as somebody hears them who has them read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Said] = []
        self.headings = {"h2": "", "h3": ""}
        self.within: list[str] = []
        self.words: list[str] = []
        self.term = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "article" or (self.within and tag not in ("br", "img")):
            self.within.append(tag)
        if tag in BLOCKS | HEADINGS or tag == "dt":
            self.words = []

    def handle_data(self, data: str) -> None:
        if self.within and not PASSED_OVER & set(self.within):
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self.within:
            return
        hidden = PASSED_OVER & set(self.within)
        self.within.pop()
        if hidden:
            return
        said = " ".join("".join(self.words).split())
        if tag in ("th", "td"):
            self.words.append(" – " if tag == "th" else "")
        elif tag == "h2":
            self.headings = {"h2": said, "h3": ""}
        elif tag == "h3":
            self.headings["h3"] = said
        elif tag == "dt":
            self.term = said
        elif tag in BLOCKS and said:
            words = f"{self.term}: {said}" if tag == "dd" and self.term else said
            section = " / ".join(filter(None, self.headings.values()))
            self.found.append(Said(section, words))
