/** Verda, before a machine is asked for: the client's token, money, and whether there is such an instance type. */
import { z } from 'zod';
import type { VerdaPlace } from '../remote/run-plan.ts';
import { fault, note, type PreflightCheck, warning } from './run-checks.ts';

export interface VerdaAccess {
  fetch: typeof fetch;
  endpoint: string;
  clientId: string | undefined;
  clientSecret: string | undefined;
}

export const VERDA_ENDPOINT = 'https://api.verda.com/v1';

const NEW_CLIENT = 'make a client on the keys page of your Verda project and put it into .env';

const typesSchema = z.array(
  z.looseObject({
    instance_type: z.string(),
    spot_price: z.coerce.number().optional(),
    price_per_hour: z.coerce.number().optional(),
  }),
);

export function verdaCheck(access: VerdaAccess, place: VerdaPlace, maxHours: number): PreflightCheck {
  const { fetch, endpoint, clientId, clientSecret } = access;
  return {
    name: 'verda',
    run: async (signal) => {
      const missing = [clientId ? '' : 'VERDA_CLIENT_ID', clientSecret ? '' : 'VERDA_CLIENT_SECRET'].filter(
        Boolean,
      );
      if (missing.length > 0) return [fault(`${missing.join(' and ')} missing: ${NEW_CLIENT}`)];
      const login = await fetch(`${endpoint}/oauth2/token`, {
        signal,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: clientSecret,
        }),
      });
      if (login.status === 400 || login.status === 401)
        return [fault(`Verda refuses VERDA_CLIENT_ID with VERDA_CLIENT_SECRET: ${NEW_CLIENT}`)];
      if (!login.ok)
        return [fault(`Verda answered ${login.status} to the login; the same again in a minute`)];
      const { access_token } = z.looseObject({ access_token: z.string() }).parse(await login.json());
      const get = (path: string) =>
        fetch(`${endpoint}${path}`, { signal, headers: { authorization: `Bearer ${access_token}` } });
      const [types, balance] = await Promise.all([get('/instance-types'), get('/balance')]);
      if (!types.ok)
        return [fault(`Verda answered ${types.status} to /instance-types; the same again in a minute`)];
      const found = typesSchema
        .parse(await types.json())
        .filter((type) => isWanted(type.instance_type, place));
      if (found.length === 0)
        return [
          fault(
            `Verda has no instance with ${place.gpus} ${place.gpu || place.instanceTypes.join(', ')}: choose another --gpus or --gpu`,
          ),
        ];
      const prices = found.map((type) => (place.spot ? type.spot_price : type.price_per_hour) ?? Number.NaN);
      const cheapest = Math.min(...prices.filter(Number.isFinite));
      const findings = [
        note(`${found.map((type) => type.instance_type).join(', ')}, from $${cheapest.toFixed(2)} an hour`),
      ];
      if (!balance.ok) return findings;
      const { amount } = z.looseObject({ amount: z.coerce.number() }).parse(await balance.json());
      if (amount <= 0) findings.push(fault(`the balance of the Verda project is ${amount}: add credit`));
      else if (amount < cheapest * maxHours)
        findings.push(
          warning(
            `the balance of the Verda project, ${amount}, is less than ${maxHours} h cost (${(cheapest * maxHours).toFixed(2)}): add credit, or lower --max-hours`,
          ),
        );
      return findings;
    },
  };
}

/** 4H100.80S.176V is four H100. */
function isWanted(type: string, { gpu, gpus, instanceTypes }: VerdaPlace): boolean {
  if (instanceTypes.length > 0) return instanceTypes.includes(type);
  const [, count, name] = /^(\d+)([A-Z0-9]+)\./i.exec(type) ?? [];
  return Number(count) === gpus && name?.toUpperCase() === gpu.toUpperCase();
}
