# Envoy with its configuration and the documentation pages, which need no internet.
FROM python:3.13-slim AS pages
WORKDIR /build
COPY deploy/compose/locks/pages.lock .
RUN python -m pip install --no-cache-dir --no-deps --require-hashes --target vendor -r pages.lock \
 && mkdir /pages \
 && cd vendor/fastapi_offline/static \
 && cp swagger-ui.css swagger-ui-bundle.js /pages/
COPY deploy/gateway/docs/index.html deploy/gateway/docs/start.js api/openapi.json /pages/

FROM envoyproxy/envoy:v1.40.0
COPY --from=pages /pages /etc/envoy/pages
COPY deploy/compose/envoy.yaml /etc/envoy/envoy.yaml
USER 10001:10001
EXPOSE 8080 9902
CMD ["envoy", "-c", "/etc/envoy/envoy.yaml", "--concurrency", "2", "--disable-hot-restart", "--log-level", "warning"]
