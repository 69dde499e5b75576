# Needs the bundled sample, a folder, or the network; makes the four IDX files of MNIST, verified, and their provenance.


rule fetch_mnist:
    input:
        source=source_files(),
        code=code("fetch_mnist", "mnist.py", "mnist_download.py"),
    output:
        files=expand("{folder}/{name}", folder=MNIST, name=FILES),
        provenance=f"{MNIST}/{PROVENANCE}",
    log:
        "logs/fetch_mnist.log",
    benchmark:
        "logs/fetch_mnist.tsv"
    retries: 1
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        settings=source_settings(),
    message:
        "Fetch MNIST"
    script:
        "../../scripts/fetch_mnist.py"
