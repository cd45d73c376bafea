# The images of both connectors: docker build --target source .   docker build --target destination .
# And of the collector: docker build --target collector .
# Those of the connectors differ in entrypoint and labels only, so that a machine which runs both keeps one copy of everything below them.
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.1.0

FROM ${BASE_IMAGE} AS build
USER root
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/connector && python -m venv --without-pip tools
# What others wrote comes first: a change of our code does not install it again. Each file is one whose hash is locked, and
# a wheel: nothing is compiled. --no-deps, because locks/left-out.txt names what the CDK declares and nothing here needs.
# Byte code is made now, for a read-only root cannot keep any, and never checked against its source, whose dates a build may
# change.
COPY locks ./locks
RUN python -m pip --python /opt/connector/bin/python install --no-compile --no-deps --only-binary :all: --require-hashes -r locks/requirements.txt \
 && python -m pip --python tools/bin/python install --no-deps --only-binary :all: --require-hashes -r locks/build-requirements.txt \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/connector/lib
COPY . ./
# What remains is what the connectors run: no scripts of other packages, none of pip's notes about the installation.
RUN rm -rf event_store mailjet_collector mailjet_segment \
 && python -m pip --python tools/bin/python wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && python -m pip --python /opt/connector/bin/python install --no-compile --no-deps --no-index dist/*.whl \
 && cd /opt/connector \
 && rm -rf include \
 && find bin -type f ! -name source-mailjet-segment ! -name destination-segment -delete \
 && find lib -path '*.dist-info/*' \( -name INSTALLER -o -name REQUESTED -o -name direct_url.json \) -delete \
 && cd lib/python3*/site-packages \
 && python -m compileall -q --invalidation-mode unchecked-hash $(sed -n 's|^\([a-z_]*\)/.*|\1|p' mailjet_segment-*.dist-info/RECORD | sort -u)

# The collector holds nothing of Airbyte's kit, so it has an environment of its own.
FROM ${BASE_IMAGE} AS build-collector
USER root
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/collector && python -m venv --without-pip tools
COPY locks ./locks
RUN python -m pip --python /opt/collector/bin/python install --no-compile --no-deps --only-binary :all: --require-hashes -r locks/collector-requirements.txt \
 && python -m pip --python tools/bin/python install --no-deps --only-binary :all: --require-hashes -r locks/build-requirements.txt \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/collector/lib
COPY . ./
RUN rm -rf source_mailjet_segment destination_segment \
 && python -m pip --python tools/bin/python wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && python -m pip --python /opt/collector/bin/python install --no-compile --no-deps --no-index dist/*.whl \
 && cd /opt/collector \
 && rm -rf include \
 && find bin -type f ! -name mailjet-segment -delete \
 && find lib -path '*.dist-info/*' \( -name INSTALLER -o -name REQUESTED -o -name direct_url.json \) -delete \
 && cd lib/python3*/site-packages \
 && python -m compileall -q --invalidation-mode unchecked-hash $(sed -n 's|^\([a-z_]*\)/.*|\1|p' mailjet_segment-*.dist-info/RECORD | sort -u)
RUN mkdir /data && chown 1000:1000 /data && chmod 700 /data

FROM ${BASE_IMAGE} AS collector
COPY --from=build-collector /opt/collector /opt/collector
COPY --from=build-collector --chown=1000:1000 /data /data
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TMPDIR=/tmp
# Where a store in SQLite lies, whose address is sqlite:///events.db. The root may be read-only.
WORKDIR /data
VOLUME /data /tmp
USER 1000:1000
EXPOSE 8080 8081
# Another command: docker run --entrypoint mailjet-segment mailjet-collector webhooks status --config ...
ENV PATH=/opt/collector/bin:$PATH
ENTRYPOINT ["/opt/collector/bin/mailjet-segment", "collect"]
CMD ["--config", "/etc/mailjet-segment/collector.json", "--host", "0.0.0.0", "--admin-host", "0.0.0.0"]
STOPSIGNAL SIGTERM
LABEL org.opencontainers.image.title=mailjet-collector org.opencontainers.image.version=0.1.0

FROM ${BASE_IMAGE} AS runtime
COPY --from=build /opt/connector /opt/connector
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TMPDIR=/tmp
WORKDIR /airbyte
# The only folder that is written to (SQLite would take /var/tmp first); a volume stays writable where the root is read-only.
VOLUME /tmp
# By number, so that a cluster can see that it is not root. Airbyte's base images call this user airbyte.
USER 1000:1000

FROM runtime AS destination
ENV AIRBYTE_ENTRYPOINT=/opt/connector/bin/destination-segment
ENTRYPOINT ["/opt/connector/bin/destination-segment"]
LABEL io.airbyte.name=destination-segment io.airbyte.version=0.1.0

# Last, so that a build without --target gives the connector of the metadata.yaml beside this file.
FROM runtime AS source
ENV AIRBYTE_ENTRYPOINT=/opt/connector/bin/source-mailjet-segment
ENTRYPOINT ["/opt/connector/bin/source-mailjet-segment"]
LABEL io.airbyte.name=source-mailjet-segment io.airbyte.version=0.1.0
