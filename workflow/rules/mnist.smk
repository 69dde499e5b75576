# Requires: the bundled sample, a folder, or the network.
# Makes: the four IDX files of MNIST, verified, and their provenance.


rule fetch_mnist:
    """Fetch MNIST from where the config says, and verify it."""
    output:
        files=[f"{MNIST}/{name}" for name in FILES],
        provenance=f"{MNIST}/{PROVENANCE}",
    log:
        "<logs>/fetch_mnist.log",
    benchmark:
        "<logs>/fetch_mnist.tsv"
    # The network is worth another try, a folder is not.
    retries: 1 if STUDY.source_folder is None else 0
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("fetch_mnist"),
        runtime=minutes("fetch_mnist"),
    params:
        code=code("fetch_mnist"),
        settings=settings_of(STUDY, "fetch_mnist", with_digest=workflow.is_main_process),
    message:
        "Fetch MNIST"
    script:
        "../../scripts/fetch_mnist.py"
