"""Files that another system leaves are read when they are whole, and moved with a report beside them."""

import os
import time

import pytest
from django.db import connection

from referrals.models import Referral
from referrals.rows import REFERRAL_COLUMNS
from tests.referrals.test_receive import SIAN, as_csv
from victimcare.accounts.models import Notification
from victimcare.intake import actions, claiming, folder
from victimcare.intake.models import ImportBatch
from victimcare.intake.tasks import take_dropped_files

pytestmark = pytest.mark.django_db
GOOD = as_csv([SIAN, SIAN | {"person_id": "P2", "postcode": "NP"}], REFERRAL_COLUMNS)


@pytest.fixture(autouse=True)
def _now(monday, unit):
    """That Monday, in that unit. The file system keeps its own time."""


@pytest.fixture
def drop(tmp_path):
    def leave(name="referrals.csv", content=GOOD):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return leave


def later(path):
    """Long enough after the last change of anything there."""
    return max(os.lstat(each).st_ctime for each in [path, *path.rglob("*")]) + 60


def names(path):
    """Without the references before them."""
    return sorted(each.name.split("-", 2)[2] for each in path.iterdir())


def test_a_file_is_read_and_moved_with_a_report_beside_it(drop, tmp_path):
    drop()
    assert folder.take_all(tmp_path, now=later(tmp_path)) == 1
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.came_by, batch.uploaded_by, batch.accepted) == ("done", "folder", None, 1)
    assert sorted(each.name for each in (tmp_path / "done").iterdir()) == [
        f"{batch.reference}-referrals.csv", f"{batch.reference}-referrals.csv.txt",
    ]  # fmt: skip
    report = next((tmp_path / "done").glob("*.txt")).read_text("utf-8")
    assert "Accepted: 1" in report and "Row 3, postcode:" in report


def test_a_file_that_cannot_be_read_is_refused_and_the_supervisors_hear(drop, tmp_path, supervisor):
    drop("x.csv", b"a,b\n1,2\n")
    folder.take_all(tmp_path, now=later(tmp_path))
    report = next((tmp_path / "refused").glob("*.txt")).read_text("utf-8")
    assert "not one of the extracts" in report
    assert Notification.objects.get().kind == "extract_refused"


@pytest.mark.parametrize("name", ["referrals.csv.part", ".hidden.csv", "x.tmp", "X.PART"])
def test_an_unfinished_file_is_left_alone(drop, tmp_path, name):
    drop(name)
    assert folder.take_all(tmp_path, now=later(tmp_path)) == 0
    assert (tmp_path / name).exists()


def test_a_file_that_somebody_still_writes_to_is_left_alone(drop, tmp_path):
    path = drop()
    os.utime(path, (0, 0))  # it keeps the file's own old time, as some copies do
    written = os.lstat(path).st_ctime
    assert folder.take_all(tmp_path, now=written + 5) == 0
    assert folder.take_all(tmp_path, now=written + 11) == 1


def test_a_link_out_of_the_folder_and_a_folder_in_it_are_left_alone(tmp_path):
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    (tmp_path / "more").mkdir()
    assert folder.take_all(tmp_path, now=time.time() + 1e6) == 0


def test_the_same_file_twice_changes_nothing(drop, tmp_path):
    drop()
    folder.take_all(tmp_path, now=later(tmp_path))
    drop()
    folder.take_all(tmp_path, now=later(tmp_path))
    assert Referral.objects.count() == 1
    assert list(ImportBatch.objects.order_by("pk").values_list("accepted", "unchanged")) == [(1, 0), (0, 2)]


class Killed(BaseException):
    """As a kill is: nothing handles it."""


def killed(*_args, **_more):
    raise Killed


def locks_are_gone():
    """A killed worker's connection takes its locks with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")


@pytest.mark.parametrize("where", ["receive", "tell_of_refused", "_move", "report_of", "replace"])
def test_a_worker_killed_at_any_moment_leaves_the_file_to_be_taken_again(drop, tmp_path, monkeypatch, where):
    is_bad = where == "tell_of_refused"
    drop(content=b"a,b\n1,2\n" if is_bad else GOOD)
    places = (owner for owner in (actions, claiming, folder) if hasattr(owner, where))
    of = folder.Path if where == "replace" else next(places)
    with monkeypatch.context() as killing, pytest.raises(Killed):
        killing.setattr(of, where, killed)
        folder.take_all(tmp_path, now=later(tmp_path))
    locks_are_gone()
    assert folder.take_all(tmp_path, now=later(tmp_path)) == 1
    assert [name for name in names(tmp_path / ("refused" if is_bad else "done")) if "part" not in name] == [
        "referrals.csv", "referrals.csv.txt",
    ]  # fmt: skip
    assert Referral.objects.count() == (0 if is_bad else 1)


def test_a_reading_cut_off_goes_on_where_it_stopped(drop, tmp_path, monkeypatch):
    monkeypatch.setattr(actions, "CHUNK", 2)
    drop(content=as_csv([SIAN | {"person_id": f"P{n}"} for n in range(5)], REFERRAL_COLUMNS))
    keep = actions._keep_chunk

    def two_chunks(batch, chunk):
        if batch.received == 4:
            raise Killed
        return keep(batch, chunk)

    with monkeypatch.context() as killing, pytest.raises(Killed):
        killing.setattr(actions, "_keep_chunk", two_chunks)
        folder.take_all(tmp_path, now=later(tmp_path))
    locks_are_gone()
    folder.take_all(tmp_path, now=later(tmp_path))
    assert ImportBatch.objects.get().accepted == 5


def test_a_file_that_waits_on_the_page_is_left_until_that_is_decided(drop, tmp_path):
    drop()
    actions.upload(file_name="a.csv", content=GOOD, by=None, checked_first=True)
    assert folder.take_all(tmp_path, now=later(tmp_path)) == 0
    actions.drop(batch=actions.check(batch=claiming.claim()))
    assert folder.take_all(tmp_path, now=later(tmp_path)) == 1


def test_names_that_mean_something_elsewhere_do_no_harm(drop, tmp_path):
    drop("a..%2f; rm -rf $HOME.csv")
    drop("Siân\n\u202e.csv", GOOD + b"\n")
    assert folder.take_all(tmp_path, now=later(tmp_path)) == 2
    assert len(list((tmp_path / "done").iterdir())) == 4


def test_the_clock_takes_them_where_a_folder_is_set(drop, tmp_path, settings, monkeypatch):
    drop()
    assert take_dropped_files() == 0
    settings.DROP_FOLDER = str(tmp_path)
    monkeypatch.setattr(folder, "STILL_FOR", -1e9)
    assert take_dropped_files() == 1
    settings.DROP_FOLDER = str(tmp_path / "nowhere")
    assert take_dropped_files() == 0
