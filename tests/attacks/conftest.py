"""Whom attacks are about: Ada, whose accounts and sessions are in a known state."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.attacks.scene import OWNER, switch
from tests.support.runner import START, Kept, Shell


class Enrolled(NamedTuple):
    """A shell in which Ada is signed in, and what she keeps: her phone and her backup codes."""

    shell: Shell
    kept: Kept


@pytest.fixture
def beginner(tmp_path: Path) -> Shell:
    """Ada has an account without a second factor, and is signed in since START."""
    shell = Shell(tmp_path, clock=START)
    shell.settle()
    switch(shell, OWNER)
    return shell


@pytest.fixture
def enrolled(tmp_path: Path) -> Enrolled:
    """Ada has an authenticator app and ten backup codes, and is signed in since START."""
    shell = Shell(tmp_path, clock=START)
    kept = shell.settle(app=True)
    switch(shell, OWNER)
    return Enrolled(shell, kept)
