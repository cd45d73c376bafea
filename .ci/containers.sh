#!/usr/bin/env bash
# A container engine and a base image for the image tests, on a machine that has none: prints what the shell must set.
#
#     eval "$(.ci/containers.sh)"
#
# Where an engine answers and has the base image, or gets it, there is nothing to set. Elsewhere, as root on Debian,
# podman is installed and put behind the name `docker`, and a base image is made of Debian's own packages. That takes a
# minute or two once; it is kept in ~/.cache and in podman's storage.
set -euo pipefail

kept="${XDG_CACHE_HOME:-$HOME/.cache}/mailjet-segment-containers"
stand_in=localhost/python-connector-base:stand-in
declared=$(sed -n 's/^ARG BASE_IMAGE=//p' "$(dirname "$0")/../Dockerfile")
wanted=${CONNECTOR_BASE_IMAGE:-$declared}

say() { printf '%s\n' "$*" >&2; }

# Runs a long command silently; when it fails, its last lines say why.
quietly() {
  "$@" >"$kept/log" 2>&1 || { tail -n 5 "$kept/log" >&2; say "failed: $*"; exit 1; }
}

install_podman() {
  command -v podman runc debootstrap >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    { say "There is no container engine. This script installs one only as root on Debian: start Docker instead."; exit 1; }
  say "Installing podman."
  quietly apt-get update
  DEBIAN_FRONTEND=noninteractive quietly apt-get install --yes --no-install-recommends \
    podman runc debootstrap uidmap netavark aardvark-dns iptables
}

# The name `docker` for podman. In a machine that is a container itself there is no cgroup to delegate, no bridge and no
# higher limit: so containers share its network (the sandbox listens on 127.0.0.1) and its limits.
write_docker() {
  cat >"$kept/bin/docker" <<'DOCKER'
#!/usr/bin/env bash
engine=(podman --runtime runc --cgroup-manager cgroupfs)
verb=${1:-}
[ "$verb ${2:-}" = "buildx build" ] && { shift; verb=build; }
case $verb in
  build) exec "${engine[@]}" build --isolation=chroot --network=host "${@:2}" ;;
  run) exec "${engine[@]}" run --network=host --ulimit "nofile=$(ulimit -n):$(ulimit -n)" --ulimit nproc=4096:4096 "${@:2}" ;;
  *) exec "${engine[@]}" "$@" ;;
esac
DOCKER
  chmod +x "$kept/bin/docker"
}

# What Airbyte's base image promises: `python` with pip, the user airbyte as number 1000, the folder /airbyte. It trusts the
# certificates that this machine trusts, for pip runs in it.
make_stand_in() {
  podman image exists "$stand_in" 2>/dev/null && return
  say "Making a base image."
  local root="$kept/root" mirror
  mirror=$(sed -nE 's/^(URIs:|deb( \[[^]]*\])?) *(https?:[^ ]+).*/\3/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1) || true # a file that is not there
  rm -rf "$root"
  quietly debootstrap --variant=minbase --include=python3,python3-pip,python3-venv,ca-certificates bookworm "$root" ${mirror:+"$mirror"}
  ln -s python3 "$root/usr/bin/python"
  rm -rf "$root"/usr/lib/python3*/EXTERNALLY-MANAGED "$root"/var/cache/apt/archives/*.deb
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\nroot-user-action = ignore\n' >"$root/etc/pip.conf"
  chroot "$root" useradd --uid 1000 --create-home airbyte
  install -d -o 1000 -g 1000 "$root/airbyte"
  tar -C "$root" -c . | quietly podman import --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin' --change 'CMD ["python"]' - "$stand_in"
  rm -rf "$root"
}

if docker info >/dev/null 2>&1 && { docker image inspect "$wanted" || docker pull "$wanted"; } >/dev/null 2>&1; then
  exit 0
fi
mkdir -p "$kept/bin"
install_podman
write_docker
make_stand_in
printf 'export PATH=%q:"$PATH" CONNECTOR_BASE_IMAGE=%q\n' "$kept/bin" "$stand_in"
