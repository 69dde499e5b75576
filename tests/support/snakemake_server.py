"""Snakemake for the tests, imported once: each request runs its real command line in a forked child.

Importing Snakemake takes seconds, and the tests start it some hundred times. Requests and answers are lines of
JSON on standard input and output.
"""

import gc
import importlib
import json
import os
import sys
import tempfile

# What each call imports on its way, and so would each child.
LATE = (
    *("jsonschema", "nbformat", "pandas", "rich.console", "smart_open"),
    *("snakemake.report.html_reporter", "snakemake_logger_plugin_rich.handler"),
)


def serve():
    import snakemake.cli

    for module in LATE:
        importlib.import_module(module)
    # Else each child would look through all of it for garbage, again and again.
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile() as output:
            child = os.fork()
            if child == 0:
                os.chdir(request["folder"])
                for stream in (1, 2):
                    os.dup2(output.fileno(), stream)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                code = 1
                try:
                    snakemake.cli.main(request["arguments"])
                except SystemExit as end:
                    if isinstance(end.code, str):
                        print(end.code, file=sys.stderr)
                    code = end.code if isinstance(end.code, int) else int(end.code is not None)
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()
                    os._exit(code)
            _, status = os.waitpid(child, 0)
            output.seek(0)
            text = output.read().decode(errors="replace")
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "output": text}), file=answers, flush=True)


if __name__ == "__main__":
    serve()
