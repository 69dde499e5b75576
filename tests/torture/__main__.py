"""Run all parts, or those that are named: python -m torture [part ...] [--count N] [--seed N], in tests/."""

import argparse
import importlib
import sys
import time

# How much of each: 25 minutes for all on two cores.
COUNTS = {"caches": 100, "configs": 300, "damage": 200, "mirrors": 2, "kills": 6, "signals": 3}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(COUNTS)}; all without any")
    parser.add_argument("--count", type=int, help="how much, in place of the usual")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(COUNTS):
        parser.error(f"{', '.join(unknown)}: no such part (allowed: {', '.join(COUNTS)})")
    told, faults = [], 0
    for part in options.parts or COUNTS:
        begin = time.monotonic()
        figure, found = importlib.import_module(f"torture.{part}").torture(options.count or COUNTS[part], options.seed)
        for fault in found:
            print(f"{part}: FAULT {fault}", flush=True)
        told.append(f"{part}: {figure}; {len(found)} faults, {time.monotonic() - begin:.0f} s")
        faults += len(found)
        print(told[-1], flush=True)
    print("\n".join(["", *told]) if len(told) > 1 else "")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
