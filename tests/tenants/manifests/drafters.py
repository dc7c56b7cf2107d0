"""Alfa and Beta, who keep customers alike; Alfa keeps credit sales alone. And those who draft and approve for them."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select, update

from tenants.acting import system
from tenants.companies.model import Company, Role
from tenants.database import walled_session
from tenants.groups.model import Group
from tenants.languages.speaking import Text
from tenants.manifests import applying, drafting, editing, exporting, versions
from tenants.manifests.applying import Outcome
from tenants.manifests.drafting import Draft
from tenants.manifests.model import DeclaredField, Manifest
from tenants.manifests.parts import Parts
from tenants.manifests.reading import ReadManifest
from tenants.registers import persons, records
from tenants.registers.model import Origin, Register
from tests import make
from tests.make import MadeCompany, MadeGroup, MadeMember
from tests.tenants.manifests import samples


class House(Struct, frozen=True):
    slug: str
    group: MadeGroup
    alfa: MadeCompany
    beta: MadeCompany
    owner: MadeMember
    admin: MadeMember
    sister: MadeMember

    def begin(self, key: str = "credit") -> UUID:
        with walled_session(self.owner.acting(self.alfa)) as session:
            return drafting.begin(session, key).draft_id

    def change(self, draft_id: UUID, edit: Callable[[Parts], Parts], *, edition: int | None = None) -> None:
        with walled_session(self.owner.acting(self.alfa)) as session:
            drafting.change(session, draft_id, edit, edition=edition)

    def approve(self, draft_id: UUID, by: MadeMember | None = None, at: MadeCompany | None = None) -> Draft:
        edition = self.look(draft_id).row.edition
        with walled_session((by or self.admin).acting(at or self.alfa)) as session:
            return drafting.approve(session, draft_id, edition=edition)

    def settle(self, draft_id: UUID, *, keep_mine: bool) -> None:
        edition = self.look(draft_id).row.edition
        with walled_session(self.owner.acting(self.alfa)) as session:
            drafting.settle(session, draft_id, keep_mine=keep_mine, edition=edition)

    def look(self, draft_id: UUID) -> Draft:
        with walled_session(self.admin.acting(self.alfa)) as session:
            return drafting.get(session, draft_id)

    def apply(self, *edits: tuple[str, str]) -> Outcome:
        return self.apply_read(samples.read(self.slug, *edits))

    def apply_read(self, read: ReadManifest) -> Outcome:
        with walled_session(self.group.system()) as session:
            return applying.apply(session, read)

    def in_force(self) -> Manifest:
        with walled_session(self.group.system()) as session:
            return versions.in_force(session)

    def exported(self) -> str:
        with walled_session(self.group.system()) as session:
            return exporting.to_yaml(versions.in_force(session))

    def register_id(self, key: str, of: MadeCompany | None = None) -> UUID:
        company_id = (of or self.alfa).company_id
        with walled_session(self.group.system()) as session:
            return session.scalars(
                select(Register.register_id).where(Register.company_id == company_id, Register.key == key)
            ).one()

    def with_four_eyes(self) -> None:
        with walled_session(self.group.system()) as session:
            session.execute(update(Group).values(four_eyes=True))

    def customer(self, of: MadeCompany, **values: str) -> None:
        with walled_session(of.system()) as session:
            given = {"customer_number": "1", **values}
            person_id = persons.create(session)
            records.write(
                session, self.register_id("customers", of), person_id, given, source="person", at=datetime.now(UTC)
            )


def house() -> House:
    slug = samples.new_slug()
    read = samples.read(slug)
    group_id = applying.group_id_of(read.manifest)
    with walled_session(system(group_id)) as session:
        applying.apply(session, read)
    group = MadeGroup(group_id, slug)
    with walled_session(group.system()) as session:
        found = {one.key: MadeCompany(group, one.company_id, one.key) for one in session.scalars(select(Company))}
    alfa, beta = found["alfa"], found["beta"]
    return House(
        slug=slug,
        group=group,
        alfa=alfa,
        beta=beta,
        owner=make.staff(group, (Role.REGISTER_OWNER, alfa)),
        admin=make.staff(group, (Role.COMPANY_ADMIN, alfa)),
        sister=make.staff(group, (Role.COMPANY_ADMIN, beta)),
    )


def with_field(key: str, label: str = "Maksuerä", **other: object) -> Callable[[Parts], Parts]:
    """A field more, which all purposes of the register use."""
    given: dict[str, object] = {
        "key": key,
        "label": Text(fi=label, sv=label, en=label),
        "category": "contact",
        "origin": Origin.OBSERVED,
    }
    field = DeclaredField(**(given | other))  # type: ignore[arg-type]

    def edit(parts: Parts) -> Parts:
        assert parts.register
        return replace(parts, register=replace(parts.register, fields=(*parts.register.fields, field)))

    return edit


def named(fi: str) -> Callable[[Parts], Parts]:
    """Called otherwise in Finnish."""

    def edit(parts: Parts) -> Parts:
        assert parts.register
        name = replace(parts.register.name, fi=fi)
        return replace(parts, register=replace(parts.register, name=name))

    return edit


def without_field(key: str) -> Callable[[Parts], Parts]:
    def edit(parts: Parts) -> Parts:
        assert parts.register
        fields = tuple(one for one in parts.register.fields if one.key != key)
        return replace(parts, register=replace(parts.register, fields=fields))

    return edit


def kept_by(*keys: str) -> Callable[[Parts], Parts]:
    """Kept by these companies."""

    def edit(parts: Parts) -> Parts:
        assert parts.register
        return replace(parts, register=replace(parts.register, kept_by=keys))

    return edit


def ordered(*keys: str) -> Callable[[Parts], Parts]:
    """The fields in this order."""
    return lambda parts: editing.in_order(parts, keys)
