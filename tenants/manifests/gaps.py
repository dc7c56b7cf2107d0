"""What a company's notice leaves out or says wrongly, gathered from wherever the manifest tells it."""

from tenants.manifests.model import Gap, Manifest, Rule


def silences(manifest: Manifest, company_key: str) -> list[Gap]:
    """The whole notice's first. Decisions are no silences: they say what was chosen here."""
    registers = [register for register in manifest.registers if company_key in register.kept_by]
    kept = {register.key for register in registers}
    gaps = [*manifest.gaps, *manifest.notice.gaps]
    for company in manifest.companies:
        gaps += company.gaps if company.key == company_key else ()
    for register in registers:
        gaps += register.gaps
    for purpose in manifest.purposes:
        own = purpose.companies is None or company_key in purpose.companies
        gaps += purpose.gaps if own and kept & {part.register for part in purpose.data} else ()
    return [gap for gap in gaps if gap.rule is not Rule.DECISION]
