"""Every transcript in this folder, played."""

from pathlib import Path

import pytest

from tests.journeys.transcript import play, transcripts
from tests.support.runner import Process, Shell


@pytest.mark.parametrize("transcript", transcripts(), ids=lambda path: path.name)
def test_it_goes_as_the_transcript_says(transcript: Path, fresh_shell: Shell) -> None:
    play(transcript, fresh_shell)


@pytest.mark.slow
def test_the_installed_program_does_what_is_tested_in_process(process: Process) -> None:
    play(Path(__file__).with_name("sign-up-and-verify.txt"), process)
