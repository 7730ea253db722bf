"""Read the code without running it: lint, format, types, templates, missing migrations."""

import subprocess
import sys

from scripts.places import ROOT

# Rules and actions are typed strictly: they decide what a victim is owed and write what is kept.
TYPED = [
    "**/actions.py",
    "**/rules.py",
    "**/rules/*.py",
    "victimcare/calendars.py",
    "victimcare/suppression.py",
    "victimcare/working_days.py",
    "victimcare/cases/adding.py",
    "victimcare/cases/changing.py",
    "victimcare/cases/entitlements.py",
    "victimcare/cases/linking.py",
    "victimcare/cases/matching.py",
    "victimcare/cases/safe_contact/*.py",
    "victimcare/intake/admitting.py",
    "victimcare/intake/chunks.py",
    "victimcare/intake/claiming.py",
    "victimcare/intake/reconciling.py",
    "victimcare/intake/settling.py",
    "victimcare/intake/withdrawing.py",
    "compliance/breaches.py",
    "compliance/catalogue.py",
    "compliance/engine.py",
    "compliance/calendar/moving.py",
    "compliance/excuses.py",
    "courts/clashes.py",
]
APPS = ["victimcare", "referrals", "needs_assessments", "contacts", "courts", "compliance", "desk"]


def checks():
    yield "Lint", ["ruff", "check", "."]
    yield "Format", ["ruff", "format", "--check", "."]
    yield "Types", ["scripts.with_servers", "-m", "mypy", *typed_files()]
    yield "Templates", ["djlint", "--quiet", "--lint", "templates"]
    yield "Migrations", ["scripts.with_servers", "manage.py", "makemigrations", "--check", "--dry-run"]


def typed_files():
    files = {path for pattern in TYPED for path in ROOT.glob(pattern)}
    return sorted(str(path.relative_to(ROOT)) for path in files if path.relative_to(ROOT).parts[0] in APPS)


def main():
    failed = []
    for name, command in checks():
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", *command], cwd=ROOT).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"Not in order: {', '.join(failed)}.")
    print("All in order.")


if __name__ == "__main__":
    main()
