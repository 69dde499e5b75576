"""Whether stored runs of the learned fields that come with the project say what these say: on all test pictures.

usage: python benchmarks/learned_classes.py [--pictures FOLDER] [--count N]

The pictures are those of a folder of IDX files, by default the bundled test pictures of MNIST. Each is encoded, run and
stored as by the workflow. The readout then reads the last stored frame, and its classes are held against those of the
model on whole batches, as in training, and against those of the same model in double precision; so are its phases.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from field import ROOT, machine

from oscillator_field import open_history
from oscillator_field.inputs.data_sets import BUNDLED, DATA_SETS, TEST
from oscillator_field.inputs.encoding import Statistics, levels
from oscillator_field.inputs.fetch import read_source
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.inputs.pictures import Picture
from oscillator_field.learning.arms import STORE
from oscillator_field.learning.history import courses, outputs_of, simulate_learned_runs
from oscillator_field.learning.weights import read_field
from oscillator_field.named_run import Run
from oscillator_field.parameters import EncodingParameters
from oscillator_field.ranges import slices

TOGETHER = 500


def stored(folder, images, labels, model):
    """The last frames of stored runs, and the classes that the readout says of them."""
    settings = {"channels": model.size.channels, "steps": model.size.steps}
    runs = [Run.of(int(label), place, settings) for place, label in enumerate(labels)]
    with tempfile.TemporaryDirectory() as scratch:
        perturbations = [Path(scratch, f"{run.perturbation}.zarr") for run in runs]
        for path, run, image in zip(perturbations, runs, images, strict=True):
            picture = Picture(levels(image), Statistics(*DATA_SETS["mnist"].statistics), {"source": "directory"})
            write_perturbation(path, picture, EncodingParameters(), {"digit": run.label, "instance": run.instance})
        history = Path(scratch, "history.zarr")
        simulate_learned_runs(runs, perturbations, folder / STORE, history, every=model.size.steps)
        phase = np.asarray(open_history(history)["phase"][:, -1])
    return phase, outputs_of(model, phase).argmax(axis=1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=Path, default=BUNDLED, help="folder of IDX files")
    parser.add_argument("--count", type=int, default=None, help="of test pictures; all by default")
    arguments = parser.parse_args()
    images, labels = (each[: arguments.count] for each in read_source(IdxSource("mnist", arguments.pictures), TEST))
    print(f"{len(labels)} test pictures; {machine()}")
    for folder in sorted((ROOT / "resources" / "examples" / "learned").iterdir()):
        model, exact = (read_field(folder / STORE)[1] for _ in range(2))
        exact.double()
        same, as_exact, right, away = [], [], [], []
        for some in slices(len(labels), TOGETHER):
            phase, said = stored(folder, images[some], labels[some], model)
            same += (said == courses(model, images[some], model.size.steps).outputs.argmax(axis=1)).tolist()
            expected = courses(exact, images[some], model.size.steps)
            as_exact += (said == expected.outputs.argmax(axis=1)).tolist()
            right += (said == labels[some]).tolist()
            distance = np.abs(np.angle(np.exp(1j * (phase - expected.phase[-1])))).ravel()
            away.append([np.quantile(distance, 0.999), distance.max()])
        print(
            f"{folder.name}: stored runs have the class of training for {np.mean(same):.2%}, that of double precision "
            f"for {np.mean(as_exact):.2%}, and the right one for {np.mean(right):.2%}; 99.9 % of their last phases lie "
            "within {:.1e} rad of double precision, all within {:.1e}".format(*np.max(away, axis=0))
        )


if __name__ == "__main__":
    main()
