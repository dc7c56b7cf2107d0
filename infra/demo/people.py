"""The demo's people: two thousand who do not exist, over the four companies of the Ideafix group.

The same seed gives the same people, byte for byte. Nothing here can be anybody's:

- e-mail addresses are in domains under .example, or in example.com (both reserved by RFC 2606);
- telephone numbers are 050 and four digits. No Finnish drama range is known; these pass as Finnish mobile numbers,
  but are too short to be a subscriber's;
- business ids begin with 99, millions beyond the last that was given; their check digit is right;
- account numbers begin with 99, which is no bank's code; their check digits are right;
- firms are called what no firm is called, and streets too.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from random import Random

from msgspec import Struct
from stdnum.fi import ytunnus

from infra.demo import words

SEED = 20261101
HUMANS = 2_000
FIRMS = 160
TODAY = date(2026, 11, 1)
COMPANIES = {"ideafix": "IDE", "ideafix-visual": "VIS", "ideafix-palvelut": "PAL", "kinkerips": "KIN"}

# A customer of three of the companies, with data in every register of the first: the demo's own.
CUSTOMER = "demo.asiakas@example.com"
# An address that several customers of one company share: it verifies none of them.
SHARED = "info@esimerkkikauppa1.example"
# Nobody's: the companies answer that they have nothing.
STRANGER = "tuntematon@example.com"

COLUMNS = {
    "customers": (
        *("customer_number", "first_name", "last_name", "email", "phone", "title", "employer", "employer_business_id"),
        *("employer_address", "employer_postal_code", "employer_city", "customer_since", "customer_until"),
    ),
    "orders": (
        *("order_number", "customer_number", "ordered_on", "product", "quantity", "amount", "invoice_number"),
        *("payment_state", "delivery_address", "delivered_on", "contract"),
    ),
    "service": ("message_number", "customer_number", "received_on", "channel", "subject", "message", "call_summary"),
    "marketing": (
        *("customer_number", "email_consent", "consented_on", "prohibition", "prohibited_on", "interests"),
        *("segment", "purchase_volume"),
    ),
    "credit": (
        *("customer_number", "iban", "credit_rating", "payment_defaults", "rated_on", "background_check"),
        *("background_checked_on", "overdue_amount"),
    ),
}
REGISTERS = tuple(COLUMNS)


class Firm(Struct, frozen=True):
    name: str
    domain: str
    business_id: str
    street: str
    postal_code: str
    town: str

    @property
    def address(self) -> str:
        return f"{self.street}, {self.postal_code} {self.town}"


class Human(Struct, frozen=True):
    first_name: str
    last_name: str
    email: str
    phone: str
    title: str
    firm: Firm
    companies: tuple[str, ...]


class Customer(Struct, frozen=True):
    """One human at one company."""

    human: Human
    number: str
    since: date
    until: date | None


Rows = list[tuple[str, ...]]


class Demo(Struct, frozen=True):
    """All rows, by company and register, in the order of COLUMNS."""

    rows: dict[tuple[str, str], Rows]

    def csv(self, company: str, register: str) -> bytes:
        """As a spreadsheet saves it in Finland: semicolons, UTF-8."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(COLUMNS[register])
        writer.writerows(self.rows[company, register])
        return text.getvalue().encode()


def generate(seed: int = SEED, *, humans: int = HUMANS) -> Demo:
    chance = Random(seed)  # noqa: S311 (no secret is made here)
    firms = [_firm(chance, number) for number in range(1, FIRMS + 1)]
    people = [_demo_customer(firms[0]), *_colleagues(firms[0])]
    people += _humans(chance, firms, humans - len(people))
    rows: dict[tuple[str, str], Rows] = {}
    for company, prefix in COMPANIES.items():
        customers = list(_customers(chance, people, company, prefix))
        rows[company, "customers"] = [_customer_row(customer) for customer in customers]
        rows[company, "orders"] = _numbered(prefix, "T", _orders(chance, customers, company))
        rows[company, "service"] = _numbered(prefix, "V", _messages(chance, customers))
        rows[company, "marketing"] = [_marketing_row(chance, customer) for customer in customers]
        rows[company, "credit"] = [
            _credit_row(chance, customer, index)
            for index, customer in enumerate(customers)
            if customer.human.email == CUSTOMER or chance.random() < 0.3
        ]
    return Demo(rows)


def _firm(chance: Random, number: int) -> Firm:
    kind = words.KINDS_OF_FIRM[(number - 1) % len(words.KINDS_OF_FIRM)]
    postal_code, town = chance.choice(words.TOWNS)
    return Firm(
        name=f"{kind} {number} Oy",
        domain=f"{_ascii(kind)}{number}.example",
        business_id=_business_id(9_900_000 + number),
        street=f"{chance.choice(words.STREETS)} {number}",
        postal_code=postal_code,
        town=town,
    )


def _demo_customer(firm: Firm) -> Human:
    companies = ("ideafix", "ideafix-visual", "kinkerips")
    return Human("Demo", "Asiakas", CUSTOMER, _phone(0), "Ostaja", firm, companies)


def _colleagues(firm: Firm) -> list[Human]:
    """Three customers of one company under one address."""
    return [
        Human(first, last, SHARED, _phone(number), "Myyjä", firm, ("ideafix",))
        for number, (first, last) in enumerate(
            (("Malli", "Esimerkki"), ("Näyte", "Esimerkki"), ("Koe", "Esimerkki")), start=1
        )
    ]


def _humans(chance: Random, firms: Sequence[Firm], count: int) -> list[Human]:
    taken: set[str] = set()
    return [_human(chance, chance.choice(firms[1:]), number, taken) for number in range(4, 4 + count)]


def _human(chance: Random, firm: Firm, number: int, taken: set[str]) -> Human:
    first, last = chance.choice(words.FIRST_NAMES), chance.choice(words.LAST_NAMES)
    name = f"{_ascii(first)}.{_ascii(last)}"
    if f"{name}@{firm.domain}" in taken:
        name += str(number)
    email = f"{name}@{firm.domain}" if chance.random() > 0.02 else f"info@{firm.domain}"
    taken.add(f"{name}@{firm.domain}")
    several = chance.choices((1, 2, 3), weights=(80, 15, 5))[0]
    companies = chance.sample(tuple(COMPANIES), several)
    return Human(
        first,
        last,
        email,
        _phone(number) if chance.random() < 0.85 else "",
        chance.choice(words.TITLES),
        firm,
        tuple(sorted(companies)),
    )


def _customers(chance: Random, people: Iterable[Human], company: str, prefix: str) -> Iterator[Customer]:
    here = (human for human in people if company in human.companies)
    for number, human in enumerate(here, start=100_001):
        since = _day_before(chance, TODAY, 3_000)
        ended = human.email != CUSTOMER and chance.random() < 0.1
        until = since + (TODAY - since) * chance.random() if ended else None
        yield Customer(human, f"{prefix}-{number}", since, until)


def _customer_row(customer: Customer) -> tuple[str, ...]:
    human, firm = customer.human, customer.human.firm
    return (
        customer.number,
        human.first_name,
        human.last_name,
        human.email,
        human.phone,
        human.title,
        firm.name,
        firm.business_id,
        firm.street,
        firm.postal_code,
        firm.town,
        customer.since.isoformat(),
        customer.until.isoformat() if customer.until else "",
    )


def _orders(chance: Random, customers: Iterable[Customer], company: str) -> Iterator[tuple[str, ...]]:
    for customer in customers:
        fewest = 3 if customer.human.email == CUSTOMER else 0
        for _ in range(max(fewest, chance.choice((0, 0, 1, 1, 2, 4)))):
            yield _order(chance, customer, company)


def _order(chance: Random, customer: Customer, company: str) -> tuple[str, ...]:
    ordered = _day_before(chance, customer.until or TODAY, 1_500, not_before=customer.since)
    quantity = chance.choice((1, 1, 1, 2, 5, 10))
    cents = quantity * chance.randrange(900, 90_000)
    delivered = ordered + timedelta(days=chance.randrange(2, 30))
    return (
        customer.number,
        ordered.isoformat(),
        chance.choice(words.PRODUCTS[company]),
        str(quantity),
        f"{cents // 100},{cents % 100:02}",
        f"L{ordered:%y}{chance.randrange(10**6):06}",
        chance.choice(("Maksettu", "Maksettu", "Maksettu", "Avoin")),
        customer.human.firm.address,
        delivered.isoformat() if delivered <= TODAY else "",
        chance.choice(("", "", f"Puitesopimus {ordered.year}")),
    )


def _messages(chance: Random, customers: Iterable[Customer]) -> Iterator[tuple[str, ...]]:
    for customer in customers:
        if customer.human.email == CUSTOMER:
            # What looks like a formula is text, and stays harmless in the archive.
            yield _message(customer, TODAY - timedelta(days=40), "Lasku", '=SUMMA(A1:A3) näkyi laskulla, "outoa"', "")
        if chance.random() < 0.5:
            received = _day_before(chance, customer.until or TODAY, 900, not_before=customer.since)
            call = chance.choice(("", "", chance.choice(words.CALLS)))
            message = "" if call else chance.choice(words.MESSAGES)
            yield _message(customer, received, chance.choice(words.SUBJECTS), message, call)


def _message(customer: Customer, received: date, subject: str, message: str, call: str) -> tuple[str, ...]:
    channel = "Puhelin" if call else "Sähköposti"
    return customer.number, received.isoformat(), channel, subject, message, call


def _marketing_row(chance: Random, customer: Customer) -> tuple[str, ...]:
    forbids = customer.human.email != CUSTOMER and chance.random() < 0.08
    consents = not forbids and chance.random() < 0.6
    decided = _day_before(chance, TODAY, 700, not_before=customer.since).isoformat()
    return (
        customer.number,
        "kyllä" if consents else "ei",
        decided if consents else "",
        "kyllä" if forbids else "ei",
        decided if forbids else "",
        ", ".join(chance.sample(words.INTERESTS, chance.randrange(0, 3))),
        chance.choice(words.SEGMENTS),
        chance.choice(words.VOLUMES),
    )


def _credit_row(chance: Random, customer: Customer, index: int) -> tuple[str, ...]:
    checked = _day_before(chance, TODAY, 400, not_before=customer.since).isoformat()
    late = chance.random() < 0.15
    return (
        customer.number,
        _iban(int(customer.number[-6:]) * 1_000 + index),
        chance.choice(("AAA", "AA", "A", "B")),
        "kyllä" if chance.random() < 0.03 else "ei",
        checked,
        chance.choice(("Ei huomautettavaa", "Ei huomautettavaa", "Lisäselvitys pyydetty")),
        checked,
        f"{chance.randrange(20, 900)},00" if late else "",
    )


def _numbered(prefix: str, letter: str, rows: Iterable[tuple[str, ...]]) -> Rows:
    """Each row with a number of its own before it."""
    return [(f"{prefix}-{letter}{number:06}", *row) for number, row in enumerate(rows, start=1)]


def _day_before(chance: Random, day: date, days: int, *, not_before: date = date.min) -> date:
    return max(not_before, day - timedelta(days=chance.randrange(days)))


def _phone(number: int) -> str:
    return f"050 {number:04}"


def _business_id(number: int) -> str:
    """From this number on, the first that has a check digit: one in eleven has none."""
    while True:
        for check in range(10):
            if ytunnus.is_valid(f"{number:07}{check}"):
                return f"{number:07}-{check}"
        number += 1_000


def _iban(number: int) -> str:
    account = f"99{number:012}"
    return f"FI{98 - int(f'{account}151800') % 97:02}{account}"


def _ascii(name: str) -> str:
    return name.lower().translate(str.maketrans("åäö", "aao"))
