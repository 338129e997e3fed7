/**
 * Switches a machine off when nobody renews: a script for sh, so that it runs from the first boot on, before anything
 * else is there. It counts in steps of its own, so that a clock that is set right switches nothing off.
 */

/** `<seconds> <nonce>`, renamed into place with every renewal. */
export const DEADLINE = 'deadline';
/** Where a startup script's guard looks; ssh's user need not be root to renew. */
export const MACHINE_FOLDER = '/var/lib/brickyard';
/** The agent's time to write and upload a last checkpoint once the deadline has passed. */
export const GUARD_GRACE_S = 300;
const STEP_S = 5;

export const POWER_OFF = `
systemctl poweroff 2>/dev/null || shutdown -P now 2>/dev/null || poweroff 2>/dev/null
sudo -n systemctl poweroff 2>/dev/null || sudo -n shutdown -P now`;

export interface Guard {
  /** Of the deadline. */
  folder: string;
  /** Until the first renewal. */
  deadManS: number;
  /** For sh. */
  powerOff?: string;
  graceS?: number;
  stepS?: number;
  /** It waits for agents of this root; without, for any. */
  agentsOf?: string;
}

/** Runs until the machine is off. One a folder: a second one leaves. */
export function guardScript({
  folder,
  deadManS,
  powerOff = POWER_OFF,
  graceS,
  stepS = STEP_S,
  agentsOf,
}: Guard): string {
  // With the path in it the brackets still keep grep from finding itself.
  const ofRoot = agentsOf === undefined ? '' : ` --root ${agentsOf.replaceAll('.', '[.]')} `;
  return `#!/bin/sh
umask 000
mkdir -p '${folder}' && chmod 1777 '${folder}' && cd '${folder}' || exit 1
exec 9>guard.lock
flock -n 9 || exit 0
echo $$ >guard.pid
count() {
  seen=; left=$1
  while :; do
    now=$(cat '${DEADLINE}' 2>/dev/null)
    if [ -n "$now" ] && [ "$now" != "$seen" ]; then seen=$now; left=\${now%% *}; fi
    [ "$left" -gt 0 ] 2>/dev/null || return
    sleep ${stepS} 9>&-
    left=$((left - ${stepS}))
  done
}
[ "$1" = again ] || rm -f '${DEADLINE}'
count ${deadManS}
echo "nobody renewed in time" >expired
grace=${graceS ?? GUARD_GRACE_S}
while [ "$grace" -gt 0 ] && ps ax -o args= | grep -q '[r]emote_agent.py run${ofRoot}'; do
  sleep ${stepS} 9>&-
  grace=$((grace - ${stepS}))
done
${powerOff}
`;
}

/** For a provider's startup script, which root runs: the guard in the background. */
export function startupScript(guard: Omit<Guard, 'folder'> & { maxRunS?: number }): string {
  const script = guardScript({ ...guard, folder: MACHINE_FOLDER });
  const limit =
    guard.maxRunS === undefined
      ? ''
      : `setsid nohup sh -c 'sleep ${Math.ceil(guard.maxRunS)}; ${POWER_OFF.trim().replaceAll('\n', '; ')}' >/dev/null 2>&1 </dev/null &\n`;
  return `#!/bin/sh
mkdir -p ${MACHINE_FOLDER} && chmod 1777 ${MACHINE_FOLDER}
cat >${MACHINE_FOLDER}/guard.sh <<'BRICKYARD_GUARD'
${script}BRICKYARD_GUARD
setsid nohup sh ${MACHINE_FOLDER}/guard.sh >/dev/null 2>&1 </dev/null &
${limit}`;
}
