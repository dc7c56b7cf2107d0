"""What the OpenAPI document says beside the operations themselves."""

from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import Components, Example, License, SecurityScheme, Tag

from services.api import wording
from services.api.problems import Problem
from services.api.rest.examples import IllustratedJson

TITLES = {
    400: "What was sent could not be read",
    401: "No API key, or one that is unknown, expired or revoked",
    403: "The roles of the key's member do not include this, or it is done for another purpose",
    404: "No such thing here; what belongs to another company is not here either",
    409: "The state of things does not allow this now",
    413: "More than this takes",
    422: "Something that was given is not right",
    429: "Too many requests in a minute; `Retry-After` says how many seconds to wait",
    503: "Something that this needs does not answer; `Retry-After` says how many seconds to wait",
}
ALWAYS = (400, 401, 403, 429, 503)
PROBLEM = "application/problem+json"


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Those that this operation may answer, beside those that every operation may."""
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=TITLES[status],
            media_type=PROBLEM,
            examples=[Example(value=_example(status))],
        )
        for status in sorted({*ALWAYS, *statuses})
    }


def _example(status: int) -> dict[str, object]:
    words = wording.problem(status, of_program=True)
    return {"type": "about:blank", "title": words.title, "status": status, "detail": words.sentence}


DESCRIPTION = """
What the office does, for programs. Everything is done as the member of staff whose API key is sent
(`Authorization: Bearer seloste_pat_…`, made in the office), for the one company and purpose of the key, and leaves
the same audit trail. Another company's data cannot be reached: it answers 404.

Whatever creates or changes anything may carry an `Idempotency-Key`; then it may be sent again, and is done once. A
query parameter or a field that an operation does not know is refused (400) and named.

Lists give `next`, an opaque cursor, as long as more follows. Problems are told as RFC 9457 says, in the language of
`Accept-Language` (fi, sv, en).
""".strip()

CONFIG = OpenAPIConfig(
    title="Seloste",
    version="1",
    description=DESCRIPTION,
    license=License(name="Apache-2.0", identifier="Apache-2.0"),
    path="/api/v1/schema",
    render_plugins=[IllustratedJson()],
    components=Components(
        security_schemes={"key": SecurityScheme(type="http", scheme="bearer", bearer_format="seloste_pat_…")}
    ),
    tags=[
        Tag("cases", "Requests of data subjects, one case for each controller"),
        Tag("persons", "People of the key's company: what is held of them, what they chose, who received it"),
        Tag("sharing", "What the companies of the group share with each other, and under which policy"),
        Tag("imports", "Files into registers: checked first, written when somebody says so"),
        Tag("registers", "Companies, and what their registers take in"),
        Tag("authorities", "What authorities ask for by law, and emergency access: each takes two people"),
        Tag("staff", "The staff: their commitment, roles confirmed anew, departments, processors' people, maintenance"),
        Tag("audit", "Who did what, for which purpose, about what"),
        Tag("jobs", "Work that failed for good"),
    ],
)
