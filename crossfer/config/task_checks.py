"""Check the domains of a task together."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from crossfer.config.domains import ImageDomain, TextDomain
from crossfer.config.error_messages import Mistake
from crossfer.config.fields import RESERVED_DOMAINS

OUTPUTS = ("raw", "clean", "tokens", "models", "adapted", "predictions", "onnx", "reports", "summary")  # in data/
Domains = Sequence[TextDomain | ImageDomain]


def find_mistakes(
    files: str, source: TextDomain | ImageDomain, targets: Domains, unlabelled_texts: Sequence[str]
) -> Iterator[Mistake]:
    """Yield the mistakes in names, paths and options that only targets have."""
    keys = [("source",), *(("targets", str(index)) for index in range(len(targets)))]
    domains = list(zip(keys, (source, *targets), strict=True))
    yield from _name_mistakes(domains)
    yield from _source_mistakes(source)
    yield from _files_mistakes(files)
    for place, block in domains:
        yield from _path_mistakes(files, (*place, "path"), f"domain {block.domain}", block.paths)
    yield from _path_mistakes(files, ("compress", "unlabelled_texts"), "compress", unlabelled_texts)


def _name_mistakes(domains: Sequence[tuple[tuple[str, ...], TextDomain | ImageDomain]]) -> Iterator[Mistake]:
    """Yield reserved and repeated names, which are part of file names."""
    earlier_names = set()
    for keys, block in domains:
        name = block.domain
        if name in RESERVED_DOMAINS:
            yield Mistake(
                (*keys, "domain"), f"domain name {name} is reserved for reports; give the domain another name"
            )
        if name in earlier_names and not block.is_pattern:
            yield Mistake((*keys, "domain"), f"domain {name} is named more than once; give each domain its own name")
        earlier_names.add(name)


def _source_mistakes(source: TextDomain | ImageDomain) -> Iterator[Mistake]:
    if source.is_pattern:
        yield Mistake(("source", "domain"), f"the source is one domain, not a pattern ({source.domain}); name one")
    if source.parallel:
        yield Mistake(
            ("source", "parallel"),
            f"domain {source.domain} is the source and has parallel: true; write it at the parallel targets",
        )
    if source.shots is not None:  # training uses all its rows
        yield Mistake(
            ("source", "shots"),
            f"domain {source.domain} is the source and has shots ({source.shots}); remove them, or set"
            " finetune.train_fraction to train on fewer rows",
        )


def _files_mistakes(files: str) -> Iterator[Mistake]:
    """Yield a mistake if `files` overlaps outputs, which DVC refuses."""
    watched_path = _absolute_path(files)
    for name in OUTPUTS:
        output = f"data/{name}"
        if _absolute_path(output).is_relative_to(watched_path):
            relation = "contains"
        elif watched_path.is_relative_to(_absolute_path(output)):
            relation = "is in"
        else:
            continue
        yield Mistake(
            ("files",), f"files ({files}) {relation} {output}, which stages write; name a folder with only your data"
        )
        return


def _path_mistakes(files: str, keys: tuple[str, ...], reader: str, paths: Sequence[str]) -> Iterator[Mistake]:
    """Yield paths that are not in `files`: DVC watches only `files`."""
    for path in paths:
        if ".." in path.partition("*")[2] or not _absolute_path(path).is_relative_to(_absolute_path(files)):
            yield Mistake(
                keys,
                f"{reader} reads {path}, which is not in files ({files}), so DVC would miss its changes;"
                " set files to a file or folder that contains it",
            )


def _absolute_path(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links are not resolved
