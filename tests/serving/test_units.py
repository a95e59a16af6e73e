"""The server's units of systemd: locked as far as promised, and alike where they are to be alike."""

import pytest

from tests.kiosk.test_units import UNITS, analyze, settings

SERVING = {
    "lintel-server.service": "",
    "lintel-web.service": "web",
    "lintel-work.service": "work",
    "lintel-push.service": "push",
}
BACKUPS = {
    "lintel-backup.service": "lintel backup --data",
    "lintel-backup-proof.service": "lintel backup --prove --data",
}


@pytest.mark.parametrize("unit", [*SERVING, *BACKUPS])
def test_they_are_locked(unit: str) -> None:
    told = analyze("security", "--offline=true", "--no-pager", "--threshold=20", unit)
    assert told.returncode == 0, told.stdout


def test_all_of_them_have_the_same_locks_and_the_same_user() -> None:
    def locks(unit: str) -> str:
        return (UNITS / unit).read_text().partition("# Nothing of the machine")[2].partition("[Install]")[0].strip()

    assert {locks(unit) for unit in (*SERVING, *BACKUPS)} == {locks("lintel-server.service")}
    assert {settings(unit)["Service"]["User"] for unit in (*SERVING, *BACKUPS)} == {"lintel"}
    assert {settings(unit)["Service"]["UMask"] for unit in (*SERVING, *BACKUPS)} == {"0077"}


@pytest.mark.parametrize(("unit", "role"), SERVING.items())
def test_a_server_is_watched_and_never_given_up(unit: str, role: str) -> None:
    it = settings(unit)
    assert (it["Service"]["Type"], it["Service"]["Restart"], it["Unit"]["StartLimitIntervalSec"]) == (
        "notify",
        "always",
        "0",
    )
    assert it["Service"]["WatchdogSignal"] == "SIGABRT"
    assert it["Service"]["ExecStart"].endswith(f"--role {role}" if role else "--data ${STATE_DIRECTORY}")
    assert (it["Unit"].get("Conflicts") == "lintel-server.service") is bool(role)


@pytest.mark.parametrize(("unit", "command"), BACKUPS.items())
def test_backups_are_taken_each_hour_and_proven_each_night(unit: str, command: str) -> None:
    assert command in settings(unit)["Service"]["ExecStart"]
    timer = settings(unit.replace(".service", ".timer"))["Timer"]
    assert timer["OnCalendar"] == ("*-*-* 03:40:00" if "prove" in command else "*-*-* *:17:00")
    assert timer["Persistent"] == "yes"
