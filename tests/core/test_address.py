import pytest

from mfactl.core import address
from mfactl.core.address import Address
from mfactl.errors import Code, Refusal
from mfactl.exits import Exit


def accepted(text: str) -> Address:
    found = address.parse(text)
    assert isinstance(found, Address), found
    return found


def refused(text: str) -> Refusal:
    found = address.parse(text)
    assert isinstance(found, Refusal), found
    assert found.code is Code.PARAM_FORMAT_INVALID
    assert found.entry.exit is Exit.USAGE
    assert found.meta == {"param_name": "email_address"}
    return found


SAME = {
    "case and surrounding spaces": [
        "ada@example.com",
        "Ada@example.com",
        "ADA@EXAMPLE.COM",
        " ada@Example.Com ",
    ],
    "composed and decomposed": ["ren\u00e9@example.com", "rene\u0301@example.com"],
    "a domain and its A-label": [
        "ada@b\u00fccher.example",
        "ada@B\u00dcCHER.example",
        "ada@bu\u0308cher.example",
        "ada@xn--bcher-kva.example",
        "ADA@XN--BCHER-KVA.EXAMPLE",
    ],
    "a domain in full-width letters, and with an ideographic stop": [
        "ada@example.com",
        "ada@ｅｘａｍｐｌｅ.com",
        "ada@example。com",
    ],
    "a sharp s is a letter of its own": ["ada@fa\u00df.example", "ada@xn--fa-hia.example"],
    "a name that begins with an X": ["Xaver@example.com", " xaver@example.com"],
    "a mailbox of RFC 2142": ["postmaster@example.com", "Postmaster@example.com"],
}


@pytest.mark.parametrize("spellings", SAME.values(), ids=SAME)
def test_two_spellings_of_one_address_have_one_key(spellings: list[str]) -> None:
    assert len({accepted(text).key for text in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.com", "ada+news@example.com"),
        ("ada@example.com", "a.da@example.com"),
        ("ada@example.com", "ada@mail.example.com"),
        ("ada@example.com", "ada@example.org"),
        ("mike@example.com", "m\u0131ke@example.com"),  # CVE-2019-19844
        ("\u00e9va@example.com", "\u00c9va@example.com"),
        ("eva@example.com", "\u00e9va@example.com"),
        ("ada@fa\u00df.example", "ada@fass.example"),
        ("stra\u00dfe@example.com", "strasse@example.com"),
    ],
)
def test_two_addresses_that_differ_otherwise_have_two_keys(one: str, other: str) -> None:
    assert accepted(one).key != accepted(other).key


def test_an_address_is_shown_and_mailed_to_as_it_was_given_and_compared_by_its_key() -> None:
    assert accepted(" Ada.Lovelace+x@B\u00dccher.Example ") == Address(
        email="Ada.Lovelace+x@b\u00fccher.example",
        key="ada.lovelace+x@xn--bcher-kva.example",
    )


def test_only_ascii_letters_of_the_local_part_are_lowered() -> None:
    assert accepted("ABCXYZ\u00c9@example.com").key == "abcxyz\u00c9@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "o'brien@example.com",
        "a!#$%&'*+-/=?^_`{|}~b@example.com",
        "0@0.example",
        "ada@host",
        "ada@localhost",
        "ada@box.local",
        "ada@mail.example.test",
        "x" * 64 + "@example.com",
        "\u0430\u0434\u0430@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
        "ada@\u043f\u0440\u0438\u043c\u0435\u0440.com",
        "\u0430\u0434\u0430@example.com",
        "\u7530\u4e2d\u305f\u308d\u3046\u30bf\u30ed\u30a6\u30fc@\u4f8b\u3048.jp",
        "\u738b\u3105@\u4f8b\u5b50.cn",
        "\uae40\u91d1@\ud55c\uad6d.kr",
        "\u05d0\u05d1\u05d2@example.com",
        "\u0928\u092e\u0938\u094d\u0924\u0947@example.com",
        "123-\u00e9@example.com",
        "\U00017000@example.com",  # Tangut, whose letters have no names in older Unicode data
        "\u0639\u0644\u064a\u0663@example.com",  # Arabic letters with the digits of Arabic
        "\u0639\u0644\u06cc\u06f3@example.com",  # and with those of Persian
        "\u0928\u092e\u0969@example.com",
    ],
)
def test_an_unusual_address_of_one_script_is_accepted(text: str) -> None:
    assert accepted(text).email == text


def test_a_name_with_an_iteration_mark_is_of_one_script() -> None:
    assert accepted("\u4f50\u3005\u6728@example.jp").email == "\u4f50\u3005\u6728@example.jp"


@pytest.mark.parametrize(
    "text",
    [
        "\u0430da@example.com",  # Cyrillic a
        "ada@ex\u0430mple.com",
        "ada@mail.ex\u0430mple.com",
        "ada@xn--exmple-4nf.com",  # the same as an A-label
        "\u03bfscar@example.com",  # Greek omicron
        "\u305f\ud55c@example.com",  # Hiragana and Hangul
        "ab\u7530@example.com",
        "\u3105\u305f@example.com",  # Bopomofo and Hiragana
    ],
)
def test_a_part_that_mixes_scripts_is_refused(text: str) -> None:
    assert "mixes scripts" in refused(text).long_message


def test_letters_with_the_digits_of_another_script_are_refused() -> None:
    refused("user\u09ea@example.com")  # the Bengali four, which looks like an eight


@pytest.mark.parametrize(
    "text",
    ["\uff41da@example.com", "\ufb01x@example.com", "\u00aa@example.com", "a\u00b2@example.com"],
)
def test_a_local_part_with_compatibility_letters_is_refused(text: str) -> None:
    assert "look like others" in refused(text).long_message


@pytest.mark.parametrize(
    "text",
    [
        '"ada"@example.com',
        '"a b"@example.com',
        'ada"@example.com',
        "ada\x00@example.com",
        "ada\t@example.com",
        "ada@example.com\n",
        "ada@example.com\r\nBcc: eve@example.com",
        "\x7fada@example.com",
        "ada\x85@example.com",
        "\x1b[31mada@example.com",
        "\x1b]8;;http://x\x1b\\ada@example.com",
        "ada\x9b31m@example.com",
        "ada\u202e@example.com",
        "\u2066ada@example.com",
        "ada\u200b@example.com",
        "ada\u200d@example.com",
        "ada\u00ad@example.com",
        "\ufeffada@example.com",
        "\u00a0ada@example.com",
        "ada\u2028@example.com",
        "ada\ud800@example.com",
        "ada\ue000@example.com",
    ],
)
def test_quotes_controls_and_what_cannot_be_seen_are_refused(text: str) -> None:
    assert "control characters" in refused(text).long_message


@pytest.mark.parametrize(
    "text",
    [
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "ada@eve@example.com",
        "ada lovelace@example.com",
        "Ada <ada@example.com>",
        "ada@example.com, eve@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "ada@example..com",
        "ada@.example.com",
        "ada@-example.com",
        "ada@ex_ample.com",
        "ada@exam ple.com",
        "ada@[127.0.0.1]",
        "ada@[IPv6:::1]",
        "ada@xn--a.com",
        "ada(comment)@example.com",
        "ada\\@example.com",
        "ada@example.com/..",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    refused(text)


@pytest.mark.parametrize("text", ["", " ", "    "])
def test_nothing_is_refused_with_an_example_of_an_address(text: str) -> None:
    assert "ada@example.com" in refused(text).long_message


DOMAIN_OF_189 = ".".join(["b" * 63, "b" * 63, "b" * 61])


def test_an_address_has_254_octets_at_most() -> None:
    assert len(accepted("a" * 64 + "@" + DOMAIN_OF_189).key) == 254
    assert "254 octets" in refused("a" * 65 + "@" + DOMAIN_OF_189).long_message


def test_octets_are_counted_and_not_characters() -> None:
    assert accepted("\u00e9" * 32 + "@" + DOMAIN_OF_189)
    assert "254 octets" in refused("\u00e9" * 32 + "a@" + DOMAIN_OF_189).long_message


def test_the_octets_of_the_a_labels_count() -> None:
    labels = "\u00fc." * 23 + "example"  # 76 octets as given, 191 as A-labels

    assert accepted("a" * 62 + "@" + labels)
    assert accepted("\u00e9" * 31 + "@" + labels)
    refused("a" * 63 + "@" + labels)
    refused("\u00e9" * 31 + "a@" + labels)


def test_the_octets_after_normalisation_count() -> None:
    growing = "\ufb2c"  # 3 octets that NFC takes apart into 6

    assert accepted(growing * 20 + "@example.com")
    refused(growing * 41 + "@example.com")


def test_a_very_long_text_is_refused_before_it_is_looked_at() -> None:
    assert "254 octets" in refused("\ufb2c" * 1_000_000).long_message
    assert "254 octets" in refused("\x1b" * 255).long_message


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?q?bob?=@example.com",
        "x=?utf-8?b?Ym9i?=@example.com",
        "=?x?q?a?=b@example.com",
        "=?x?q?a?=b=?@example.com",
    ],
)
def test_an_encoded_word_is_refused_because_the_code_would_go_to_another_address(text: str) -> None:
    refusal = address.parse(text)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.PARAM_FORMAT_INVALID
