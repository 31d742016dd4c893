"""A strict reader of one mapping of a definition: a key that it does not have is a slip."""

from collections.abc import Callable, Collection, Mapping

from graphql_api.definitions.keys import Elsewhere
from graphql_api.definitions.problems import Problems, clipped, foreign_letters, nearest
from graphql_api.definitions.slips import NAME_RULE, duration_hint, key_meant, moment_hint, name_hint, type_hint
from graphql_api.definitions.values import is_list, is_mapping, is_whole, told
from graphql_api.documents.base import TagPart
from graphql_api.domain.durations import parse_duration
from graphql_api.domain.references import NAME
from graphql_api.domain.times import parse_moment
from graphql_api.domain.types import KEY_TYPES, ValueType

EVENT, CREATED = "event_timestamp", "created_timestamp"
"""The timestamps of a row, which no feature and no join key may be called as."""


class Reader:
    """Takes keys one by one; a value that does not fit adds a problem and reads as absent. `null` is absent.

    A key that looks like a slip of one that is absent is told, and read as that. `form`: how the mapping is written.
    `elsewhere`: where keys belong that are easily put here, by the key of this mapping that leads there."""

    def __init__(
        self,
        value: object,
        path: str,
        problems: Problems,
        keys: Collection[str],
        *,
        form: str | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.path = path
        self.problems = problems
        self.raw_values: Mapping[str, object] = {}
        self.usable = is_mapping(value)
        self._keys = keys
        self._written: dict[str, str] = {}
        self._adopted: dict[str, str] = {}
        self._explained: set[str] = set()
        if is_mapping(value):
            self.raw_values = value
            for key in value:
                if key not in keys:
                    self._slip(key, (elsewhere or {}).get(key))
        else:
            problems.add(path, f"This must be a mapping, not {told(value)}.", form)

    def _slip(self, key: str, belongs: tuple[str, str] | None) -> None:
        absent = [one for one in self._keys if one not in self.raw_values and one not in self._written]
        found = key_meant(key, absent) if belongs is None else None
        message = f"There is no key {clipped(key)} here."
        if belongs is not None:
            leads, where = belongs
            self._explained.add(leads)
            self.problems.add(f"{self.path}.{key}", message, where)
        elif found is None:
            self.problems.add(f"{self.path}.{key}", message, nearest("", self._keys))
        else:
            meant, is_sure = found
            self._explained.add(meant)
            self.problems.add(f"{self.path}.{key}", message, f"Did you mean {meant!r}?{foreign_letters(key)}")
            if is_sure:
                self._written[meant] = key

    def adopt(self, key: str, value: object, path: str) -> None:
        """Reads a key that is absent here from where it is written; that it is wrong there, something else says."""
        self._explained.add(key)
        if self.value(key) is None:
            self.raw_values = {**self.raw_values, key: value}
            self._written.pop(key, None)
            self._adopted[key] = path

    def at(self, key: str) -> str:
        return self._adopted.get(key) or f"{self.path}.{self._written.get(key, key)}"

    def value(self, key: str) -> object:
        """As it is written, unchecked."""
        if key not in self._keys:
            raise KeyError(key)
        return self.raw_values.get(self._written.get(key, key))

    def holds(self, *keys: str) -> bool:
        return any(self.value(key) is not None for key in keys)

    def refuse(self, key: str, message: str, hint: str | None = None) -> None:
        self.problems.add(self.at(key), message, hint)

    def raw(self, key: str, *, required: str | None = None) -> object:
        """`required`: the remedy where it is absent."""
        value = self.value(key)
        if value is None and required is not None:
            self.lacks(key, f"{key} is required.", required)
        return value

    def lacks(self, key: str, message: str, hint: str | None) -> None:
        """Refuses that the key is absent, unless something else says why it is."""
        if self.usable and key not in self._explained:
            self.refuse(key, message, hint)

    def text(
        self, key: str, *, required: str | None = None, wanted: str = "text", hint: str | None = None
    ) -> str | None:
        value = self.raw(key, required=required)
        if value is None or isinstance(value, str):
            return value
        if hint is None and is_list(value) and len(value) == 1 and isinstance(value[0], str):
            hint = f"Write {key}: {value[0][:100]}"
        quoted = "Put it in quotes." if isinstance(value, int | float) else "Write one text."
        self.refuse(key, f"This must be {wanted}, not {told(value)}.", hint or quoted)
        return None

    def name(self, key: str = "name", *, required: bool = True) -> str | None:
        text = self.text(key, required=f"Write {key}: …" if required else None, wanted="a name", hint=NAME_RULE)
        if text is None or NAME.fullmatch(text):
            return text
        self.refuse(key, f"{clipped(text)} is not a name.", name_hint(text))
        return None

    def row_name(self, key: str = "name") -> str | None:
        """The name of a feature or of a join key: any but those of the row's timestamps."""
        name = self.name(key)
        if name in (EVENT, CREATED):
            self.refuse(key, f"{name!r} is the name of a timestamp of the row.", "Give it another name.")
            return None
        return name

    def duration(self, key: str, *, required: str | None = None) -> int | None:
        text = self.text(key, required=required, wanted="a duration", hint=duration_hint(""))
        return self._parsed(key, text, parse_duration, duration_hint)

    def moment(self, key: str) -> int | None:
        text = self.text(key, wanted="a day or a time", hint=moment_hint(str(self.value(key))))
        return self._parsed(key, text, parse_moment, moment_hint)

    def _parsed(
        self, key: str, text: str | None, parse: Callable[[str], int], hint: Callable[[str], str]
    ) -> int | None:
        """What `parse` makes of the text; its ValueError says what is wrong."""
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as refused:
            message, _, limit = str(refused).removesuffix(", such as 2025-11-01").partition(": write ")
            self.refuse(key, f"{message}.", f"Write {limit}." if limit.endswith("at most") else hint(text))
            return None

    def word(
        self,
        key: str,
        words: Collection[str],
        *,
        required: bool = False,
        hint: Callable[[str], str | None] | None = None,
    ) -> str | None:
        """One of a closed set of words. `hint`: what one that is none was meant to be."""
        known = nearest("", words)
        text = self.text(key, required=known if required else None, wanted="a word", hint=known)
        if text is None or text in words:
            return text
        self.refuse(
            key,
            f"{clipped(text)} is none of the words for {key}.",
            hint(text) if hint is not None else nearest(text, words),
        )
        return None

    def key_type(self, key: str = "type") -> ValueType | None:
        """The type of a join key."""
        word = self.value(key)
        if word in tuple(ValueType) and word not in KEY_TYPES:
            self.refuse(key, f"{word} can be no join key.", nearest("", KEY_TYPES))
            return None
        return self.value_type(key, KEY_TYPES)

    def value_type(
        self, key: str = "type", allowed: Collection[ValueType] = tuple(ValueType), *, required: bool = True
    ) -> ValueType | None:
        word = self.word(key, allowed, required=required, hint=lambda word: type_hint(word, allowed))
        return ValueType(word) if word is not None else None

    def items(self, key: str, form: str, *, required: bool = False) -> list[tuple[str, object]] | None:
        """The elements of a list, each with its path; None where there is no list. `form`: how one is written."""
        hint = f"Write {key}: [{form}]."
        value = self.raw(key, required=hint if required else None)
        if value is None:
            return None
        if not is_list(value):
            self.refuse(key, f"This must be a list, not {told(value)}.", hint)
            return None
        return [(f"{self.at(key)}[{index}]", item) for index, item in enumerate(value)]

    def names(self, key: str, form: str = "…", *, required: bool = False) -> list[tuple[str, str]] | None:
        """A list of texts, each with its path, none of them twice."""
        value = self.value(key)
        items = self.items(key, value if isinstance(value, str) and len(value) < 100 else form, required=required)
        if items is None:
            return None
        taken: dict[str, str] = {}
        for path, item in items:
            if not isinstance(item, str):
                self.problems.add(path, f"This must be text, not {told(item)}.", f"Write {form}.")
            elif item in taken:
                self.problems.add(path, f"{clipped(item)} is in the list twice.", "Leave one out.")
            else:
                taken[item] = path
        return [(path, item) for item, path in taken.items()]

    def texts_by_name(self, key: str, form: str) -> dict[str, str]:
        """A mapping of texts. `form`: how it is written."""
        value = self.raw(key)
        if value is None:
            return {}
        if not is_mapping(value):
            self.refuse(key, f"This must be a mapping of texts, not {told(value)}.", f"Write {key}: {form}.")
            return {}
        texts: dict[str, str] = {}
        for name, text in value.items():
            if isinstance(text, str):
                texts[name] = text
            else:
                is_scalar = text is None or isinstance(text, int | float)
                hint = "Put it in quotes." if is_scalar else f"Write {key}: {form}."
                self.problems.add(f"{self.at(key)}.{name}", f"This must be text, not {told(text)}.", hint)
        return texts

    def tags(self) -> tuple[TagPart, ...]:
        found = self.texts_by_name("tags", "{domain: flights}")
        return tuple(TagPart(key=key, value=value) for key, value in found.items())

    def count(self, key: str) -> int | None:
        """A whole number from 0."""
        value = self.raw(key)
        if value is None or (is_whole(value) and value >= 0):
            return value
        found = clipped(value) if isinstance(value, str | int | float) else told(value)
        self.refuse(key, f"This must be a whole number from 0, not {found}.", "Write a whole number, such as 1.")
        return None
