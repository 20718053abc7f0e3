"""Fields that several blocks of params.yaml have, and the class of all blocks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import core_schema

NAME_RULE = "a name of lower-case letters, digits, '-' and '_' (it names files), 64 characters at most"
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description=NAME_RULE)]
Text = Annotated[str, Field(min_length=1, description="a text")]
Seed = Annotated[int, Field(ge=0, lt=2**32, description="a whole number from 0 to 4294967295")]
Count = Annotated[int, Field(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")]
Rate = Annotated[float, Field(gt=0, lt=1, description="a number above 0 and below 1")]
Share = Annotated[float, Field(ge=0, lt=1, description="a share from 0 to below 1")]


class Block(BaseModel):
    """A mapping in params.yaml: every key known, every type exact, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Rule:
    """Metadata of a field that pydantic's types cannot describe.

    Attributes:
        parse: returns the field's value; raises ValueError if what was found is not allowed.
        allowed: completes the message "found 7, allowed is ...".
    """

    parse: Callable[[Any], Any]
    allowed: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Return pydantic's schema of a field that `parse` alone checks."""
        return core_schema.no_info_plain_validator_function(self._parse_or_explain)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Return the JSON schema, which nothing but error messages read."""
        return {"description": self.allowed}

    def _parse_or_explain(self, value: Any) -> Any:
        """Return the field's value, or say what is allowed."""
        try:
            return self.parse(value)
        except ValueError:
            raise ValueError(f"found {value!r}, allowed is {self.allowed}") from None
