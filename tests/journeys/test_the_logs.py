"""What the stack's processes have written while people went their ways."""

import re

from infra.demo import people
from tests.journeys import customer
from tests.journeys.conftest import Window
from tests.journeys.stack import Stack

WORDS = "Kysyn tilauksistani kesältä."


def test_no_log_tells_of_a_person_or_of_a_fault_that_nobody_saw(window: Window, stack: Stack) -> None:
    visitor = window()
    code = customer.ask(visitor, stack, people.SHARED, words=WORDS)
    customer.prove(visitor, code)
    customer.answers(visitor)
    logs = "".join(file.read_text() for file in (stack.data / "logs").glob("*.log"))
    assert 'event="worker started"' in logs
    for told in (".example", people.CUSTOMER, "Esimerkki", WORDS, code, code.replace(" ", "")):
        assert told not in logs
    assert not re.findall(r"level=(?:error|critical).*|Traceback.*", logs)
