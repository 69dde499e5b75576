"""Run all parts, or those that are named: python -m tests.torture [part ...] [--count N] [--seed N]."""

import argparse
import importlib
import itertools
import sys
import time

# How much of each, and how many minutes it may begin new cases: 25 for all, on two cores.
PARTS = {
    "caches": (100, 4),
    "configs": (300, 5),
    "damage": (200, 4),
    "mirrors": (2, 1),
    "kills": (20, 6),
    "signals": (9, 3),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all without any")
    parser.add_argument("--count", type=int, help="how many cases, however long they take")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"{', '.join(unknown)}: no such part (allowed: {', '.join(PARTS)})")
    told, faults = [], 0
    for part in options.parts or PARTS:
        count, minutes = PARTS[part]
        begin = time.monotonic()
        cases = iter(range(options.count)) if options.count else until(count, begin + 60 * minutes)
        figure, found = importlib.import_module(f"tests.torture.{part}").torture(cases, options.seed)
        for fault in found:
            print(f"{part}: FAULT {fault}", flush=True)
        told.append(f"{part}: {figure}; {len(found)} faults, {time.monotonic() - begin:.0f} s")
        faults += len(found)
        print(told[-1], flush=True)
    if len(told) > 1:
        print("\n".join(["", *told]))
    sys.exit(faults > 0)


def until(count, end):
    """Numbers from 0, as long as the count and the time are not up."""
    return itertools.takewhile(lambda _: time.monotonic() < end, range(count))


if __name__ == "__main__":
    main()
