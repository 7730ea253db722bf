"""One odd file in the drop folder holds up no other, and leads nowhere else."""

import os

import pytest

from referrals.models import Referral
from referrals.rows import REFERRAL_COLUMNS
from tests.referrals.test_receive import SIAN, as_csv
from victimcare.intake import folder
from victimcare.intake.models import ImportBatch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]
GOOD = as_csv([SIAN], REFERRAL_COLUMNS)


def later(path):
    return max(os.lstat(each).st_ctime for each in [path, *path.rglob("*")]) + 60


def test_a_file_that_may_not_be_read_holds_up_no_other(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_bytes(b"x")
    (tmp_path / "b.csv").write_bytes(GOOD)
    really = os.open

    def not_a(path, *args, **more):
        if str(path).endswith("a.csv"):
            raise PermissionError
        return really(path, *args, **more)

    monkeypatch.setattr(folder.os, "open", not_a)
    assert folder.take_all(tmp_path, now=later(tmp_path)) == 1
    assert Referral.objects.count() == 1 and (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("kind", ["a link", "a pipe"])
def test_what_was_put_in_its_place_meanwhile_is_not_read(tmp_path, monkeypatch, kind):
    (tmp_path / "elsewhere").mkdir()
    secret = tmp_path / "elsewhere" / "secret.csv"
    secret.write_bytes(GOOD)
    swapped = tmp_path / "swapped.csv"
    swapped.symlink_to(secret) if kind == "a link" else os.mkfifo(swapped)
    monkeypatch.setattr(folder, "finished", lambda *_args, **_more: [swapped])
    assert folder.take_all(tmp_path, now=0) == 0
    assert not ImportBatch.objects.exists()


def test_a_name_of_255_bytes_is_moved_too(tmp_path):
    (tmp_path / ("\u0175" * 125 + ".csv")).write_bytes(GOOD)
    assert folder.take_all(tmp_path, now=later(tmp_path)) == 1
    moved = sorted(each.name for each in (tmp_path / "done").iterdir())
    assert len(moved) == 2 and all(each.startswith(ImportBatch.objects.get().reference) for each in moved)
