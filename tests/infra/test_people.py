"""The demo's people exist for nobody but the demo."""

import re
from collections import Counter

import phonenumbers
import pytest
from stdnum import iban
from stdnum.fi import ytunnus

from infra.demo import people
from infra.demo.people import COLUMNS, COMPANIES, CUSTOMER, REGISTERS, SHARED, STRANGER, Demo
from infra.embedded.dev import MANIFESTS
from tenants.manifests import reading


@pytest.fixture(scope="module")
def demo() -> Demo:
    return people.generate()


def column(demo: Demo, company: str, register: str, key: str) -> list[str]:
    position = COLUMNS[register].index(key)
    return [row[position] for row in demo.rows[company, register]]


def everywhere(demo: Demo, register: str, key: str) -> list[str]:
    return [value for company in COMPANIES for value in column(demo, company, register, key)]


def test_the_same_seed_gives_the_same_people() -> None:
    assert people.generate(7, humans=50) == people.generate(7, humans=50)
    assert people.generate(7, humans=50) != people.generate(8, humans=50)


def test_the_columns_are_the_fields_of_the_manifest() -> None:
    manifest = reading.read_file(MANIFESTS / "ideafix.yaml").manifest
    assert {register.key: tuple(field.key for field in register.fields) for register in manifest.registers} == COLUMNS
    assert {company.key for company in manifest.companies} == set(COMPANIES)


def test_there_are_two_thousand_of_them_and_some_are_known_to_several_companies(demo: Demo) -> None:
    humans = {
        (first, last, email, phone)
        for company in COMPANIES
        for _, first, last, email, phone, *_ in demo.rows[company, "customers"]
    }
    assert len(humans) == people.HUMANS
    companies = Counter(email for company in COMPANIES for email in set(column(demo, company, "customers", "email")))
    assert {2, 3} <= set(companies.values())


def test_the_demo_customer_has_data_in_every_register(demo: Demo) -> None:
    assert {company for company in COMPANIES if CUSTOMER in column(demo, company, "customers", "email")} == {
        "ideafix",
        "ideafix-visual",
        "kinkerips",
    }
    number = column(demo, "ideafix", "customers", "customer_number")[0]
    for register in REGISTERS:
        assert number in column(demo, "ideafix", register, "customer_number")


def test_a_shared_address_is_that_of_several_customers_and_a_strangers_of_none(demo: Demo) -> None:
    assert column(demo, "ideafix", "customers", "email").count(SHARED) == 3
    assert STRANGER not in everywhere(demo, "customers", "email")


def test_addresses_lie_in_domains_that_are_nobodys(demo: Demo) -> None:
    domains = {email.split("@")[1] for email in everywhere(demo, "customers", "email")}
    assert all(domain.endswith(".example") or domain == "example.com" for domain in domains)


def test_telephone_numbers_are_valid_and_too_short_for_a_subscriber(demo: Demo) -> None:
    numbers = [phonenumbers.parse(phone, "FI") for phone in everywhere(demo, "customers", "phone") if phone]
    assert all(phonenumbers.is_valid_number(number) for number in numbers)
    assert {len(str(number.national_number)) for number in numbers} == {6}


def test_business_ids_are_right_and_beyond_those_that_were_given(demo: Demo) -> None:
    numbers = set(everywhere(demo, "customers", "employer_business_id"))
    assert all(ytunnus.is_valid(number) and number.startswith("99") for number in numbers)
    assert len(numbers) == len(set(everywhere(demo, "customers", "employer")))


def test_account_numbers_are_right_and_of_no_bank(demo: Demo) -> None:
    accounts = everywhere(demo, "credit", "iban")
    assert all(iban.is_valid(account) and re.match(r"FI\d\d99", account) for account in accounts)


def test_every_row_belongs_to_a_customer_of_the_company(demo: Demo) -> None:
    for company in COMPANIES:
        customers = set(column(demo, company, "customers", "customer_number"))
        assert len(customers) == len(demo.rows[company, "customers"])
        for register in REGISTERS:
            assert set(column(demo, company, register, "customer_number")) <= customers
