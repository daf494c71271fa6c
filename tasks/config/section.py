"""What every mapping of known keys in hosts.yml has in common."""

from collections.abc import Callable, Mapping
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
    """Reads a mapping of names to sections as a tuple of values that know their own name."""

    def __init__(self, mapping: Any, collect: Callable[[Mapping[str, Any]], tuple[Section, ...]]) -> None:
        self.mapping = mapping
        self.collect = collect

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        collected = core_schema.no_info_after_validator_function(self.collect, handler.generate_schema(self.mapping))
        return core_schema.no_info_wrap_validator_function(
            lambda value, read: value if isinstance(value, tuple) else read(value), collected
        )
