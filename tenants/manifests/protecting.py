"""How a company's notice says that the data is protected, on paper and in systems: the whole of it, and by register."""

from msgspec import Struct

from tenants.manifests.model import DeclaredRegister, Manifest, Protection


class Protected(Struct, frozen=True):
    """`own`: what is said of this register in particular; `on_paper`: the company keeps some of it so."""

    own: Protection
    on_paper: bool


class Protections(Struct, frozen=True):
    """`registers` by key: only those of which something is said in particular."""

    whole: Protection = Protection()
    registers: dict[str, Protected] = {}


def protections(manifest: Manifest, company_key: str) -> Protections:
    kept = [register for register in manifest.registers if company_key in register.kept_by]
    said = {
        one.key: Protected(one.protection or Protection(), _on_paper(one, company_key))
        for one in kept
        if one.protection or _on_paper(one, company_key)
    }
    return Protections(manifest.notice.protection, said)


def _on_paper(register: DeclaredRegister, company_key: str) -> bool:
    return any(paper.companies is None or company_key in paper.companies for paper in register.paper)
