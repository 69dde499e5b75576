# Requires: the bundled sample, a folder of IDX files, or the network.
# Makes: the IDX files of a data set, verified, and their provenance.


rule fetch_pictures:
    """Fetch a data set from where the config says, and verify it."""
    output:
        files=[f"{PICTURES}/{name}" for name in STUDY.fetched],
        provenance=f"{PICTURES}/{PROVENANCE}",
    log:
        "<logs>/fetch_pictures.log",
    benchmark:
        "<logs>/fetch_pictures.tsv"
    # The network is worth another try, a folder is not.
    retries: 1 if STUDY.source.folder is None else 0
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("fetch_pictures"),
        runtime=minutes("fetch_pictures"),
    params:
        code=code("fetch_pictures"),
        settings=settings_of(STUDY, "fetch_pictures", with_digest=workflow.is_main_process),
    message:
        f"Fetch {STUDY.source.data_set.words}"
    script:
        "../../scripts/fetch_pictures.py"
