"""How many persons a scope gives at this moment: counted, and nobody named."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.permissions import OtherPurposeNeeded, Permission, require
from tenants.database import acting_of
from tenants.feeds import checking
from tenants.feeds.model import Feed, FeedScope
from tenants.feeds.terms import terms_of
from tenants.sharing import compiling
from tenants.sharing.conditions import encoded


def persons(session: Session, feed: Feed, scope: FeedScope) -> int:
    """By what the version says and the notice in force declares; an entry of the audit.

    Raises OtherPurposeNeeded without a purpose, SeveralInvalid where it names what is not there, Forbidden.
    """
    require(session, Permission.SEE_PROCESSORS)
    acting, terms = acting_of(session), terms_of(scope)
    # Without a purpose nobody would be counted, which would look like nobody being given.
    if acting.purpose is None:
        raise OtherPurposeNeeded
    known = checking.known(session, feed, terms)
    checking.refuse_impossible(known, terms)
    asked = {
        "the_group": acting.group_id,
        "giver": feed.company_id,
        "register": scope.register_id,
        "kind": known.declared.purpose.kind if known.declared.purpose else "",
        "condition": encoded(compiling.asked_of(known.declared, terms.condition, consent=terms.asks_consent)),
    }
    found = int(session.scalar(_COUNT, asked) or 0)
    trail.record(
        session, "feed.counted", about="feed", ids=[feed.feed_id], company_id=feed.company_id, version=scope.version
    )
    return found


_COUNT = text("""
    SELECT count(DISTINCT person_id)
    FROM fit_to_share(:the_group, :giver, :register, :kind, CAST(:condition AS jsonb))
""")
