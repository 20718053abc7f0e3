"""Find targets whose rows are the test rows of the source."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from crossfer.config.domains import Domain
from crossfer.config.fields import PLACEHOLDER
from crossfer.inspection.domain_blocks import DomainBlock


def mark_parallel(
    blocks: Sequence[DomainBlock], domains: Sequence[Domain], parallel_domains: Collection[str]
) -> list[DomainBlock]:
    """Return the blocks; those that have the test rows of the source become parallel.

    A pattern becomes parallel if all of its domains have them.

    Args:
        blocks: of the source and the targets.
        domains: that they stand for, the source first.
        parallel_domains: the names of domains that have the test rows of the source.
    """
    block_domains: dict[int, list[bool]] = {}
    for domain in domains[1:]:
        block_domains.setdefault(id(find_block(blocks, domain)), []).append(domain.domain in parallel_domains)
    return [
        replace(block, keys=block.keys | {"parallel": True}) if all(block_domains.get(id(block), [False])) else block
        for block in blocks
    ]


def find_block(blocks: Sequence[DomainBlock], domain: Domain) -> DomainBlock:
    """Return the block of a domain, or of all that match a pattern."""
    for block in blocks:
        is_match = any(file.is_relative_to(domain.paths[0]) for file in block.files) if domain.paths else False
        if block.keys["domain"] == domain.domain or (is_match and re.search(PLACEHOLDER, block.keys["domain"])):
            return block
    raise AssertionError(f"domain {domain.domain} has no block")
