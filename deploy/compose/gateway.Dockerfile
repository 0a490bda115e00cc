# Envoy, which begins with its configuration for the settings of the container, and the documentation pages, which need
# no internet.
# `make pin` gives the digests too.
ARG ENVOY_IMAGE=envoyproxy/envoy:v1.40.0
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${ENVOY_IMAGE} AS envoy

FROM ${PYTHON_IMAGE} AS packages
WORKDIR /build
COPY deploy/compose/locks/gateway.lock deploy/compose/locks/pages.lock ./
RUN python -m venv --without-pip /opt/venv \
 && python -m pip --python /opt/venv/bin/python install --no-cache-dir --only-binary :all: --require-hashes -r gateway.lock \
 && python -m pip install --no-cache-dir --no-deps --require-hashes --target vendor -r pages.lock \
 && mkdir /pages \
 && cd vendor/fastapi_offline/static \
 && cp swagger-ui.css swagger-ui-bundle.js /pages/
COPY deploy/gateway/docs/index.html deploy/gateway/docs/start.js api/openapi.json /pages/

FROM ${PYTHON_IMAGE}
RUN python -m pip uninstall --quiet --yes --root-user-action ignore pip \
 && rm -rf /usr/local/lib/python3.*/ensurepip
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=envoy /usr/local/bin/envoy /usr/local/bin/envoy
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /pages /etc/envoy/pages
COPY contracts/__init__.py contracts/__init__.py
COPY contracts/texts contracts/texts
COPY deploy/__init__.py deploy/__init__.py
COPY deploy/gateway deploy/gateway
COPY deploy/local/__init__.py deploy/local/ports.py deploy/local/
USER 10001:10001
EXPOSE 8080 8443 9902
CMD ["python", "-m", "deploy.gateway"]
