# syntax=docker/dockerfile:1

# To pin a build for good, name the image with its digest: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim

# What npm reads, apart from the sources: a change of code leaves both installations in the cache.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY renderer/package.json renderer/
COPY server/package.json server/
COPY workbench/package.json workbench/

# The packages that the server loads, as the lockfile has them. Its own parts come from the next stage.
FROM manifests AS packages
RUN npm ci --ignore-scripts --omit=dev --workspace server \
  && rm -r node_modules/reelay node_modules/@reelay

FROM manifests AS build
RUN npm ci --ignore-scripts
COPY . .
RUN npm run pack

FROM ${NODE_IMAGE}
# tini is process 1: it passes signals on, and reaps what is left of a renderer that was killed.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg tini \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o 1000 -g 1000 -m 0700 /data
WORKDIR /app
COPY --from=packages /src/node_modules ./node_modules
COPY --from=build /src/dist/package ./

ENV NODE_ENV=production \
  REELAY_HOST=0.0.0.0 \
  REELAY_PORT=8080 \
  REELAY_DATA_DIR=/data

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Reelay" \
  org.opencontainers.image.description="The self-hosted API for AI video" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"

# The user "node" of the image, by number, so that a cluster can see that it is not root.
USER 1000:1000
VOLUME ["/data"]
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.REELAY_PORT}/healthz`, { signal: AbortSignal.timeout(4000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "/app/dist/cli/main.js"]
CMD ["serve"]
