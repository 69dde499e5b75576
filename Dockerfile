# Everything that a job needs, at the locked versions: docker build --tag oscillator-field .
FROM python:3.11-slim-bookworm

# Chromium draws the PNG pictures; git and rsync are for Snakemake, which unpacks the workflow and moves results.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium-headless-shell git rsync \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/oscillator-field
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir --no-deps .

# Where Snakemake works; compiled fields are kept there as long as the container lives.
ENV NUMBA_CACHE_DIR=/workdir/.cache/numba
WORKDIR /workdir
CMD ["snakemake", "--help"]
