"""A diagram of more than a thousand fields on the cluster: a job for each block, with the bits of a local run."""

import numpy as np
import pandas as pd

SIDE = 40
DIAGRAM = {
    "digits": [3],
    "field": {"steps": 48},
    "grid": {
        "k_coupling": {"from": 0, "to": 1.5, "steps": SIDE},
        "k_bias": {"from": 0, "to": 1.5, "steps": SIDE},
    },
    "batch": {"k_coupling": SIDE // 2, "k_bias": "all"},
    "history": {"keep": "none"},
    "measure": {"every": 16, "observables": ["order_parameter", "input_alignment"]},
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": [], "png": {"enabled": False}},
}


def test_more_than_a_thousand_fields_on_the_cluster_have_the_bits_of_a_local_run(cluster, new_project, submit):
    project, local = new_project("diagram"), new_project("local")
    # As many submissions as there are blocks: a block of a real study takes a minute by itself.
    apart = ("--group-components", "simulate=1")
    submission = submit(project, DIAGRAM, *apart)
    assert submission.end() == 0, submission.output[-5000:]
    jobs = [job for job in cluster.jobs() if job["number"] in submission.jobs()]
    assert sum("simulate_and_measure" in job["comment"] for job in jobs) == 2
    assert {job["state"] for job in jobs} == {"COMPLETED"}

    local.snakemake(config=DIAGRAM)
    tables = [pd.read_parquet(one.folder / "results" / "summary.parquet") for one in (local, project)]
    assert len(tables[0]) == SIDE**2
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert np.isfinite(tables[0]["final_order_parameter"]).all()
