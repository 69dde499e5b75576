"""How long the field over all of MNIST takes: 70,000 fields of 512 steps, final state stored at 16 bits.

usage: python benchmarks/readout.py FOLDER [--json FILE]      FOLDER holds the four IDX files of MNIST

The workflow is called for the shards alone: reading the pictures, encoding, simulating and writing are in the time.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from field import ROOT, machine

CORES, STEPS, SHARD = 2, 512, 5000
PICTURES = {"training": 60_000, "test": 10_000}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the four IDX files of MNIST")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    config = {
        "pictures": {"source": "directory", "directory": str(arguments.folder.resolve())},
        "digits": [3],
        "readout": {
            "enabled": True,
            "steps": [STEPS],
            "augmentations": 0,
            "corruptions": {"gaussian_noise": [], "salt_and_pepper": [], "occlusion": []},
            "shard": SHARD,
        },
    }
    shards = [
        f"results/readout/fields/field/{name}/{number}.zarr"
        for name, count in PICTURES.items()
        for number in range(count // SHARD)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "snakemake", f"--snakefile={ROOT / 'Snakefile'}", f"--directory={folder}"]
        command += [f"--workflow-profile={ROOT / 'profiles' / 'default'}", f"--cores={CORES}"]
        begin = time.perf_counter()
        subprocess.run([*command, f"--configfile={path}", "--", *shards], check=True, capture_output=True)
        wall = time.perf_counter() - begin
        size = sum(file.stat().st_size for shard in shards for file in (Path(folder) / shard).rglob("*"))
    count = sum(PICTURES.values())
    figures = {"machine": machine(), "fields": count, "wall s": round(wall, 1), "stored MB": round(size / 1e6)}
    print(f"{count} fields of {STEPS} steps on {CORES} cores: {wall:.0f} s, {size / 1e6:.0f} MB stored")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
