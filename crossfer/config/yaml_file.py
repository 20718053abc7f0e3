"""Read YAML as DVC does, and find lines and shared blocks."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from crossfer.errors import UserError

Keys = tuple[str, ...]  # of a value, from the outermost

MERGE = "tag:yaml.org,2002:merge"  # of the key <<
NUMBER = "tag:yaml.org,2002:int"
MAX_DIGITS = 1000  # Python writes numbers of at most 4,300


def read_yaml(path: Path) -> tuple[Any, Node | None]:
    """Return the content of a YAML file and its nodes.

    As in YAML 1.2, `no` is a text and `1e-4` a number.

    Raises:
        UserError: the file is not YAML in UTF-8, or has a value that cannot be read.
    """
    return parse_yaml(path.read_bytes(), str(path))


def parse_yaml(file: bytes, path: str) -> tuple[Any, Node | None]:
    """Return the content of a YAML file at a path and its nodes, as `read_yaml`."""
    root = None
    try:
        text = file.decode("utf-8")
        root = _loader().compose(text)
        for node in _walk_scalars(root):
            _check_length(node)
        return _loader().load(text), root
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path} is not valid YAML, line {line}: {error.problem}; correct this line.") from error
    except (YAMLError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{path} cannot be read as YAML ({reason}); save it as UTF-8 without control characters."
        ) from error
    except RecursionError as error:
        raise UserError(f"{path} has too many levels of nested values; write fewer.") from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # of a number, date or tag
        line = _find_invalid_value(root)
        raise UserError(f"{path}, line {line}, has a value that cannot be read; correct it or quote it.") from error


def find_line(root: Node | None, keys: Sequence[object]) -> int:
    """Return the line of the last key that exists.

    A merged value has the line where it is written.
    """
    node, line = root, 1
    for key in keys:
        if (child := find_children(node).get(str(key))) is None:
            break
        line, node = child[0].start_mark.line + 1, child[1]
    return line


def find_children(node: Node | None, merging: frozenset[int] = frozenset()) -> dict[str, tuple[Node, Node]]:
    """Return the keys and values of a node by name, with those that it merges.

    `merging` has the ids of the nodes that merge it: a merge of itself adds nothing.
    """
    if isinstance(node, SequenceNode):
        return {str(index): (item, item) for index, item in enumerate(node.value)}
    children: dict[str, tuple[Node, Node]] = {}
    if isinstance(node, MappingNode):
        merged = [value for key, value in node.value if key.tag == MERGE]
        children = {str(key.value): (key, value) for key, value in node.value if key.tag != MERGE}
        for value in merged:
            for each in value.value if isinstance(value, SequenceNode) else [value]:
                if id(each) not in merging:
                    children = find_children(each, merging | {id(node)}) | children
    return children


def find_shared_blocks(block: Node, other: Node) -> dict[Keys, str]:
    """Return the mappings of a block that are also in another, by their keys.

    Each has a line of YAML that makes it a mapping of its own.
    """
    return dict(_describe_shared(block, {id(mapping) for _, mapping in walk_mappings(other)}, ()))


def walk_mappings(block: Node | None, keys: Keys = ()) -> Iterator[tuple[Keys, Node]]:
    """Yield the mappings below a node, each with its keys."""
    for key, mapping in _find_mappings(block).items():
        yield (*keys, key), mapping
        yield from walk_mappings(mapping, (*keys, key))


def _describe_shared(block: Node | None, shared: set[int], keys: Keys) -> Iterator[tuple[Keys, str]]:
    for key, mapping in _find_mappings(block).items():
        if id(mapping) in shared:
            yield (*keys, key), f"{'.'.join((*keys, key))}: {_merge_all(mapping)}"
        else:
            yield from _describe_shared(mapping, shared, (*keys, key))


def _merge_all(mapping: Node) -> str:
    """Return the text of a new mapping that has the same contents."""
    nested = [f"{key}: {_merge_all(each)}" for key, each in _find_mappings(mapping).items()]
    return "{" + ", ".join([f"<<: *{mapping.anchor}" if mapping.anchor else "...", *nested]) + "}"


def _find_mappings(block: Node | None) -> dict[str, Node]:
    return {key: value for key, (_, value) in find_children(block).items() if isinstance(value, MappingNode)}


def _loader() -> YAML:
    return YAML(typ="safe", pure=True)


def _find_invalid_value(root: Node | None) -> int:
    """Return the line of the first value that cannot be read, or 1."""
    for node in _walk_scalars(root):
        try:
            _check_length(node)
            _loader().constructor.construct_document(node)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return int(node.start_mark.line) + 1
    return 1


def _check_length(node: ScalarNode) -> None:
    """Raise a `ValueError` for a number that Python cannot print."""
    if node.tag == NUMBER and len(node.value) > MAX_DIGITS:
        raise ValueError


def _walk_scalars(root: Node | None) -> Iterator[ScalarNode]:
    """Yield each scalar once, in the order of the file."""
    nodes, visited = [root], set()
    while nodes:
        node = nodes.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        if isinstance(node, ScalarNode):
            yield node
        elif node is not None:
            nodes += reversed([each for item in node.value for each in (item if isinstance(item, tuple) else (item,))])
