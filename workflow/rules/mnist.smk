# Needs the bundled sample, a folder, or the network; makes the four IDX files of MNIST, verified, and their provenance.


rule fetch_mnist:
    output:
        files=expand("{folder}/{name}", folder=MNIST, name=FILES),
        provenance=f"{MNIST}/{PROVENANCE}",
    log:
        "logs/fetch_mnist.log",
    benchmark:
        "logs/fetch_mnist.tsv"
    # The network is worth another try, a folder is not.
    retries: 1 if SOURCE_FOLDER is None else 0
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("fetch_mnist"),
        settings=source_settings(),
    message:
        "Fetch MNIST"
    script:
        "../../scripts/fetch_mnist.py"
