#!/bin/sh
# What a machine has: a `name=value` line each. Sent over ssh on stdin, with the folder that brickyard shall use as $1.
folder=${1:-/opt/brickyard}
printf 'time_s=%s\n' "$(date -u +%s)"
printf 'system=%s\n' "$(uname -s)"
printf 'machine=%s\n' "$(uname -m)"
printf 'user=%s\n' "$(id -un)"
if mkdir -p "$folder" 2>/dev/null && [ -w "$folder" ]; then
  printf 'folder=writable\n'
else
  printf 'folder=refused\n'
fi
near=$folder
while [ ! -d "$near" ]; do near=$(dirname "$near"); done
printf 'free_kib=%s\n' "$(df -Pk "$near" | awk 'NR == 2 { print $4 }')"
printf 'memory_kib=%s\n' "$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo 2>/dev/null)"
printf 'libc=%s\n' "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
for name in tar sha256sum setsid; do
  command -v "$name" >/dev/null 2>&1 || printf 'missing=%s\n' "$name"
done
if command -v nvidia-smi >/dev/null 2>&1; then
  printf 'nvidia_smi=yes\n'
  nvidia-smi --query-gpu=name,memory.total,driver_version,memory.used --format=csv,noheader,nounits 2>/dev/null |
    while IFS= read -r line; do printf 'gpu=%s\n' "$line"; done
fi
