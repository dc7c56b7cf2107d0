"""The data map: a chart whose boxes lead to the words, and the words, company by company and register by register."""

from uuid import UUID
from xml.etree.ElementTree import fromstring

from services.api.pictures import data_map
from services.api.pictures.data_map import CompanyWords, RegisterWords
from tenants.acting import PurposeKind
from tenants.companies.model import Company
from tenants.languages.speaking import Language, Text
from tenants.registers.flows import Flow
from tenants.registers.model import LegalBasis, Purpose, Recipient, Register

ORDERS, CLUB = UUID(int=1), UUID(int=2)
POST = Recipient(Text(fi="Kuljetusliikkeet"), name="Posti Oy")


def flow(company: str, register_id: UUID, register: str, purpose: str | None, *recipients: Recipient) -> Flow:
    kept_for = None
    if purpose:
        kept_for = Purpose(
            key=purpose, kind=PurposeKind.DELIVERY, legal_basis=LegalBasis.CONTRACT, label=Text(fi=purpose)
        )
    register_ = Register(register_id=register_id, key=register, name=Text(fi=register))
    return Flow(Company(key=company, name=company), register_, kept_for, recipients)


FLOWS = [
    flow("Alfa Oy", ORDERS, "Tilaukset", "Toimitus", POST),
    flow("Alfa Oy", ORDERS, "Tilaukset", "Laskutus", POST),
    flow("Beta Oy", CLUB, "Kerho", None),
]


def test_a_register_is_told_once_with_all_its_purposes() -> None:
    assert data_map.words(Language.FI, FLOWS) == [
        CompanyWords(
            "Alfa Oy",
            [
                RegisterWords(
                    f"register-{ORDERS}", "Tilaukset", [("Toimitus", "sopimus"), ("Laskutus", "sopimus")], ["Posti Oy"]
                )
            ],
        ),
        CompanyWords(
            "Beta Oy",
            [RegisterWords(f"register-{CLUB}", "Kerho", [("tarkoitusta ei ole nimetty", "ei ilmoitettu")], [])],
        ),
    ]


def test_every_box_of_the_chart_leads_to_words_that_are_there() -> None:
    told = data_map.words(Language.FI, FLOWS)
    anchors = {f"#{register.anchor}" for company in told for register in company.registers}
    led = {one.get("href") for one in fromstring(data_map.chart(Language.FI, FLOWS)).iter("a")}  # noqa: S314
    assert led == anchors


def test_the_file_leads_nowhere_and_says_the_same() -> None:
    drawn = fromstring(data_map.file(Language.FI, FLOWS).split("\n", 1)[1])  # noqa: S314
    assert drawn.get("viewBox", "").startswith("-16 -16 912 ")
    assert drawn[0].attrib.items() >= {"x": "-16", "width": "912", "fill": "#ffffff"}.items()
    said = {one.text for one in drawn.iter("{http://www.w3.org/2000/svg}title")}
    assert {"Tilaukset", "Kerho", "Toimitus", "Laskutus", "Alfa Oy", "Beta Oy", "Posti Oy"} <= said
    assert list(drawn.iter("{http://www.w3.org/2000/svg}a")) == []
