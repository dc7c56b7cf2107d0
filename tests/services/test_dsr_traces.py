"""Whatever the trace of OpenDSR keeps is told in words."""

import pytest

from services.api import dsr_traces
from tenants.languages.speaking import Language
from tenants.opendsr.certificates import Flaw
from tenants.opendsr.dialects import Problem
from tenants.opendsr.verifying import Outcome
from tenants.opendsr.wire import RequestStatus, RequestType
from tenants.outside import Unreached

KEPT = (
    *(str(one) for kind in (Outcome, Problem, Unreached, RequestStatus, RequestType) for one in kind),
    *(f"certificate_{one}" for one in Flaw),
    *("done", "taken", "discovered", "no_discovery", "no_certificate", "not_offered", "no_token"),
    *("flow_stopped", "endpoint_stopped", "status_unknown"),
)


@pytest.mark.parametrize("language", Language)
def test_each_outcome_is_told_in_words(language: Language) -> None:
    assert [one for one in KEPT if dsr_traces.outcome(language, one) == one] == []


def test_a_code_and_a_count_are_told_with_the_words() -> None:
    assert dsr_traces.outcome(Language.EN, "refused e211") == "refused by the processor (e211)"
    assert dsr_traces.outcome(Language.EN, "3") == "records: 3"
    assert dsr_traces.outcome(Language.EN, "later-than-us") == "later-than-us"
