/** The browser of a worker thread. Its pool hears when it opens and ends, and can order it closed. */
import { threadId } from 'node:worker_threads';
import type { PoolData, WorkerNotice, WorkerOrder } from '../runtime/worker-channel.ts';
import { RenderSession, type RenderSessionOptions } from './render-session.ts';

/** Nothing is started yet: `warmUp` or the first picture does that. */
export function openWorkerBrowser(
  { channel: name }: PoolData,
  options: Omit<RenderSessionOptions, 'onOpened' | 'onClosed' | 'onRejected'>,
): RenderSession {
  const channel = new BroadcastChannel(name);
  const notify = (notice: WorkerNotice): void => channel.postMessage(notice);
  const session = new RenderSession({
    ...options,
    onOpened: (pid) => notify({ type: 'browser-opened', threadId, pid }),
    onClosed: (pid) => notify({ type: 'browser-closed', threadId, pid }),
    onRejected: (backend, reasons) => notify({ type: 'backends-rejected', backend, reasons }),
  });
  channel.onmessage = (event) => {
    if ((event as MessageEvent<WorkerOrder>).data.type === 'close') void session.close();
  };
  return session;
}
