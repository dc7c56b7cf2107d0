"""One of everything that a page can show, and the people at whose screens it shows."""

from collections.abc import Callable

from msgspec import Struct
from playwright.sync_api import Page, expect

from infra.demo import people
from tests.journeys import archives, customer, staff
from tests.journeys.stack import Stack

FAULTY = "\r\n".join(
    (
        ";".join(people.COLUMNS["customers"]),
        "VIS-910001;Näyte;Malli;naytteella@toinen.example;050 9101;Ostaja;Oy;9900001-8;Katu 1;02100;Espoo;2.1.2024;",
        "VIS-910002;Koe;Malli;ei osoite;050 9102;Ostaja;Oy;9900001-8;Katu 1;02100;Espoo;2.1.2024;",
        "",
    )
)
ADDRESS = "Matti Malli\nEsimerkkikatu 1 A 2\n02100 Espoo"
SHOWN = "henkilöllisyystodistus näytetty"
# No page can make a job fail.
FAILED_JOB = """
    INSERT INTO queued_jobs (group_id, job_id, company_id, name, queue, arguments, attempts, failed_at, failure)
    SELECT group_id, gen_random_uuid(), company_id, 'exports.build', 'default', '{}', 6, now(), 'StorageUnavailable'
      FROM companies WHERE key = 'ideafix-visual'
"""


class Scene(Struct):
    """Screens by who sits at them; addresses of what was made."""

    stack: Stack
    stranger: Page
    asker: Page
    customer: Page
    ideafix: Page
    kinkerips: Page
    colleague: Page
    newcomer: Page
    officer: Page
    importer: Page
    visual: Page
    admin: Page
    auditor: Page
    granter: Page
    care: Page
    contact: Page
    status_url: str
    used_link: str
    undecided: str
    unclear: str
    import_url: str
    unproven: str
    at_hand: str
    proposed: str


def set_up(open_window: Callable[..., Page], stack: Stack) -> Scene:
    def signed_in(email: str) -> Page:
        page = open_window()
        staff.sign_in(page, stack, email)
        return page

    asker, visitor = open_window(), open_window()
    customer.prove(asker, customer.ask(asker, stack, people.SHARED, rights=("access",)))
    unclear = _number(asker, "IDE")
    customer.ask(asker, stack, "odottaa@toinen.example")
    status_url = customer.prove(visitor, customer.ask(visitor, stack, people.CUSTOMER, words="Kaikki, kiitos."))
    undecided = _number(visitor, "KIN")
    used_link = archives.download(visitor, "Ideafix Oy").url
    importer = signed_in(staff.VISUAL)
    staff.act_for(importer, "tietojen ylläpito")
    staff.bring(importer, stack, "Asiakasrekisteri", FAULTY)
    stack.execute(FAILED_JOB)
    ideafix, kinkerips = signed_in(staff.IDEAFIX), signed_in(staff.KINKERIPS)
    unproven = staff.enter_by_hand(kinkerips, stack, _customer("kinkerips", 7), ADDRESS)
    staff.find_again(kinkerips, kinkerips.get_by_role("link", name="Henkilöllisyyskysely"))
    return Scene(
        stack=stack,
        stranger=open_window(),
        asker=asker,
        customer=visitor,
        ideafix=ideafix,
        kinkerips=kinkerips,
        colleague=signed_in(staff.COLLEAGUE),
        newcomer=signed_in(staff.NEWCOMER),
        officer=signed_in(staff.OFFICER),
        importer=importer,
        visual=signed_in(staff.VISUAL),
        admin=signed_in(staff.GROUP_ADMIN),
        auditor=signed_in(staff.AUDITOR),
        granter=signed_in(staff.GRANTER),
        care=signed_in(staff.CARE),
        contact=open_window(),
        status_url=status_url,
        used_link=used_link,
        undecided=undecided,
        unclear=unclear,
        import_url=importer.url,
        unproven=unproven,
        at_hand=_ready_to_hand_over(kinkerips, stack),
        proposed=_proposed_refusal(kinkerips, stack),
    )


def _ready_to_hand_over(page: Page, stack: Stack) -> str:
    url = staff.enter_by_hand(page, stack, _customer("kinkerips", 8), ADDRESS, checked=SHOWN)
    staff.find_again(page, page.get_by_role("button", name="Hyväksy ja rakenna tietopaketti")).click()
    expect(page.locator(".flash")).to_be_visible()
    staff.find_again(page, page.get_by_role("heading", name="Luovutus", exact=True))
    return url


def _proposed_refusal(page: Page, stack: Stack) -> str:
    url = staff.enter_by_hand(page, stack, _customer("kinkerips", 9), ADDRESS, checked=SHOWN)
    staff.find_again(page, page.get_by_role("link", name="Epää …")).click()
    page.locator("#ground").select_option(label="Pyyntö on ilmeisen perusteeton.")
    page.locator("#reason").fill("Pyynnön ilmoitettu tarkoitus on aiheuttaa työtä.\n\nTietoja ei haluta.")
    page.get_by_role("button", name="Epää pyyntö").click()
    expect(page.locator(".flash")).to_be_visible()
    return url


def _customer(company: str, place: int) -> str:
    """The customer number of somebody there."""
    return people.generate().rows[company, "customers"][place][0]


def _number(page: Page, prefix: str) -> str:
    """Of the case that a company has opened."""
    customer.answers(page)
    return page.get_by_text(f"viite {prefix}-").inner_text().split()[-1]
