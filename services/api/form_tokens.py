"""The token that every form carries and another site cannot know."""

import secrets
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.template.base import csrf_token

COOKIE = "__Host-seloste-csrf"
FIELD = "_csrf_token"


def token_for(request: Request[Any, Any, Any]) -> str:
    """What the forms of the page that is answered carry, also where that page answers a form of `check`."""
    return csrf_token({"request": request}) or request.cookies.get(COOKIE, "")


def no_cookie() -> Cookie:
    """With the answer by which somebody begins to act for others: the next page brings a new token, and no form of an
    earlier page, left open in another tab, is taken for what is said in the new name.
    """
    return Cookie(key=COOKIE, value="", path="/", secure=True, httponly=True, samesite="lax", max_age=0)


def check(connection: ASGIConnection[Any, Any, Any, Any], given: str) -> None:
    """For the one kind of form that Litestar's own middleware must not read: large files, which it would take in from
    strangers too before anybody asked who they are. Raises PermissionDeniedException.
    """
    kept = connection.cookies.get(COOKIE, "")
    if not kept or not secrets.compare_digest(kept.encode(), given.encode()):
        raise PermissionDeniedException
