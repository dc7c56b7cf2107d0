"""The rows that a manifest stands for. A register that four companies keep is four registers."""

from tenants.companies.model import Company, Contact, Department
from tenants.manifests.model import (
    DeclaredCompany,
    DeclaredContact,
    DeclaredField,
    DeclaredPurpose,
    DeclaredRegister,
    Manifest,
)
from tenants.registers.model import Field, FieldRule, PaperPlace, Purpose, Recipient, RecipientKind, Register, Retention


def companies(manifest: Manifest) -> list[Company]:
    return [
        _company(declared, declared.contact or manifest.group.contact or DeclaredContact(), position)
        for position, declared in enumerate(manifest.companies, start=1)
    ]


def departments(manifest: Manifest, company: Company) -> list[Department]:
    declared = next((one.departments for one in manifest.companies if one.key == company.key), ())
    return [
        Department(company_id=company.company_id, key=one.key, name=one.name, declared=True, retired_at=None)
        for one in declared
    ]


def registers(manifest: Manifest, company: Company) -> list[Register]:
    sources = {source.key: source.text for source in manifest.sources}
    recipients = {
        each.key: Recipient(
            each.label,
            name=each.name,
            purpose=each.purpose,
            outside_eea=each.outside_eea,
            in_group=each.kind is RecipientKind.GROUP_COMPANY,
            key=each.key,
        )
        for each in manifest.recipients
    }
    return [
        Register(
            company_id=company.company_id,
            key=declared.key,
            name=declared.name,
            identity_level=declared.identity_level,
            cardinality=declared.cardinality,
            data_subjects=declared.data_subjects,
            retention=Retention(declared.retention.text, declared.retention.months),
            sources=[sources[key] for key in declared.sources],
            source_keys=list(declared.sources),
            recipients=[recipients[key] for key in declared.recipients],
            corrections_kept_days=declared.corrections_kept_days,
            position=position,
            retired_at=None,
        )
        for position, declared in enumerate(manifest.registers, start=1)
        if company.key in declared.kept_by
    ]


def purposes(manifest: Manifest, company: Company, register: Register) -> list[Purpose]:
    return [
        Purpose(
            company_id=company.company_id,
            register_id=register.register_id,
            key=declared.key,
            kind=declared.kind,
            legal_basis=declared.basis,
            special=declared.special,
            label=declared.label,
            position=position,
            retired_at=None,
        )
        for position, declared in enumerate(manifest.purposes, start=1)
        if _serves(declared, company, register)
    ]


def fields(manifest: Manifest, company: Company, register: Register) -> list[Field]:
    categories = {category.key: category.label for category in manifest.categories}
    serving = [purpose for purpose in manifest.purposes if _serves(purpose, company, register)]
    return [
        Field(
            company_id=company.company_id,
            register_id=register.register_id,
            key=declared.key,
            label=declared.label,
            category=categories[declared.category],
            type=declared.type,
            identifier=declared.identifier,
            origin=declared.origin,
            sealed=declared.sealed,
            required=declared.required,
            record_key=declared.record_key,
            rule=FieldRule(declared.only_for.kinds, declared.only_for.beside) if declared.only_for else None,
            retention_class=declared.retention_class,
            dpv=declared.dpv,
            purposes=_users(declared, register, serving),
            position=position,
            retired_at=None,
        )
        for position, declared in enumerate(_declared(manifest, register).fields, start=1)
    ]


def papers(manifest: Manifest, company: Company, register: Register) -> list[PaperPlace]:
    return [
        PaperPlace(
            company_id=company.company_id,
            register_id=register.register_id,
            key=declared.key,
            place=declared.place,
            lock=declared.lock,
            key_holder=declared.key_holder,
            position=position,
            retired_at=None,
        )
        for position, declared in enumerate(_declared(manifest, register).paper, start=1)
        if declared.companies is None or company.key in declared.companies
    ]


def _company(declared: DeclaredCompany, contact: DeclaredContact, position: int) -> Company:
    return Company(
        key=declared.key,
        name=declared.name,
        business_id=declared.business_id,
        prefix=declared.prefix,
        contact=contact_of(contact),
        rights_contact=contact_of(declared.rights_contact) if declared.rights_contact else None,
        approval=declared.approval,
        archive_days=declared.archive_days,
        position=position,
        retired_at=None,
    )


def contact_of(declared: DeclaredContact) -> Contact:
    return Contact(
        role=declared.role,
        address=declared.address,
        visiting_address=declared.visiting_address,
        phone=declared.phone,
        email=declared.email,
        web=declared.web,
    )


def _serves(purpose: DeclaredPurpose, company: Company, register: Register) -> bool:
    for_company = purpose.companies is None or company.key in purpose.companies
    return for_company and any(part.register == register.key for part in purpose.data)


def _users(field: DeclaredField, register: Register, purposes: list[DeclaredPurpose]) -> list[str]:
    return [
        purpose.key
        for purpose in purposes
        if any(
            part.register == register.key and (part.fields is None or field.key in part.fields) for part in purpose.data
        )
    ]


def _declared(manifest: Manifest, register: Register) -> DeclaredRegister:
    return next(declared for declared in manifest.registers if declared.key == register.key)
