"""The words of letters: six languages, none with a gap, none longer than it must be."""

import json
import re
import string
from pathlib import Path
from typing import Any

import pytest

from server.core.letters import KINDS, LETTER_OF, PURPOSES, Letter
from server.core.people import LANGUAGES
from server.core.tickets import CATEGORIES, FAULTS
from server.work.letters import wording
from server.work.letters.message import _templates
from server.work.letters.wording import CALLED, Sheet, sheet, words
from tests.make import at

FOLDER = Path(wording.__file__).parent / "words"
VARIANTS = (
    "asked", "bumped", "vacated", "reminder_end", "ticket_closed", "long_asked", "conflict_cut", "conflict_met",
    "conflict_manager", "conflict_both", "conflict_gone", "conflict_kept", "conflict_lost", "at_risk", "assured",
)  # fmt: skip


def gaps(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def sample(kind: str, language: str = "en", **more: Any) -> Letter:
    """A letter of a kind with all that it can say."""
    starts, ends = int(at("11:00").timestamp()), int(at("12:00").timestamp())
    data: dict[str, Any] = {
        "uid": "b1", "title": "Planning & <Review>", "host": "Alice Adams", "starts": starts, "ends": ends,
        "rooms": ["Oak"], "where": "Oak, Main St 1 (HQ)", "zone": "Europe/Berlin", "link": "https://meet.example.org/1",
        "standing": "accepted", "what": "booked", "codes": [], "now": starts, "role": "guest", "name": "Bob",
        "links": {name: {"purpose": name, "booking": 1} for name in ("approve", "decline")},
    }  # fmt: skip
    if kind == "ticket":
        one = {"number": 3, "subject": "room:1:sound", "codes": ["sound"], "room": "Oak", "panel": "", "since": starts,
               "times": 1, "notes": ["It hums"]}  # fmt: skip
        data = {"what": "opened", "ticket": 3, "links": {"close": {"purpose": "close_ticket", "ticket": 3}},
                "groups": [{"category": "room_fault", "place": "Berlin/2", "count": 4, "tickets": [one]}]}  # fmt: skip
    if kind == "report":
        data = {"month": "2026-05-31", "bookings": 1234, "hours": 1500.4, "share": 0.4321, "absent": 7, "minutes": 210,
                "most": [["Oak", 0.9]], "least": [["Elm", 0.01]]}  # fmt: skip
    if kind == "audit_head":
        data = {"number": 4, "at": starts, "line": "lintel-head 4 Oak"}
    if kind == "digest":
        data = {"day": starts, "bookings": [data]}
    return Letter(kind, "bob@example.org", language, "Europe/Berlin", data | more, "k", 7)


def written(it: Letter, links: bool = True) -> Sheet:
    urls = {name: f"https://rooms.example.org/answer/{name}" for name in it.data.get("links", {})}
    return sheet(it, urls if links else {}, "https://rooms.example.org")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word_and_every_gap(language: str) -> None:
    english, theirs = words("en"), words(language)
    assert list(theirs) == list(english)
    for name, text in english.items():
        assert gaps(theirs[name]) == gaps(text), name
        assert theirs[name].strip() == theirs[name] != "", name


def test_every_kind_category_fault_and_button_has_its_words() -> None:
    kinds = [*KINDS, *VARIANTS]
    needed = [f"{part}_{kind}" for kind in kinds for part in ("sub", "lead")]
    needed += [f"cat_{it}" for it in CATEGORIES] + [f"fault_{it}" for it in FAULTS] + list(CALLED.values())
    assert [name for name in needed if name not in words("en")] == []
    assert set(CALLED) == set(PURPOSES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_of_every_kind_says_all_in_text_and_on_the_page(kind: str, language: str) -> None:
    said = written(sample(kind, language))
    text = _templates().get_template("letter.txt").render(it=said)
    page = _templates().get_template("letter.html").render(it=said, language=language)
    for shown in (text, page):
        assert not re.search(r"{\w*}|None|undefined", shown)
        assert "Oak" in shown
    assert "<Review>" not in page
    assert len(said.subject) <= 60, said.subject
    assert "<img" not in page
    assert not re.search(r"(?:src|url)\s*[=(]", page)
    for button in said.buttons:
        assert button.url in text
        assert button.url in page


def test_the_kinds_that_tell_two_things_have_words_for_both() -> None:
    assert written(sample("confirmation", standing="pending")).heading == "Requested"
    assert written(sample("cancelled", what="bumped")).lead.startswith("The room is closed")
    assert written(sample("freed", what="vacated")).heading == "Given back"
    assert "an hour at a time" in written(sample("here_asked", codes=["long"])).lead
    assert "given back at 11:10" in written(sample("warned", release_at=int(at("11:10").timestamp()))).lead
    assert "ends at 12:00" in written(sample("reminder", what="reminded_end")).lead
    assert written(sample("ticket", what="closed")).heading == "All well again"
    assert set(LETTER_OF.values()) <= set(KINDS)


def test_a_conflict_is_told_as_it_is_for_each_side() -> None:
    opened = {"what": "conflict_opened", "codes": ["7", "walk_in"]}
    assert "does not hold it" in written(sample("conflict", **opened, standing="conflict")).lead
    assert "Until 12:00 it is yours" in written(sample("conflict", **opened)).lead
    assert (
        "Your booking stands" in written(sample("conflict", what="conflict_opened", codes=["7", "walk_in", "met"])).lead
    )
    asked = written(sample("conflict", **opened, role="approver"))
    assert "Please decide" in asked.lead
    assert asked.notes[-1] == "Decide here: https://rooms.example.org/conflicts"
    other = {"starts": int(at("11:30").timestamp()), "ends": int(at("12:30").timestamp())}
    facts = written(sample("conflict", **opened, other=other)).facts
    assert [fact.value.endswith("11:30–12:30") for fact in facts if fact.label == "The others"] == [True]
    for way in ("both", "gone"):
        assert written(sample("conflict", what="conflict_resolved", codes=["7", "walk_in", way])).heading
    assert "the others have the room" in written(sample("cancelled", what="cancelled", codes=["conflict"])).lead
    assert "until 12:00" in written(sample("changed", what="assured", codes=["conflict"])).lead


def test_the_zone_is_named_where_the_readers_clock_shows_another_time() -> None:
    assert written(sample("confirmation")).notes[:1] != ("Times are by the clock at the room: Europe/Berlin.",)
    abroad = Letter("confirmation", "b@example.org", "en", "Asia/Tokyo", dict(sample("confirmation").data), "k")
    assert "Times are by the clock at the room: Europe/Berlin." in written(abroad).notes
    near = Letter("confirmation", "b@example.org", "en", "Europe/Paris", dict(sample("confirmation").data), "k")
    assert not any("clock at the room" in note for note in written(near).notes)


def test_labels_and_dates_have_the_signs_of_their_language() -> None:
    def text(language: str) -> str:
        said = written(sample("confirmation", language))
        return _templates().get_template("letter.txt").render(it=said)

    assert "Room: Oak" in text("en")
    assert "Salle : Oak" in text("fr")
    assert "会議室：Oak" in text("ja")  # noqa: RUF001
    assert "(月) 11:00" in text("ja")
    assert written(sample("ticket", "fr")).subject.startswith("À vérifier : Défaut de salle (4)")


def test_a_subject_that_asks_has_no_colon_after_its_question() -> None:
    assert written(sample("warned")).subject == "Are you there? Oak, Mon 15 Jun, 11:00"
    assert written(sample("warned", "fr")).subject.startswith("Êtes-vous là ? Oak, ")
    assert written(sample("confirmation")).subject == "Booked: Oak, Mon 15 Jun, 11:00"


def test_a_night_that_ends_on_another_day_says_both() -> None:
    ends = int(at("02:00", 1).timestamp())
    (when,) = [it.value for it in written(sample("confirmation", ends=ends)).facts if it.label == "When"]
    assert when == "Mon, 15 Jun 2026, 11:00–Tue 16 Jun, 02:00"


def test_without_a_public_address_a_letter_has_no_button_and_no_note_on_one() -> None:
    said = written(sample("request"), links=False)
    assert (said.buttons, said.notes) == ((), ())


def test_the_old_time_stands_beside_the_new() -> None:
    was = {"starts": int(at("09:00").timestamp()), "ends": int(at("10:00").timestamp())}
    (when,) = [it for it in written(sample("changed", was=was)).facts if it.was]
    assert "09:00–10:00" in when.was
    assert "11:00–12:00" in when.value


def test_words_are_written_as_they_are_kept() -> None:
    for path in FOLDER.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"
