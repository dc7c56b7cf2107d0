"""Alfa's administrator at the desk, with one of everything."""

from collections.abc import Callable

import pytest
from litestar import Litestar

from infra.embedded.s3 import S3
from tenants.acting import PurposeKind
from tests.services import stage
from tests.services.browsing import Browser
from tests.services.stage import RIGHTS, STORAGE, Stage


@pytest.fixture
def built(app: Litestar, storage: S3) -> Stage:
    return stage.build()


@pytest.fixture
def desk(open_browser: Callable[[], Browser], built: Stage) -> Callable[[PurposeKind], Browser]:
    def sit(purpose: PurposeKind) -> Browser:
        browser = open_browser()
        browser.sit_down(built.admin, built.alfa, purpose)
        browser.get("/office/tokens?language=en")
        return browser

    return sit


@pytest.fixture
def handler(desk: Callable[[PurposeKind], Browser]) -> Browser:
    return desk(RIGHTS)


@pytest.fixture
def importer(desk: Callable[[PurposeKind], Browser]) -> Browser:
    return desk(STORAGE)
