#!/usr/bin/env bash
# Unpacks Debian's llama-server and the libraries it links against into a private folder; nothing on the host changes.
# usage: install-llama-server.sh PREFIX [SUITE]
set -euo pipefail

mkdir -p "$1"
prefix=$(readlink -f "$1")
suite=${2:-sid}
apt=$prefix/apt

mkdir -p "$apt"/{lists/partial,archives/partial,etc/preferences.d,etc/apt.conf.d,var} "$prefix/root"
: > "$apt/status"
mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$apt/etc/sources.list"

# The Release file of a mirror may be stale; signatures are still checked.
options=(
  -qq
  -o "Dir::Etc=$apt/etc" -o "Dir::Etc::sourcelist=$apt/etc/sources.list" -o Dir::Etc::sourceparts=-
  -o "Dir::State=$apt/var" -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
  -o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives"
  -o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false
  -o APT::Install-Recommends=false -o APT::Sandbox::User= -o Debug::NoLocking=1
)
apt-get "${options[@]}" update
wanted='^(llama\.cpp-tools|zlib1g|lib(llama|ggml|gomp|gcc-s|stdc\+\+|c6|ssl|crypto|curl|mtmd|z|zstd|blas|openblas)[a-z0-9.+-]*)$'
packages=$(apt-cache "${options[@]}" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
  --no-replaces --no-enhances llama.cpp-tools | grep -E "$wanted" | sort -u)
# shellcheck disable=SC2086 -- one word per package
(cd "$apt/archives" && apt-get "${options[@]}" download $packages)
for archive in "$apt"/archives/*.deb; do dpkg -x "$archive" "$prefix/root"; done
rm -rf "$apt"

libraries=$prefix/root/usr/lib/x86_64-linux-gnu
search=$(find "$libraries" -maxdepth 1 -type d -printf '%p:')
cat > "$prefix/llama-server" <<WRAPPER
#!/bin/sh
# The CPU backend is looked for at a compiled-in path, so one is named: x64 runs anywhere, haswell wants AVX2.
backend=x64
grep -qw avx2 /proc/cpuinfo && backend=haswell
export GGML_BACKEND_PATH="\${GGML_BACKEND_PATH:-$libraries/ggml/backends0/libggml-cpu-\$backend.so}"
exec "$prefix/root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$libraries/llama.cpp:$libraries/ggml:$search" \\
  "$prefix/root/usr/bin/llama-server" "\$@"
WRAPPER
chmod +x "$prefix/llama-server"
