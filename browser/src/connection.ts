import { heartbeatOf, patienceFor } from './hub.js';
import { probeForPolling, refusalOf } from './held-back.js';
import { CLOSED, CONNECTING, OPEN, type EventSourceInit, type Mode, type ReadyState } from './options.js';
import { EventStreamParser, TOO_LONG } from './parser.js';
import { askOptions, originOf, requestFor, type Asked } from './request.js';
import type { Failure, Sink, Source, Surroundings } from './source.js';
import { TaskQueue } from './task-queue.js';
import type { Answer, Exchange, Receiver, Request, Transport } from './transport.js';

/** Whether this is the classic script; in the module what is only for old browsers is left out. */
declare const LEGACY: boolean;

const RECONNECTION_TIME = 2_000;
const LONGEST_TIMER = 0x7fffffff;
const STEADY_AFTER = 1_000;
const LONGEST_POLL = 45_000;

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
  private readonly sleepless: () => void;
  private carrier: Transport | undefined;
  private useless: Transport | undefined;
  private way: Mode;

  private reconnectionTime = RECONNECTION_TIME;
  private failures = 0;            // attempts in a row without an answer that was wanted
  private announced = 0;           // the heartbeat of a Runnel hub, in milliseconds
  private retryAsked = false;      // the server asked for a reconnection time after its runnel.open
  private everOpened = false;
  private forbidden = 0;           // times that a server could be reached, but not read

  private attempt = 0;             // what comes of an older one is of no interest; whatever ends one counts on
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
    const modes = 'auto|stream|long-poll|poll';
    if (!RegExp(`^(${modes})$`).test(mode)) throw new TypeError(`mode ${mode} is none of ${modes}`);
    this.way = mode === 'auto' ? 'stream' : mode;
    this.sleepless = surroundings.onWake((restored) => this.wake(restored), () => this.suspend());
    this.use(this.chooseTransport());
    if (/^(https?|data|blob):/i.test(url) && this.carrier) this.connect();
    else this.later(0, () => this.failTheConnection({ reason: this.carrier ? 'scheme' : 'transport' }));
  }

  close(): void {
    this.readyState = CLOSED;
    this.abort();
    this.queue.close();
    this.sleepless();
  }

  // ---- Connecting

  private chooseTransport(): Transport | undefined {
    const { init, url, surroundings: { transports } } = this;
    for (const transport of transports) {
      if (LEGACY && transport === this.useless) continue;
      if (init.transport && transport.name !== init.transport) continue;
      if (transport.suits(url, init)) return transport;
    }
    return undefined;
  }

  private use(transport: Transport | undefined): void {
    this.carrier = transport;
    if (LEGACY && transport && !transport.streams && this.isAuto()) this.way = 'long-poll';
  }

  private isAuto(): boolean {
    return (this.init.mode || 'auto') === 'auto';
  }

  private connect(quiet = false): void {
    const attempt = ++this.attempt;
    askOptions(this.init, (asked) => {
      if (attempt === this.attempt) this.send(attempt, asked, quiet);
    }, () => {
      if (attempt === this.attempt) this.later(0, () => this.reestablishTheConnection({ reason: 'options' }));
    });
  }

  private send(attempt: number, asked: Asked, quiet: boolean): void {
    const transport = this.carrier!;
    const make = (mode: Mode): Request => requestFor(this.url, this.init, asked, transport, mode, this.lastEventId);
    this.probe = undefined;
    this.retryAsked = false;
    this.heardAt = +new Date();
    // The first poll is answered at once, so that the page knows that it is connected, and where.
    const first = this.way === 'long-poll' && !this.everOpened;
    this.exchange = transport.open(make(first ? 'poll' : this.way), this.receiver(attempt, quiet, first));
    // What failed at once has its timer already.
    if (attempt !== this.attempt) return;
    if (this.way !== 'stream') return this.watch();
    if (this.isAuto()) {
      this.firstBlock = setTimeout(() => {
        this.firstBlock = undefined;
        this.probe = probeForPolling(transport, make('poll'), (url, text) => this.poll(url, text));
      }, this.init.firstBlockTimeout || 5_000);
    }
  }

  // ---- What comes

  private receiver(attempt: number, quiet: boolean, first: boolean): Receiver {
    let parser: EventStreamParser | undefined;
    let origin = '';
    let answer: Answer | undefined;
    let events = 0;
    const current = (): boolean => attempt === this.attempt;
    const told = (task: () => void): void => this.queue.add(() => { if (current()) task(); });

    return {
      answered: (head) => {
        if (!current()) return false;
        answer = head;
        const refusal = refusalOf(head);
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
      ended: (full) => told(() => {
        this.abort();
        if (full || first) this.connect(true);
        else if (this.way !== 'stream') this.pollAgain(events);
        else this.reestablishTheConnection({ reason: 'ended', answer });
      }),
      failed: (reason, final) => told(() => {
        if (final) this.failTheConnection({ reason, answer });
        else if (answer || this.everOpened) this.reestablishTheConnection({ reason, answer });
        else this.tellCorsFromNetwork(reason);
      }),
    };
  }

  /** Whether silence after this head would be strange: a Runnel hub says something at once, and has a `Cache-Control` of its own. */
  private isFromHub(head: Answer): boolean {
    return LEGACY && this.carrier!.name === 'xdr' || head.header('cache-control') === 'no-store, no-transform';
  }

  /** "If res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the connection." */
  private refused(reason: string, answer: Answer): void {
    const again = ` ${(this.init.retryStatuses || []).join(' ')} `;
    const mayTryAgain = this.way !== 'stream' && answer.status >= 500 || again.indexOf(` ${answer.status} `) >= 0;
    if (!mayTryAgain || reason !== 'status') return this.failTheConnection({ reason, answer });
    // A gateway that does not wait as long as the hub does is asked in intervals.
    if (this.way === 'long-poll' && answer.status === 504) this.way = 'poll';
    this.reestablishTheConnection({ reason, answer });
  }

  private announceTheConnection(quiet: boolean): void {
    this.failures = this.forbidden = 0;
    this.everOpened = true;
    this.openedAt = this.heardAt = +new Date();
    this.watch();
    if (this.readyState === OPEN && (quiet || this.way !== 'stream')) return;
    this.readyState = OPEN;
    this.sink.opened();
  }

  private dispatch(type: string, data: string, id: string, origin: string): void {
    this.lastEventId = id;
    if (type === 'runnel.open') {
      this.announced = heartbeatOf(data);
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
    if (this.way !== 'stream') return heartbeatTimeout === 0 ? 0 : Math.max(LONGEST_POLL, heartbeatTimeout || 0);
    if (heartbeatTimeout !== undefined) return heartbeatTimeout;
    return this.announced && patienceFor(this.announced);
  }

  private watch(): void {
    clearTimeout(this.watchdog);
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
    this.abort();
    this.suspended = true;
  }

  // ---- Held back

  private stopHolding(): void {
    clearTimeout(this.firstBlock);
    this.firstBlock = undefined;
    this.probe?.abort();
    this.probe = undefined;
  }

  /** The stream is held back: from here on it polls, and this is the first answer. */
  private poll(url: string, text: string): void {
    this.abort();
    this.way = 'long-poll';
    const receiver = this.receiver(this.attempt, false, true);
    receiver.answered({ status: 200, statusText: '', url, header: () => 'text/event-stream' });
    receiver.text(text);
    receiver.ended();
  }

  private pollAgain(events: number): void {
    if (events > 0) this.connect();
    else if (this.way === 'poll') this.later(this.init.pollInterval || 2_000, () => this.connect());
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
    this.close();
    this.sink.failed(failure);
  }

  /**
   * "Unless the user agent knows that to be futile": a page is not told whether a server was out of reach or forbids to be read.
   * It forbids if it can be reached and yet twice did not answer; whoever has been read once is never taken for forbidding.
   */
  private tellCorsFromNetwork(reason: string): void {
    const { surroundings: { origin, reaches }, url, init } = this;
    if (LEGACY && this.carrier!.name === 'xdr' && !init.transport) {
      // It sends no cookies, and does not tell why it failed: what comes after it may do better.
      this.useless = this.carrier;
      this.use(this.chooseTransport() || this.carrier);
    }
    const again = (): void => this.reestablishTheConnection({ reason });
    const foreign = originOf(url);
    if (foreign === origin || foreign === 'null') return again();
    this.abort();
    const { attempt } = this;
    reaches(url, !!init.withCredentials, (reached) => {
      if (attempt !== this.attempt) return;
      if (!reached) again();
      else if (this.forbidden++ > 0) this.failTheConnection({ reason: 'cors' });
      else this.connect();
    });
  }

  /** Ends what is under way, without a word. */
  private abort(): void {
    this.attempt++;
    this.stopHolding();
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.timer = this.watchdog = undefined;
    const { exchange } = this;
    this.exchange = undefined;
    exchange?.abort();
    this.queue.clear();
  }

  private later(delay: number, task: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      task();
    }, delay);
  }
}
