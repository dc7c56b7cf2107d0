"""Every page there is: what axe-core says of it, how it looks, and where the keyboard is."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from infra.demo import people
from infra.embedded.dev import DEMO_GROUP
from services.api import app
from tests.journeys import console, looking, opendsr, staff
from tests.journeys.conftest import Window
from tests.journeys.scene import Scene, set_up
from tests.journeys.stack import Stack

TEMPLATES = Path(app.__file__).parent / "templates"
# Looked at where it comes about: a member whose only role has been taken away.
ELSEWHERE = {"office/login/no_company"}


@pytest.fixture(scope="package")
def scene(lasting_window: Window, stack: Stack) -> Scene:
    return set_up(lasting_window, stack)


# Some people of Kinkerips of whom Ideafix has taken a copy, and what it was told of them.
NOTIFICATIONS = """
    INSERT INTO notifications (group_id, company_id, notification_id, person_id, cause, changed_at, number,
                               register_ids, record_ids, recipient_id, way, made_at, delivered_at, reminders)
    SELECT p.group_id, p.company_id, gen_random_uuid(), p.person_id,
           (ARRAY['erased', 'corrected', 'restricted'])[1 + place % 3], date '2026-11-01' + place * interval '1 day',
           place, ARRAY[r.register_id], ARRAY[gen_random_uuid()], o.company_id, 'by_hand',
           date '2026-11-01' + place * interval '1 day', CASE WHEN place > 2 THEN now() END, place % 2
      FROM (SELECT p.*, row_number() OVER (ORDER BY person_id) AS place FROM persons p JOIN companies c
             USING (group_id, company_id) WHERE c.key = 'kinkerips') p
      JOIN registers r ON r.group_id = p.group_id AND r.company_id = p.company_id AND r.key = 'customers'
      JOIN companies o ON o.group_id = p.group_id AND o.key = 'ideafix'
     WHERE place <= 5
    ON CONFLICT DO NOTHING
"""
LINK = """
    WITH agreement AS (SELECT * FROM agreements ORDER BY agreement_id LIMIT 1),
    letter AS (
      INSERT INTO recipient_letters (group_id, company_id, letter_id, agreement_id)
      SELECT group_id, company_id, gen_random_uuid(), agreement_id FROM agreement RETURNING *),
    told AS (
      INSERT INTO notifications (group_id, company_id, notification_id, person_id, cause, changed_at, number,
                                 register_ids, record_ids, recipient_id, agreement_id, way)
      SELECT a.group_id, a.company_id, gen_random_uuid(), gen_random_uuid(), cause, now(), 1, '{}',
             ARRAY[gen_random_uuid()], a.processor_id, a.agreement_id, 'email'
        FROM agreement a, unnest(ARRAY['erased', 'corrected']) AS cause)
    INSERT INTO confirm_links (group_id, digest, company_id, letter_id, agreement_id, expires_at)
    SELECT group_id, sha256('linkki'), company_id, letter_id, agreement_id, now() + interval '1 day' FROM letter
    ON CONFLICT DO NOTHING
"""
# Two agreements like that with the processor, ended ten days ago, and no certificate yet.
ENDED = """
    WITH one AS (
      SELECT a.* FROM agreements a JOIN processors p USING (group_id, processor_id)
       WHERE p.name = 'Esimerkkipilvi Oy' AND a.key = 'pilvi' ORDER BY agreement_id LIMIT 1),
    made AS (
      INSERT INTO agreements (group_id, agreement_id, company_id, processor_id, key, ended_at)
      SELECT group_id, gen_random_uuid(), company_id, processor_id, new, now() - interval '10 days'
        FROM one, unnest(ARRAY['paattynyt', 'suljettu']) AS new
      ON CONFLICT DO NOTHING RETURNING *)
    INSERT INTO agreement_versions
    SELECT (jsonb_populate_record(v, jsonb_build_object(
             'agreement_id', made.agreement_id, 'approved_at', now() - interval '90 days'))).*
      FROM agreement_versions v JOIN one USING (group_id, agreement_id), made
     WHERE v.version = 1
"""
# Of one of them a second version, with another document and a last day.
SECOND = """
    INSERT INTO agreement_versions
    SELECT (jsonb_populate_record(v, jsonb_build_object(
             'version', 2, 'valid_until', '2090-01-01',
             'document', jsonb_build_object('name', 'Käsittelysopimus 8/2026', 'sha256', repeat('cd', 32))))).*
      FROM agreement_versions v JOIN agreements a USING (group_id, company_id, agreement_id)
     WHERE a.key = 'suljettu' AND v.version = 1
    ON CONFLICT DO NOTHING
"""


def at(page: Page, url: str) -> Page:
    page.goto(url)
    return page


def sent(page: Page, **fields: str) -> Page:
    """The page that a form comes back as; the browser's own checks are passed over."""
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)
    page.locator("form.form").evaluate("form => form.noValidate = true")
    page.locator("form.form button.primary").click()
    page.locator(".problems").wait_for()
    return page


def case(page: Page, scene: Scene, number: str) -> Page:
    staff.open_case(page, scene.stack, number)
    return page


def refusal(scene: Scene) -> Page:
    case(scene.kinkerips, scene, scene.undecided).get_by_role("link", name="Epää …").click()
    scene.kinkerips.wait_for_url("**/refusal")
    return scene.kinkerips


def letter(scene: Scene, case_url: str, name: str = "Henkilöllisyyskysely") -> Page:
    at(scene.kinkerips, case_url).get_by_role("link", name=name).click()
    scene.kinkerips.locator("article.letter").wait_for()
    return scene.kinkerips


def looked_for(page: Page, scene: Scene, wanted: str) -> Page:
    at(page, f"{scene.stack.office}/persons").locator("#wanted").fill(wanted)
    page.get_by_role("button", name="Hae").click()
    page.wait_for_load_state()
    return page


def person(scene: Scene) -> Page:
    """Of whom there are more orders than are shown at once."""
    page = looked_for(scene.kinkerips, scene, "KIN-100002")
    page.wait_for_url(re.compile(r"/persons/[0-9a-f-]+$"))
    return page


def records_of_person(scene: Scene) -> Page:
    person(scene).get_by_role("link", name=re.compile("Kaikki 4 tietuetta")).click()
    scene.kinkerips.wait_for_url("**/registers/**")
    return scene.kinkerips


def correction(scene: Scene) -> Page:
    person(scene).get_by_role("link", name="Oikaise …").first.click()
    scene.kinkerips.wait_for_url("**/corrections")
    return scene.kinkerips


def erasing(scene: Scene) -> Page:
    person(scene).get_by_role("link", name="Poista tietoja …").click()
    scene.kinkerips.wait_for_url("**/erasures")
    return scene.kinkerips


def notified(scene: Scene) -> Page:
    """No page can make somebody receive data."""
    scene.stack.execute(NOTIFICATIONS)
    return at(scene.kinkerips, f"{scene.stack.office}/notifications")


def notification(scene: Scene) -> Page:
    notified(scene).locator("tbody th a").first.click()
    scene.kinkerips.wait_for_url(re.compile(r"/notifications/[0-9a-f-]+$"))
    return scene.kinkerips


def proposed_without_reason(scene: Scene) -> Page:
    page = notification(scene)
    page.locator("form.form").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Ehdota").click()
    page.locator(".problems").wait_for()
    return page


def linked(scene: Scene) -> Page:
    """The page behind a letter to a recipient."""
    scene.stack.execute(LINK)
    return at(scene.stranger, f"{scene.stack.portal}/confirmations/linkki")


def corrected_before(scene: Scene) -> Page:
    page = correction(scene)
    page.locator("#value-first_name").fill("Toinen Nimi")
    page.locator("#source").select_option(value="person")
    page.locator("#detail").fill("Puhelu asiakkaan kanssa")
    page.locator("#reason").fill("Toinen etunimi puuttui.")
    page.get_by_role("button", name="Oikaise tietue").click()
    page.locator(".flash").wait_for()
    return correction(scene)


def restricting(scene: Scene) -> Page:
    """Somebody of whom nothing else is looked at."""
    page = looked_for(scene.ideafix, scene, "IDE-100010")
    page.wait_for_url(re.compile(r"/persons/[0-9a-f-]+$"))
    page.get_by_role("link", name="Rajoita käsittelyä …").click()
    page.wait_for_url("**/restrictions")
    return page


def restricted(scene: Scene, number: str) -> Page:
    page = looked_for(scene.ideafix, scene, number)
    page.wait_for_url(re.compile(r"/persons/[0-9a-f-]+$"))
    if page.get_by_role("link", name="Rajoita käsittelyä …").count():
        page.get_by_role("link", name="Rajoita käsittelyä …").click()
        page.locator("#reason").fill("Asiakas kiistää osoitteensa.")
        page.locator("button.primary").click()
        page.locator(".flash").wait_for()
    return page


def to_look_at(scene: Scene) -> Page:
    """Above the requests, once a review comes near."""
    restricted(scene, "IDE-100016")
    at(scene.ideafix, f"{scene.stack.office}/cases").locator("#agenda").wait_for()
    return scene.ideafix


def lifting(scene: Scene, number: str = "IDE-100011") -> Page:
    restricted(scene, number).locator("a[href$='/lifting']").click()
    scene.ideafix.wait_for_url("**/lifting")
    return scene.ideafix


def compared(scene: Scene) -> Page:
    """Two of those who share an address."""
    at(scene.ideafix, f"{scene.stack.office}/duplicates").get_by_role("link", name="Vertaa").first.click()
    scene.ideafix.wait_for_url("**/merges?other=*")
    return scene.ideafix


def told_apart(scene: Scene) -> Page:
    """The last of those who share an address; those of the first are looked at by others."""
    page = at(scene.ideafix, f"{scene.stack.office}/duplicates")
    if not page.get_by_text("Todettu kahdeksi ihmiseksi").count():
        page.get_by_role("link", name="Ei sama …").last.click()
        page.wait_for_url("**/distinctions?other=*")
        page.locator("#reason").fill("Isä ja poika, yhteinen osoite. Soitettu.")
        page.locator("button.primary").click()
        page.locator(".flash").wait_for()
        at(page, f"{scene.stack.office}/duplicates")
    page.locator("main details summary").click()
    return page


def telling_apart(scene: Scene) -> Page:
    at(scene.ideafix, f"{scene.stack.office}/duplicates").get_by_role("link", name="Ei sama …").first.click()
    scene.ideafix.wait_for_url("**/distinctions?other=*")
    return scene.ideafix


def taking_back(scene: Scene) -> Page:
    told_apart(scene).get_by_role("link", name="Peru …").first.click()
    scene.ideafix.wait_for_url("**/undoing")
    return scene.ideafix


def choosing_columns(scene: Scene) -> Page:
    page = at(scene.importer, f"{scene.stack.office}/extracts/new")
    page.locator("button.primary").click()
    page.wait_for_url("**/extracts/new?register=*")
    return page


def extract(scene: Scene) -> Page:
    """Ordered once, and looked at when it has been built."""
    page = at(scene.importer, f"{scene.stack.office}/extracts")
    if not page.locator("table.cards").count():
        choosing_columns(scene).locator("#purpose").select_option(index=1)
        page.locator("input[name=fields]").nth(0).check()
        page.locator("input[name=fields]").nth(1).check()
        page.locator("button.primary").click()
        page.locator(".flash").wait_for()
    else:
        page.locator("table.cards a").first.click()
        page.wait_for_url("**/extracts/*")
    page.get_by_role("link", name="Lataa tiedosto").wait_for()
    return page


def listed_extracts(scene: Scene) -> Page:
    extract(scene)
    return at(scene.importer, f"{scene.stack.office}/extracts")


def on_the_way(scene: Scene, link: str, to: str) -> Page:
    person(scene).get_by_role("link", name=link).click()
    scene.kinkerips.wait_for_url(f"**/{to}")
    return scene.kinkerips


def undoing(scene: Scene) -> Page:
    """Somebody of whom nothing else is looked at was divided."""
    page = looked_for(scene.ideafix, scene, "IDE-100013")
    if page.get_by_role("heading", name="Löytyneet").count():
        page.locator("table.cards a").first.click()
    page.wait_for_url(re.compile(r"/persons/[0-9a-f-]+$"))
    if not page.get_by_role("link", name="Kumoa …").count():
        page.get_by_role("link", name="Jaa kahdeksi …").click()
        page.locator("input[name=records]").last.check()
        page.locator("#reason").fill("Isä ja poika, sama sähköpostiosoite.")
        page.locator("button.primary").click()
        page.locator(".flash").wait_for()
    page.get_by_role("link", name="Kumoa …").first.click()
    page.wait_for_url("**/undoing")
    return page


def notice(scene: Scene) -> Page:
    page = lifting(scene, "IDE-100012")
    page.locator("#reason").fill("Osoite on tarkistettu ja korjattu.")
    page.locator("#postal_address").fill("Matti Malli\nEsimerkkikatu 1 A 2\n02100 Espoo")
    page.locator("button.primary").click()
    page.get_by_role("link", name="Tulosta ja postita ilmoitus").click()
    page.locator("article.letter").wait_for()
    return page


def register(scene: Scene) -> Page:
    page = at(scene.visual, f"{scene.stack.office}/registers")
    page.locator("section[aria-labelledby=all]").get_by_role("link", name="Asiakasrekisteri", exact=True).click()
    page.locator("#purposes").wait_for()
    return page


def draft(scene: Scene) -> Page:
    """One for all who look at it; it is never approved."""
    page = register(scene)
    page.locator(".head .actions .primary").click()
    page.wait_for_url("**/registers/drafts/*")
    return page


def changes(scene: Scene) -> Page:
    """A field more and a name changed, as four companies would have to approve it."""
    url = draft(scene).url
    page = scene.visual
    if not page.get_by_role("link", name="Kanta-asiakastaso").count():
        page.goto(f"{url}/parts/fields/new")
        page.locator("#key").fill("loyalty_level")
        for language, label in (("fi", "Kanta-asiakastaso"), ("sv", "Stamkundsnivå"), ("en", "Loyalty level")):
            page.locator(f"#label-{language}").fill(label)
        page.locator("#category").select_option("business")
        page.locator("#origin").select_option("derived")
        page.locator("button.primary").click()
        page.locator(".flash").wait_for()
    return at(page, f"{url}/changes")


def new_key(scene: Scene) -> Page:
    page = at(scene.ideafix, f"{scene.stack.office}/tokens")
    page.locator("#label").fill("Raportti")
    page.get_by_role("button", name="Luo avain").click()
    page.locator("section[aria-labelledby=issued]").wait_for()
    return page


def signed_out(scene: Scene) -> Page:
    """Its header leads on to the identity provider, which is kept from answering."""
    page = scene.stranger
    staff.sign_in(page, scene.stack, staff.IDEAFIX)
    page.context.route(f"{scene.stack.urls.issuer}/**", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Kirjaudu ulos").click()
    page.get_by_role("heading", name="Kirjauduttu ulos").wait_for()
    return page


def policy(page: Page, scene: Scene) -> Page:
    """The demo's policy that this company gives."""
    at(page, f"{scene.stack.office}/sharing").locator("section[aria-labelledby=given] tbody th a").first.click()
    page.wait_for_url(re.compile(r"/sharing/[0-9a-f-]+$"))
    return page


def step(page: Page, scene: Scene, name: str) -> Page:
    policy(page, scene).get_by_role("link", name=name).click()
    page.locator("#content h1").wait_for()
    return page


def new_terms(scene: Scene) -> Page:
    page = at(scene.granter, f"{scene.stack.office}/sharing/new")
    page.get_by_role("button", name="Jatka ehtoihin").click()
    page.locator("#purpose").wait_for()
    return page


def shared_register(scene: Scene) -> Page:
    at(scene.care, f"{scene.stack.office}/shared").locator("tbody th a").first.click()
    scene.care.wait_for_url("**/shared/registers/**")
    return scene.care


def shared_person(scene: Scene) -> Page:
    shared_register(scene).locator("tbody th a").first.click()
    scene.care.wait_for_url("**/persons/**")
    return scene.care


def explanation(scene: Scene) -> Page:
    """Of somebody whom the demo's policy lets Kinkerips Oy see."""
    page = looked_for(scene.granter, scene, people.CUSTOMER)
    page.get_by_role("link", name="Selitä kenttä …").click()
    page.locator("#company").select_option(label="Kinkerips Oy")
    page.locator("#field").select_option(label="Etunimi")
    page.get_by_role("button", name="Selitä").click()
    page.locator("#verdicts").wait_for()
    return page


CARRIER = "Mallikuljetus"
CLOUD, HALL = "Esimerkkipilvi Oy", "Esimerkkikonesali Ab"


def told(page: Page, button: str, **fields: str) -> Page:
    """Sends the form with this button, and waits until the next page says what was done."""
    form = page.locator("form", has=page.get_by_role("button", name=button, exact=True)).first
    for name, value in fields.items():
        field = form.locator(f"#{name}")
        field.select_option(value) if field.evaluate("one => one.tagName") == "SELECT" else field.fill(value)
    form.get_by_role("button", name=button, exact=True).click()
    page.locator(".flash").wait_for()
    return page


POLICE = "Poliisi"
KEY = """{"kty": "EC", "crv": "P-256", "kid": "2026-11", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
 "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}"""


def processors(scene: Scene) -> Page:
    """The catalogue, with a processor that has a sub-processor, evidence and an agreement; made once."""
    page = at(scene.visual, f"{scene.stack.office}/processors")
    if page.get_by_role("link", name=CLOUD).count():
        return page
    for key, name, country in (("konesali", HALL, "SE"), ("pilvi", CLOUD, "US")):
        at(page, f"{scene.stack.office}/processors/new")
        told(
            page, "Tallenna", key=key, name=name, country=country, countries="FI, SE", email="tietosuoja@pilvi.example"
        )
    url = page.url
    page.get_by_text("Ilmoita alikäsittelijä").click()
    page.locator("#sub_processor").select_option(label=HALL)
    told(page, "Kirjaa", service="Konesalipalvelu", countries="SE", since="2026-01-01", objections_until="2090-01-01")
    page.get_by_text("Kirjaa todennus").click()
    evidence = page.locator("section[aria-labelledby=evidence]")
    for name, value in (("verified_on", "2026-01-01"), ("valid_until", "2090-01-01")):
        evidence.locator(f"#{name}").fill(value)
    evidence.locator("#document").fill("Auditointiraportti 2026")
    evidence.locator("#sha256").fill("ab" * 32)
    evidence.get_by_role("button", name="Kirjaa", exact=True).click()
    page.locator(".flash").wait_for()
    at(page, f"{url}/agreements/new").locator("#purposes").check()
    told(page, "Tallenna luonnos", document="Käsittelysopimus 7/2026", sha256="ab" * 32)
    return at(page, f"{scene.stack.office}/processors")


def asked_by_an_authority(scene: Scene) -> Page:
    """The form of a request of the police, whom the catalogue names; taken in at the company where it is looked at."""
    catalogue = at(scene.visual, f"{scene.stack.office}/processors")
    if not catalogue.get_by_role("link", name=POLICE).count():
        at(catalogue, f"{scene.stack.office}/processors/new").locator("#kind").select_option("authority")
        told(catalogue, "Tallenna", key="poliisi", name=POLICE, country="FI", countries="FI", email="p@poliisi.example")
    page = at(scene.kinkerips, f"{scene.stack.office}/authorities/new")
    page.locator("button.primary").click()
    page.wait_for_url("**/authorities/new?register=*")
    return page


def authority_case(scene: Scene) -> Page:
    page = at(scene.kinkerips, f"{scene.stack.office}/authorities")
    if not page.locator("table.cards").count():
        page = asked_by_an_authority(scene)
        page.locator("#authority").select_option(label=POLICE)
        page.locator("#provision").select_option("police")
        page.locator("input[name=fields]").nth(0).check()
        page.locator("input[name=fields]").nth(1).check()
        asked = {"reference": "5500/R/1/26", "asker": "Konstaapeli Esimerkki", "document": "Tietopyyntö 1"}
        told(page, "Vastaanota", **asked, persons="KIN-100002")
    else:
        page.locator("table.cards a").first.click()
        page.wait_for_url(re.compile(r"/authorities/[0-9a-f-]{36}$"))
    return page


def disclosed(scene: Scene) -> Page:
    """The demo's request that was answered; its file was made and waits."""
    page = at(scene.granter, f"{scene.stack.office}/authorities")
    page.get_by_role("link", name="VIR/2026/101").click()
    page.wait_for_url(re.compile(r"/authorities/[0-9a-f-]{36}$"))
    return page


def record(scene: Scene) -> Page:
    page = disclosed(scene)
    return at(page, f"{page.url}/record")


def emergency(scene: Scene) -> Page:
    page = at(scene.kinkerips, f"{scene.stack.office}/emergencies")
    if not page.locator("table.cards").count():
        page.locator("#registers").check()
        told(page, "Pyydä", reason="Hätäkeskus tavoittelee asiakkaan lähiomaista.", minutes="60")
    else:
        page.locator("table.cards a").first.click()
        page.wait_for_url(re.compile(r"/emergencies/[0-9a-f-]{36}$"))
    return page


def oldest_listed(scene: Scene, place: str) -> Page:
    """What the oldest of the list is, at the company of the demo's authority."""
    page = at(scene.granter, f"{scene.stack.office}/{place}")
    page.locator("table.cards a").last.click()
    page.wait_for_url(re.compile(rf"/{place}/[0-9a-f-]{{36}}$"))
    return page


def listed_after(made: Callable[[Scene], Page], scene: Scene, place: str) -> Page:
    return at(made(scene), f"{scene.stack.office}/{place}")


def processor(scene: Scene) -> Page:
    page = processors(scene)
    page.get_by_role("link", name=CLOUD).click()
    page.wait_for_url(re.compile(r"/processors/[0-9a-f-]+$"))
    return page


def clients(scene: Scene) -> Page:
    page = processor(scene)
    page.get_by_role("link", name="OAuth-asiakkaat").click()
    page.wait_for_url("**/clients")
    return page


def client_with_key(scene: Scene) -> Page:
    """Registered with the key of the RFC's example, once."""
    page = clients(scene)
    if not page.get_by_text("Laskutuksen siirto").count():
        page.locator("#name").fill("Laskutuksen siirto")
        page.locator("#keys").fill(KEY)
        page.get_by_role("button", name="Rekisteröi asiakasohjelma").click()
        page.locator(".flash").wait_for()
    return page


def webhooks(scene: Scene) -> Page:
    """With one endpoint, to which a test message is on its way."""
    page = processor(scene)
    page.get_by_role("link", name="Webhookit").click()
    page.wait_for_url("**/webhooks")
    if not page.get_by_role("heading", name="Pilven kuuntelija").count():
        with_new_endpoint(page, "https://kuuntelija.example/seloste")
        page.get_by_role("button", name="Lähetä testiviesti").click()
        page.locator(".flash").wait_for()
    return page


def with_new_endpoint(page: Page, url: str) -> Page:
    page.locator("#url").fill(url)
    page.locator("#description").fill("Pilven kuuntelija")
    page.locator("#asymmetric").check()
    page.get_by_role("button", name="Lisää päätepiste").click()
    page.get_by_role("heading", name="Uusi salaisuus").or_(page.locator(".problems")).first.wait_for()
    return page


def client_with_bad_key(scene: Scene) -> Page:
    page = clients(scene)
    page.locator("#name").fill("Koe")
    page.locator("#keys").fill("{}")
    page.get_by_role("button", name="Rekisteröi asiakasohjelma").click()
    page.locator(".problems").wait_for()
    return page


def client_with_secret(scene: Scene, *, name: str = "Vanha ohjelma", bound: bool = True) -> Page:
    page = client_with_key(scene)
    page.locator("#name").fill(name)
    page.locator("#dpop").set_checked(bound)
    page.locator("#method").select_option("client_secret_basic")
    page.get_by_role("button", name="Rekisteröi asiakasohjelma").click()
    page.locator("#issued").wait_for()
    return page


def asked_by_opendsr(scene: Scene) -> Page:
    """What the cloud's program has asked of the company; registered, let in and asking once."""
    page = at(scene.visual, f"{scene.stack.office}/opendsr")
    if not page.locator("table.cards").count():
        client_with_secret(scene, name="Kysyvä ohjelma", bound=False)
        facts = scene.visual.locator("#issued").locator("xpath=..").locator("code").all_inner_texts()
        processor(scene).get_by_role("link", name="OpenDSR").click()
        page.get_by_text("Salli sen pyytää meiltä").click()
        page.locator("#client_id").select_option(label="Kysyvä ohjelma")
        page.locator("#callback_domains").fill("opendsr.pilvi.example")
        page.locator("#identity_types").check()
        page.locator("#registers").check()
        page.get_by_role("button", name="Salli pyytäminen").click()
        page.locator(".flash").wait_for()
        opendsr.ask(scene.stack, (facts[0], facts[1]), page.locator("p.digest code").inner_text())
        at(page, f"{scene.stack.office}/opendsr")
    return page


def opendsr_request(scene: Scene) -> Page:
    page = asked_by_opendsr(scene)
    page.locator("table.cards a").first.click()
    page.wait_for_url(re.compile(r"/opendsr/[0-9a-f-]{36}$"))
    return page


def opendsr_endpoint(scene: Scene) -> Page:
    page = processor(scene)
    page.get_by_role("link", name="OpenDSR").click()
    page.wait_for_url("**/opendsr")
    if not page.get_by_role("button", name="Kokeile nyt").count():
        page.get_by_text("Rekisteröi, mistä siltä pyydetään").click()
        address = page.locator("p.digest code").inner_text()
        told(page, "Rekisteröi", base_url=address, domain="localhost", secret="sesam", let_in="bearer")
    return page


def opendsr_bad_endpoint(scene: Scene) -> Page:
    page = processor(scene)
    page.get_by_role("link", name="OpenDSR").click()
    page.wait_for_url("**/opendsr")
    page.get_by_text("Rekisteröi, mistä siltä pyydetään").click()
    page.locator("#base_url").fill("x")
    page.locator("#domain").fill("x")
    page.get_by_role("button", name="Rekisteröi", exact=True).click()
    page.locator(".problems").wait_for()
    return page


def opendsr_sent(scene: Scene) -> Page:
    page = opendsr_endpoint(scene)
    page.get_by_text("Pyydä käsin").click()
    told(page, "Pyydä käsittelijältä", customer_number="VIS-100002")
    return page


def agreement(scene: Scene) -> Page:
    page = processor(scene)
    page.get_by_role("link", name="pilvi", exact=True).click()
    page.wait_for_url("**/processors/agreements/**")
    return page


def ended_agreement(scene: Scene, key: str = "paattynyt") -> Page:
    processors(scene)
    scene.stack.execute(ENDED)
    page = processor(scene)
    page.get_by_role("link", name=key, exact=True).click()
    page.wait_for_url("**/processors/agreements/**")
    return page


def versions_compared(scene: Scene) -> Page:
    page = ended_agreement(scene, "suljettu")
    scene.stack.execute(SECOND)
    return at(page, f"{page.url}/versions")


def half_certified(scene: Scene) -> Page:
    page = ended_agreement(scene)
    page.get_by_text("Kirjaa todistus").click()
    page.locator("#document").fill("Poistotodistus")
    page.locator("section[aria-labelledby=closing] form").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Kirjaa", exact=True).click()
    page.locator(".problems").wait_for()
    return page


def certified(scene: Scene) -> Page:
    page = ended_agreement(scene, "suljettu")
    if page.get_by_text("Kirjaa todistus").count():
        page.get_by_text("Kirjaa todistus").click()
        page.locator("#issued_on").fill("2026-01-05")
        page.locator("#document").fill("Poistotodistus 1/2026")
        page.locator("#sha256").fill("cd" * 32)
        page.locator("#sub_processors").check()
        page.get_by_role("button", name="Kirjaa", exact=True).click()
        page.locator(".flash").wait_for()
        page.get_by_text("Korvaa se toisella").click()
        page.locator("#reason").fill("Liitteenä oli toisen sopimuksen todistus.")
        page.locator("#issued_on").fill("2026-01-06")
        page.locator("#document").fill("Poistotodistus 2/2026")
        page.locator("#sha256").fill("ef" * 32)
        page.locator("#sub_processors").check()
        page.get_by_role("button", name="Kirjaa", exact=True).click()
        page.get_by_text("1 todistus on korvattu").click()
    return page


def fed(scene: Scene, processor: str = "Mallipilvi Oy (keksitty)", key: str = "Asiakkaat asiakaspalvelimelle") -> Page:
    """One of the demo's feeds."""
    page = at(scene.granter, f"{scene.stack.office}/processors")
    page.get_by_role("link", name=processor).click()
    page.get_by_role("link", name=key).first.click()
    page.wait_for_url("**/processors/feeds/**")
    return page


def delivered(scene: Scene) -> Page:
    """Its files go into our bucket, and the first of them are on their way."""
    page = fed(scene)
    page.locator("a[href$='/files']").click()
    page.wait_for_url("**/files")
    if not page.get_by_role("button", name="Toimita nyt").count():
        page.get_by_role("button", name="Tallenna asetukset").click()
        staff.told(page, "Tallennettu.")
        page.get_by_role("button", name="Toimita nyt").click()
        staff.told(page, "Toimitus on alkanut.")
    return page


def new_feed(scene: Scene, register: str = "") -> Page:
    page = fed(scene, "Malliluotto Oy (keksitty)", "Luottokyselyt")
    page.get_by_role("link", name="luottotiedot", exact=True).click()
    page.get_by_role("link", name="Uusi syöte").click()
    page.wait_for_url("**/feeds/new")
    if register:
        page.locator("#register").select_option(label=register)
        page.get_by_role("button", name="Jatka laajuuteen").click()
        page.wait_for_url("**/feeds/new?register=*")
    return page


def facts(scene: Scene) -> Page:
    page = processor(scene)
    return at(page, f"{page.url}/facts")


def proposing(scene: Scene) -> Page:
    """About a carrier with which Ideafix Oy has agreed, and the company that looks at it, too."""
    page = at(scene.visual, f"{scene.stack.office}/processors")
    page.get_by_role("link", name=CARRIER).click()
    page.wait_for_url(re.compile(r"/processors/[0-9a-f-]+$"))
    url = page.url
    if not page.get_by_role("link", name="Ehdota muutosta").count():
        at(page, f"{url}/agreements/new").locator("#purposes").check()
        told(page, "Tallenna luonnos", document="Kuljetussopimus", sha256="ab" * 32)
    return at(page, f"{url}/proposals/new")


def proposals(scene: Scene) -> Page:
    """As whoever decides sees them."""
    page = at(scene.admin, f"{scene.stack.office}/processors/proposals")
    if not page.get_by_role("link", name=CARRIER).count():
        told(proposing(scene), "Ehdota", name="Mallikuljetus Oyj", countries="FI, NO", reason="Tiedote 12/2026")
    return at(page, f"{scene.stack.office}/processors/proposals")


def proposal(scene: Scene) -> Page:
    page = proposals(scene)
    page.get_by_role("link", name=CARRIER).click()
    page.wait_for_url(re.compile(r"/proposals/[0-9a-f-]+$"))
    return page


def new_agreement(scene: Scene) -> Page:
    page = processor(scene)
    return at(page, f"{page.url}/agreements/new")


def stopped(scene: Scene) -> Page:
    """One stop is over, two are in force for as long as it takes to open the page."""
    put = """
        INSERT INTO flow_stops (group_id, stop_id, company_id, processor_id, reason, proposed_at, proposed_reason,
                                resumed_at)
        SELECT c.group_id, gen_random_uuid(), c.company_id, p.processor_id, 'Epäilty tietovuoto, tapaus 7/2026',
               CASE WHEN p.processor_id IS NULL THEN NULL ELSE now() END, 'Vuoto on tukittu.', o.resumed_at
          FROM companies c CROSS JOIN (VALUES (NULL), (now())) o (resumed_at)
          LEFT JOIN processors p ON p.group_id = c.group_id AND p.key = 'konesali' AND o.resumed_at IS NULL
         WHERE c.key = 'ideafix-visual'
         UNION ALL SELECT group_id, gen_random_uuid(), company_id, NULL, 'Tietomurto toisella', NULL, NULL, NULL
          FROM companies WHERE key = 'ideafix-visual'"""
    processors(scene)
    scene.stack.execute(put)
    try:
        return at(scene.visual, f"{scene.stack.office}/processors/stops")
    finally:
        scene.stack.execute(
            "DELETE FROM flow_stops WHERE reason IN ('Epäilty tietovuoto, tapaus 7/2026', 'Tietomurto toisella')"
        )


# No page makes feeds yet.
DRAFTED_FEED = """
    WITH made AS (
        INSERT INTO feeds (group_id, feed_id, company_id, agreement_id, key, name)
        SELECT a.group_id, gen_random_uuid(), a.company_id, a.agreement_id, 'asiakkaat', '{"fi": "Asiakkaat"}'
          FROM agreements a WHERE a.key = 'pilvi'
        RETURNING *
    )
    INSERT INTO feed_scopes (group_id, feed_id, version, company_id, agreement_id, register_id, purpose_id, fields,
                             sealed_fields, consent_required, bound_to_event, legal_basis, valid_from)
    SELECT m.group_id, m.feed_id, 1, m.company_id, m.agreement_id, r.register_id,
           (SELECT p.purpose_id FROM purposes p WHERE p.register_id = r.register_id ORDER BY p.position LIMIT 1),
           (SELECT array_agg(f.key) FROM fields f WHERE f.register_id = r.register_id AND NOT f.sealed
              AND f.type IN ('text', 'email', 'date')), '{}', false, false, 'contract', '2026-01-01'
      FROM made m JOIN registers r ON r.company_id = m.company_id AND r.key = 'customers'
"""
ULLA = "ulla@pilvi.example"
# The public half of RFC 8037, appendix A.
PUBLIC = '{"kty":"OKP","crv":"Ed25519","kid":"2026-11-ulla","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'


def contacts(scene: Scene) -> Page:
    """With somebody who is invited; made once."""
    page = processor(scene)
    page = at(page, f"{page.url}/contacts")
    if not page.get_by_text(ULLA).count():
        scene.stack.execute(DRAFTED_FEED)
        console.invite(page, ULLA)
    return page


def looking_after(scene: Scene) -> Page:
    """Invited, accepted and signed in; once."""
    front = console.url(scene.stack)
    if at(scene.contact, front).url.rstrip("/") != front:
        console.accept(scene.contact, console.invitation(contacts(scene), scene.stack))
        console.sign_in(scene.contact, scene.stack, ULLA)
    return scene.contact


def feed(scene: Scene) -> Page:
    page = looking_after(scene)
    page.get_by_role("link", name="Asiakkaat").click()
    page.wait_for_url("**/feeds/**")
    return page


def pulling(scene: Scene) -> Page:
    page = feed(scene)
    page.get_by_role("link", name="Näin syöte noudetaan").click()
    page.wait_for_url("**/pulling")
    return page


def console_keys(scene: Scene) -> Page:
    """With one that waits; brought once."""
    page = at(looking_after(scene), console.url(scene.stack, "keys"))
    if not page.get_by_text("2026-11-ulla").count():
        console.bring_key(page, PUBLIC, name="Varastonhallinta")
    return page


# By template, and after a colon what else it can show.
def suspended(scene: Scene) -> Page:
    """Suspended for as long as it takes to open the page."""
    where = f"WHERE slug = '{DEMO_GROUP}'"
    scene.stack.execute(f"UPDATE groups SET suspended_at = now(), suspended_for = 'at_request' {where}")
    try:
        return at(scene.stranger, scene.stack.portal)
    finally:
        scene.stack.execute(f"UPDATE groups SET suspended_at = NULL, suspended_for = NULL {where}")


PAGES: dict[str, Callable[[Scene], Page]] = {
    "portal/front": lambda scene: at(scene.stranger, scene.stack.portal),
    "portal/notices/notice": lambda scene: at(scene.stranger, f"{scene.stack.portal}/notices/ideafix"),
    "portal/requests/form": lambda scene: at(scene.stranger, f"{scene.stack.portal}/requests/new"),
    "portal/requests/form:problems": lambda scene: sent(
        at(scene.stranger, f"{scene.stack.portal}/requests/new"), email="ei osoite"
    ),
    "portal/requests/verification": lambda scene: at(scene.asker, scene.asker.url),
    "portal/requests/verification:problems": lambda scene: sent(at(scene.asker, scene.asker.url), code="0000 0000"),
    "portal/requests/status": lambda scene: at(scene.customer, scene.status_url),
    "portal/requests/recipients": lambda scene: at(scene.customer, f"{scene.status_url.rstrip('/')}/recipients"),
    "portal/requests/withdrawal": lambda scene: at(scene.customer, f"{scene.status_url.rstrip('/')}/withdrawal"),
    "portal/requests/download": lambda scene: at(scene.customer, scene.used_link),
    "portal/suspended": suspended,
    "portal/requests/closed": lambda scene: at(scene.stranger, scene.status_url),
    "problem": lambda scene: at(scene.stranger, f"{scene.stack.portal}/notices/nowhere"),
    "problem:office": lambda scene: at(scene.kinkerips, f"{scene.stack.office}/members"),
    "rest/index": lambda scene: at(scene.stranger, f"{scene.stack.urls.base_url}/api/v1"),
    "office/login/sign_in": lambda scene: at(scene.stranger, scene.stack.office),
    "office/login/sign_in:group": lambda scene: at(scene.stranger, f"{scene.stack.office}?group=ideafix"),
    "office/login/refused": lambda scene: at(scene.stranger, f"{scene.stack.office}/login/callback?state=x"),
    "office/login/other_purpose": lambda scene: at(scene.visual, f"{scene.stack.office}/imports"),
    "office/login/signed_out": signed_out,
    "office/commitment/commitment": lambda scene: at(scene.newcomer, f"{scene.stack.office}/commitment"),
    "office/commitment/commitment:signed": lambda scene: at(scene.kinkerips, f"{scene.stack.office}/commitment"),
    "office/cases/list": lambda scene: at(scene.kinkerips, f"{scene.stack.office}/cases"),
    "office/cases/list:to-look-at": to_look_at,
    "office/cases/list:empty": lambda scene: at(scene.visual, f"{scene.stack.office}/cases?shown=all&state=lapsed"),
    "office/cases/case": lambda scene: case(scene.kinkerips, scene, scene.undecided),
    "office/cases/case:several": lambda scene: case(scene.ideafix, scene, scene.unclear),
    "office/cases/case:unproven": lambda scene: at(scene.kinkerips, scene.unproven),
    "office/cases/case:at-hand": lambda scene: at(scene.kinkerips, scene.at_hand),
    "office/cases/case:own-proposal": lambda scene: at(scene.kinkerips, scene.proposed),
    "office/cases/case:proposal": lambda scene: at(scene.colleague, scene.proposed),
    "office/letters/list": lambda scene: at(scene.kinkerips, f"{scene.stack.office}/letters"),
    "office/letters/list:empty": lambda scene: at(scene.ideafix, f"{scene.stack.office}/letters"),
    "office/letters/letter": lambda scene: letter(scene, scene.unproven),
    "office/letters/letter:with-archive": lambda scene: letter(scene, scene.at_hand, "Tietopaketti on valmis"),
    "office/cases/refusal": refusal,
    "office/cases/refusal:problems": lambda scene: sent(refusal(scene)),
    "office/requests/new": lambda scene: at(scene.kinkerips, f"{scene.stack.office}/requests/new"),
    "office/requests/new:problems": lambda scene: sent(
        at(scene.kinkerips, f"{scene.stack.office}/requests/new"), received_at="2090-01-01"
    ),
    "office/persons/search": lambda scene: at(scene.kinkerips, f"{scene.stack.office}/persons"),
    "office/persons/search:found": lambda scene: looked_for(scene.ideafix, scene, people.SHARED),
    "office/persons/search:nobody": lambda scene: looked_for(scene.ideafix, scene, people.STRANGER),
    "office/persons/search:problems": lambda scene: sent(
        at(scene.kinkerips, f"{scene.stack.office}/persons"), wanted=" "
    ),
    "office/persons/person": person,
    "office/persons/explanation": explanation,
    "office/persons/erasure": erasing,
    "office/persons/erasure:problems": lambda scene: sent(erasing(scene)),
    "office/notifications/list": notified,
    "office/notifications/list:empty": lambda scene: at(
        scene.kinkerips, f"{scene.stack.office}/notifications?shown=excused"
    ),
    "office/notifications/notification:problems": proposed_without_reason,
    "office/notifications/notification": notification,
    "portal/confirmations/list": linked,
    "office/persons/correction": correction,
    "office/persons/correction:problems": lambda scene: sent(correction(scene)),
    "office/persons/correction:before": corrected_before,
    "office/persons/person:restricted": lambda scene: restricted(scene, "IDE-100011"),
    "office/persons/duplicates": lambda scene: at(scene.ideafix, f"{scene.stack.office}/duplicates"),
    "office/persons/duplicates:apart": told_apart,
    "office/persons/distinction": telling_apart,
    "office/persons/distinction:problems": lambda scene: sent(telling_apart(scene)),
    "office/persons/one_again": taking_back,
    "office/persons/one_again:problems": lambda scene: sent(taking_back(scene)),
    "office/persons/another": lambda scene: on_the_way(scene, "Yhdistä toiseen …", "merges"),
    "office/persons/merge": compared,
    "office/persons/merge:problems": lambda scene: sent(compared(scene)),
    "office/persons/split": lambda scene: on_the_way(scene, "Jaa kahdeksi …", "splits"),
    "office/persons/split:problems": lambda scene: sent(on_the_way(scene, "Jaa kahdeksi …", "splits")),
    "office/persons/undoing": undoing,
    "office/persons/undoing:problems": lambda scene: sent(undoing(scene)),
    "office/persons/restriction": restricting,
    "office/persons/restriction:problems": lambda scene: sent(restricting(scene), review_on="2020-01-01"),
    "office/persons/lifting": lifting,
    "office/persons/lifting:problems": lambda scene: sent(lifting(scene)),
    "office/persons/notice": notice,
    "office/persons/register": records_of_person,
    "office/sharing/list": lambda scene: at(scene.granter, f"{scene.stack.office}/sharing"),
    "office/sharing/list:group": lambda scene: at(scene.admin, f"{scene.stack.office}/sharing"),
    "office/sharing/matrix": lambda scene: at(scene.granter, f"{scene.stack.office}/sharing/matrix"),
    "office/sharing/register": lambda scene: at(scene.granter, f"{scene.stack.office}/sharing/new"),
    "office/sharing/terms": new_terms,
    "office/sharing/terms:problems": lambda scene: sent(new_terms(scene), valid_from=""),
    "office/sharing/policy": lambda scene: policy(scene.granter, scene),
    "office/sharing/policy:draft": lambda scene: policy(scene.visual, scene),
    "office/sharing/step": lambda scene: step(scene.granter, scene, "Peru …"),
    "office/sharing/step:missing": lambda scene: step(scene.visual, scene, "Myönnä …"),
    "office/shared/list": lambda scene: at(scene.care, f"{scene.stack.office}/shared"),
    "office/shared/register": shared_register,
    "office/shared/person": shared_person,
    "office/shared/shut": lambda scene: at(scene.care, f"{scene.stack.office}/shared/registers/{uuid4()}"),
    "office/extracts/list": listed_extracts,
    "office/extracts/of_which": lambda scene: at(scene.importer, f"{scene.stack.office}/extracts/new"),
    "office/extracts/new": choosing_columns,
    "office/extracts/new:problems": lambda scene: sent(choosing_columns(scene)),
    "office/extracts/extract": extract,
    "office/imports/list": lambda scene: at(scene.importer, f"{scene.stack.office}/imports"),
    "office/imports/new": lambda scene: at(scene.importer, f"{scene.stack.office}/imports/new"),
    "office/imports/columns": lambda scene: at(scene.importer, f"{scene.import_url}/columns"),
    "office/imports/import": lambda scene: at(scene.importer, scene.import_url),
    "office/registers/list": lambda scene: at(scene.visual, f"{scene.stack.office}/registers"),
    "office/registers/list:group": lambda scene: at(scene.admin, f"{scene.stack.office}/registers"),
    "office/registers/register": register,
    "office/registers/new": lambda scene: at(scene.visual, f"{scene.stack.office}/registers/new"),
    "office/registers/new:problems": lambda scene: sent(
        at(scene.visual, f"{scene.stack.office}/registers/new"), key="Iso Kirjain"
    ),
    "office/registers/draft": draft,
    "office/registers/part": lambda scene: at(scene.visual, f"{draft(scene).url}/parts/fields/email"),
    "office/registers/part:purpose": lambda scene: at(scene.visual, f"{draft(scene).url}/parts/purposes/new"),
    "office/registers/part:basics": lambda scene: at(scene.visual, f"{draft(scene).url}/parts/basics/all"),
    "office/registers/part:order": lambda scene: at(scene.visual, f"{draft(scene).url}/parts/order/all"),
    "office/registers/part:gap": lambda scene: at(scene.visual, f"{draft(scene).url}/parts/gaps/new"),
    "office/registers/part:problems": lambda scene: sent(
        at(scene.visual, f"{draft(scene).url}/parts/papers/new"), key="Iso Kirjain"
    ),
    "office/registers/changes": changes,
    "office/registers/papers": lambda scene: at(scene.visual, f"{scene.stack.office}/registers/papers"),
    "office/registers/map": lambda scene: at(scene.visual, f"{scene.stack.office}/registers/map"),
    "office/registers/map:group": lambda scene: at(scene.admin, f"{scene.stack.office}/registers/map"),
    "office/authorities/of_which": lambda scene: at(scene.kinkerips, f"{scene.stack.office}/authorities/new"),
    "office/authorities/new": asked_by_an_authority,
    "office/authorities/new:problems": lambda scene: sent(asked_by_an_authority(scene), document_sha256="1"),
    "office/authorities/case": authority_case,
    "office/authorities/case:disclosed": disclosed,
    "office/authorities/record": record,
    "office/emergencies/emergency:reported": lambda scene: oldest_listed(scene, "emergencies"),
    "office/authorities/list": lambda scene: listed_after(authority_case, scene, "authorities"),
    "office/emergencies/emergency": emergency,
    "office/emergencies/list": lambda scene: listed_after(emergency, scene, "emergencies"),
    "office/emergencies/list:problems": lambda scene: sent(
        at(scene.kinkerips, f"{scene.stack.office}/emergencies"), minutes="1"
    ),
    "office/processors/list": processors,
    "office/processors/map": lambda scene: at(scene.granter, f"{scene.stack.office}/processors/map"),
    "office/processors/processor": processor,
    "office/processors/webhooks": webhooks,
    "office/processors/webhooks:problems": lambda scene: with_new_endpoint(webhooks(scene), "https://10.0.0.1/"),
    "office/processors/webhooks:issued": lambda scene: with_new_endpoint(
        webhooks(scene), "https://toinen.example/seloste"
    ),
    "office/processors/clients": client_with_key,
    "office/processors/clients:problems": client_with_bad_key,
    "office/processors/clients:issued": client_with_secret,
    "office/processors/contacts": contacts,
    "office/processors/contacts:problems": lambda scene: sent(contacts(scene), email="ei osoite"),
    "console/invitation": lambda scene: at(scene.contact, console.invitation(contacts(scene), scene.stack)),
    "console/sign_in": lambda scene: at(scene.stranger, console.url(scene.stack, "sign-in")),
    "console/sign_in:problems": lambda scene: sent(
        at(scene.stranger, console.url(scene.stack, "sign-in")), email="ei osoite"
    ),
    "console/code": lambda scene: console.waits_for_code(scene.stranger, scene.stack, people.STRANGER),
    "console/code:problems": lambda scene: sent(
        console.waits_for_code(scene.stranger, scene.stack, people.STRANGER), code="0000 0000"
    ),
    "console/start": looking_after,
    "console/feed": feed,
    "console/feed:problems": lambda scene: sent(feed(scene)),
    "console/pulling": pulling,
    "console/confirmations": lambda scene: at(looking_after(scene), console.url(scene.stack, "confirmations")),
    "console/keys": console_keys,
    "console/keys:problems": lambda scene: sent(console_keys(scene), keys="x"),
    "console/own_data": lambda scene: at(looking_after(scene), console.url(scene.stack, "own-data")),
    "office/processors/facts:proposing": proposing,
    "office/processors/proposals": proposals,
    "office/processors/proposal": proposal,
    "office/processors/facts": facts,
    "office/processors/facts:problems": lambda scene: sent(facts(scene), business_id="1"),
    "office/processors/agreement": agreement,
    "office/processors/agreement:ended": ended_agreement,
    "office/processors/agreement:problems": half_certified,
    "office/processors/compared": versions_compared,
    "office/processors/agreement:closed": certified,
    "office/processors/terms": new_agreement,
    "office/processors/terms:problems": lambda scene: sent(new_agreement(scene), valid_from=""),
    "office/processors/agreement:feeds": lambda scene: at(
        scene.granter, fed(scene).locator(".crumb a").last.evaluate("link => link.href")
    ),
    "office/processors/feed": fed,
    "office/processors/files": delivered,
    "office/processors/files:problems": lambda scene: sent(delivered(scene), hour="x"),
    "office/processors/feed:missing": lambda scene: fed(scene, "Mallirekisteri", "Päivitettävät yhteystiedot"),
    "office/processors/feed:by_event": lambda scene: fed(scene, "Malliluotto", "Luottokyselyt"),
    "office/processors/feed_trial": lambda scene: at(scene.granter, f"{fed(scene).url}/trial"),
    "office/processors/feed_register": new_feed,
    "office/processors/feed_terms": lambda scene: new_feed(scene, "Luotonvalvonta ja asiakkaan tunteminen"),
    "office/processors/feed_terms:problems": lambda scene: sent(
        at(scene.granter, f"{fed(scene).url}/terms"), valid_from=""
    ),
    "office/opendsr/processor:problems": opendsr_bad_endpoint,
    "office/opendsr/processor": opendsr_endpoint,
    "office/opendsr/list": asked_by_opendsr,
    "office/opendsr/request": opendsr_request,
    "office/opendsr/sent": opendsr_sent,
    "office/processors/stops": stopped,
    "office/processors/stops:problems": lambda scene: sent(
        at(scene.visual, f"{scene.stack.office}/processors/stops"), reason=" "
    ),
    "office/processors/as_controller": lambda scene: at(scene.visual, f"{scene.stack.office}/processors/as-controller"),
    "office/processors/for_others": lambda scene: at(scene.visual, f"{scene.stack.office}/processors/for-others"),
    "office/members/list": lambda scene: at(scene.admin, f"{scene.stack.office}/members"),
    "office/members/sign_in": lambda scene: at(scene.admin, f"{scene.stack.office}/members/sign-in"),
    "office/tokens/list": lambda scene: at(scene.admin, f"{scene.stack.office}/tokens"),
    "office/tokens/list:issued": new_key,
    "office/departments/list": lambda scene: at(scene.visual, f"{scene.stack.office}/departments"),
    "office/departments/list:problems": lambda scene: sent(
        at(scene.visual, f"{scene.stack.office}/departments"), name=" "
    ),
    "office/contracts/list": lambda scene: at(scene.visual, f"{scene.stack.office}/contracts"),
    "office/contracts/list:problems": lambda scene: sent(
        at(scene.visual, f"{scene.stack.office}/contracts"), reference=" "
    ),
    "office/certification/list": lambda scene: at(scene.visual, f"{scene.stack.office}/certification"),
    "office/maintenance/list": lambda scene: at(scene.admin, f"{scene.stack.office}/maintenance"),
    "office/maintenance/list:problems": lambda scene: sent(
        at(scene.admin, f"{scene.stack.office}/maintenance"), hours="0"
    ),
    "office/oversight/overview": lambda scene: at(scene.officer, f"{scene.stack.office}/oversight"),
    "office/jobs/list": lambda scene: at(scene.visual, f"{scene.stack.office}/jobs"),
    "office/audit/list": lambda scene: at(scene.auditor, f"{scene.stack.office}/audit"),
}


def test_no_page_is_left_out() -> None:
    pages = {
        file.relative_to(TEMPLATES).with_suffix("").as_posix()
        for file in TEMPLATES.rglob("*.html")
        if file.stem != "base" and "{% extends" in file.read_text()
    }
    assert {name.partition(":")[0] for name in PAGES} | ELSEWHERE == pages


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everyone(scene: Scene, name: str) -> None:
    page = PAGES[name](scene)
    looking.at_every_size(page, name.replace("/", "-").replace(":", "-"))
    assert looking.unseen_focus(page) == []


def test_on_a_phone_the_places_are_folded_under_the_one_where_one_is(scene: Scene) -> None:
    page = PAGES["office/registers/list"](scene)
    places, fold = page.locator("nav[data-main]"), page.locator(".menu summary")
    expect(places).to_be_visible()
    expect(fold).to_be_hidden()
    page.set_viewport_size({"width": looking.PHONE, "height": 900})
    expect(places).to_be_hidden()
    expect(fold).to_contain_text("Rekisterit")
    fold.click()
    expect(places).to_be_visible()
    page.set_viewport_size({"width": looking.DESK, "height": 900})
