"""Files of rooms, places and bookings: only what they say they are, only for whom they are."""

import io
import zipfile
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.files import LARGEST, MOST, media_of
from tests.make import House, codes

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PDF = b"%PDF-1.7\n"


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("Types", "[Content_Types]").replace("_xml", ".xml"), data)
    return out.getvalue()


WORD = zipped(Types_xml=b"<Types/>", word__document_xml=b"<w/>")


@pytest.mark.parametrize(
    ("name", "data", "media"),
    [
        ("a.png", PNG, "image/png"), ("a.PNG", PNG, "image/png"), ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"), ("a.pdf", PDF, "application/pdf"),
        ("a.txt", "Grüße\nan alle\n".encode(), "text/plain"), ("a.gif", b"GIF89a", "image/gif"),
        ("a.docx", WORD, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.odt", zipped(mimetype=b"application/vnd.oasis.opendocument.text"),
         "application/vnd.oasis.opendocument.text"),
        ("a.jpg", PNG, None), ("a.png", b"<svg/>", None), ("a.svg", b"<svg/>", None), ("a.html", b"<html>", None),
        ("a.exe", b"MZ", None), ("a.pdf", b"<html>%PDF-", None), ("png", PNG, None), (".png", PNG, None),
        ("a.xlsx", WORD, None), ("a.docx", WORD + b"vbaProject.bin", None), ("a.docx", b"PK\x03\x04", None),
        ("a.txt", b"\0", None), ("a.txt", b"\xff\xfe", None), ("a.csv", b"a\x1b[2J", None), ("a.zip", WORD, None),
    ],
)  # fmt: skip
def test_a_file_is_what_its_name_and_its_bytes_say_together(name: str, data: bytes, media: str | None) -> None:
    assert media_of(name, data) == media


def test_a_file_comes_back_byte_by_byte(house: House) -> None:
    files = house.engine.files
    photo = files.add("photo", "oak", "Oak.png", PNG, house.ada)
    paper = files.add("room", "oak", "Manual.pdf", PDF, house.ada)
    assert files.all("photo", "oak", house.rita) == (photo,)
    assert files.get(paper.number, house.rita) == (paper, PDF)
    assert (photo.inline, paper.inline, paper.size, paper.made_by) == (True, False, len(PDF), "token:5")
    assert files.remove(photo.number, house.ada) == photo
    with pytest.raises(Unknown):
        files.get(photo.number, house.ada)
    assert files.all("photo", "oak", house.rita) == ()


def test_plans_are_of_places_and_go_with_them(house: House) -> None:
    plan = house.engine.files.add("plan", "Main/1", "plan.png", PNG, CLI)
    assert house.engine.files.all("plan", "main/1", house.rita) == (plan,)
    house.engine.rooms.change("oak", CLI, floor="2")
    house.engine.places.remove(house.engine.places.find("Main/1", CLI).number, CLI)
    with pytest.raises(Unknown):
        house.engine.files.get(plan.number, CLI)


def test_attachments_of_a_booking_are_for_whom_it_is(house: House) -> None:
    it = house.book("11:00", "12:00")
    paper = house.engine.files.add("booking", it.uid, "Agenda.pdf", PDF, house.alice)
    assert house.engine.files.all("booking", it.uid, house.rita) == (paper,)
    for act in (
        lambda: house.engine.files.add("booking", it.uid, "x.pdf", PDF, house.rita),
        lambda: house.engine.files.get(paper.number, house.charlie),
        lambda: house.engine.files.remove(paper.number, house.rita),
    ):
        with pytest.raises(Barred):
            act()


def test_only_who_manages_a_room_changes_its_files(house: House) -> None:
    photo = house.engine.files.add("photo", "oak", "Oak.png", PNG, CLI)
    for actor in (house.alice, house.rita, house.charlie, Actor("x", "admin", frozenset({house.elm.number}))):
        with pytest.raises(Barred):
            house.engine.files.add("photo", "oak", "Oak.png", PNG, actor)
        with pytest.raises(Barred):
            house.engine.files.remove(photo.number, actor)
    with pytest.raises(Barred):
        house.engine.files.add("plan", "Main", "plan.png", PNG, house.alice)
    with pytest.raises(Barred):
        house.engine.files.get(photo.number, house.charlie)


@pytest.mark.parametrize(
    ("how", "bad"),
    [
        ({"data": b""}, "file"), ({"data": b"x" * (LARGEST + 1)}, "file"), ({"name": "../x.png"}, "name"),
        ({"name": ".png"}, "name"), ({"name": "a\n.png"}, "name"), ({"name": "x" * 256 + ".png"}, "name"),
        ({"name": "x.jpg"}, "file"), ({"data": PDF, "name": "x.pdf"}, "file"), ({"kind": "song"}, "kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_photo_is_refused(sqlite_house: House, how: dict[str, Any], bad: str) -> None:
    told = {"kind": "photo", "name": "Oak.png", "data": PNG} | how
    with pytest.raises(Invalid) as refused:
        sqlite_house.engine.files.add(told["kind"], "oak", told["name"], told["data"], CLI)
    assert list(refused.value.fields) == [bad]


def test_a_file_is_as_large_as_it_may_be_and_a_room_has_as_many(sqlite_house: House) -> None:
    largest = PNG + b"\0" * (LARGEST - len(PNG))
    it = sqlite_house.engine.files.add("photo", "oak", "Oak.png", largest, CLI)
    assert sqlite_house.engine.files.get(it.number, CLI)[1] == largest
    for _ in range(MOST - 1):
        sqlite_house.engine.files.add("photo", "oak", "Oak.png", PNG, CLI)
    with pytest.raises(Refused) as refused:
        sqlite_house.engine.files.add("photo", "oak", "Oak.png", PNG, CLI)
    assert codes(refused.value) == ["too_many_files"]
    sqlite_house.engine.files.add("photo", "elm", "Elm.png", PNG, CLI)
