"""Expand target patterns: names and paths with placeholders.

    {domain: "{language}_{script}", provider: table, path: "data/sib200/{language}_{script}/test.tsv"}

is one target per match. For data/sib200/amh_Ethi/test.tsv it is the domain amh_ethi with the language amh.
"""

import fnmatch
import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from crossfer.config.domains import ImageDomain, TextDomain, find_placeholders
from crossfer.config.fields import NAME, NAME_RULE, PLACEHOLDER, RESERVED_DOMAINS
from crossfer.errors import UserError, shorten

AnyDomain = TextDomain | ImageDomain
Values = tuple[tuple[str, str], ...]  # placeholders and their texts
TOKENS = rf"{PLACEHOLDER}|\*\*/|[*?]|\[!?\]?[^]/]*\]"
GLOB_TOKENS = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}


def expand_targets(source: AnyDomain, targets: Sequence[AnyDomain]) -> tuple[list[AnyDomain], list[str]]:
    """Return the targets, one for each match of a pattern, and a report per pattern.

    A pattern leaves out the source's data and domains that another target names.

    Raises:
        UserError: a pattern has no match, or a match has no name for a domain or that of another match.
    """
    names = {block.domain for block in (source, *targets)}
    source_paths = _find_paths(source.paths)
    expanded: dict[str, AnyDomain] = {}
    reports = []
    for block in targets:
        if not block.is_pattern:
            expanded[block.domain] = block
            continue
        matches, left_out = [], []
        for values in _match(block):
            target = _fill(block, dict(values))
            if target.domain in names or source_paths & _find_paths(target.paths):
                left_out.append(target.domain)
                continue
            if target.domain in expanded:
                raise UserError(
                    f"{target.paths[0]} and {expanded[target.domain].paths[0]} are both domain {target.domain}; rename"
                    " one, or make the pattern narrower."
                )
            expanded[target.domain] = target
            matches.append(target.domain)
        if not matches:
            raise UserError(
                f"{block.paths[0]} matches no target{_describe_left_out(left_out)}; correct the path in params.yaml."
            )
        count = f"{len(matches)} target{'s' * (len(matches) > 1)}"
        reports.append(f"{block.paths[0]} matches {count}: {', '.join(matches)}{_describe_left_out(left_out)}")
    return list(expanded.values()), reports


def _describe_left_out(left_out: list[str]) -> str:
    return f" (left out: {', '.join(left_out)})" if left_out else ""


def _match(block: AnyDomain) -> list[Values]:
    """Return the values of the placeholders for each match, sorted.

    Raises:
        UserError: a name matches some of the paths of official splits, but not all.
    """
    matches = {template: set(_match_template(template, block.provider == "folder")) for template in block.paths}
    every = set.union(*matches.values())
    for template, values in matches.items():
        if missing := sorted(every - values):
            raise UserError(
                f"{_replace(template, dict(missing[0]))} does not exist, but other splits of it do; add the file, or"
                " name its target without a pattern."
            )
    return sorted(every)


def _match_template(template: str, is_folder: bool) -> Iterable[Values]:
    """Yield the values of the placeholders for each match of a path."""
    template = str(Path(template))  # without ./ and //, as glob returns most paths
    pattern, position = "", 0
    for token in re.finditer(TOKENS, template):
        pattern += re.escape(template[position : token.start()])
        pattern += _translate(token[0], pattern)
        position = token.end()
    regex = re.compile(pattern + re.escape(template[position:]), re.DOTALL)
    for path in glob.glob(re.sub(PLACEHOLDER, "*", template), recursive=True):  # noqa: PTH207 - it may be absolute
        if (match := regex.fullmatch(path)) and Path(path).is_dir() == is_folder:
            yield tuple(sorted(match.groupdict().items()))


def _translate(token: str, pattern: str) -> str:
    """Return the regular expression of a placeholder or wildcard."""
    if token.startswith("{"):
        name = token[1:-1]
        return f"(?P={name})" if f"(?P<{name}>" in pattern else f"(?P<{name}>[^/]+?)"
    if token in GLOB_TOKENS:
        return GLOB_TOKENS[token]
    return "(?!/)" + fnmatch.translate(token).removesuffix(r"\Z")


def _fill(block: AnyDomain, values: dict[str, str]) -> AnyDomain:
    """Return the target of a match.

    Raises:
        UserError: its domain is no valid name.
    """
    names = {name: value.lower() for name, value in values.items()}
    domain = _replace(block.domain, names)
    if not re.fullmatch(NAME, domain) or domain in RESERVED_DOMAINS:
        path = _replace(block.paths[0], values)
        raise UserError(f"{path} would be the domain {shorten(domain)}; rename it: a domain has {NAME_RULE}.")
    changes = {"domain": domain, "path": _fill_paths(block, values)}
    if block.language is not None and find_placeholders(block.language):
        changes["language"] = _replace(block.language, names)
    return block.model_copy(update=changes)


def _fill_paths(block: AnyDomain, values: dict[str, str]) -> str | dict[str, str]:
    path = block.options["path"]
    if isinstance(path, str):
        return _replace(path, values)
    return {split: _replace(template, values) for split, template in path.items()}


def _replace(template: str, values: dict[str, str]) -> str:
    return re.sub(PLACEHOLDER, lambda placeholder: values[placeholder[0][1:-1]], template)


def _find_paths(patterns: Iterable[str]) -> set[str]:
    """Return the resolved paths of the files and folders of patterns."""
    matches: list[str] = []
    for pattern in patterns:
        is_path = os.path.exists(pattern)  # noqa: PTH110 - False for each text that cannot be a path
        matches += [pattern] if is_path else glob.glob(pattern, recursive=True)  # noqa: PTH207 - it may be absolute
    return {os.path.realpath(each) for each in matches}
