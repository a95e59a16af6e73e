"""What a machine says it is: its serial number and its model, and never its id."""

from pathlib import Path

from kiosk.identity import model, serial


def test_a_raspberry_pi_tells_the_number_and_the_name_in_its_device_tree(tmp_path: Path) -> None:
    (tmp_path / "serial-number").write_bytes(b"10000000abcdef01\0")
    (tmp_path / "model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    assert serial(tree=tmp_path, machine_id=tmp_path / "none") == "10000000abcdef01"
    assert model(tree=tmp_path) == "Raspberry Pi 4 Model B Rev 1.4"


def test_another_machine_tells_a_digest_of_its_id_that_stays(tmp_path: Path) -> None:
    (tmp_path / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    for bad in (b"", b"0000000000000000\0", b"<script>\0"):
        (tmp_path / "serial-number").write_bytes(bad)
        said = serial(tree=tmp_path, machine_id=tmp_path / "machine-id")
        assert (len(said), said in "0123456789abcdef0123456789abcdef") == (16, False)
    assert serial(tree=tmp_path, machine_id=tmp_path / "machine-id") == said
    assert serial(tree=tmp_path / "none", machine_id=tmp_path / "none") == ""


def test_a_machine_without_a_tree_is_called_as_its_maker_does(tmp_path: Path) -> None:
    (tmp_path / "product").write_text("OptiPlex 3080\n")
    assert model(tree=tmp_path, dmi=tmp_path / "product") == "OptiPlex 3080"
    assert model(tree=tmp_path, dmi=tmp_path / "none") != ""
