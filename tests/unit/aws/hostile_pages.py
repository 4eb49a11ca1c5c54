"""Pages that a hostile endpoint might send, read one after the other by `python -m` and this module.

A process of its own, as a parser of native code could end it. Arguments: a seed, and how many pages. Each
page is a right one, spoilt in some places; it is read or refused, and the last line says how many were.
"""

import random
import sys

import orjson

from auditor.aws.pages import read_page
from auditor.collect.run import COLLECTORS

_ITEM = {
    "BackupJobId": "j",
    "RecoveryPointArn": "arn:aws:ec2:eu-west-1::snapshot/snap-1",
    "ResourceArn": "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1",
    "State": "COMPLETED",
    "CreationDate": 1770000000.123,
    "CreatedBy": {"BackupPlanId": "plan"},
    "RecoveryPointLifecycle": {"DeleteAfterDays": 35},
    "BackupSizeInBytes": 1,
    "IsParent": False,
}
_PIECES = (
    *(
        b"null",
        b"true",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b",",
        b":",
        b"1e999",
        b"-",
        b"NaN",
        b"Infinity",
        b"{}",
        b"[]",
    ),
    *(b"\\", b"\\u0000", b"\\ud800", b"\xff", b"\x00", b"\n", b"//", b"/*", b"9" * 400, b'"a":', b"[[" * 9),
)
_TIMES = (1, 1, 2, 50, 5000)


def spoilt(chance: random.Random, body: bytes) -> bytes:
    """`body` with some bytes replaced, taken out, repeated, or put in many times."""
    page = bytearray(body)
    for _ in range(chance.randrange(1, 5)):
        at, other = sorted(chance.randrange(len(page) + 1) for _ in range(2))
        way = chance.randrange(4)
        if way == 0:
            page[at : at + chance.randrange(4)] = chance.choice(_PIECES)
        elif way == 1:
            del page[at : at + chance.randrange(30)]
        elif way == 2:
            page[at:at] = chance.choice(_PIECES) * chance.choice(_TIMES)
        else:
            page[at:at] = page[at:other]
    return bytes(page)


def main(seed: int, count: int) -> None:
    """Read so many pages."""
    chance = random.Random(seed)  # noqa: S311 -- the same pages each time
    layouts = {name: layout for one in COLLECTORS for name, layout in one.layouts.items()}
    read = 0
    for number in range(count):
        name = sorted(layouts)[number % len(layouts)]
        body = orjson.dumps({layouts[name].names[0]: [_ITEM] * chance.randrange(3), "NextToken": None})
        try:
            read_page(spoilt(chance, body), layouts[name])
            read += 1
        except ValueError:
            continue
    sys.stdout.write(f"{read} of {count} read\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
