/** The Hub, before anything is rented: whose token it is, and whether it may write where the run shall write. */
import { z } from 'zod';
import { type Finding, fault, note, type PreflightCheck } from './run-checks.ts';

export interface HubAccess {
  fetch: typeof fetch;
  endpoint: string;
  token: string | undefined;
}

export const HUB_ENDPOINT = 'https://huggingface.co';

const whoAmISchema = z.looseObject({
  name: z.string(),
  orgs: z.array(z.looseObject({ name: z.string() })).default([]),
  auth: z
    .looseObject({
      accessToken: z
        .looseObject({
          role: z.string().optional(),
          fineGrained: z
            .looseObject({
              global: z.array(z.string()).optional(),
              scoped: z
                .array(
                  z.looseObject({
                    entity: z.looseObject({ type: z.string().optional(), name: z.string().optional() }),
                    permissions: z.array(z.string()),
                  }),
                )
                .default([]),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});
type WhoAmI = z.infer<typeof whoAmISchema>;

const NEW_TOKEN =
  'make one with write access at https://huggingface.co/settings/tokens and put it into .env as HF_TOKEN';

/** @param writesTo OWNER/NAME of the repository that is written, undefined where it is only read */
export function hubCheck(
  { fetch, endpoint, token }: HubAccess,
  writesTo: string | undefined,
): PreflightCheck {
  return {
    name: 'hub token',
    run: async (signal) => {
      if (!token) return [fault(`HF_TOKEN is missing: ${NEW_TOKEN}`)];
      const answer = await fetch(`${endpoint}/api/whoami-v2`, {
        signal,
        headers: { authorization: `Bearer ${token}` },
      });
      if (answer.status === 401)
        return [fault(`the Hub refuses HF_TOKEN, it has ended or is none: ${NEW_TOKEN}`)];
      if (!answer.ok)
        return [fault(`the Hub answered ${answer.status} to whoami; the same command again in a minute`)];
      const who = whoAmISchema.parse(await answer.json());
      return [note(who.name), ...(writesTo === undefined ? [] : writeFaults(who, writesTo))];
    },
  };
}

function writeFaults(who: WhoAmI, repository: string): Finding[] {
  const [owner] = repository.split('/');
  const members = [who.name, ...who.orgs.map(({ name }) => name)];
  if (!members.includes(owner))
    return [
      fault(
        `HF_TOKEN is ${who.name}'s, who is no member of ${owner} and cannot write ${repository}: name a repository of ${members.join(' or ')}`,
      ),
    ];
  const { role, fineGrained } = who.auth?.accessToken ?? {};
  if (role === 'read') return [fault(`HF_TOKEN may only read: ${NEW_TOKEN}`)];
  if (role !== 'fineGrained' || !fineGrained) return [];
  const mayWrite = fineGrained.scoped.some(
    ({ entity, permissions }) =>
      (entity.name === undefined || entity.name === owner || entity.name === repository) &&
      permissions.includes('repo.write'),
  );
  if (mayWrite) return [];
  return [fault(`HF_TOKEN has no write permission for ${repository}: ${NEW_TOKEN} (repo.write of ${owner})`)];
}
