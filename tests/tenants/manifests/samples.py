"""A small group of two companies, as a file would say it, and ways to say it otherwise."""

import secrets

from tenants.manifests import reading
from tenants.manifests.reading import ReadManifest

FILE = "esimerkki.yaml"

EXAMPLE = """\
format: 1

group:
  slug: esimerkki
  name: Esimerkkikonserni
  languages: [fi, sv, en]
  default_language: fi
  contact:
    phone: "+358 20 123 4567"

companies:
  - key: alfa
    name: Alfa Oy
    business_id: 9000001-1
    prefix: ALF
    approval: automatic
  - key: beta
    name: Beta Oy
    prefix: BET
    archive_days: 14
    contact:
      email: tietosuoja@beta.example.fi
    gaps:
      - rule: N02
        about: business_id
        says: { fi: Ei y-tunnusta, sv: Inget FO-nummer, en: No business ID }

categories:
  - key: contact
    label: { fi: Yhteystiedot, sv: Kontaktuppgifter, en: Contact details }

sources:
  - key: person
    text: { fi: Henkilö itse, sv: Personen själv, en: The person }

recipients:
  - key: carrier
    kind: transport
    label: { fi: Kuljetusyhtiö, sv: Transportbolag, en: Carrier }
    outside_eea: false

registers:
  - key: customers
    kept_by: [alfa, beta]
    name: { fi: Asiakasrekisteri, sv: Kundregister, en: Customer register }
    retention:
      text: { fi: Kaksi vuotta, sv: Två år, en: Two years }
      months: 24
    sources: [person]
    recipients: [carrier]
    fields:
      - key: customer_number
        label: { fi: Asiakasnumero, sv: Kundnummer, en: Customer number }
        category: contact
        origin: observed
        identifier: customer_number
        required: true
        record_key: true
      - key: email
        label: { fi: Sähköposti, sv: E-post, en: E-mail }
        category: contact
        type: email
        origin: provided
        identifier: email
  - key: credit
    kept_by: [alfa]
    name: { fi: Luottokaupat, sv: Kreditköp, en: Credit sales }
    identity_level: L3
    cardinality: many
    retention:
      text: { fi: Kuusi vuotta, sv: Sex år, en: Six years }
      months: 72
    fields:
      - key: contract_number
        label: { fi: Sopimusnumero, sv: Avtalsnummer, en: Contract number }
        category: contact
        origin: observed
        required: true
        record_key: true
      - key: hetu
        label: { fi: Henkilötunnus, sv: Personbeteckning, en: Personal identity code }
        category: contact
        type: hetu
        origin: provided
        identifier: hetu
        sealed: true

purposes:
  - key: care
    kind: customer_care
    basis: contract
    label: { fi: Asiakassuhde, sv: Kundförhållande, en: Customer relationship }
    data:
      - register: customers
  - key: letters
    kind: marketing
    basis: consent
    label: { fi: Uutiskirje, sv: Nyhetsbrev, en: Newsletter }
    companies: [beta]
    data:
      - register: customers
        fields: [email]
  - key: credit
    kind: credit
    basis: contract
    label: { fi: Luotto, sv: Kredit, en: Credit }
    data:
      - register: credit

notice:
  title: { fi: Tietosuojaseloste, sv: Dataskyddsbeskrivning, en: Privacy notice }
  dated: 2026-01-31
  complaint: { fi: Tietosuojavaltuutetulle, sv: Till dataombudsmannen, en: To the Ombudsman }
"""


def new_slug() -> str:
    return f"g-{secrets.token_hex(4)}"


def example(slug: str = "esimerkki", *edits: tuple[str, str]) -> str:
    """The sample with passages exchanged; each must stand in it exactly once."""
    text = EXAMPLE.replace("slug: esimerkki", f"slug: {slug}")
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the sample"
        text = text.replace(old, new)
    return text


def read(slug: str = "esimerkki", *edits: tuple[str, str]) -> ReadManifest:
    return reading.read(example(slug, *edits).encode(), file=FILE)
