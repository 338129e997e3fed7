/** What a host is asked by sh alone: before the code is there, and where starting Python would cost more than it does. */
import { DEADLINE, MACHINE_FOLDER } from './dead-mans-guard.ts';

/** $1 the folder of everything. Prints it as an absolute path, and the home folder. */
export const MAKE_FOLDER = `
umask 077
case $1 in /*) folder=$1 ;; *) folder=$HOME/$1 ;; esac
mkdir -p "$folder" 2>/dev/null || { sudo -n mkdir -p "$folder" && sudo -n chown "$(id -u):$(id -g)" "$folder"; } || exit 1
[ -w "$folder" ] || { echo "$folder cannot be written by $(id -un)" >&2; exit 1; }
cd "$folder" && mkdir -p runs code datasets && pwd -P`;

/** $1 a file; its new contents come on stdin, readable by this user alone. */
export const WRITE_PRIVATE = `
umask 077
mkdir -p "$(dirname "$1")" && cat >"$1.tmp" && chmod 600 "$1.tmp" && mv "$1.tmp" "$1"`;

/** $1 the run's folder, $2 seconds, $3 the guard's folder. Renews for the agent and for each guard that there is. */
export const RENEW = `
said="$2 $(date +%s%N)-$$"
mkdir -p "$1" || exit 1
for folder in "$1" "$3" ${MACHINE_FOLDER}; do
  [ -d "$folder" ] && [ -w "$folder" ] || continue
  printf '%s\\n' "$said" >"$folder/.${DEADLINE}.$$" && mv "$folder/.${DEADLINE}.$$" "$folder/${DEADLINE}"
done
[ -f "$1/${DEADLINE}" ]`;

/** $1 the guard's folder. Starts guard.sh there when none runs. */
export const START_GUARD = `
cd "$1" || exit 1
flock -n guard.lock true 2>/dev/null || exit 0
setsid nohup sh guard.sh again >/dev/null 2>&1 </dev/null &
exit 0`;

/** $1 the run's folder. The status, then a line that says whether the agent lives. */
export const STATUS = `
cd "$1" 2>/dev/null && [ -f status.json ] || { echo none; exit 0; }
flock -n -s agent.lock true 2>/dev/null && alive=dead || alive=alive
cat status.json && echo "$alive"`;

/** $1 the log, $2 the first byte, $3 how many at most. A line with the log's size, then the bytes. */
export const LOG = `
[ -f "$1" ] || { echo 0; exit 0; }
size=$(wc -c <"$1"); from=$2
[ "$from" -le "$size" ] || from=0
echo "$size $from"
tail -c "+$((from + 1))" "$1" | head -c "$3"`;

/** $1 the run's folder there. A tar of what is worth keeping beside the checkpoints: curves, reports, log, policies. */
export const PACK_OUTPUTS = `
cd "$1" || exit 1
set --
[ -f train.log ] && set -- train.log
[ -d run ] && set -- "$@" run
[ $# -gt 0 ] || exit 0
tar -c -f - --exclude=pretrained_model --exclude=training_state --exclude='.*' --exclude='run/wandb' "$@" || [ $? = 1 ]`;
