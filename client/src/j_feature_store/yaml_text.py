"""YAML as the server's own commands read it: JSON's values alone, days and times as texts, no key twice."""

from typing import Any

import yaml
from yaml.constructor import ConstructorError


def documents(text: str) -> list[object]:
    """Raises ValueError, with the place, for what is not YAML."""
    try:
        return list(yaml.load_all(text, _Loader))
    except yaml.YAMLError as wrong:
        raise ValueError(str(wrong)) from None


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set[str]()
        for key_node, _ in node.value:
            key: object = self.construct_object(key_node, deep=True)  # pyright: ignore[reportUnknownMemberType]
            if not isinstance(key, str):
                raise ConstructorError(None, None, f"the key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise ConstructorError(None, None, f"{key!r} is here twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
