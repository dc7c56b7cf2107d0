"""The manifests of the five groups: what others build on, and that nothing is invented where a notice is silent."""

from pathlib import Path

import pytest

from tenants.companies.model import Approval
from tenants.languages.speaking import Language
from tenants.manifests import model
from tenants.manifests.gaps import silences
from tenants.manifests.model import Gap, Manifest, Rule
from tenants.manifests.protecting import protections
from tenants.manifests.reading import read_file
from tenants.registers.model import IdentityLevel, LegalBasis, Origin

FOLDER = Path(model.__file__).parent / "groups"
SCHEMA = Path(__file__).parents[3] / "docs" / "manifest.schema.json"

COMPANIES: dict[str, dict[str, str | None]] = {
    "ideafix": {
        "ideafix": "0834973-3",
        "ideafix-visual": "1894397-1",
        "ideafix-palvelut": "3016098-8",
        "kinkerips": "3013740-3",
    },
    "studiotec": {"soundtools": None},
    "i-mediat": {"i-mediat": "0830230-2"},
    "ith": {"ith": None},
    "khtt": {"khtt": None},
}
# The defects of the five notices, rule by rule.
DEFECTS = {
    Rule.REPEALED_LAW: {"ith", "khtt", "studiotec", "i-mediat"},
    Rule.NO_CONTACT: {"ith", "khtt", "studiotec", "ideafix"},
    Rule.DEAD_CONTACT: {"ideafix", "i-mediat", "khtt"},
    Rule.PLACEHOLDER: {"khtt"},
    Rule.NO_RETENTION: {"ith", "khtt", "ideafix", "studiotec"},
    Rule.NO_BASIS: {"ith", "khtt", "studiotec", "i-mediat", "ideafix"},
    Rule.FORM_DEMANDED: {"khtt", "ith"},
    Rule.CONSENT_BUNDLED: {"ith", "ideafix"},
    Rule.OPT_OUT_PUBLICATION: {"khtt"},
    Rule.NOT_ANONYMOUS: {"khtt", "studiotec", "ideafix"},
    Rule.COOKIES_BY_BROWSER: {"khtt", "ideafix"},
    Rule.RIGHTS_MISSING: {"ith", "studiotec", "i-mediat", "khtt"},
    Rule.REGISTER_UNDECLARED: {"khtt", "studiotec", "ideafix"},
    Rule.OBJECTION_NARROWED: {"ideafix"},
    Rule.RECIPIENTS_UNNAMED: {"ith", "khtt", "studiotec", "i-mediat", "ideafix"},
    Rule.TRANSFERS_OPEN: {"khtt", "ideafix", "studiotec", "i-mediat", "ith"},
    Rule.ROLES_UNSTATED: {"studiotec", "ideafix"},
    Rule.DECISION: set(COMPANIES),
}


def manifest(slug: str) -> Manifest:
    return read_file(FOLDER / f"{slug}.yaml").manifest


def gaps(of: Manifest) -> list[Gap]:
    told = [*of.gaps, *of.notice.gaps]
    for holders in (of.companies, of.registers, of.purposes):
        told += [gap for holder in holders for gap in holder.gaps]
    return told


def test_there_is_one_file_for_each_group() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(COMPANIES)


@pytest.mark.parametrize("slug", COMPANIES)
def test_the_group_names_its_companies_and_their_business_ids(slug: str) -> None:
    declared = manifest(slug)
    assert declared.group.slug == slug
    assert {company.key: company.business_id for company in declared.companies} == COMPANIES[slug]


@pytest.mark.parametrize("slug", COMPANIES)
def test_editors_find_the_schema_from_the_first_line(slug: str) -> None:
    first, _, _ = (FOLDER / f"{slug}.yaml").read_text(encoding="utf-8").partition("\n")
    assert (FOLDER / first.removeprefix("# yaml-language-server: $schema=")).resolve() == SCHEMA


@pytest.mark.parametrize("slug", COMPANIES)
def test_everything_is_said_in_three_languages(slug: str) -> None:
    assert manifest(slug).group.languages == (Language.FI, Language.SV, Language.EN)


@pytest.mark.parametrize("rule", Rule)
def test_a_defect_of_a_notice_is_told_as_a_gap(rule: Rule) -> None:
    assert {slug for slug in COMPANIES if any(gap.rule is rule for gap in gaps(manifest(slug)))} == DEFECTS[rule]


def test_ideafix_has_five_registers_that_all_four_companies_keep() -> None:
    declared = manifest("ideafix")
    assert [register.key for register in declared.registers] == [
        "customers",
        "orders",
        "service",
        "marketing",
        "credit",
    ]
    assert {register.kept_by for register in declared.registers} == {tuple(COMPANIES["ideafix"])}


def test_at_kinkerips_staff_approve_and_elsewhere_nobody_has_to() -> None:
    approvals = {company.key: company.approval for company in manifest("ideafix").companies}
    assert approvals.pop("kinkerips") is Approval.STAFF
    assert set(approvals.values()) == {Approval.AUTOMATIC}


def test_credit_data_takes_strong_identification_and_its_account_number_is_sealed() -> None:
    registers = {register.key: register for register in manifest("ideafix").registers}
    assert [key for key, register in registers.items() if register.identity_level is IdentityLevel.L3] == ["credit"]
    credit = {field.key: field for field in registers["credit"].fields}
    assert credit["iban"].sealed
    assert credit["credit_rating"].origin is Origin.THIRD_PARTY


def test_an_address_that_does_not_work_is_not_completed_by_guessing() -> None:
    declared = manifest("ideafix")
    assert declared.group.contact is not None
    assert declared.group.contact.email is None
    assert any(gap.rule is Rule.DEAD_CONTACT and gap.about == "group.contact.email" for gap in declared.gaps)


def test_a_controller_who_is_a_private_person_is_shown_by_role_and_domain_only() -> None:
    contact = manifest("khtt").companies[0].contact
    assert contact is not None
    assert contact.web == "khtt.fi"
    assert (contact.address, contact.visiting_address, contact.phone, contact.email) == (None, None, None, None)


def test_three_years_after_the_relationship_is_a_number_and_six_months_a_purge() -> None:
    (imediat,) = manifest("i-mediat").registers
    assert imediat.retention.months == 36
    soundtools = {register.key: register.retention for register in manifest("studiotec").registers}
    assert soundtools["customers"].purge_every_months == 6
    assert soundtools["customers"].months is None


def test_personal_identity_codes_serve_credit_sales_only() -> None:
    declared = manifest("studiotec")
    users = [
        purpose.key for purpose in declared.purposes if any(part.register == "credit_sales" for part in purpose.data)
    ]
    assert users == ["credit_sales"]


def test_no_basis_is_made_up_where_the_notice_gives_none() -> None:
    for slug in ("studiotec", "i-mediat", "khtt"):
        assert {purpose.basis for purpose in manifest(slug).purposes} == {None}
    bases = {purpose.key: purpose.basis for purpose in manifest("ideafix").purposes}
    assert bases["orders"] is LegalBasis.CONTRACT
    assert bases["targeting"] is LegalBasis.CONSENT
    assert bases["profiling"] is None


def test_a_company_is_told_its_silences_and_not_our_decisions() -> None:
    declared = manifest("ideafix")
    told = silences(declared, "kinkerips")
    assert Rule.DECISION not in {gap.rule for gap in told}
    assert len(told) == len(gaps(declared)) - 3


def test_the_two_notices_that_promise_locked_places_for_paper_have_them() -> None:
    promising = {slug for slug in COMPANIES if manifest(slug).notice.protection.manual}
    assert promising == {"ideafix", "khtt"}
    assert promising == {slug for slug in COMPANIES if any(register.paper for register in manifest(slug).registers)}


def test_a_notice_says_how_data_is_protected_and_of_which_registers_some_is_on_paper() -> None:
    said = protections(manifest("ideafix"), "kinkerips")
    assert said.whole == manifest("ideafix").notice.protection
    assert {key: one.on_paper for key, one in said.registers.items()} == {"service": True}
    assert protections(manifest("ideafix"), "ideafix-visual").registers == {}
    in_particular = protections(manifest("studiotec"), "soundtools").registers
    assert in_particular
    assert all(one.own.electronic and not one.on_paper for one in in_particular.values())


def test_a_company_is_not_told_the_silences_of_registers_it_does_not_keep() -> None:
    from_company = {gap.about for gap in silences(manifest("ith"), "somebody-else")}
    assert "business_id" not in from_company
    assert "retention.months" not in from_company
    assert "basis" not in from_company
