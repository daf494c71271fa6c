"""What every mapping of known keys in hosts.yml has in common."""

from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, TypeAdapter, WrapValidator, model_validator

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
    """The keys of a section as the file has them; a field that is read from within another key's value has none."""
    fields = section.model_fields.items()
    return [str(field.validation_alias or name) for name, field in fields if not isinstance(field.validation_alias, AliasPath)]


def named(mapping: Any, section: type[Section], field: str) -> WrapValidator:
    """Reads a mapping of names to keys as a tuple of sections that have their own name, in this field."""
    keys_by_name = TypeAdapter[dict[str, Section]](mapping)

    def read(value: Any, _: object) -> tuple[Section, ...]:
        if isinstance(value, tuple):
            return value
        found = keys_by_name.validate_python(value)
        return tuple(section(**{field: name}, **dict(keys)) for name, keys in found.items())

    return WrapValidator(read, json_schema_input_type=mapping)
