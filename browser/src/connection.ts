import { heartbeatOf, patienceFor } from './hub.js';
import { isHeldBack, probeForPolling, refusalOf } from './held-back.js';
import { CLOSED, CONNECTING, OPEN, type EventSourceInit, type Mode } from './options.js';
import { newParser, TOO_LONG, type Parser } from './parser.js';
import { askOptions, originOf, requestFor, type Asked } from './request.js';
import type { Failure, Sink, Source, Surroundings } from './source.js';
import { newTaskQueue } from './task-queue.js';
import type { Answer, Exchange, Receiver, Request, Transport } from './transport.js';

/** Whether this is the classic script; in the module what is only for old browsers is left out. */
declare const LEGACY: boolean;

const RECONNECTION_TIME = 2_000;
const LONGEST_TIMER = 0x7fffffff;
const STEADY_AFTER = 1_000;
const LONGEST_POLL = 45_000;

type Timer = ReturnType<typeof setTimeout> | undefined;

/**
 * A stream: it connects, parses, connects again. The names of its functions are those of the HTML standard, 9.2.3. It is a
 * function, as all of them here are that have something to hide: the names in it can be made short.
 *
 * What the standard leaves open is done so: failures in a row wait longer and longer, with jitter; a stream of a Runnel hub
 * that was steady and was cut is asked for again within a second; a network that holds the stream back is polled.
 */
export function openConnection(url: string, init: EventSourceInit, sink: Sink, surroundings: Surroundings): Source {
  const source: Source = { readyState: CONNECTING, lastEventId: init.lastEventId || '', close };
  const queue = newTaskQueue();
  let carrier: Transport | undefined;
  let useless: Transport | undefined;
  let way: Mode;

  let reconnectionTime = RECONNECTION_TIME;
  let failures = 0;            // attempts in a row without an answer that was wanted
  let announced = 0;           // the heartbeat of a Runnel hub, in milliseconds
  let retryAsked = false;      // the server asked for a reconnection time after its runnel.open
  let everOpened = false;
  let forbidden = 0;           // times that a server could be reached, but not read

  let attempts = 0;            // what comes of an older one is of no interest; whatever ends one counts on
  let exchange: Exchange | undefined;
  let probe: Exchange | undefined;
  let timer: Timer;            // to the next attempt
  let firstBlock: Timer;       // until a stream counts as held back
  let watchdog: Timer;
  let heardAt = 0;
  let openedAt = 0;
  let suspended = false;

  function close(): void {
    source.readyState = CLOSED;
    abort();
    queue.close();
    sleepless();
  }

  // ---- Connecting

  function chooseTransport(): Transport | undefined {
    for (const transport of surroundings.transports) {
      if (LEGACY && transport === useless) continue;
      if (init.transport && transport.name !== init.transport) continue;
      if (transport.suits(url, init)) return transport;
    }
    return undefined;
  }

  function use(transport: Transport | undefined): void {
    carrier = transport;
    if (LEGACY && transport && !transport.streams && isAuto()) way = 'long-poll';
  }

  function isAuto(): boolean {
    return (init.mode || 'auto') === 'auto';
  }

  function connect(quiet = false): void {
    const attempt = ++attempts;
    askOptions(init, (asked) => {
      if (attempt === attempts) send(attempt, asked, quiet);
    }, () => {
      if (attempt === attempts) later(0, () => reestablishTheConnection({ reason: 'options' }));
    });
  }

  function send(attempt: number, asked: Asked, quiet: boolean): void {
    const transport = carrier!;
    const make = (mode: Mode): Request => requestFor(url, init, asked, transport, mode, source.lastEventId);
    probe = undefined;
    retryAsked = false;
    heardAt = +new Date();
    // The first poll is answered at once, so that the page knows that it is connected, and where.
    const first = way === 'long-poll' && !everOpened;
    exchange = transport.open(make(first ? 'poll' : way), receiverFor(attempt, quiet, first));
    // What failed at once has its timer already.
    if (attempt !== attempts) return;
    if (way !== 'stream') return watch();
    if (isAuto()) {
      firstBlock = setTimeout(() => {
        firstBlock = undefined;
        probe = probeForPolling(transport, make('poll'), (url, text) => poll(url, text));
      }, init.firstBlockTimeout || 5_000);
    }
  }

  // ---- What comes

  function receiverFor(attempt: number, quiet: boolean, first: boolean): Receiver {
    let parse: Parser | undefined;
    let origin = '';
    let answer: Answer | undefined;
    let events = 0;
    let resumable = false;
    const from = source.lastEventId;
    const current = (): boolean => attempt === attempts;
    const told = (task: () => void): void => queue.add(() => { if (current()) task(); });

    return {
      answered: (head) => {
        if (!current()) return false;
        answer = head;
        const refusal = refusalOf(head);
        if (refusal) {
          refused(refusal, head);
          return false;
        }
        if (!isFromHub(head)) stopHolding();
        origin = originOf(head.url || url);
        parse = newParser({
          event: (type, data, id) => {
            if (type !== 'runnel.open') events++;
            resumable = !!id && id !== from;
            told(() => dispatch(type, data, id, origin));
          },
          id: (id) => told(() => { source.lastEventId = id; }),
          retry: (millis) => {
            retryAsked = true;
            reconnectionTime = Math.min(millis, LONGEST_TIMER);
          },
        }, source.lastEventId, init.maxEventLength || 16_777_216);
        announceTheConnection(quiet);
        return current();
      },
      text: (text, more) => {
        if (!current()) return false;
        heard();
        try {
          parse!(text);
        } catch {
          failTheConnection({ reason: TOO_LONG, answer });
        }
        if (more) told(more);
        return resumable;
      },
      ended: (full) => told(() => {
        abort();
        if (full || first) connect(true);
        else if (way !== 'stream') pollAgain(events);
        else reestablishTheConnection({ reason: 'ended', answer });
      }),
      failed: (reason, final) => told(() => {
        if (final) failTheConnection({ reason, answer });
        else if (answer || everOpened) reestablishTheConnection({ reason, answer });
        else tellCorsFromNetwork(reason);
      }),
    };
  }

  /** Whether silence after this head would be strange: a Runnel hub says something at once, and has a `Cache-Control` of its own. */
  function isFromHub(head: Answer): boolean {
    return LEGACY && carrier!.name === 'xdr' || head.header('cache-control') === 'no-store, no-transform';
  }

  /** "If res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection." */
  function refused(reason: string, answer: Answer): void {
    const again = ` ${(init.retryStatuses || []).join(' ')} `;
    const mayTryAgain = way !== 'stream' && answer.status >= 500 || again.indexOf(` ${answer.status} `) >= 0;
    if (!mayTryAgain || reason !== 'status') return failTheConnection({ reason, answer });
    // A gateway that does not wait as long as the hub does is asked in intervals.
    if (way === 'long-poll' && answer.status === 504) way = 'poll';
    reestablishTheConnection({ reason, answer });
  }

  function announceTheConnection(quiet: boolean): void {
    failures = forbidden = 0;
    everOpened = true;
    openedAt = heardAt = +new Date();
    watch();
    if (source.readyState === OPEN && (quiet || way !== 'stream')) return;
    source.readyState = OPEN;
    sink.opened();
  }

  function dispatch(type: string, data: string, id: string, origin: string): void {
    source.lastEventId = id;
    if (type === 'runnel.open') {
      announced = heartbeatOf(data);
      retryAsked = false;
      heard();
    }
    sink.event(type, data, id, origin);
  }

  // ---- Liveness

  function heard(): void {
    heardAt = +new Date();
    stopHolding();
    if (!watchdog) watch();
  }

  /** How long silence may last; 0 for ever. */
  function patience(): number {
    const { heartbeatTimeout } = init;
    if (way !== 'stream') return heartbeatTimeout === 0 ? 0 : Math.max(LONGEST_POLL, heartbeatTimeout || 0);
    if (heartbeatTimeout !== undefined) return heartbeatTimeout;
    return announced && patienceFor(announced);
  }

  function watch(): void {
    clearTimeout(watchdog);
    watchdog = undefined;
    const most = patience();
    if (!most) return;
    const left = heardAt + most - +new Date();
    watchdog = setTimeout(() => {
      if (heardAt + patience() > +new Date()) watch();
      else reestablishTheConnection({ reason: 'heartbeat' });
    }, left + 1);
  }

  /** The machine, the network or the page is back. */
  function wake(restored: boolean): void {
    if (suspended) {
      suspended = false;
      reestablishTheConnection({ reason: 'suspended' }, 0);
    } else if (timer && failures > 0) {
      // A wait that a failure has made long is over; what the server asked for is kept.
      later(Math.random() * 500, () => connect());
    } else if (exchange) {
      const most = patience();
      if (restored || (most && heardAt + most < +new Date())) reestablishTheConnection({ reason: 'heartbeat' }, 0);
    }
  }

  /** The page is put away whole, to come back perhaps: an open connection would keep it from that. */
  function suspend(): void {
    abort();
    suspended = true;
  }

  // ---- Held back

  function stopHolding(): void {
    clearTimeout(firstBlock);
    firstBlock = undefined;
    probe?.abort();
    probe = undefined;
  }

  /** The stream is held back: from here on it polls, and this is the first answer. */
  function poll(url: string, text: string): void {
    abort();
    way = 'long-poll';
    const { answered, ended, text: take } = receiverFor(attempts, false, true);
    answered({ status: 200, statusText: '', url, header: () => 'text/event-stream' });
    take(text);
    ended();
  }

  function pollAgain(events: number): void {
    if (events > 0) connect();
    else if (way === 'poll') later(init.pollInterval || 2_000, () => connect());
    // An answer at once without anything is a server that does not wait: not to be asked in a storm.
    else if (+new Date() - openedAt < 1_000) later(reconnectionTime, () => connect());
    else connect();
  }

  // ---- Endings

  /** "Queue a task … set the readyState attribute to CONNECTING … fire an event named error … wait a delay." */
  function reestablishTheConnection(failure: Failure, delay?: number): void {
    const steady = source.readyState === OPEN && +new Date() - openedAt >= STEADY_AFTER;
    const wait = delay === undefined ? delayAfter(failure, steady) : delay;
    abort();
    source.readyState = CONNECTING;
    later(wait, () => connect());
    sink.failed(failure);
  }

  function delayAfter({ reason }: Failure, steady: boolean): number {
    const base = reconnectionTime;
    // Whoever leaves in order says when to come back. A hub that could not say it, or a wire that was cut, is looked for soon.
    if (steady && announced && !retryAsked) return Math.random() * Math.min(base, 1_000);
    if (reason === 'ended') return base;
    const backoff = Math.min(base * Math.pow(2, failures++), Math.max(base, init.maxBackoff || 30_000));
    return Math.min(backoff * (1 + Math.random() / 2), LONGEST_TIMER);
  }

  function failTheConnection(failure: Failure): void {
    close();
    sink.failed(failure);
  }

  /**
   * "Unless the user agent knows that to be futile": a page is not told whether a server was out of reach or forbids to be read.
   * It forbids if it can be reached and yet twice did not answer; whoever has been read once is never taken for forbidding.
   */
  function tellCorsFromNetwork(reason: string): void {
    if (LEGACY && carrier!.name === 'xdr' && !init.transport) {
      // It sends no cookies, and does not tell why it failed: what comes after it may do better.
      useless = carrier;
      use(chooseTransport() || carrier);
    }
    const again = (): void => reestablishTheConnection({ reason });
    const foreign = originOf(url);
    if (foreign === surroundings.origin || foreign === 'null') return again();
    abort();
    const attempt = attempts;
    surroundings.reaches(url, !!init.withCredentials, (reached) => {
      if (attempt !== attempts) return;
      if (!reached) again();
      else if (forbidden++ > 0) failTheConnection({ reason: 'cors' });
      else connect();
    });
  }

  /** Ends what is under way, without a word. */
  function abort(): void {
    attempts++;
    stopHolding();
    clearTimeout(timer);
    clearTimeout(watchdog);
    timer = watchdog = undefined;
    const last = exchange;
    exchange = undefined;
    last?.abort();
    queue.clear();
  }

  function later(delay: number, task: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      task();
    }, delay);
  }

  const mode = init.mode || 'auto';
  const modes = 'auto|stream|long-poll|poll';
  if (!RegExp(`^(${modes})$`).test(mode)) throw new TypeError(`mode ${mode} is none of ${modes}`);
  way = mode !== 'auto' ? mode : isHeldBack(url) ? 'long-poll' : 'stream';
  const sleepless = surroundings.onWake(wake, suspend);
  use(chooseTransport());
  if (/^(https?|data|blob):/i.test(url) && carrier) connect();
  else later(0, () => failTheConnection({ reason: carrier ? 'scheme' : 'transport' }));
  return source;
}
