"""One line of the report: what was measured, beside what, and what is to be held."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`figure` and `reference` as people read them; `ratio` is what is held against `limit`."""

    name: str
    figure: str
    reference: str
    ratio: float
    limit: float
    at_most: bool = True
    unit: str = "x"

    @property
    def holds(self) -> bool:
        return self.ratio <= self.limit if self.at_most else self.ratio >= self.limit

    def line(self) -> str:
        sign = "<=" if self.at_most else ">="
        verdict = "holds" if self.holds else "MISSED"
        want = f"{sign} {self.limit:g} {self.unit}"
        return f"{self.name:52} {self.figure:>16} {self.reference:>26} {self.ratio:>9.2f} {want:>12}  {verdict}"


HEAD = f"{'what':52} {'figure':>16} {'beside':>26} {'measured':>9} {'to hold':>12}"
