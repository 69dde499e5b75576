"""What tests, torture and benchmarks share: projects, processes, references, histories, pages, a cluster."""
