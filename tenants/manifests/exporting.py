"""A manifest as YAML that reads back as the same manifest; `base_version` says which version it is."""

import msgspec
import yaml

from tenants.manifests.model import Manifest
from tenants.manifests.tree import is_text


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # PyYAML quotes what YAML 1.1 would take for something else than text; manifests are read as YAML 1.2.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_text(text) else '"')


_Dumper.add_representer(str, _text)


def to_yaml(manifest: Manifest) -> str:
    plain = msgspec.json.decode(msgspec.json.encode(manifest))
    return yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
