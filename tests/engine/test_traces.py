"""What stays behind: the feed has no names and titles, the database no secret, and words can be erased."""

from pathlib import Path

from server.core.access import CLI
from server.core.model import Edit
from server.engine.hearing import Beat
from server.engine.tapping import Act
from tests import make
from tests.make import House, at

WORDS = ("Zwetschgendatschi", "Quastenflosser", "quastenflosser@example.org", "Mondscheintarif", "Putzkolonne")
TITLE, NAME, MAIL, NOTES, REASON = WORDS


def lived(house: House) -> list[str]:
    """A house in which everything has happened once; returns the secrets that were told."""
    engine, who = house.engine, {"organizer": NAME, "organizer_email": MAIL}
    made = house.book("11:00", "12:00", title=TITLE, description=NOTES, key="k1", **who)
    engine.bookings.change(made.uid, Edit(title=TITLE + "s", organizer=NAME + "in"), house.alice, key="k2")
    engine.bookings.cancel(made.uid, house.alice, key="k3")
    running = house.book("10:00", "10:30", title=TITLE, **who)
    engine.presence.check_in(running.uid, house.alice)
    engine.presence.extend(running.uid, house.alice, minutes=5, key="k4")
    engine.presence.undo("k4", house.alice)
    house.clock.forward(minutes=1)
    engine.presence.end(running.uid, house.alice)
    engine.rooms.change("elm", CLI, auto_accept=False)
    asked = house.book("11:00", "12:00", room="elm", title=TITLE, **who)
    engine.bookings.approve(asked.uid, CLI)
    declined = house.book("13:00", "14:00", room="elm", title=TITLE, **who)
    engine.bookings.decline(declined.uid, CLI)
    engine.rooms.reopen(engine.rooms.close("oak", CLI, at("15:00"), at("16:00"), REASON).id, CLI)
    _, token = engine.tokens.create("Kiosk", "book", CLI)
    _, secret, panel = house.panel()
    engine.devices.act(Act("op-1", "book", "oak", house.clock.now() + make.timedelta(minutes=1), minutes=15), panel)
    engine.fleet.heartbeat(["oak"], panel, Beat("{}"))
    engine.tokens.actor(token)
    return [token, secret, engine.rooms.feed("oak", CLI, "enable"), engine.rooms.feed("elm", CLI, "rotate")]


def test_the_feed_holds_ids_and_codes_but_no_words(house: House) -> None:
    lived(house)
    with house.store.reading() as tx:
        rows = tx.rows("SELECT seq, at, what, room_id, subject, actor, codes, digest FROM change")
        apart = tx.rows("SELECT body FROM change_text")
    text = repr(rows)
    assert [word for word in WORDS if word.lower() in text.lower()] == []
    assert {row[2] for row in rows} == {
        "approved", "booked", "cancelled", "changed", "checked_in", "declined", "device_added", "ended", "extended",
        "feed_secret", "place_added", "room_added", "room_changed", "room_closed", "room_reopened", "token_made",
        "undone", "walked_in",
    }  # fmt: skip
    assert all(word in repr(apart) for word in (TITLE, NAME, MAIL, NOTES, REASON))


def test_every_word_of_the_feed_can_be_erased_and_the_chain_stays(house: House) -> None:
    lived(house)
    with house.store.reading() as tx:
        before = tx.rows("SELECT * FROM change ORDER BY seq")
    house.store.writing(lambda tx: tx.run("DELETE FROM change_text"))
    with house.store.reading() as tx:
        assert tx.rows("SELECT * FROM change ORDER BY seq") == before


def test_no_secret_lies_in_the_file(sqlite_house: House, fresh_sqlite: str) -> None:
    secrets = lived(sqlite_house)
    sqlite_house.store.close()
    base = Path(fresh_sqlite.removeprefix("sqlite:///"))
    raw = b"".join(path.read_bytes() for path in base.parent.glob(base.name + "*"))
    assert TITLE.encode() in raw  # the scan sees what is there
    for secret in secrets:
        assert secret.encode() not in raw
        assert secret[-20:].encode() not in raw


def test_no_secret_lies_in_any_table(postgres_house: House) -> None:
    secrets = lived(postgres_house)
    with postgres_house.store.reading() as tx:
        names = [row[0] for row in tx.rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                                           "'public'::regnamespace")]  # fmt: skip
        text = repr([tx.rows(f"SELECT * FROM {name}") for name in names])
    assert len(names) > 10
    assert TITLE in text
    assert [secret for secret in secrets if secret in text or secret[-20:] in text] == []


def test_what_was_said_under_a_key_is_not_in_the_keys_digest_alone(house: House) -> None:
    house.book("11:00", "12:00", title=TITLE, key="k")
    with house.store.reading() as tx:
        ((digest,),) = tx.rows("SELECT digest FROM op")
    assert len(digest) == 64
    assert TITLE not in digest
