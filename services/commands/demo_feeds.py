"""The demo's feeds: what Ideafix Oy gives to whom, drafted and approved by its staff; and a client that may fetch.

What nothing stops is approved. The others stay drafts, and their pages tell what is missing.
"""

import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from joserfc.jwk import ECKey
from msgspec import Struct, json
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.commands.demo_processors import ADMIN, COMPANY, DRAFTER, acting
from tenants import settings
from tenants.acting import client, system
from tenants.clients import public_keys, registering
from tenants.clients.model import Method
from tenants.companies import companies
from tenants.database import walled_session
from tenants.deliveries import targets
from tenants.deliveries.formats import Format
from tenants.deliveries.model import Every
from tenants.deliveries.targets import Wanted
from tenants.feeds import following, reading, scopes
from tenants.feeds.terms import Terms
from tenants.groups.model import Group
from tenants.languages.speaking import Text
from tenants.processors import reading as agreements
from tenants.processors.model import Agreement, Processor
from tenants.registers.model import LegalBasis, Purpose, Register
from tenants.sharing.conditions import Condition, HasRecord

CLIENT, FETCHES, KEY_FILE = "Esittelyn hakija", "mallipilvi", "fetch-a-feed.jwk"
CREDIT = (
    "Etu: luottoa annetaan vain sille, joka voi maksaa.\n"
    "Tarpeellisuus: kysytään yhdestä henkilöstä, kun tilaus on tehty; muuta ei luovuteta.\n"
    "Tasapaino: tiedot poistetaan, kun päätös on tehty. Vastustus sulkee tiedot heti."
)
PARTNER = (
    "Etu: asiakas ja jakelukumppani tavoittavat toisensa helposti.\n"
    "Tarpeellisuus: luovutetaan vain yhteystiedot, ei tilauksia eikä viestejä.\n"
    "Tasapaino: asiakas odottaa yhteydenottoa kumppanilta. Vastustus poistaa tiedot syötteestä heti."
)
SERVICE = (
    "Etu: palvelu toimii ja sen laatu paranee.\n"
    "Tarpeellisuus: luovutetaan vain tiedot, joilla asiakas tunnistetaan ja tavoitetaan palvelussa.\n"
    "Tasapaino: asiakas käyttää palvelua itse. Vastustus poistaa tiedot syötteestä heti."
)


class Given(Struct, frozen=True, kw_only=True):
    """`name` in Finnish, Swedish and English; `data` is the register and the purpose. `event` is the register of the
    events, of the last ninety days. Where there is a `balancing`, it rests on a legitimate interest.
    """

    agreement: str
    key: str
    name: tuple[str, str, str]
    data: tuple[str, str]
    fields: tuple[str, ...]
    condition: Condition | None = None
    consent: bool = False
    event: str | None = None
    basis: LegalBasis = LegalBasis.CONTRACT
    balancing: str | None = None
    approved: bool = True


CONTACT = ("customer_number", "first_name", "last_name", "email", "phone")
FEEDS = (
    # A technical interface to the partner's server, for the relation to the customer and nothing else (P48).
    Given(
        agreement="asiakaspalvelin",
        key="asiakkaat",
        name=("Asiakkaat asiakaspalvelimelle", "Kunder till kundservern", "Customers to the server"),
        data=("customers", "orders"),
        fields=(*CONTACT, "employer"),
    ),
    # What the service needs of what the agreement covers, and no more (P49).
    Given(
        agreement="asiakaspalvelin",
        key="palvelun-asiakkaat",
        name=("Asiakkaat palvelun toteuttamiseen", "Kunder för tjänsten", "Customers for the service"),
        data=("customers", "service"),
        fields=("customer_number", "first_name", "last_name", "email"),
        balancing=SERVICE,
    ),
    # Only persons with an open order, and of them what a delivery needs.
    Given(
        agreement="toimitukset",
        key="avoimet-toimitukset",
        name=("Avoimet toimitukset", "Öppna leveranser", "Open deliveries"),
        data=("customers", "orders"),
        fields=("first_name", "last_name", "phone", "employer", "employer_address", "employer_postal_code"),
        condition=HasRecord("orders", "payment_state", ("Avoin",)),
    ),
    Given(
        agreement="laskutus",
        key="laskutettavat",
        name=("Laskutettavat asiakkaat", "Kunder att fakturera", "Customers to invoice"),
        data=("customers", "invoicing"),
        fields=(*CONTACT, "employer", "employer_business_id"),
    ),
    # Payments and accounts, each for its own purpose (P51).
    Given(
        agreement="maksut",
        key="maksutapahtumat",
        name=("Maksutapahtumat", "Betalningshändelser", "Payments"),
        data=("orders", "invoicing"),
        fields=("order_number", "ordered_on", "amount", "invoice_number", "payment_state"),
    ),
    Given(
        agreement="kirjanpito",
        key="myyntitapahtumat",
        name=("Myyntitapahtumat", "Försäljningshändelser", "Sales"),
        data=("orders", "accounting"),
        fields=("order_number", "ordered_on", "product", "amount", "invoice_number"),
        basis=LegalBasis.LEGAL_OBLIGATION,
        approved=False,
    ),
    # One person at a time, when there is an order.
    Given(
        agreement="luottotiedot",
        key="luottokyselyt",
        name=("Luottokyselyt", "Kreditförfrågningar", "Credit enquiries"),
        data=("credit", "credit_control"),
        fields=("customer_number", "credit_rating", "payment_defaults"),
        event="orders",
        balancing=CREDIT,
    ),
    # Easy contact, on a legitimate interest: who objects is not in it (P53).
    Given(
        agreement="jakelu",
        key="jakelukumppanin-yhteystiedot",
        name=("Yhteystiedot jakelukumppanille", "Kontaktuppgifter till distributionspartnern", "Contacts to a partner"),
        data=("customers", "requests"),
        fields=CONTACT,
        balancing=PARTNER,
    ),
    Given(
        agreement="paivitykset",
        key="paivitettavat",
        name=("Päivitettävät yhteystiedot", "Kontaktuppgifter att uppdatera", "Contacts to update"),
        data=("customers", "updating"),
        fields=("customer_number", "employer", "employer_business_id"),
        approved=False,
    ),
    # Whose contacts support sees has consented to it, each of them.
    Given(
        agreement="kayttotuki",
        key="yhteydenottajat",
        name=("Yhteydenottajat", "De som tagit kontakt", "People who got in touch"),
        data=("customers", "service"),
        fields=CONTACT,
        consent=True,
        basis=LegalBasis.LEGITIMATE_INTEREST,
        approved=False,
    ),
)


def give(group_id: UUID, issuer: str, client_file: Path | None) -> None:
    """Nothing where Ideafix Oy gives something already. The client is written to the file, its key beside it."""
    with walled_session(system(group_id)) as session:
        company_id = companies.by_key(session, COMPANY).company_id
        admin, drafter = (acting(session, group_id, issuer, one, company_id) for one in (ADMIN, DRAFTER))
    with walled_session(drafter) as session:
        if reading.listed(session):
            return
        drafted = [_draft(session, company_id, one) for one in FEEDS]
    with walled_session(admin) as session:
        for one, feed_id in zip(FEEDS, drafted, strict=True):
            if one.approved:
                scopes.approve(session, feed_id)
        # By week and as tables: accounting takes them in on Mondays.
        payments = next(at for one, at in zip(FEEDS, drafted, strict=True) if one.key == "maksutapahtumat")
        targets.set_target(session, payments, Wanted(Every.WEEK, format=Format.PARQUET))
        key = ECKey.generate_key("P-256")
        fetching = _let_in(session, key)
    with walled_session(drafter) as session:
        _draft_next(session, company_id, drafted[0])
    if client_file:
        _write(client_file.with_name(KEY_FILE), json.encode(key.as_dict(private=True)).decode())
        _write(client_file, fetching)
        _fetch(group_id)


def _draft(session: Session, company_id: UUID, one: Given) -> UUID:
    agreement = session.scalars(select(Agreement.agreement_id).where(Agreement.key == one.agreement)).one()
    return scopes.draft(session, agreement, one.key, Text(*one.name), _terms(session, company_id, one)).feed_id


def _draft_next(session: Session, company_id: UUID, feed_id: UUID) -> None:
    """It waits beside the one in force: whoever approves it sees what it would change."""
    first = FEEDS[0]
    scopes.change(session, feed_id, _terms(session, company_id, first, fields=(*first.fields, "title")))


def _terms(session: Session, company_id: UUID, one: Given, fields: tuple[str, ...] = ()) -> Terms:
    registers = {
        row.key: row.register_id for row in session.scalars(select(Register).where(Register.company_id == company_id))
    }
    register, key = one.data
    purpose = select(Purpose.purpose_id).where(Purpose.register_id == registers[register], Purpose.key == key)
    return Terms(
        register_id=registers[register],
        purpose_id=session.scalars(purpose).one(),
        fields=fields or one.fields,
        condition=one.condition,
        consent_required=one.consent,
        bound_to_event=one.event is not None,
        event_register_id=registers[one.event] if one.event else None,
        event_days=90 if one.event else None,
        legal_basis=LegalBasis.LEGITIMATE_INTEREST if one.balancing else one.basis,
        balancing=one.balancing,
        valid_from=agreements.today() - timedelta(days=30),
    )


def _let_in(session: Session, key: ECKey) -> str:
    """A client that signs with a key: the file that fetches with it."""
    processor_id = session.scalars(select(Processor.processor_id).where(Processor.key == FETCHES)).one()
    public = public_keys.key_of(key.as_dict(private=False))
    made = registering.register(
        session, processor_id, name=CLIENT, method=Method.PRIVATE_KEY_JWT, dpop=False, keys=[public]
    )
    slug, base = session.scalars(select(Group.slug)).one(), settings.current().base_url
    return FETCHING.format(
        python=sys.executable,
        client=made.client_id,
        kid=public.kid,
        key=KEY_FILE,
        issuer=f"{base}/oauth/{slug}",
        feeds=f"{base}/feeds/v1",
        feed=f"{COMPANY}.asiakkaat",
    )


def _write(file: Path, content: str) -> None:
    """For the eyes of its owner only, also where it was there before."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(content, encoding="utf-8")


def _fetch(group_id: UUID) -> None:
    """As its client would, once and whole: what the pages draw of it has happened."""
    with walled_session(system(group_id)) as session:
        agreement = session.scalars(select(Agreement).where(Agreement.key == FEEDS[0].agreement)).one()
    for _ in following.pages(client(group_id, agreement.agreement_id), f"{COMPANY}.{FEEDS[0].key}"):
        pass


FETCHING = """\
# A client of the demo's Mallipilvi Oy, for the data of Ideafix Oy: it signs who it is (private_key_jwt), gets a token
# and fetches a page of its feed. The key lies beside this file; both were made with the demo: delete them with it.
set -eu
cd "$(dirname "$0")"
sign() {{ '{python}' - <<'END'
import json, time, uuid
from joserfc import jwk, jwt
now, client = int(time.time()), "{client}"
head = {{"alg": "ES256", "kid": "{kid}", "typ": "client-authentication+jwt"}}
said = {{"iss": client, "sub": client, "aud": "{issuer}", "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}}
print(jwt.encode(head, said, jwk.import_key(json.load(open("{key}")))), end="")
END
}}
ask() {{ curl -sS '{issuer}/token' -d grant_type=client_credentials -d 'scope=feed:{feed}' \\
  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\
  --data-urlencode client_assertion@-; }}
ANSWER=$(sign | ask)
TOKEN=$(printf %s "$ANSWER" | sed -n 's/.*"access_token":"\\([^"]*\\)".*/\\1/p')
test "$TOKEN" || {{ echo "$ANSWER"; exit 1; }}
# The first of the pages: three persons, and the cursor at which the next request goes on (?cursor=...).
curl -s -H "Authorization: Bearer $TOKEN" '{feeds}/{feed}?limit=3' | head -n 4
"""
