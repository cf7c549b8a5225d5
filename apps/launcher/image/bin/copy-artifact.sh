#!/bin/sh
# copy-artifact.sh SOURCE TARGET MARKER
# Copies the folder SOURCE of an artifact's image to TARGET, which appears whole or not at all. MARKER names the content
# (an image reference or digest): a TARGET that carries it is left alone, any other is replaced.
# Runs in the artifact's own image, which may hold nothing else: every program is the injected busybox beside this script.
set -eu

source=${1:?source folder}
target=${2:?target folder}
marker=${3:?marker}
busybox=${0%/*}/busybox
mark=.kaito-artifact

if [ -f "$target/$mark" ] && [ "$("$busybox" cat "$target/$mark")" = "$marker" ]; then
  echo "copy-artifact: $target already holds $marker"
  exit 0
fi
if [ ! -d "$source" ]; then
  echo "copy-artifact: the image $marker holds no folder $source; put the files of the artifact there" >&2
  exit 1
fi

parent=${target%/*}
temporary=$parent/.tmp-${target##*/}
old=$parent/.old-${target##*/}
"$busybox" mkdir -p "$parent"
"$busybox" rm -rf "$temporary" "$old"
"$busybox" mkdir "$temporary"
"$busybox" cp -R "$source/." "$temporary/"
# Layers may carry folders that only root could write, which would make the next replacement fail.
"$busybox" chmod -R u+rwX "$temporary"
printf '%s\n' "$marker" > "$temporary/$mark"
"$busybox" sync -f "$temporary" 2>/dev/null || "$busybox" sync

if [ -e "$target" ]; then "$busybox" mv "$target" "$old"; fi
"$busybox" mv "$temporary" "$target"
"$busybox" rm -rf "$old"
echo "copy-artifact: $target now holds $marker"
