# Shared by all rules: the study that the config asks for, and functions that pass wildcards on to it.

import os
import sys

from snakemake.exceptions import WorkflowError

CLONE = os.path.abspath(os.path.join(workflow.current_basedir.get_path_or_uri(secret_free=True), "../.."))
LIBRARY = os.path.join(CLONE, "src")
if not os.path.isdir(LIBRARY):
    sys.exit(f"{LIBRARY}: the library is not there (clone the repository and name the Snakefile in the clone)")
if set("{}") & set(CLONE):
    sys.exit(f"{CLONE}: Snakemake takes the braces in this path for wildcards (move the clone elsewhere)")
# The library of this very clone, wherever the workflow was started from, in this process and in its jobs.
sys.path.insert(0, LIBRARY)
os.environ.update(
    PYTHONPATH=os.pathsep.join(filter(None, [LIBRARY, os.environ.get("PYTHONPATH")])),
    NUMBA_CACHE_DIR=os.environ.get("NUMBA_CACHE_DIR") or os.path.join(CLONE, ".cache", "numba"),
)

from oscillator_field.figures.painters import browser
from oscillator_field.figures.views import kind_of
from oscillator_field.inputs.data_sets import BUNDLED, FILES, PROVENANCE, TEST, TRAINING
from oscillator_field.study import resources
from oscillator_field.study.commands import command_words
from oscillator_field.study.configuration import ConfigError, check_keys_are_given_once, place_of
from oscillator_field.study.names import UnknownNameError
from oscillator_field.study.settings import settings_of
from oscillator_field.study.sources import code_digest
from oscillator_field.study.study import Study

JOB, SET, READOUT, LEARNED = "<study>/runs/{job}", "<study>/runs/{set}", "<study>/readout", "<study>/learned"
PLOTLYJS = "<study>/plotly-cartesian.min.js"
ENVIRONMENT = "../../environment.yml"
MODIFIER = workflow.modifier  # how an importing workflow changes names and folders; after parsing it is another


def folder(pathvar):
    """A folder by its pathvar, below the prefix that an importing workflow gives."""
    return MODIFIER.pathvars.apply(MODIFIER.path_modifier.replace_prefix(pathvar))


def read_study():
    """The study that the config asks for; a fault ends all with one line. What depends on the machine is checked once."""
    main, settings = workflow.is_main_process, workflow.config_settings
    folders = {name: folder(f"<{name}>") for name in ("results", "logs", "resources")}
    try:
        for path in dict.fromkeys(workflow.configfiles) if main else ():
            check_keys_are_given_once(path)
        study = Study.of(
            config,
            command_line=settings.config,
            schema=os.path.join(CLONE, "workflow", "schemas", "config.schema.yaml"),
            bundled=os.path.relpath(BUNDLED),
            folders=folders,
            # To try one takes time, so a job only looks.
            browser=browser.find_browser if main else browser.a_browser_is_there,
        )
        if main:
            study.check_machine(folders.values())
    except ConfigError as error:
        sys.exit(f"config: {error}{place_of(str(error), workflow.configfiles, settings.configfiles, settings.config)}")
    return study


STUDY = read_study()
PICTURES = f"<resources>/{STUDY.config['pictures']['dataset']}"
SHARED_PLOTLYJS = [PLOTLYJS] if STUDY.shared_plotlyjs else []


def asked(wildcards, of, *arguments):
    """What the study says of a job; a name that it does not know is an error in one line."""
    try:
        return of(*arguments, **dict(wildcards.items()))
    except UnknownNameError as error:
        raise WorkflowError(str(error)) from None


def settings(rule):
    """The settings of the jobs of a rule, for its params."""
    return lambda wildcards: asked(wildcards, settings_of, STUDY, rule)


def threads(rule):
    return lambda wildcards: asked(wildcards, resources.threads, STUDY, rule)


def memory(rule):
    """In MB; more with each attempt where a profile retries, and so is the time."""
    return lambda wildcards, attempt: attempt * asked(wildcards, resources.megabytes, STUDY, rule)


def minutes(rule):
    return lambda wildcards, attempt: attempt * resources.minutes(STUDY, rule)


def code(script, *modules):
    """The digest of the code that decides a result: one of its job's params, so that an edit reruns the job."""
    return code_digest(os.path.join(CLONE, "scripts", f"{script}.py"), *modules)


def reported(path, **described):
    """An output that a report shows, where it embeds files of this kind."""
    ending = next(one for one in ("-poster.png", ".png", ".html") if path.endswith(one))
    return report(path, **described) if STUDY.reported(ending) else path


def command(rule, *more, typed=False):
    """The words after `snakemake` that make a rule's results with the config of this call, where it was typed or here."""
    given = workflow.config_settings
    return command_words(
        MODIFIER.modify_rulename(rule),
        snakefile=workflow.main_snakefile,
        directory=os.getcwd() if workflow.overwrite_workdir or not typed else None,
        configfiles=given.configfiles,
        config=given.config,
        replace=given.replace_workflow_config,
        more=more,
        called_in=(os.environ.get("PWD", "") if workflow.overwrite_workdir else os.getcwd()) if typed else "",
    )
