# Needs the bundled sample, a folder, or the network; makes the four IDX files of MNIST, verified, and their provenance.


rule fetch_mnist:
    input:
        source=source_files(),
        code=code("fetch_mnist", "mnist", "mnist_download"),
    output:
        files=expand("{folder}/{name}", folder=MNIST, name=FILES),
        provenance=f"{MNIST}/{PROVENANCE}",
    params:
        settings=source_settings(),
    log:
        "logs/fetch_mnist.log",
    benchmark:
        "logs/fetch_mnist.tsv"
    message:
        "Fetch MNIST"
    retries: 1
    resources:
        mem_mb=1000,
        runtime=30,
    conda:
        ENVIRONMENT
    script:
        "../../scripts/fetch_mnist.py"
