# The image of every node: the binary, the libraries that it loads, and nothing else that runs.
#
#   docker build --tag hookwire .
#
# Both base images are arguments, so that an air-gapped or a hardened registry can supply them. Both must be
# Debian 12, because the binary is linked with the libraries of one and loads those of the other.
ARG BUILD_IMAGE=docker.io/library/swift:6.3-bookworm
ARG RUNTIME_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends libhiredis-dev libsqlite3-dev libssl-dev libxml2-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The package manager's folder outlives the build, so that the next one compiles only what changed.
RUN --mount=type=cache,target=/src/.build,sharing=locked \
    swift build $(grep --invert-match '^#' script/lib/release-flags) --product hookwire -Xlinker --strip-all \
    && install -D .build/release/hookwire /usr/local/bin/hookwire

FROM ${RUNTIME_IMAGE}
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        ca-certificates libgcc-s1 libhiredis0.14 libsqlite3-0 libssl3 libstdc++6 libxml2 tzdata zlib1g \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hookwire \
    # A volume that is mounted here for --data takes its owner from this.
    && install -d -m 700 -o 10001 -g 10001 /var/lib/hookwire
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Hookwire" \
      org.opencontainers.image.description="Brings chatbot webhooks to bots that have no public address" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /usr/local/bin/hookwire /usr/local/bin/hookwire
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
# One port for every tier: what a container listens on needs to differ from nobody's.
ENV HOOKWIRE_PORT=8080
EXPOSE 8080
STOPSIGNAL SIGTERM
# Alive rather than ready: some orchestrators kill what is unhealthy, and a node whose Redis is away keeps its sockets.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD hookwire health --url "http://127.0.0.1:${HOOKWIRE_PORT}/livez"
ENTRYPOINT ["hookwire"]
CMD ["serve"]
