"""The recipes of the README and of docs/scripting.md do what they show, as they stand there."""

import subprocess
from pathlib import Path

import pytest

from tests.support.recipes import Recipe, recipes, run

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "docs" / "scripting.md"]
RECIPES = [recipe for page in PAGES for recipe in recipes(page)]
IN_BASH = [recipe for recipe in RECIPES if recipe.language == "bash"]


def _name(recipe: Recipe) -> str:
    return recipe.name


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=_name)
def test_a_recipe_runs_and_prints_what_the_page_says(recipe: Recipe, tmp_path: Path) -> None:
    ended = run(recipe, tmp_path)
    assert (ended.status, ended.err.count("mfactl: ")) == (0, 0), ended.err
    assert recipe.prints in ("", ended.out.rpartition("\f")[2])


@pytest.mark.parametrize("recipe", IN_BASH, ids=_name)
def test_a_recipe_is_clean_by_shellcheck(recipe: Recipe) -> None:
    ended = subprocess.run(
        ["shellcheck", "--shell=bash", "-"],
        input=recipe.text,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert ended.returncode == 0, ended.stdout


def _again(recipe: Recipe, *between: str) -> Recipe:
    """The recipe run as a script of its own, and once more after each of the lines `between`."""
    first, script = recipe.text.rsplit("\nset -euo pipefail\n", 1)
    lines = [f"{line}\n({script})" for line in between]
    return recipe._replace(text="\n".join([first, f"({script})", *lines]))


@pytest.mark.slow
def test_the_backup_in_cron_makes_one_a_day_and_forgets_the_old(tmp_path: Path) -> None:
    recipe = next(recipe for recipe in RECIPES if "cron" in recipe.name)
    ended = run(_again(recipe, "touch -d '40 days ago' ~/backups/mfactl-old.db"), tmp_path)
    assert (ended.status, ended.err.count("mfactl: ")) == (0, 0), ended.err
    assert len(list((tmp_path / "backups").iterdir())) == 1


@pytest.mark.slow
def test_the_line_kept_elsewhere_finds_a_vault_that_was_put_back(tmp_path: Path) -> None:
    recipe = next(recipe for recipe in RECIPES if "elsewhere" in recipe.name)
    goes_on = "cp vault.db old.db && mfactl signout"
    assert run(_again(recipe, goes_on), tmp_path).status == 0

    (tmp_path / "mfactl-audit.txt").unlink()
    put_back = "mv old.db vault.db && rm client.toml"
    assert run(_again(recipe, goes_on, put_back), tmp_path).status == 9
