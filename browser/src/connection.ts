import { CLOSED, CONNECTING, OPEN, type AtEachAttempt, type EventSourceInit, type Mode, type ReadyState } from './options.js';
import { EventStreamParser, TOO_LONG } from './parser.js';
import type { Answer, Exchange, Receiver, Request, Transport } from './transport.js';

/** Whether this is the classic script; in the module what is only for old browsers is left out. */
declare const LEGACY: boolean;

const RECONNECTION_TIME = 2_000;
const LONGEST_TIMER = 0x7fffffff;
const STEADY_AFTER = 1_000;
const LONGEST_POLL = 45_000;
const PROBE_TIMEOUT = 10_000;

/** What went wrong, for the `error` event. */
export interface Failure {
  reason: string;
  answer?: Answer | undefined;
}

/** Who is told of what happens: an EventSource, or what stands for several. Never called before the constructor's caller is through. */
export interface Sink {
  opened(): void;
  event(type: string, data: string, lastEventId: string, origin: string): void;
  failed(failure: Failure): void;
}

/** A stream as an EventSource sees it: its own, or one that it shares. */
export interface Source {
  readonly readyState: ReadyState;
  readonly lastEventId: string;
  listen(type: string): void;
  close(): void;
}

/** The world around a connection. */
export interface Surroundings {
  readonly transports: readonly Transport[];
  /** The origin of the page or worker. */
  readonly origin: string;
  /** Whether a server of another origin answers at all, were it but with something that may not be read. */
  reaches(url: string, withCredentials: boolean, answer: (reached: boolean) => void): void;
  /** Calls when the machine, the network or the page is back; `frozen` when the page is put away. Answers how to stop that. */
  onWake(awake: (restored: boolean) => void, frozen: () => void): () => void;
}

export function originOf(url: string): string {
  const match = /^(https?:\/\/)(?:[^\/?#]*@)?([^\/?#]+)/i.exec(url);
  return match ? match[1]! + match[2]! : 'null';
}

export function withQuery(url: string, parameters: Record<string, string>): string {
  const pairs: string[] = [];
  for (const name in parameters) pairs.push(encodeURIComponent(name) + '=' + encodeURIComponent(parameters[name]!));
  if (pairs.length === 0) return url;
  const hash = url.indexOf('#');
  const bare = hash < 0 ? url : url.substring(0, hash);
  return bare + (bare.indexOf('?') < 0 ? '?' : '&') + pairs.join('&');
}

/** The bytes of UTF-8 as the characters of a header. */
function headerBytes(text: string): string {
  return encodeURIComponent(text).replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Whether nothing is asked for that the standard does not have. */
function isPlain(init: EventSourceInit): boolean {
  for (const name in init) {
    if (name !== 'withCredentials' && init[name as keyof EventSourceInit] !== undefined) return false;
  }
  return true;
}

function isEventStream(contentType: string | null): boolean {
  return !!contentType && /^\s*text\/event-stream\s*(;|$)/i.test(contentType);
}

/** Calls back with a value that may have to be waited for. */
function whenKnown<T>(value: AtEachAttempt<T>, known: (value: T) => void, failed: () => void): void {
  try {
    const asked = typeof value === 'function' ? (value as () => T | PromiseLike<T>)() : value;
    if (asked && typeof (asked as PromiseLike<T>).then === 'function') (asked as PromiseLike<T>).then(known, failed);
    else known(asked as T);
  } catch {
    failed();
  }
}

/**
 * What has come and is not yet told: each is told in a task of its own, as the standard has it, so that what a handler
 * has promised is kept before the next one runs. A browser too old for promises is told at once.
 */
class TaskQueue {
  private tasks: (() => void)[] = [];
  private told = 0;
  private channel: MessageChannel | undefined;

  add(task: () => void): void {
    if (LEGACY && typeof MessageChannel !== 'function') return task();
    if (!this.channel) {
      this.channel = new MessageChannel();
      this.channel.port1.onmessage = () => this.next();
    }
    if (this.tasks.push(task) === 1) this.channel.port2.postMessage(0);
  }

  private next(): void {
    const task = this.tasks[this.told];
    // What is on its way through the channel may have been cleared meanwhile.
    if (!task) return;
    if (++this.told < this.tasks.length) this.channel!.port2.postMessage(0);
    else this.clear();
    task();
  }

  clear(): void {
    this.tasks = [];
    this.told = 0;
  }

  close(): void {
    this.clear();
    if (this.channel) this.channel.port1.close();
    this.channel = undefined;
  }
}

/**
 * A stream: it connects, parses, connects again. The names of its methods are those of the HTML standard, 9.2.3.
 *
 * What the standard leaves open is done so: failures in a row wait longer and longer, with jitter; a stream of a Runnel hub
 * that was steady and was cut is asked for again within a second; a network that holds the stream back is polled.
 */
export class Connection implements Source {
  readyState: ReadyState = CONNECTING;
  lastEventId: string;

  private readonly queue = new TaskQueue();
  private readonly types = ['message', 'runnel.open', 'runnel.gap', 'runnel.heartbeat'];
  private readonly sleepless: () => void;
  private transport: Transport | undefined;
  private useless: Transport | undefined;
  private mode: Mode;

  private reconnectionTime = RECONNECTION_TIME;
  private failures = 0;            // attempts in a row without an answer that was wanted
  private announced = 0;           // the heartbeat of a Runnel hub, in milliseconds
  private retryAsked = false;      // the server asked for a reconnection time after its runnel.open
  private everOpened = false;
  private forbidden = 0;           // times that a server could be reached, but not read

  private attempt = 0;             // what comes of an older one is of no interest
  private exchange: Exchange | undefined;
  private probe: Exchange | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;      // to the next attempt
  private firstBlock: ReturnType<typeof setTimeout> | undefined; // until a stream counts as held back
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private heardAt = 0;
  private openedAt = 0;
  private suspended = false;

  constructor(
    private readonly url: string,
    private readonly init: EventSourceInit,
    private readonly sink: Sink,
    private readonly surroundings: Surroundings,
  ) {
    this.lastEventId = init.lastEventId || '';
    const mode = init.mode || 'auto';
    if (!/^(auto|stream|long-poll|poll)$/.test(mode)) throw new TypeError(`mode ${mode} is none of auto, stream, long-poll, poll`);
    this.mode = mode === 'auto' ? 'stream' : mode;
    this.sleepless = surroundings.onWake((restored) => this.wake(restored), () => this.suspend());
    this.use(this.chooseTransport());
    if (/^(https?|data|blob):/i.test(url) && this.transport) this.connect();
    else this.later(0, () => this.failTheConnection({ reason: this.transport ? 'scheme' : 'transport' }));
  }

  listen(type: string): void {
    for (let i = 0; i < this.types.length; i++) if (this.types[i] === type) return;
    this.types.push(type);
    if (this.exchange && this.exchange.listen) this.exchange.listen(type);
  }

  close(): void {
    this.readyState = CLOSED;
    this.abort();
    this.queue.close();
    this.sleepless();
  }

  // ---- Connecting

  private chooseTransport(): Transport | undefined {
    const { init, surroundings: { origin, transports } } = this;
    const plain = isPlain(init);
    const foreign = originOf(this.url) !== origin;
    const custom = { headers: !!init.headers, method: !!init.method, body: init.body != null, cookies: !!init.withCredentials };
    let second: Transport | undefined;
    for (let i = 0; i < transports.length; i++) {
      const transport = transports[i]!;
      if (LEGACY && transport === this.useless) continue;
      if (init.transport ? transport.name !== init.transport : transport.whole && this.mode !== 'stream') continue;
      if (!transport.suits(this.url, custom)) continue;
      // The browser tells its own EventSource, not a page, why another origin cannot be read, and lets it send a
      // `Last-Event-ID` without a preflight.
      if (!plain || !foreign || transport.whole) return transport;
      second = second || transport;
    }
    return second;
  }

  private use(transport: Transport | undefined): void {
    this.transport = transport;
    const { mode } = this.init;
    if (LEGACY && transport && !transport.streams && (!mode || mode === 'auto')) this.mode = 'long-poll';
  }

  /** Asks for all that may be a function, then sends the request. */
  private connect(quiet = false): void {
    const attempt = ++this.attempt;
    const { init } = this;
    const unknown = (): void => {
      if (attempt === this.attempt) this.later(0, () => this.reestablishTheConnection({ reason: 'options' }));
    };
    whenKnown(init.headers, (headers) =>
      whenKnown(init.query, (query) =>
        whenKnown(init.method, (method) =>
          whenKnown(init.body, (body) => {
            if (attempt === this.attempt && this.readyState !== CLOSED) this.send(attempt, headers, query, method, body, quiet);
          }, unknown), unknown), unknown), unknown);
  }

  private send(
    attempt: number,
    headers: Record<string, string> | undefined,
    query: Record<string, string> | undefined,
    method: string | undefined,
    body: BodyInit | null | undefined,
    quiet: boolean,
  ): void {
    const make = (mode: Mode): Request => this.request(mode, headers, query, method, body);
    this.probe = undefined;
    this.retryAsked = false;
    this.heardAt = +new Date();
    const transport = this.transport!;
    // The first poll is answered at once, so that the page knows that it is connected, and where.
    const first = this.mode === 'long-poll' && !this.everOpened;
    this.exchange = transport.open(make(first ? 'poll' : this.mode), this.receiver(attempt, quiet, first));
    // What failed at once has its timer already.
    if (attempt !== this.attempt || this.readyState === CLOSED) return;
    if (this.mode !== 'stream') return this.watch();
    const { firstBlockTimeout, mode } = this.init;
    if ((!mode || mode === 'auto') && !transport.whole) {
      this.firstBlock = setTimeout(() => this.probeForPolling(attempt, make('poll')), firstBlockTimeout || 5_000);
    }
  }

  private request(
    mode: Mode,
    given: Record<string, string> | undefined,
    query: Record<string, string> | undefined,
    method: string | undefined,
    body: BodyInit | null | undefined,
  ): Request {
    const { headless, name, whole } = this.transport!;
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    const parameters: Record<string, string> = {};
    let { url } = this;
    for (const key in given) headers[key] = given[key]!;
    for (const key in query) parameters[key] = query[key]!;
    if (mode !== 'stream') parameters.transport = mode;
    else if (LEGACY && name === 'xdr') parameters.padding = 'true';
    else if (whole && this.init.heartbeatTimeout) parameters.heartbeat = 'event';
    if (this.lastEventId) {
      if (headless) {
        // Where the page began is not where it is now.
        url = url.replace(/([?&])lastEventId=[^&#]*/g, '$1');
        parameters.lastEventId = this.lastEventId;
      } else headers['Last-Event-ID'] = headerBytes(this.lastEventId);
    }
    return {
      url: withQuery(url, parameters),
      method: method || (body == null ? 'GET' : 'POST'),
      headers,
      body,
      withCredentials: !!this.init.withCredentials,
      maxResponseLength: this.init.maxResponseLength || 4_194_304,
      types: this.types,
    };
  }

  // ---- What comes

  private receiver(attempt: number, quiet: boolean, first: boolean): Receiver {
    let parser: EventStreamParser | undefined;
    let origin = '';
    let answer: Answer | undefined;
    let events = 0;
    const current = (): boolean => attempt === this.attempt && this.readyState !== CLOSED;
    const told = (task: () => void): void => this.queue.add(() => { if (current()) task(); });

    return {
      answered: (head) => {
        if (!current()) return false;
        answer = head;
        const refusal = this.refusal(head);
        if (refusal) {
          this.refused(refusal, head);
          return false;
        }
        if (!this.isFromHub(head)) this.stopHolding();
        origin = originOf(head.url || this.url);
        parser = new EventStreamParser({
          event: (type, data, id) => {
            if (type !== 'runnel.open') events++;
            told(() => this.dispatch(type, data, id, origin));
          },
          id: (id) => told(() => { this.lastEventId = id; }),
          retry: (millis) => {
            this.retryAsked = true;
            this.reconnectionTime = Math.min(millis, LONGEST_TIMER);
          },
        }, this.lastEventId, this.init.maxEventLength || 16_777_216);
        this.announceTheConnection(quiet);
        return current();
      },
      text: (text, more) => {
        if (!current()) return;
        this.heard();
        try {
          parser!.push(text);
        } catch {
          return this.failTheConnection({ reason: TOO_LONG, answer });
        }
        if (more) told(more);
      },
      event: (type, data, id, from) => {
        if (!current()) return;
        this.heard();
        this.dispatch(type, data, id, from);
      },
      ended: (full) => told(() => {
        this.abort();
        if (full || first) this.connect(true);
        else if (this.mode !== 'stream') this.pollAgain(events);
        else this.reestablishTheConnection({ reason: 'ended', answer });
      }),
      failed: (reason, final) => told(() => {
        if (final) this.failTheConnection({ reason, answer });
        else if (answer || this.everOpened) this.reestablishTheConnection({ reason, answer });
        else this.tellCorsFromNetwork(reason);
      }),
      reconnecting: () => told(() => {
        this.readyState = CONNECTING;
        this.sink.failed({ reason: 'network' });
      }),
    };
  }

  /** Whether silence after this head would be strange: a Runnel hub says something at once, and has a `Cache-Control` of its own. */
  private isFromHub(head: Answer): boolean {
    return LEGACY && this.transport!.name === 'xdr' || head.header('cache-control') === 'no-store, no-transform';
  }

  private refusal(head: Answer): string | undefined {
    if (head.status !== 200) return 'status';
    return isEventStream(head.header('content-type')) ? undefined : 'type';
  }

  /** "If res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection." */
  private refused(reason: string, answer: Answer): void {
    const again = this.init.retryStatuses || [];
    let mayTryAgain = this.mode !== 'stream' && answer.status >= 500;
    for (let i = 0; i < again.length; i++) if (again[i] === answer.status) mayTryAgain = true;
    if (!mayTryAgain || reason !== 'status') return this.failTheConnection({ reason, answer });
    // A gateway that does not wait as long as the hub does is asked in intervals.
    if (this.mode === 'long-poll' && answer.status === 504) this.mode = 'poll';
    this.reestablishTheConnection({ reason, answer });
  }

  private announceTheConnection(quiet: boolean): void {
    this.failures = this.forbidden = 0;
    this.everOpened = true;
    this.openedAt = this.heardAt = +new Date();
    this.watch();
    if (this.readyState === OPEN && (quiet || this.mode !== 'stream')) return;
    this.readyState = OPEN;
    this.sink.opened();
  }

  private dispatch(type: string, data: string, id: string, origin: string): void {
    this.lastEventId = id;
    if (type === 'runnel.open') {
      const heartbeat = /"heartbeat":(\d+)/.exec(data);
      this.announced = heartbeat ? parseInt(heartbeat[1]!, 10) : 0;
      this.retryAsked = false;
      this.heard();
    }
    this.sink.event(type, data, id, origin);
  }

  // ---- Liveness

  private heard(): void {
    this.heardAt = +new Date();
    this.stopHolding();
    if (!this.watchdog) this.watch();
  }

  /** How long silence may last; 0 for ever. */
  private patience(): number {
    const { heartbeatTimeout } = this.init;
    if (this.mode !== 'stream') return heartbeatTimeout === 0 ? 0 : Math.max(LONGEST_POLL, heartbeatTimeout || 0);
    if (heartbeatTimeout !== undefined) return heartbeatTimeout;
    // The native EventSource does not see the comments that are the heartbeat.
    return this.announced && !this.transport!.whole ? 2 * this.announced + 5_000 : 0;
  }

  private watch(): void {
    if (this.watchdog) clearTimeout(this.watchdog);
    this.watchdog = undefined;
    const patience = this.patience();
    if (!patience) return;
    const left = this.heardAt + patience - +new Date();
    this.watchdog = setTimeout(() => {
      if (this.heardAt + this.patience() > +new Date()) this.watch();
      else this.reestablishTheConnection({ reason: 'heartbeat' });
    }, left + 1);
  }

  /** The machine, the network or the page is back. */
  private wake(restored: boolean): void {
    if (this.readyState === CLOSED) return;
    if (this.suspended) {
      this.suspended = false;
      this.reestablishTheConnection({ reason: 'suspended' }, 0);
    } else if (this.timer && this.failures > 0) {
      // A wait that a failure has made long is over; what the server asked for is kept.
      this.later(Math.random() * 500, () => this.connect());
    } else if (this.exchange) {
      const patience = this.patience();
      if (restored || (patience && this.heardAt + patience < +new Date())) this.reestablishTheConnection({ reason: 'heartbeat' }, 0);
    }
  }

  /** The page is put away whole, to come back perhaps: an open connection would keep it from that. */
  private suspend(): void {
    if (this.readyState === CLOSED) return;
    this.abort();
    this.suspended = true;
  }

  // ---- Held back

  private stopHolding(): void {
    if (this.firstBlock) clearTimeout(this.firstBlock);
    this.firstBlock = undefined;
    if (this.probe) this.probe.abort();
    this.probe = undefined;
  }

  /**
   * Nothing has come: not even the head of an answer. The stream stays, and beside it goes a request that is answered at once. If that is
   * answered first, and whole, then something holds the stream back.
   */
  private probeForPolling(attempt: number, request: Request): void {
    let text = '';
    let over = false;
    const finish = (): void => {
      over = true;
      clearTimeout(deadline);
      if (this.probe) this.probe.abort();
      this.probe = undefined;
    };
    const deadline = setTimeout(finish, PROBE_TIMEOUT);
    let url = '';
    this.firstBlock = undefined;
    this.probe = this.transport!.open(request, {
      answered: (head) => {
        url = head.url;
        return !over && !this.refusal(head);
      },
      text: (part, more) => {
        text += part;
        if (text.length > 1_048_576) finish();
        else if (more) more();
      },
      ended: () => {
        if (over || attempt !== this.attempt || this.readyState === CLOSED) return;
        finish();
        this.abort();
        this.mode = 'long-poll';
        const receiver = this.receiver(this.attempt, false, true);
        receiver.answered({ status: 200, statusText: '', url, header: () => 'text/event-stream' });
        receiver.text(text);
        receiver.ended();
      },
      failed: finish,
      event: finish,
      reconnecting: finish,
    });
  }

  private pollAgain(events: number): void {
    if (events > 0) this.connect();
    else if (this.mode === 'poll') this.later(this.init.pollInterval || 2_000, () => this.connect());
    // An answer at once without anything is a server that does not wait: not to be asked in a storm.
    else if (+new Date() - this.openedAt < 1_000) this.later(this.reconnectionTime, () => this.connect());
    else this.connect();
  }

  // ---- Endings

  /** "Queue a task … set the readyState attribute to CONNECTING … fire an event named error … wait a delay." */
  private reestablishTheConnection(failure: Failure, delay?: number): void {
    const steady = this.readyState === OPEN && +new Date() - this.openedAt >= STEADY_AFTER;
    const wait = delay !== undefined ? delay : this.delay(steady, failure);
    this.abort();
    this.readyState = CONNECTING;
    this.later(wait, () => this.connect());
    this.sink.failed(failure);
  }

  private delay(steady: boolean, { reason }: Failure): number {
    const base = this.reconnectionTime;
    // Whoever leaves in order says when to come back. A hub that could not say it, or a wire that was cut, is looked for soon.
    if (steady && this.announced && !this.retryAsked) return Math.random() * Math.min(base, 1_000);
    if (reason === 'ended') return base;
    const backoff = Math.min(base * Math.pow(2, this.failures++), Math.max(base, this.init.maxBackoff || 30_000));
    return Math.min(backoff * (1 + Math.random() / 2), LONGEST_TIMER);
  }

  private failTheConnection(failure: Failure): void {
    if (this.readyState === CLOSED) return;
    this.close();
    this.sink.failed(failure);
  }

  /**
   * "Unless the user agent knows that to be futile": a page is not told whether a server was out of reach or forbids to be read.
   * It forbids if it can be reached and yet twice did not answer; whoever has been read once is never taken for forbidding.
   */
  private tellCorsFromNetwork(reason: string): void {
    const { surroundings: { origin, reaches }, url, init } = this;
    if (LEGACY && this.transport!.name === 'xdr' && !init.transport) {
      // It sends no cookies, and does not tell why it failed: what comes after it may do better.
      this.useless = this.transport;
      this.use(this.chooseTransport() || this.transport);
    }
    const again = (): void => this.reestablishTheConnection({ reason });
    const foreign = originOf(url);
    if (foreign === origin || foreign === 'null') return again();
    this.abort();
    const { attempt } = this;
    reaches(url, !!init.withCredentials, (reached) => {
      if (attempt !== this.attempt || this.readyState === CLOSED) return;
      if (!reached) again();
      else if (this.forbidden++ > 0) this.failTheConnection({ reason: 'cors' });
      else this.connect();
    });
  }

  /** Ends what is under way, without a word. */
  private abort(): void {
    this.attempt++;
    this.stopHolding();
    if (this.timer) clearTimeout(this.timer);
    if (this.watchdog) clearTimeout(this.watchdog);
    this.timer = this.watchdog = undefined;
    const { exchange } = this;
    this.exchange = undefined;
    if (exchange) exchange.abort();
    this.queue.clear();
  }

  private later(delay: number, task: () => void): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      task();
    }, delay);
  }
}
