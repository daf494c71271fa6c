"""The JSON Schema of hosts.yml, for editors: `python -m docs.make.schema > hosts.schema.json`."""

import json
import sys
from typing import Annotated, Any

from pydantic import Field
from pydantic.json_schema import GenerateJsonSchema

from tasks.config.models import Settings
from tasks.config.section import Section
from tasks.config.values import EnvironmentName


class Document(Section):
    """hosts.yml: the environments that fab -H NAME releases to."""

    defaults: Settings | None = Field(None, description="What every host starts from; a host replaces whole keys of it.")
    hosts: Annotated[dict[EnvironmentName, Settings | None], Field(min_length=1)] = Field(
        description="The environments by name; one with nothing in it is all defaults."
    )


class Untitled(GenerateJsonSchema):
    """Without a title for every key: it would only be the key again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False


def schema() -> dict[str, Any]:
    """The schema of the whole file. No key of a block is required: another block may have it."""
    generated = Document.model_json_schema(schema_generator=Untitled)
    del generated["$defs"]["Settings"]["required"]
    return {"$schema": Untitled.schema_dialect, **generated}


def text() -> str:
    """The schema as it lies in hosts.schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
