"""One of everything that a page can show, and the people at whose screens it shows."""

from collections.abc import Callable

from msgspec import Struct
from playwright.sync_api import Page

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
    importer: Page
    visual: Page
    admin: Page
    auditor: Page
    status_url: str
    used_link: str
    undecided: str
    unclear: str
    import_url: str


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
    return Scene(
        stack=stack,
        stranger=open_window(),
        asker=asker,
        customer=visitor,
        ideafix=signed_in(staff.IDEAFIX),
        kinkerips=signed_in(staff.KINKERIPS),
        importer=importer,
        visual=signed_in(staff.VISUAL),
        admin=signed_in(staff.GROUP_ADMIN),
        auditor=signed_in(staff.AUDITOR),
        status_url=status_url,
        used_link=used_link,
        undecided=undecided,
        unclear=unclear,
        import_url=importer.url,
    )


def _number(page: Page, prefix: str) -> str:
    """Of the case that a company has opened."""
    customer.answers(page)
    return page.get_by_text(f"viite {prefix}-").inner_text().split()[-1]
