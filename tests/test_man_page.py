"""The manual page: clean by mandoc, and as complete as the command tree."""

import re
import subprocess
from pathlib import Path

from mfactl.cli import topics
from mfactl.cli.app import tree
from mfactl.cli.outline import Node, Option, commands, outline
from mfactl.exits import EXIT_MEANINGS
from tools.man_page import page

PAGE = Path(__file__).parent.parent / "man" / "mfactl.1"


def mandoc(*arguments: str, page: str) -> str:
    ended = subprocess.run(
        ["mandoc", *arguments], input=page, capture_output=True, check=False, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return re.sub(".\b", "", ended.stdout)  # what is struck twice, for bold


def shown() -> str:
    return " ".join(mandoc("-T", "utf8", page=PAGE.read_text("utf-8")).split())


def test_mandoc_has_nothing_to_complain_of() -> None:
    assert mandoc("-T", "lint", "-W", "warning", page=PAGE.read_text("utf-8")) == ""


def test_the_page_has_the_sections_that_manuals_have_in_their_order() -> None:
    sections = re.findall(r"(?m)^\.Sh (.*)$", PAGE.read_text("utf-8"))
    assert sections == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "ENVIRONMENT", "FILES", "EXIT STATUS",
        "EXAMPLES", "SEE ALSO",
    ]  # fmt: skip


def test_the_page_tells_of_every_command_with_its_options_and_examples() -> None:
    text = shown()
    for node in commands(outline(tree())):
        if node.about is None:
            continue
        assert f"mfactl {node.name}" in text
        for told in (*node.about.examples, *(each.about for each in node.arguments)):
            assert " ".join(told.split()) in text
        for option in node.options:
            assert f"{', '.join(option.names)} " in text
            assert option.about in text


def test_the_page_has_every_variable_file_and_exit_status() -> None:
    text = shown()
    for names, meaning in topics.VARIABLES.items():
        assert f"{', '.join(names)} {meaning}" in text
    for file in topics.FILES:
        assert f"{file.on_linux} The {file.name}: {file.holds}." in text
    for status, meaning in EXIT_MEANINGS.items():
        assert f"{int(status)} {meaning}" in text


def test_a_text_is_shown_as_it_is_whatever_its_words() -> None:
    odd = r"""'It's .Sh "all" \fB[here]\e ~ ^ % -x --long No. In Nm | . ; `id`"""
    option = Option(("--odd",), f".Pp {odd}")
    root = Node((), "", f"A program {odd}", (option,))
    text = " ".join(mandoc("-T", "utf8", "-W", "error", page=page(root)).split())
    seen = odd.replace("`id`", "\u2018id\u2019")
    assert f".Pp {seen}" in text
    assert f"a program {seen}" in text
