"""Values of custom attributes as clients send them: by both spellings, as they are documented and as they are read."""

from collections.abc import Iterable

from pydantic import AliasChoices, Field

from server.core.errors import Invalid
from server.dialects.librebooking.shape import Given, Number


class AttributeAsk(Given):
    """A custom attribute's value. What was read (`id`, `value`) may be sent back as it is."""

    attributeId: Number = Field(default=None, validation_alias=AliasChoices("attributeId", "id"))
    attributeValue: str | None = Field(default=None, validation_alias=AliasChoices("attributeValue", "value"))


def values_of(asks: Iterable[AttributeAsk]) -> dict[int, str]:
    """The values by number; those without a number, as forms send for nothing, are passed over."""
    found = {it.attributeId: it.attributeValue or "" for it in asks if it.attributeId}
    if len(found) > 200:
        raise Invalid({"customAttributes": "must be at most 200"})
    return found
