"""The shape holds: imports point down, siblings are blind, one module clears, only actions save."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "victimcare",
    "referrals",
    "needs_assessments",
    "contacts",
    "courts",
    "compliance",
    "desk",
)

# From the ground up. The three siblings share a storey and are blind to each other.
STOREY = {
    "victimcare": 0,  # the kernel: everything of victimcare that is not one of its apps
    "victimcare.audit": 1,
    "victimcare.drafts": 1,
    "victimcare.accounts": 2,
    "victimcare.cases": 3,
    "victimcare.notes": 4,
    "victimcare.intake": 4,
    "victimcare.letters": 5,
    "victimcare.messaging": 6,
    "referrals": 7,
    "needs_assessments": 7,
    "contacts": 7,
    "courts": 8,
    "compliance": 9,
    "compliance.packs": 10,
    "desk": 11,
}
APPS = tuple(sorted(set(STOREY) - {"victimcare"}))

FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TREES = {path: ast.parse(path.read_text("utf-8"), str(path)) for path in FILES}

VAGUE = {
    "services",
    "utils",
    "helpers",
    "common",
    "core",
    "managers",
    "mixins",
    "constants",
    "base",
    "signals",
    "selectors",
}

# Who may save rows a person owns, and the few that keep the machinery's own.
WRITERS = {
    "actions",
    "adding",
    "changing",
    "linking",
    "events",
    "questions",
    "tasks",
    "notify",
    "staff_mail",
    "digests",
    "snoozing",
    "planning",
    "telling",
    "urgent_calls",
    "trying",
    "complaints",
    "excuses",
    "breaches",
    "admitting",
    "chunks",
    "rollups",
    "claiming",
    "reconciling",
    "settling",
    "withdrawing",
}
MACHINERY = {
    "victimcare/accounts/access.py",  # which forms were sent
    "victimcare/accounts/models.py",  # create_user
    "victimcare/intake/staging.py",  # history, for many rows at once
    "victimcare/intake/withdrawal.py",  # undoes set by set what landing did
    "referrals/landing.py",  # the bulk import writes set by set, and announces once
    "courts/landing.py",
    "contacts/landing.py",
    "desk/management/commands/demo.py",  # invented people
}


def name_of(path: Path) -> str:
    """desk/cases.py is desk.cases; a package is its own name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def app_of(module: str) -> str:
    """The app a module belongs to; the kernel for the rest of victimcare, "" for what is not ours."""
    for app in reversed(APPS):  # the longer name first
        if module == app or module.startswith(app + "."):
            return app
    return "victimcare" if module == "victimcare" or module.startswith("victimcare.") else ""


def is_only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Everything that runs: not what is imported for the type checker alone."""
    for node in ast.iter_child_nodes(tree):
        if not is_only_for_types(node):
            yield node
            yield from running(node)


def imported(node: ast.AST) -> list[str]:
    """The modules of ours an import names; `from courts import actions` names courts.actions."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if app_of(alias.name)]
    if isinstance(node, ast.ImportFrom) and node.module and app_of(node.module):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def imports() -> Iterator[tuple[Path, str]]:
    for path, tree in TREES.items():
        for node in running(tree):
            for module in imported(node):
                yield path, module


def test_imports_point_down_and_siblings_are_blind():
    wrong = []
    for path, module in imports():
        mine, theirs = app_of(name_of(path)), app_of(module)
        if mine != theirs and STOREY[theirs] >= STOREY[mine]:
            wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong, "\n".join(wrong)


def test_our_own_code_is_imported_at_the_top():
    wrong = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not (path.stem == "apps" and node.name == "ready")  # models cannot be imported before it
        for inner in ast.walk(node)
        if imported(inner)
    ]
    assert not wrong, "\n".join(wrong)


LOWER = {  # inside an app: which parts each part must not know
    "models": {"actions", "forms", "views", "tasks", "urls"},
    "actions": {"forms", "views", "tasks", "urls"},
    "forms": {"views", "tasks", "urls"},
    "tasks": {"forms", "views", "urls"},
}


def part_of(path: Path) -> str:
    """cases/models/people.py is models, as models.py is: a package of models is one part."""
    return "models" if path.parent.name == "models" else path.stem


def must_not_know(path: Path) -> set[str]:
    """Whatever else saves rows stands where actions stand, under any name."""
    part = part_of(path)
    if part == "models":
        return LOWER["models"] | WRITERS
    return LOWER.get("actions" if part in WRITERS - {"tasks"} else part, set())


def test_inside_an_app_imports_point_down_too():
    wrong = []
    for path, module in imports():
        named = module.rpartition(".")[2], module.rpartition(".")[0].rpartition(".")[2]
        if ".models." not in module and must_not_know(path) & set(named):
            wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong, "\n".join(wrong)


PURE = (
    "victimcare/working_days.py",
    "victimcare/references.py",
    "compliance/packs/redaction.py",
    "compliance/engine.py",
    "contacts/reminders.py",
    "contacts/plan_dates.py",
    "contacts/urgent.py",
    "desk/day.py",
)


@pytest.mark.parametrize("rules", PURE)
def test_rules_know_neither_django_nor_the_clock(rules):
    named = {module for node in running(TREES[ROOT / rules]) for module in all_imported(node)}
    assert not [
        module for module in named if module.startswith("django") or module.startswith("victimcare.clock")
    ]


def all_imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The last name of everything called, and the call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


def test_only_safe_contact_makes_a_clearance():
    makers = {
        name_of(path)
        for path, tree in TREES.items()
        if any(name == "Clearance" for name, _call in calls(tree))
    }
    assert makers == {"victimcare.cases.safe_contact.clearing"}


def may_save(path: Path) -> bool:
    parts = path.relative_to(ROOT)
    return (
        part_of(path) in WRITERS
        or str(parts) in MACHINERY
        or "migrations" in parts.parts
        or "demo" in parts.parts
    )


def saves(name: str, call: ast.Call) -> bool:
    """A call that writes rows. A dict is updated by a value, rows by keywords."""
    if name in {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}:
        return True
    if not isinstance(call.func, ast.Attribute):
        return False
    if name == "update":
        return not call.args and bool(call.keywords) and not ast.unparse(call.func.value).endswith("attrs")
    if name == "create":
        return ast.unparse(call.func.value).endswith(("objects", "_set"))
    return name in {"save", "delete"} and "session" not in ast.unparse(call.func.value)


def test_only_actions_save_rows():
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno} {name}"
        for path, tree in TREES.items()
        if not may_save(path)
        for name, call in calls(tree)
        if saves(name, call)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_module_is_named_for_what_it_is():
    vague = [str(path.relative_to(ROOT)) for path in FILES if path.stem in VAGUE]
    assert not vague, vague


def test_one_signal():
    made = [
        name_of(path) for path, tree in TREES.items() if any(name == "Signal" for name, _call in calls(tree))
    ]
    assert made == ["victimcare.cases.events"]
