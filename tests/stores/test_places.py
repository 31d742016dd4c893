"""Patterns of places, against a plain matcher that says what they mean."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphql_api.errors import InvalidInput
from graphql_api.stores.places import LONGEST_PATTERN, Pattern, check_length

pieces = st.lists(st.sampled_from(["a", "b", "/", "*", "**", "**/", "/**/", "***"]), max_size=7).map("".join)
names = st.text("ab/\n", max_size=8)


def means(pattern: str, name: str) -> bool:
    """The meaning, without a thought of what it costs."""
    if not pattern:
        return not name
    if not pattern.startswith("*"):
        return name[:1] == pattern[0] and means(pattern[1:], name[1:])
    rest = pattern.lstrip("*")
    if len(pattern) - len(rest) == 1:
        longest = len(name.split("/", 1)[0])
        return any(means(rest, name[taken:]) for taken in range(longest + 1))
    if rest.startswith("/"):
        after_folders = (place + 1 for place, letter in enumerate(name) if letter == "/")
        return means(rest[1:], name) or any(means(rest[1:], name[taken:]) for taken in after_folders)
    return any(means(rest, name[taken:]) for taken in range(len(name) + 1))


@given(pieces, names)
@example("**/a", "a")
@example("**/a", "ba")
@example("***/**/*a", "b/a")
@example("a*", "a/b")
def test_a_pattern_matches_what_it_means(pattern: str, name: str) -> None:
    assert Pattern(pattern).matches(name) == means(pattern, name)


@pytest.mark.parametrize(
    ("hostile", "longest_match"),
    [
        ("**" * 500 + "b", "a/" * 500 + "b"),
        ("**a" * 300 + "b", "a/" * 500 + "ab"),
        ("*a" * 500 + "b", "a" * 1_000 + "b"),
        ("**/a" * 250 + "b", "a/" * 500 + "ab"),
    ],
)
def test_no_pattern_takes_more_than_a_few_steps_a_character(hostile: str, longest_match: str) -> None:
    pattern = Pattern(hostile)

    assert pattern.matches(longest_match)
    assert not any(pattern.matches(longest_match + "a" * more) for more in range(1, 20))


def test_a_pattern_that_is_too_long_is_refused_without_being_repeated() -> None:
    check_length("s3://demo/".ljust(LONGEST_PATTERN, "a"))
    with pytest.raises(InvalidInput) as refused:
        check_length("s3://demo/" + "**" * 2_000 + "b")

    assert refused.value.message == (
        f"The place s3://demo/{'*' * 50}… has 4,011 characters; 1,024 are allowed: "
        "write `**` for any number of folders."
    )
