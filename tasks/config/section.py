"""What every mapping of known keys in hosts.yml has in common."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

FREE_KEYS = "x-"


class Section(BaseModel):
    """A frozen mapping of known keys. Keys that start with x- are free, for notes and YAML anchors."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        json_schema_extra={"patternProperties": {f"^{FREE_KEYS}": {}}},
    )

    @model_validator(mode="before")
    @classmethod
    def _without_free_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: each for key, each in value.items() if not str(key).startswith(FREE_KEYS)}


def keys_of(section: type[Section]) -> list[str]:
    """The keys of a section as the file has them."""
    return [str(field.validation_alias or name) for name, field in section.model_fields.items()]


class Keyed:
    """Reads a mapping of names to sections as a tuple of values that know their own name, in a field called so."""

    def __init__(self, mapping: Any, section: type[Section], field: str) -> None:
        self.mapping, self.section, self.field = mapping, section, field

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        named = core_schema.no_info_after_validator_function(self._named, handler.generate_schema(self.mapping))
        return core_schema.no_info_wrap_validator_function(
            lambda value, read: value if isinstance(value, tuple) else read(value), named
        )

    def _named(self, mapping: Mapping[str, Section]) -> tuple[Section, ...]:
        return tuple(self.section(**{self.field: name}, **dict(keys)) for name, keys in mapping.items())
