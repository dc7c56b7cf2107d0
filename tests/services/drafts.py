"""A draft of Alfa's register on the stage, and a place of its paper."""

from uuid import UUID

from tenants.base import new_id
from tenants.database import walled_session
from tenants.languages.speaking import Text
from tenants.manifests import drafting, planning
from tenants.manifests.versions import ManifestVersion
from tenants.registers.model import PaperPlace
from tests.make import MadeGroup, MadeMember, MadeRegister
from tests.tenants.manifests import samples

IDS = ("register_draft_id", "place_id")


def build(group: MadeGroup, register: MadeRegister, admin: MadeMember) -> dict[str, UUID]:
    """The draft says what is in force, so nothing comes of it."""
    words, place_id = Text(fi="Holvi", sv="Valv", en="Vault"), new_id()
    with walled_session(group.system()) as session:
        document = planning.document(samples.read(group.slug).manifest)
        session.add(ManifestVersion(version=1, document=document, sha256="00"))
        session.add(
            PaperPlace(
                place_id=place_id,
                company_id=register.company.company_id,
                register_id=register.register_id,
                key="vault",
                place=words,
                lock=words,
                key_holder=words,
                position=1,
            )
        )
    with walled_session(admin.acting(register.company)) as session:
        return {"register_draft_id": drafting.begin(session, "customers").draft_id, "place_id": place_id}
