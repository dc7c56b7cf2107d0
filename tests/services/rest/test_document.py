"""The API keeps what its own OpenAPI document says."""

import os
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar import Litestar
from msgspec import Struct
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from infra.embedded.s3 import S3
from tenants.acting import PurposeKind
from tenants.companies.permissions import Permission
from tests.services import stage
from tests.services.routes import REST
from tests.services.stage import Seat

# More of them when somebody looks for trouble: EXAMPLES=500 make test
PARAMETER = re.compile(r"\{(\w+):\w+\}")
EXAMPLES = int(os.environ.get("EXAMPLES", "8"))


class Keys(Struct, frozen=True):
    """An administrator's keys for both of their purposes, and customer care's; each operation gets its own."""

    rights: str
    storage: str
    care: str

    def of(self, path: str) -> str:
        if "/shared/" in path:
            return self.care
        return self.storage if "/imports" in path else self.rights


@pytest.fixture(scope="module")
def keys(app: Litestar, storage: S3) -> Keys:
    built = stage.furnished()
    return Keys(
        built.token(Seat(built.admin, built.alfa, PurposeKind.RIGHTS_REQUEST)),
        built.token(Seat(built.admin, built.alfa, PurposeKind.STORAGE)),
        built.token(built.permitted(Permission.READ_SHARED)),
    )


@pytest.fixture(scope="module")
def described(app: Litestar) -> BaseSchema:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("key", [key for key in REST if not REST[key].open], ids=" ".join)
def test_an_operation_answers_as_described(
    described: BaseSchema, keys: Keys, key: tuple[str, str], mode: GenerationMode
) -> None:
    method, path = key
    operation = described[PARAMETER.sub(r"{\1}", path)][method]

    @given(operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def answers(case: Case[Any]) -> None:
        # What only the domain can know to be wrong fits the schema and is refused all the same.
        case.call_and_validate(
            headers={"Authorization": f"Bearer {keys.of(path)}"}, excluded_checks=[positive_data_acceptance]
        )

    answers()
