"""A company and its registers as one version declares them, whatever is in force by now."""

from msgspec import Struct

from tenants.base import new_id
from tenants.companies.model import Company
from tenants.languages.speaking import Text
from tenants.manifests import compiling, gaps, protecting
from tenants.manifests.model import DeclaredNotice, Manifest
from tenants.manifests.protecting import Protections
from tenants.registers import describing
from tenants.registers.describing import Description


class NoticeAsDeclared(Struct, frozen=True):
    """What the notice of a company says under one version. Its rows are in no database."""

    company: Company
    registers: list[Description]
    protections: Protections
    silences: list[Text]
    declared: DeclaredNotice


def notice(manifest: Manifest, company_key: str) -> NoticeAsDeclared:
    """Of a company that the version declares; the version has no faults."""
    company = next(one for one in compiling.companies(manifest) if one.key == company_key)
    registers = compiling.registers(manifest, company)
    for register in registers:
        register.register_id = new_id()
    fields = [one for register in registers for one in compiling.fields(manifest, company, register)]
    purposes = [one for register in registers for one in compiling.purposes(manifest, company, register)]
    silences = [gap.says for gap in gaps.silences(manifest, company_key)]
    described = describing.described(registers, fields, purposes)
    protections = protecting.protections(manifest, company_key)
    return NoticeAsDeclared(company, described, protections, silences, manifest.notice)
