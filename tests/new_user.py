"""What a process of the product is started with by somebody who has set nothing."""

import os


def environment() -> dict[str, str]:
    """Without the settings of the tests' own servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SELOSTE_")}
