# The images of both connectors: docker build --target source .   docker build --target destination .
# They differ in entrypoint and labels only, so that a machine which runs both keeps one copy of everything below them.
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.1.0

FROM ${BASE_IMAGE} AS build
USER root
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1
RUN python -m venv --without-pip /opt/connector
# What others wrote comes first: a change of our code does not install it again. Byte code is never checked against its
# source, whose dates a build may change: the root file system may be read-only, and nothing in it changes.
COPY pyproject.toml ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > requirements.txt \
 && python -m pip --python /opt/connector/bin/python install --no-compile --requirement requirements.txt \
 && /opt/connector/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/connector/lib
COPY . ./
RUN python -m pip --python /opt/connector/bin/python install --no-compile --no-deps . \
 && cd /opt/connector/lib/python3*/site-packages \
 && /opt/connector/bin/python -m compileall -q --invalidation-mode unchecked-hash segment_* source_* destination_* mailjet_*

FROM ${BASE_IMAGE} AS runtime
COPY --from=build /opt/connector /opt/connector
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /airbyte
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
