"""A study: all that one config asks for, by the names that files and jobs have. It knows nothing of Snakemake.

Settings of jobs are in `settings`, what they need of a machine in `resources`, the names of a readout in `readout`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from oscillator_field.engines.registry import possible_engines
from oscillator_field.figures.limits import MOST_LISTED
from oscillator_field.figures.views import SAMPLES, VIEWS, module_of, store_of
from oscillator_field.inputs.data_sets import FILES
from oscillator_field.inputs.folder_source import FolderSource
from oscillator_field.inputs.sources import Source
from oscillator_field.learning.arms import STORE, Model
from oscillator_field.named_run import Run
from oscillator_field.nouns import Label
from oscillator_field.parameters import NOT_LEARNED, OWN_SIZE
from oscillator_field.runs import Job, Runs
from oscillator_field.study import checks, pictures
from oscillator_field.study.batches import NONE
from oscillator_field.study.configuration import ConfigError, checked_config
from oscillator_field.study.costs import OF_COSTS, slowness
from oscillator_field.study.grid import perturbations, sample_sets
from oscillator_field.study.learned_runs import check_learned
from oscillator_field.study.learning import Learning
from oscillator_field.study.names import known
from oscillator_field.study.pruning import find_orphans, wanted_folders
from oscillator_field.study.readout import Readout
from oscillator_field.terms import terms_of

# Jobs of a study whose animations a report embeds; of a larger one it takes the stills, or it would be huge.
MOST_MOVING = 12
# The pages of a study, and the data that they share; of a study of very many runs.
GALLERY = ("index.html", "run.html", "compare.html", "study.js", "live.html")
DIAGRAM = ("index.html", "study.js", "live.html")


@dataclass(frozen=True)
class Study:
    """All that one config asks for.

    Attributes:
        config: checked and complete.
        jobs: the simulation jobs by name.
        source: where the pictures come from.
        png: whether PNG pictures are drawn.
        results: the folder of all results.
    """

    config: Mapping[str, Any]
    jobs: Mapping[str, Job]
    source: Source
    png: bool
    results: str

    @classmethod
    def of(
        cls,
        config: Mapping[str, Any],
        *,
        schema: str | Path,
        bundled: str | Path,
        folders: Mapping[str, str],
        browser: Callable[[], object] = lambda: None,
        command_line: Mapping[str, Any] | None = None,
    ) -> Study:
        """The study that a config asks for.

        Args:
            config: what users wrote, in part or whole.
            schema: the file of the config's JSON schema.
            bundled: folder of the pictures in the repository.
            folders: those of `results` and of `resources`, the fetched data sets.
            command_line: what of the config `--config` said.
            browser: tells whether there is one to draw PNG pictures with; asked only where they are wanted.

        Raises:
            ConfigError: something in the config is not allowed.
        """
        whole = checked_config(config, schema, command_line)
        checks.check_engine(whole["simulate"]["engine"], whole["simulate"]["device"])
        source = pictures.source_of(whole["pictures"], bundled, folders["resources"])
        checks.check_kept(whole)
        jobs = pictures.jobs_of(whole, source)
        checks.check_statistics(whole, source)
        checks.check_frames(jobs, whole)
        checks.check_embeddable(jobs, whole["embed"]["methods"])
        checks.check_channel(jobs, whole["render"]["phase"]["channels"])
        checks.check_samples(jobs, whole["embed"])
        png = whole["render"]["png"]["enabled"] is not False and bool(browser())
        study = cls(whole, {job.name: job for job in jobs}, source, png, folders["results"])
        # What depends on the size of the lattice.
        checks.check_sizes(study.pixels_by_size)
        checks.check_physics(jobs, whole["simulate"]["engine"], study.shape_of)
        if "tsne" in whole["embed"]["methods"]:
            checks.check_sites(whole["embed"], min(map(study.sites_of, study.jobs)))
        for section in ("readout", "learning"):
            if whole[section]["enabled"]:
                checks.check_sets(section, whole, source, study.shape)
        return study

    @property
    def wanted_shape(self) -> list[int] | None:
        """Rows and columns of the lattice as the config has them; None for those of the pictures."""
        return pictures.wanted_shape(self.config["pictures"])

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the pictures, and of the lattice of all runs that do not say their size."""
        return pictures.lattice_shape(self.config, self.source)

    @property
    def pixels(self) -> int:
        """Pixels of the pictures."""
        return math.prod(self.shape)

    def shape_of(self, run: Run) -> tuple[int, int]:
        """Rows and columns of the lattice of a run."""
        return run.encoding.shape or self.shape

    def pixels_of(self, job: str) -> int:
        """Pixels of the lattice of the runs of a job."""
        return math.prod(self.shape_of(self.runs_of(job)[0]))

    @cached_property
    def pixels_by_size(self) -> dict[int, int]:
        """Pixels of each lattice, by the parameter `size` of its runs."""
        firsts = (job.runs[0] for job in self.jobs.values())
        return {run.encoding.size: math.prod(self.shape_of(run)) for run in firsts}

    @property
    def most_pixels(self) -> int:
        """Pixels of the largest lattice."""
        return max(self.pixels_by_size.values())

    def sites_of(self, job: str) -> int:
        """Pixels of a run that are embedded: all, or a sample of those of a large lattice."""
        return min(self.config["embed"]["sites"], self.pixels_of(job))

    @cached_property
    def pictures(self) -> list[tuple[Label, int]]:
        """Label and instance of each picture that is run."""
        each = (run for job in self.jobs.values() for run in job.runs.distinct((self.source.noun, "instance")))
        return list({(run.label, run.instance): None for run in each})

    @cached_property
    def labels(self) -> list[Label]:
        """The labels of the pictures that are run."""
        return pictures.labels_of(self.config, self.source)

    @property
    def fetched(self) -> list[str]:
        """The files that are fetched, in the folder of the data set: none of a folder of image files."""
        if isinstance(self.source, FolderSource):
            return []
        return [name for names in FILES.values() for name in names]

    @cached_property
    def perturbations(self) -> dict[str, Run]:
        """The encoded pictures by name: any one of the runs that each drives."""
        return perturbations(self.jobs.values())

    @cached_property
    def sample_sets(self) -> dict[str, list[Run]]:
        """The sets of runs that are embedded as samples."""
        return sample_sets(self.jobs.values()) if self.config["embed"]["samples"]["methods"] else {}

    @cached_property
    def readout(self) -> Readout:
        """The names of the readout; all empty without one."""
        return Readout.of(self.config["readout"], self.jobs.values(), self.source)

    @cached_property
    def learning(self) -> Learning:
        """What is trained; all empty where nothing is."""
        return Learning.of(self.config)

    @cached_property
    def _own_models(self) -> dict[str, Model]:
        """The models that this config trains, by the folder that they are written to."""
        folder = os.path.abspath(self.folder(self.results))
        return {os.path.join(folder, "learned", name): model for name, model in self.learning.models.items()}

    def is_learned(self, job: str) -> bool:
        """Whether a job is of a learned field."""
        return self.runs_of(job)[0].settings.learned != NOT_LEARNED

    def weights_of(self, study: str, job: str) -> list[str]:
        """The store of the learned field of a job; none for a field of stated parameters.

        One that this config trains lies below `study`, what the folder of the study is called; another one where the
        config says, so that a study that moves with it has the same.
        """
        if not self.is_learned(job):
            return []
        called = self.runs_of(job)[0].settings.learned
        own = self._own_models.get(os.path.abspath(called))
        return [
            os.path.join(study, "learned", own.name, STORE) if own else os.path.join(os.path.normpath(called), STORE)
        ]

    def check_machine(self, folders: Iterable[str]) -> None:
        """Check what depends on the machine that starts a workflow, whose results are written to some folders.

        Raises:
            ConfigError: the message says what is wrong.
        """
        png = self.config["render"]["png"]
        alike = OWN_SIZE in self.pixels_by_size and self.wanted_shape is None
        checks.check_machine(self.source, self.pictures, alike, png, self.png, folders)
        check_learned(self._own_models, list(self.jobs.values()), self.config, lambda: self.shape)

    @property
    def image_sets(self) -> list[str]:
        """The names of the sets of pictures that readout and training need."""
        return list(dict.fromkeys((*self.readout.sets, *self.learning.sets)))

    @cached_property
    def most_steps(self) -> int:
        """Steps of the longest run."""
        return max(job.runs[0].settings.steps for job in self.jobs.values())

    @cached_property
    def most_channels(self) -> int:
        """Channels of the deepest lattice."""
        return max(job.runs[0].settings.channels for job in self.jobs.values())

    @cached_property
    def _job_of_run(self) -> dict[str, str]:
        return {run.name: job.name for job in self.jobs.values() for run in job.runs}

    def runs_of(self, job: str) -> Runs:
        """The runs of a job."""
        return known(self.jobs, job, "run").runs

    @cached_property
    def most_site_steps(self) -> float:
        """Steps of single sites that a job takes at most, each as long as that of the default field."""
        return max(
            len(job.runs)
            * self.pixels_of(job.name)
            * max(
                run.settings.channels * run.settings.steps * slowness(run, len(job.runs))
                for run in job.runs.distinct(OF_COSTS)
            )
            for job in self.jobs.values()
        )

    def inputs_of(self, job: str) -> list[str]:
        """The perturbations that drive the runs of a job."""
        return list(perturbations([known(self.jobs, job, "run")]))

    def jobs_of_set(self, name: str) -> list[str]:
        """The jobs whose histories hold the runs of a set of samples."""
        runs = known(self.sample_sets, name, "set of samples")
        return list(dict.fromkeys(self._job_of_run[run.name] for run in runs))

    @cached_property
    def views(self) -> list[str]:
        """The views of a job: those of embeddings once for each method."""
        return self._named_views(samples=False, methods=self.config["embed"]["methods"])

    @cached_property
    def sample_views(self) -> list[str]:
        """The views of a set of samples."""
        return self._named_views(samples=True, methods=self.config["embed"]["samples"]["methods"])

    def _named_views(self, *, samples: bool, methods: list[str]) -> list[str]:
        wanted = self.config["render"]["views"]
        kinds = [kind for kind in wanted if (VIEWS[kind].store == SAMPLES) == samples]
        plain = [kind for kind in kinds if not VIEWS[kind].has_methods]
        return plain + [f"{kind}-{method}" for kind in kinds if VIEWS[kind].has_methods for method in methods]

    @staticmethod
    def stores_of(views: list[str]) -> list[str]:
        """The names of the stores that views are drawn from."""
        return sorted({store_of(name) for name in views})

    @staticmethod
    def modules_of(views: list[str]) -> list[str]:
        """The modules that views are made by."""
        return sorted({module_of(name) for name in views})

    def modules_that_compute(self, **names: str) -> tuple[str, ...]:
        """The modules that may compute a job, or a field of the readout: which GPU `auto` finds shows in the job alone.

        Of these terms alone, so that an added value of an axis computes nothing else again.

        Raises:
            UnknownNameError: the config asks for nothing of this name.
        """
        if "job" in names and self.is_learned(names["job"]):
            return ("learning.history",)
        possible = possible_engines(**self.config["simulate"], terms=self.terms_of(**names))
        return tuple(f"engines.{name}" for name in possible)

    def terms_of(self, *, job: str = "", field: str = "", **names: str) -> frozenset[str]:
        """The terms that are on in a job, or in a field of the readout.

        Raises:
            UnknownNameError: the config asks for nothing of this name.
        """
        if job:
            return self.runs_of(job).terms
        run = Run.of(0, 0, known(self.readout.fields, field, "field"))
        return terms_of(run.field, run.settings)

    @property
    def shared_plotlyjs(self) -> bool:
        """Whether pages load one plotly.js that lies beside the results."""
        return self.config["render"]["html"]["plotlyjs"] == "shared"

    def reported(self, ending: str) -> bool:
        """Whether a report embeds the pictures of views with this ending: what is whole by itself and not too large."""
        if ending == ".html":
            return not self.shared_plotlyjs
        return ending == (".png" if len(self.jobs) <= MOST_MOVING else "-poster.png")

    @property
    def endings(self) -> list[str]:
        """The endings of the files that are drawn for each view."""
        return [".html"] * self.pages + (self.png_endings if self.png else [])

    @property
    def png_endings(self) -> list[str]:
        """The endings of the files that a browser is needed for."""
        return [".png", "-poster.png", *(f".{kind}" for kind in self.also)]

    @property
    def also(self) -> list[str]:
        """The kinds of files that are drawn beside each picture."""
        return list(self.config["render"]["png"]["also"])

    @property
    def keeps_history(self) -> bool:
        """Whether any frame of a run is stored."""
        return bool(self.config["history"]["keep"] != NONE)

    @cached_property
    def runs(self) -> int:
        """How many runs the study has."""
        return sum(len(job.runs) for job in self.jobs.values())

    @property
    def lists_runs(self) -> bool:
        """Whether the gallery lists the runs: of very many there is a diagram alone."""
        return self.runs <= MOST_LISTED

    @property
    def gallery(self) -> tuple[str, ...]:
        """The pages of the study as a whole, and their data."""
        return GALLERY if self.lists_runs else DIAGRAM

    @property
    def tables(self) -> list[str]:
        """The tables of statistics that are made of the summary."""
        return [f"{kind}.csv" for kind in ("statistics", "thresholds") if self.config["study"][kind]]

    @property
    def pages(self) -> bool:
        """Whether views have pages, and runs previews."""
        return bool(self.config["render"]["html"]["enabled"]) and self.keeps_history

    def folder(self, parent: str) -> str:
        """The folder of the study in that of all results, or of all logs."""
        name = self.config["study"]["name"]
        return f"{parent}/{name}" if name else parent

    def targets(self) -> list[str]:
        """All results that the config asks for, below the folder of the results."""
        embed = self.config["embed"]
        of_job = ["history.zarr"] * self.keeps_history + [
            "observables.zarr",
            *(f"embedding-{method}.zarr" for method in embed["methods"]),
        ]
        of_job += [view + ending for view in self.views for ending in self.endings] + ["preview"] * self.pages
        of_set = [f"samples-{method}.zarr" for method in embed["samples"]["methods"]]
        of_set += [view + ending for view in self.sample_views for ending in self.endings]
        files = [f"runs/{job}/{file}" for job in self.jobs for file in of_job]
        files += [f"runs/{name}/{file}" for name in self.sample_sets for file in of_set]
        readout = ["readout.csv", "readout.html"] * self.config["readout"]["enabled"]
        learned = ["learned.csv", "learned-models.csv", "learned.html"] * self.config["learning"]["enabled"]
        return files + readout + learned + self.tables + ["summary.parquet", *self.gallery] + ["summary.png"] * self.png

    def wanted_folders(self, results: str | Path) -> set[Path]:
        """The folders of runs and perturbations that the config asks for."""
        return wanted_folders(results, [*self.jobs, *self.sample_sets], self.perturbations)

    def orphans(self, results: str | Path, storage: str | None = None) -> list[Path]:
        """Results that the config does not ask for.

        Args:
            results: the folder of the study.
            storage: what results lie in where that is no folder.

        Raises:
            ConfigError: they do: nobody lists these, and a plan would know none of them.
        """
        if storage:
            raise ConfigError(f"plan and prune know results in folders alone, and not those of a storage ({storage})")
        readout = None
        if self.readout.sets:
            images = [f"readout/images/{name}.zarr" for name in self.image_sets]
            readout = [str(Path(results, store)) for store in (*images, *self.readout.stores())]
        return find_orphans(results, self.wanted_folders(results), readout)
