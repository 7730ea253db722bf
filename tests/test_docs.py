"""The documentation leads somewhere: links resolve, commands exist, the first page is one page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "templates/**/*.md")
    for page in ROOT.glob(pattern)
    if "node_modules" not in page.parts
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^ +\./run ([a-z]+)|`\./run ([a-z]+)", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """What a heading is called in an address."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for link in LINK.findall(page.read_text()):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}, which is not there."
        assert target.is_relative_to(ROOT), f"{page.name} links out of the project: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}, and there is no such heading."


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_named_exists(page):
    commands = set(re.findall(r"^\./run ([a-z]+)", (ROOT / "scripts/commands.py").read_text(), re.MULTILINE))
    named = {line or inline for line, inline in COMMAND.findall(page.read_text())}
    assert named <= commands | {"help"}


def test_the_readme_is_one_page_and_names_both_commands():
    lines = (ROOT / "README.md").read_text().splitlines()
    commands = {line.split("#")[0].strip() for line in lines}
    assert len(lines) <= 120
    assert {"./run", "./run test"} <= commands


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(page.name[:4]) for page in sorted((ROOT / "docs/adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_decision_says_why_what_and_what_follows():
    for page in (ROOT / "docs/adr").glob("*.md"):
        text = page.read_text()
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences")), page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_modules_named_in_the_text_exist(page):
    for name in re.findall(
        r"`((?:victimcare|tests|scripts|docs|templates|[a-z_]+)/[\w./]+\.(?:py|md|toml|css))`",
        page.read_text(),
    ):
        assert (ROOT / name).exists(), f"{page.name} speaks of {name}, which is not there."
