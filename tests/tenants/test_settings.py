"""Settings come from the environment or from files, and every one of them is documented."""

import re
import typing
from pathlib import Path

import msgspec
import pytest

from tenants.settings import PREFIX, Settings, SettingsError, read

ROOT = Path(__file__).parent.parent.parent


def test_the_table_in_the_docs_is_the_settings_that_there_are() -> None:
    table = re.findall(
        r"^\| `(\w+)` \| (?:`(.*)`)? ?\| (.+) \|$", (ROOT / "docs/settings.md").read_text(), re.MULTILINE
    )
    hints = typing.get_type_hints(Settings, include_extras=True)
    assert table == [
        (f"{PREFIX}{field.name.upper()}", str(field.default), hints[field.name].__metadata__[0].description)
        for field in msgspec.structs.fields(Settings)
    ]


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret\n")
    assert read({"SELOSTE_S3_SECRET_KEY_FILE": str(tmp_path / "key")}).s3_secret_key == "secret"


def test_the_environment_outweighs_the_file(tmp_path: Path) -> None:
    environment = {"SELOSTE_S3_BUCKET": "given", "SELOSTE_S3_BUCKET_FILE": str(tmp_path / "missing")}
    assert read(environment).s3_bucket == "given"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SELOSTE_LISTEN_PORT": "eighty"}, "listen_port"),
        ({"SELOSTE_LISTEN_PORT": "0"}, "listen_port"),
        ({"SELOSTE_MASTER_KEY_FILE": "/nowhere"}, "SELOSTE_MASTER_KEY_FILE"),
    ],
)
def test_a_bad_setting_is_named(environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read(environment)


@pytest.mark.parametrize("value", ["", "short", "!!!", "AAAA"])
def test_a_master_key_that_is_no_key_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read({"SELOSTE_MASTER_KEY": value}).master_secret()
    assert not value or value not in str(refused.value)
