"""Every field of every table says how sensitive it is: docs/personal-data.toml.

A new field without a class fails here by name, and so does a class without its field. History tables say
what their originals say.
"""

import tomllib
from pathlib import Path

from django.apps import apps
from django.db.models import Model

CLASSES = {"S3", "S2", "S1", "L", "K", "none"}
DOCUMENT = Path(__file__).parent.parent / "docs" / "personal-data.toml"
DECLARED: dict[str, dict[str, str]] = {
    name: fields
    for name, fields in tomllib.loads(DOCUMENT.read_text("utf-8")).items()
    if isinstance(fields, dict) and name != "classes"
}
OURS = {
    "accounts",
    "audit",
    "drafts",
    "cases",
    "notes",
    "letters",
    "messaging",
    "intake",
    "referrals",
    "needs_assessments",
    "contacts",
    "courts",
    "compliance",
    "packs",
    "desk",
}


def tables() -> list[type[Model]]:
    found = apps.get_models(include_auto_created=False)
    return [model for model in found if model._meta.app_label in OURS and not hasattr(model, "history_type")]


def fields_of(model: type[Model]) -> set[str]:
    return {field.name for field in (*model._meta.concrete_fields, *model._meta.local_many_to_many)}


def test_every_field_of_every_table_has_a_class():
    unknown = [
        f"{model._meta.label}.{field}"
        for model in tables()
        for field in sorted(fields_of(model) - set(DECLARED.get(flat(model), {})))
    ]
    assert not unknown, "say in docs/personal-data.toml how sensitive these are:\n" + "\n".join(unknown)


def flat(model: type[Model]) -> str:
    """cases-Person: one heading a table."""
    return model._meta.label.replace(".", "-")


def test_every_class_is_of_a_field_that_exists():
    known = {flat(model): fields_of(model) for model in tables()}
    gone = [
        f"{name}.{field}"
        for name, fields in DECLARED.items()
        for field in fields
        if field not in known.get(name, set())
    ]
    assert not gone, gone


def test_every_class_is_one_of_ours():
    wrong = [
        f"{name}.{field}"
        for name, fields in DECLARED.items()
        for field, said in fields.items()
        if said not in CLASSES
    ]
    assert not wrong, wrong


def test_whatever_names_or_finds_a_person_is_at_least_s2():
    telling = ("name", "phone", "email", "address", "postcode", "note", "summary", "date_of_birth", "words")
    tables_of_people = {
        "cases-Person",
        "cases-SafeContact",
        "contacts-Contact",
        "needs_assessments-Need",
        "letters-Letter",
    }
    soft = [
        f"{table}.{field}"
        for table in tables_of_people
        for field, said in DECLARED[table].items()
        if any(word in field for word in telling) and said not in {"S2", "S3"}
    ]
    assert not soft, soft


def test_safe_contact_answers_are_the_most_sensitive_there_is():
    answers = DECLARED["cases-SafeContact"]
    machinery = {"id", "person", "version"}
    assert {said for field, said in answers.items() if field not in machinery} == {"S3"}
