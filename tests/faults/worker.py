"""A worker process that also knows the kinds of the tests: `python -m tests.faults.worker --threads 1`."""

from services.worker import main
from tests.faults import kinds

AREAS = (*main.AREAS, kinds)

if __name__ == "__main__":
    main.main()
