# The apps, built and served with Node and Caddy from the same wheels as on a machine without Docker.
# `make pin` gives the digest too.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS tools
WORKDIR /build
COPY deploy/compose/locks/apps.lock packages.lock
RUN python -m venv --without-pip /opt/venv \
 && python -m pip --python /opt/venv/bin/python install --no-cache-dir --only-binary :all: --require-hashes -r packages.lock

FROM tools AS built
WORKDIR /build
ENV PATH=/opt/node:/opt/venv/bin:$PATH CI=1
COPY deploy/__init__.py deploy/__init__.py
COPY deploy/apps deploy/apps
COPY deploy/local/__init__.py deploy/local/paths.py deploy/local/exclusive.py deploy/local/
RUN python -c "from pathlib import Path; from deploy.apps.node import install; install(Path('/opt/node'))"
# npm asks the registry that the builder is configured for.
COPY apps/package.json apps/package-lock.json apps/.npmrc apps/
COPY apps/client/package.json apps/client/
COPY apps/phone/package.json apps/phone/
COPY apps/desk/package.json apps/desk/
COPY apps/screen/package.json apps/screen/
RUN cd apps && npm ci --no-audit --no-fund
COPY api/openapi.json api/openapi.json
COPY contracts/texts contracts/texts
COPY jinan/data/jinan_districts_gcj02.geojson jinan/data/
COPY apps apps
RUN cd apps && npm run build \
 && mkdir /apps \
 && for app in phone desk screen; do mv $app/dist /apps/$app; done

FROM ${PYTHON_IMAGE}
RUN python -m pip uninstall --quiet --yes --root-user-action ignore pip \
 && rm -rf /usr/local/lib/python3.*/ensurepip
COPY --from=tools /opt/venv/bin/caddy /usr/local/bin/caddy
COPY --from=built /apps /apps
COPY deploy/apps/Caddyfile /etc/caddy/Caddyfile
ENV APPS_BIND=0.0.0.0 APPS_PORT=8100 APPS_FOLDER=/apps XDG_DATA_HOME=/tmp XDG_CONFIG_HOME=/tmp
USER 10001:10001
EXPOSE 8100
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
