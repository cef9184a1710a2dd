// A network that holds streams back, such as a proxy that wants the whole of an answer before it passes any of it on.

import { originOf } from './request.js';
import type { Answer, Exchange, Request, Transport } from './transport.js';

const PROBE_TIMEOUT = 10_000;
const LONGEST_PROBE = 1_048_576;

/** The origins to which this was found out, for as long as the page lives. */
const found: Record<string, boolean> = {};

export function isHeldBack(url: string): boolean {
  return !!found[originOf(url)];
}

/** "If res's status is not 200, or if res's `Content-Type` is not `text/event-stream`": why, or nothing. */
export function refusalOf({ status, header }: Answer): string | undefined {
  if (status !== 200) return 'status';
  return /^\s*text\/event-stream\s*(;|$)/i.test(header('content-type') || '') ? undefined : 'type';
}

/**
 * Asks for a poll, which is answered at once, while the stream that was asked for stays silent. If this is answered first, and whole,
 * then something holds the stream back: `held` is told the answer.
 */
export function probeForPolling(transport: Transport, request: Request, held: (url: string, text: string) => void): Exchange {
  let text = '';
  let url = '';
  let over = false;
  const finish = (): void => {
    over = true;
    clearTimeout(deadline);
    exchange.abort();
  };
  const deadline = setTimeout(finish, PROBE_TIMEOUT);
  const exchange = transport.open(request, {
    answered: (head) => {
      url = head.url;
      return !over && !refusalOf(head);
    },
    text: (part, told) => {
      text += part;
      if (text.length > LONGEST_PROBE) finish();
      else if (told) told();
      return false;
    },
    ended: () => {
      if (over) return;
      finish();
      found[originOf(request.url)] = true;
      held(url, text);
    },
    failed: finish,
  });
  return { abort: finish };
}
