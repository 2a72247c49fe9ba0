from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfactl.core import code
from mfactl.core.code import Shape, Typed
from mfactl.errors import Code, Refusal
from mfactl.exits import Exit

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def assert_malformed(found: Typed | Refusal) -> None:
    assert isinstance(found, Refusal)
    assert found.code is Code.PARAM_FORMAT_INVALID
    assert found.entry.exit is Exit.USAGE
    assert found.meta == {"param_name": "code"}


@pytest.mark.parametrize("text", ["012345", "012 345", "012-345", " 012345 ", "  012 345"])
def test_six_digits_may_have_a_space_or_a_hyphen_in_the_middle(text: str) -> None:
    assert code.parse(text) == Typed(Shape.DIGITS, "012345")


@pytest.mark.parametrize("text", ["01 23 45", "0 1 2 3 4 5", "012  345", "01-2345", "0123-45"])
def test_six_digits_may_have_spaces_or_one_hyphen_anywhere_inside(text: str) -> None:
    assert code.parse(text) == Typed(Shape.DIGITS, "012345")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "12345",
        "1234567",
        "12-34-56",
        "-123456",
        " -123456",
        "123456- ",
        "-123-456",
        "123456-",
        "123_456",
        "12_34_56",
        "+12345",
        "-12345",
        "0x1234",
        "12345a",
        "1e1000",
        "123.456",
        "123\t456",
        "123456\n",
        "\n123456",
        "123456\x00",
        "123\u00a0456",
        "123\u2010456",
        "123\u2013456",
        "１２３４５６",
        "12345６",
        "١٢٣٤٥٦",
        "१२३४५६",
        "²²²²²²",
        "𝟏𝟐𝟑𝟒𝟓𝟔",
    ],
)
def test_what_is_not_six_ascii_digits_is_malformed_and_no_try(text: str) -> None:
    assert_malformed(code.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "4k7m-2p9x-t3wd",
        "4k7m2p9xt3wd",
        "4K7M-2P9X-T3WD",
        "4K7m 2p9x T3wd",
        "  4k7m-2p9x-t3wd  ",
        "4-k-7-m-2-p-9-x-t-3-w-d",
        "4k7m - 2p9x - t3wd",
        "-4k7m2p9xt3wd-",
    ],
)
@pytest.mark.parametrize("backup_only", [False, True])
def test_a_backup_code_may_be_written_in_many_ways(text: str, backup_only: bool) -> None:
    assert code.parse(text, backup_only=backup_only) == Typed(Shape.BACKUP, "4k7m2p9xt3wd")


def test_an_x_at_an_end_of_a_backup_code_belongs_to_it() -> None:
    assert code.parse("XK7M-2P9X-T3WX") == Typed(Shape.BACKUP, "xk7m2p9xt3wx")


def test_letters_that_crockford_leaves_out_are_read_as_the_digits_they_look_like() -> None:
    assert code.parse("oOoO-iIiI-lLlL") == Typed(Shape.BACKUP, "000011111111")


@pytest.mark.parametrize(
    "text",
    [
        "4k7m-2p9x-t3w",
        "4k7m-2p9x-t3wdd",
        "4k7m-2p9x-t3wu",
        "4k7m-2p9x-t3w!",
        "4k7m_2p9x_t3wd",
        "4k7m.2p9x.t3wd",
        "4k7m-2p9x-t3wd\n",
        "4k7m\u20102p9x\u2010t3wd",
        "４k7m-2p9x-t3wd",
        "4\u212a7m-2p9x-t3wd",
        "4k7m-2p9x-t3wı",
        "",
    ],
)
@pytest.mark.parametrize("backup_only", [False, True])
def test_what_is_not_twelve_crockford_characters_is_malformed_and_no_try(
    text: str, backup_only: bool
) -> None:
    assert_malformed(code.parse(text, backup_only=backup_only))


def test_twelve_digits_are_a_backup_code() -> None:
    assert code.parse("012345678901") == Typed(Shape.BACKUP, "012345678901")


def test_six_digits_are_malformed_where_a_backup_code_is_insisted_on() -> None:
    refusal = code.parse("123456", backup_only=True)

    assert_malformed(refusal)
    assert isinstance(refusal, Refusal)
    assert "backup code" in refusal.long_message
    assert "6 digits" not in refusal.long_message


@pytest.mark.parametrize("text", ["4k7m-2p9x-t3wd", "012345678901", "abc", ""])
def test_a_backup_code_is_malformed_where_digits_are_insisted_on(text: str) -> None:
    refusal = code.parse(text, digits_only=True)

    assert_malformed(refusal)
    assert isinstance(refusal, Refusal)
    assert "6 digits" in refusal.long_message
    assert "backup code" not in refusal.long_message
    assert code.parse("012 345", digits_only=True) == Typed(Shape.DIGITS, "012345")


def test_what_is_malformed_is_told_both_shapes() -> None:
    refusal = code.parse("abc")

    assert isinstance(refusal, Refusal)
    assert "6 digits" in refusal.long_message
    assert "backup code" in refusal.long_message


@pytest.mark.parametrize("start", ["123456", "4k7m-2p9x-t3wd"])
def test_more_text_than_any_code_is_malformed_however_it_begins(start: str) -> None:
    assert_malformed(code.parse(start + " " * 64 + "and more"))
    assert_malformed(code.parse(start + "0" * 1_000_000))
    assert isinstance(code.parse(start.ljust(64)), Typed)
    assert_malformed(code.parse(start.ljust(65)))


@given(st.text(CROCKFORD, min_size=12, max_size=12), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=25)
def test_every_backup_code_is_read_back_from_a_sloppy_hand(canonical: str, hand: Random) -> None:
    look_alikes = {"0": "0oO", "1": "1iIlL"}
    sloppy = "".join(
        hand.choice(look_alikes.get(c, c + c.upper())) + hand.choice(["", "-", " "])
        for c in canonical
    )

    assert code.parse(sloppy) == Typed(Shape.BACKUP, canonical)
