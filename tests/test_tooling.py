"""Setting up, serving and testing: what anyone who starts ./run may rely on."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import urllib.request
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from scripts import (
    address,
    commands,
    debian,
    embedded,
    fetch,
    front_end,
    messages,
    places,
    serve,
    setup,
    vendor,
)
from scripts.account import Account, NotOurs, NotStarted, private_directory

ROOT = places.ROOT
LOCKS = sorted(ROOT.glob("requirements*.txt"))
NOBODY_WE_KNOW = 54321


def requirements(lock):
    """Each requirement with its hashes, as one line."""
    lines = lock.read_text().replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


# --- What is locked -------------------------------------------------------------------------------


def test_there_is_a_lock_for_production_for_the_demo_and_for_development():
    names = {lock.name for lock in LOCKS}

    assert {"requirements.txt", "requirements-demo.txt", "requirements-dev.txt"} <= names


@pytest.mark.parametrize(
    "lock", [*LOCKS, ROOT / "package-lock.json", ROOT / ".npmrc"], ids=lambda lock: lock.name
)
def test_a_lock_names_no_address(lock):
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links|\"resolved\"", lock.read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_has_one_version_and_its_hashes(lock):
    loose = [
        line
        for line in requirements(lock)
        if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ]

    assert not loose


def test_every_package_of_the_front_end_has_its_hash():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_the_demo_and_production_have_the_versions_that_were_tested():
    tested = {line.split()[0] for line in requirements(ROOT / "requirements-dev.txt")}

    for lock in ("requirements.txt", "requirements-demo.txt"):
        assert {line.split()[0] for line in requirements(ROOT / lock)} <= tested


def test_every_dependency_says_why_it_is_there():
    lines = (ROOT / "pyproject.toml").read_text().split("[tool.")[0].splitlines()
    unexplained = [
        line.strip()
        for before, line in pairwise(lines)
        if re.match(r'    "', line) and not re.match(r"    # .+\.$", before)
    ]

    assert not unexplained


def test_what_is_declared_is_what_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [
        *project["dependencies"],
        *project["optional-dependencies"]["demo"],
        *project["optional-dependencies"]["dev"],
    ]
    locked = {line.split("==")[0] for line in requirements(ROOT / "requirements-dev.txt")}

    assert {re.match(r"[\w.-]+", requirement)[0] for requirement in declared} <= locked


# --- The commands ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", ".ci/run"])
def test_the_commands_can_be_run(command):
    assert os.access(ROOT / command, os.X_OK)


def test_an_unknown_command_is_answered_with_those_there_are():
    with pytest.raises(SystemExit, match=r"no command 'tests'(.|\n)*\./run manage COMMAND"):
        commands.main("tests")


def test_a_management_command_has_standard_output_to_itself_and_its_exit_code_is_passed_on():
    code = "import os, sys; print(os.environ['VICTIMCARE_ROLE']); sys.exit(3)"
    env = {name: value for name, value in os.environ.items() if name != "VICTIMCARE_ROLE"}

    # The servers of this run of the tests are named in the environment, so none are started.
    done = subprocess.run(
        [sys.executable, "-m", "scripts.with_servers", "-c", code],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )

    assert (done.stdout, done.returncode) == ("manage\n", 3)


def test_a_port_in_use_is_named(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(address, "PORT", str(port))

        with pytest.raises(address.NotFree, match=f"Port {port} is already in use. Choose another: PORT="):
            address.refuse_a_port_we_cannot_have()


def test_a_child_that_stops_is_named_with_the_end_of_its_log(monkeypatch, tmp_path):
    monkeypatch.setattr(serve, "LOGS", tmp_path)
    monkeypatch.setitem(serve.CHILDREN, "beat", ["a_module_that_is_not_there"])
    child = serve.spawn("beat")
    child.wait(30)

    with pytest.raises(serve.Failed, match=r"beat stopped with code 1(.|\n)*No module named"):
        serve.watch({"beat": child}, serve.threading.Event())


@pytest.mark.xdist_group("together")
def test_tests_of_a_group_go_to_one_worker(request):
    """They share servers and twenty thousand cases, which each worker would otherwise make again."""
    is_shared_out = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@together") == is_shared_out


def test_no_test_reaches_the_network():
    with pytest.raises(RuntimeError, match="tried to use socket"):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)


# --- Set-up ---------------------------------------------------------------------------------------


def test_the_secret_is_made_once_and_is_ours_to_read(monkeypatch, tmp_path):
    secret = tmp_path / "secret-key"
    monkeypatch.setattr(setup, "SECRET_KEY", secret)

    setup.secret_key()
    made = secret.read_text()
    setup.secret_key()

    assert (len(made) > 50, secret.read_text(), secret.stat().st_mode & 0o777) == (True, made, 0o600)


def test_a_setting_in_the_environment_is_left_alone(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "from the environment")

    assert "SECRET_KEY" not in setup.environment()


def test_uv_is_told_what_pip_knows_of_this_machine(monkeypatch):
    said = "global.index-url='https://mirror.example/simple'\nglobal.cert='/certificates.pem'\n"
    monkeypatch.setattr(fetch, "pip", lambda *_: subprocess.CompletedProcess([], 0, stdout=said))
    for name in ("UV_DEFAULT_INDEX", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)

    env = fetch.for_uv()

    assert (env["UV_DEFAULT_INDEX"], env["SSL_CERT_FILE"]) == (
        "https://mirror.example/simple",
        "/certificates.pem",
    )


def test_what_cannot_be_installed_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(debian.NotInstalled, match=r"Pango is missing.*apt-get install libpango-1.0-0"):
        debian.install(["libpango-1.0-0"], what_for="Pango")


def test_an_old_node_is_not_used(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(
        front_end.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout="v18.20.4\n")
    )

    assert not front_end.node_is_new_enough()


def test_what_only_gov_uk_may_use_is_not_served():
    served = list(places.VENDOR.rglob("*"))

    vendor.refuse_what_is_not_ours()
    assert {"govuk.css", "moj.css", "govuk.js", "moj.js", "NotoSans_700Bold.ttf"} <= {
        path.name for path in served
    }


def test_a_stylesheet_that_brings_the_crest_back_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(vendor, "VENDOR", tmp_path)
    (tmp_path / "govuk.css").write_text(".footer{background:url(images/govuk-crest.svg)}")

    with pytest.raises(SystemExit, match=r"which only GOV\.UK may use"):
        vendor.refuse_what_is_not_ours()


# --- The embedded servers -------------------------------------------------------------------------


@pytest.fixture
def me():
    return Account(os.geteuid(), os.getegid())


@pytest.fixture
def someone_elses(tmp_path):
    """A directory of another account: root can make one, and everyone else sees plenty."""
    if os.geteuid() != 0:
        return Path("/usr")
    directory = tmp_path / "theirs"
    directory.mkdir(mode=0o700)
    os.chown(directory, NOBODY_WE_KNOW, NOBODY_WE_KNOW)
    return directory


def test_a_socket_directory_of_someone_else_is_refused(me, someone_elses):
    with pytest.raises(NotOurs, match="belongs to someone else"):
        private_directory(someone_elses, me)


def test_a_socket_directory_that_others_can_enter_is_refused(me, tmp_path):
    tmp_path.chmod(0o755)

    with pytest.raises(NotOurs, match="open to other accounts"):
        private_directory(tmp_path, me)


def test_a_link_in_place_of_a_socket_directory_is_refused(me, tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(NotOurs):
        private_directory(tmp_path / "link", me)


def test_the_path_of_a_socket_is_short_however_deep_the_checkout():
    deep = Path("/", *["a-directory-with-a-long-name"] * 10)

    assert len(str(embedded.socket_directory(deep) / ".s.PGSQL.5432")) < 107


def test_a_socket_path_that_is_too_long_is_named(monkeypatch):
    monkeypatch.setattr(embedded.os, "access", lambda *_: False)
    monkeypatch.setattr(embedded.tempfile, "gettempdir", lambda: "/" + "x" * 100)

    with pytest.raises(NotStarted, match="Set TMPDIR to a shorter directory"):
        embedded.socket_directory(ROOT)


def test_the_servers_stay_up_until_the_last_of_us_lets_go(tmp_path):
    first, second = embedded.Lease(tmp_path / "lease"), embedded.Lease(tmp_path / "lease")
    first.share()
    second.share()

    assert not first.is_the_last()
    first.let_go()
    assert second.is_the_last()
    second.let_go()


@pytest.fixture
def servers(monkeypatch):
    """Servers of this test's own, thrown away at its end."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")
    servers = embedded.Servers(f"test-{os.getpid()}", throw_away=True)
    yield servers
    if servers.place.exists():
        servers.stop()


def test_real_servers_in_the_environment_are_used_instead(servers, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://vcu@database.example/vcu")
    monkeypatch.setenv("REDIS_URL", "redis://queue.example")

    assert embedded.Servers(servers.place.name, throw_away=True).embedded == {}


def test_servers_come_up_with_a_database_and_leave_nothing_behind(servers):
    with servers:
        postgres = servers.embedded["DATABASE_URL"]
        with postgres.connect() as connection:
            [is_superuser] = connection.execute(
                "select rolsuper from pg_roles where rolname = 'vcu'"
            ).fetchone()
        assert (is_superuser, servers.embedded["REDIS_URL"].answers()) == (False, True)

    assert not servers.place.exists()
    assert not servers.sockets.exists()


def test_a_killed_postgresql_comes_up_again(servers):
    servers.start()
    postgres = servers.embedded["DATABASE_URL"]
    pid = int((postgres.data / "postmaster.pid").read_text().split()[0])

    os.kill(pid, 9)
    servers.start()

    assert postgres.answers()
    servers.stop()


def test_a_valkey_that_died_is_started_again(servers):
    with servers:
        valkey = servers.embedded["REDIS_URL"]
        assert not servers.revive_the_broker()
        os.kill(int((valkey.data / "valkey.pid").read_text()), 9)
        assert valkey.waits_for(False, 5)
        assert servers.revive_the_broker()
        assert valkey.answers()


def test_another_cluster_behind_our_socket_is_refused(servers, monkeypatch):
    with servers:
        postgres = servers.embedded["DATABASE_URL"]
        monkeypatch.setattr(postgres, "data", ROOT)
        with pytest.raises(NotOurs, match="it is not ours"):
            postgres.refuse_a_stranger()
        monkeypatch.undo()


# --- The words to translate -----------------------------------------------------------------------


@pytest.fixture
def catalogue(monkeypatch, tmp_path):
    """A small project with one Welsh catalogue."""
    path = tmp_path / "victimcare" / "locale" / "cy" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "Cases"\nmsgstr "Achosion"\n\nmsgid "Gone"\nmsgstr "Wedi mynd"\n'
    )
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "views.py").write_text(
        'from x import gettext as _\n_("Cases")\n_("Hello %(name)s")\n'
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "case.html").write_text(
        "<p>\n   {% blocktranslate trimmed count n=n %}\n  one\n  duty\n"
        " {% plural %}{{ n }} duties{% endblocktranslate %}"
        '\n {% field label=_("Forename") %}'
    )
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    return path


def test_words_are_collected_from_code_and_templates_and_translations_are_kept(catalogue):
    messages.extract_all()
    text = catalogue.read_text()

    assert 'msgid "Cases"\nmsgstr "Achosion"' in text
    assert 'msgid "Forename"' in text
    assert 'msgid "one duty"\nmsgid_plural "%(n)s duties"' in text
    assert '#~ msgid "Gone"\n#~ msgstr "Wedi mynd"' in text


def test_collecting_again_changes_nothing(catalogue):
    messages.extract_all()
    before = catalogue.read_text(), catalogue.stat().st_mtime_ns

    messages.extract_all()

    assert (catalogue.read_text(), catalogue.stat().st_mtime_ns) == before


def test_a_translation_that_lost_a_placeholder_is_shown_in_english(catalogue, capsys):
    messages.extract_all()
    catalogue.write_text(
        catalogue.read_text().replace('"Hello %(name)s"\nmsgstr ""', '"Hello %(name)s"\nmsgstr "Helo"')
    )

    messages.compile_all()

    assert "lost or invented a placeholder" in capsys.readouterr().err
    assert b"Helo" not in catalogue.with_suffix(".mo").read_bytes()
    assert b"Achosion" in catalogue.with_suffix(".mo").read_bytes()


# --- Docker ---------------------------------------------------------------------------------------


@pytest.fixture
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_compose_has_both_servers_migrations_and_the_three_processes(compose):
    assert set(compose["services"]) == {"postgres", "valkey", "migrate", "web", "worker", "beat"}
    assert all("healthcheck" in service for service in compose["services"].values())


def test_compose_keeps_the_data_where_postgresql_18_looks_for_it(compose):
    postgres = compose["services"]["postgres"]

    assert postgres["image"] == "postgres:18"
    assert postgres["volumes"] == ["postgres:/var/lib/postgresql"]
    assert (
        postgres["environment"]["POSTGRES_INITDB_ARGS"]
        == "--locale-provider=builtin --builtin-locale=C.UTF-8"
    )


def test_compose_holds_no_secret(compose):
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if re.search("SECRET|PASSWORD|_URL", name):
                assert "${" in value, name


def test_each_process_says_which_it_is(compose):
    roles = {
        name: compose["services"][name]["environment"]["VICTIMCARE_ROLE"]
        for name in ("web", "worker", "beat")
    }

    assert roles == {"web": "web", "worker": "worker", "beat": "beat"}


def test_docker_itself_accepts_the_file():
    """Only where Docker can say so: a machine without it runs the tests above alone."""
    if (
        not shutil.which("docker")
        or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        return
    needed = {
        "SECRET_KEY": "x",
        "POSTGRES_PASSWORD": "x",
        "VALKEY_PASSWORD": "x",
        "ALLOWED_HOSTS": "example.org",
    }

    done = subprocess.run(
        ["docker", "compose", "config", "--quiet"],
        cwd=ROOT,
        env=os.environ | needed,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr


def test_the_image_copies_every_app():
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    apps = {path.parent.name for path in ROOT.glob("*/apps.py")}

    assert apps <= copied
