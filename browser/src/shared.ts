// One connection for every page of an origin that asks for the same: HTTP/1.1 lets a browser have six to a host.
//
// One of them leads: a SharedWorker, or the page that holds a lock of that name. It has the connection and tells the others
// what comes. All keep the last event ID, so whoever leads next goes on from there.

import { Connection, type Failure, type Sink, type Source, type Surroundings } from './connection.js';
import { CLOSED, CONNECTING, OPEN, type EventSourceInit, type ReadyState } from './options.js';

/** What the pages and the leader say to each other. */
export type Message =
  | { kind: 'hello' }                          // who joins asks how things are
  | { kind: 'state'; state: ReadyState; id: string }
  | { kind: 'event'; type: string; data: string; id: string; origin: string }
  | { kind: 'failed'; state: ReadyState; reason: string; status: number; statusText: string };

/** The connection, and what is to be told of it. */
export class Leader {
  readonly connection: Connection;

  constructor(url: string, init: EventSourceInit, private readonly tell: (message: Message) => void, surroundings: Surroundings) {
    this.connection = new Connection(url, init, {
      opened: () => this.tellState(),
      event: (type, data, id, origin) => tell({ kind: 'event', type, data, id, origin }),
      failed: ({ reason, answer }) => tell({
        kind: 'failed', state: this.connection.readyState, reason, status: answer ? answer.status : 0, statusText: answer ? answer.statusText : '',
      }),
    }, surroundings);
  }

  hear(message: Message): void {
    if (message.kind === 'hello') this.tellState();
  }

  private tellState(): void {
    this.tell({ kind: 'state', state: this.connection.readyState, id: this.connection.lastEventId });
  }
}

/** The same options for one connection, which is never the browser's own `EventSource`: that would have to know what each page listens to. */
function alone(init: EventSourceInit, lastEventId: string): EventSourceInit {
  const options: Record<string, unknown> = { mode: 'auto' };
  for (const name in init) if (name !== 'shared') options[name] = init[name as keyof EventSourceInit];
  if (lastEventId) options.lastEventId = lastEventId;
  return options;
}

function workerLock(name: string): string {
  return name + ' worker';
}

/** A worker must be told its options, and a function cannot be sent. */
function byWorker(init: EventSourceInit): boolean {
  for (const name in init) if (typeof init[name as keyof EventSourceInit] === 'function') return false;
  return typeof init.shared === 'string' && typeof init.body !== 'object' && typeof SharedWorker === 'function';
}

/** How long a leader may be silent before another page takes its place: it may have been frozen. */
const SILENCE = 60_000;
const SIGN_OF_LIFE = 15_000;

/** A page's part in a stream that is shared. */
export class SharedSource implements Source {
  readyState: ReadyState = CONNECTING;
  lastEventId: string;
  private epoch: string | undefined;     // of the hub whose events these are
  private heardAt = +new Date();
  private leader: Leader | undefined;
  private leave!: () => void;

  constructor(
    private readonly url: string,
    private readonly init: EventSourceInit,
    private readonly sink: Sink,
    private readonly surroundings: Surroundings,
  ) {
    this.lastEventId = init.lastEventId || '';
    const plain = JSON.stringify(alone(init, ''));
    const name = 'runnel ' + url + ' ' + plain;
    if (byWorker(init)) this.joinWorker(init.shared as string, name, plain);
    else this.joinPages(name);
  }

  static suits(init: EventSourceInit): boolean {
    return byWorker(init) || !!init.shared && typeof init.body !== 'object' && typeof BroadcastChannel === 'function' && !!navigator.locks;
  }

  listen(): void {}

  close(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.leave();
  }

  // ---- With a worker

  private joinWorker(script: string, name: string, init: string): void {
    const worker = new SharedWorker(script, 'runnel-eventsource');
    const { port } = worker;
    const { locks } = navigator;
    let release = (): void => {};
    const leave = this.leave = () => {
      port.postMessage(0);
      release();
      port.close();
    };
    addEventListener('pagehide', ({ persisted }) => { if (!persisted) leave(); });
    const goOnWithoutIt = (): void => {
      if (this.readyState === CLOSED) return;
      leave();
      this.joinPages(name);
    };
    worker.onerror = goOnWithoutIt;
    let watched = false;
    port.onmessage = ({ data }) => {
      this.hear(data);
      // The worker holds this one for as long as it lives, which in WebKit is as long as the page that made it.
      if (!watched && locks) locks.request(workerLock(name), goOnWithoutIt);
      watched = true;
    };
    const alive = name + Math.random();
    const join = (): void => port.postMessage({ url: this.url, init: JSON.parse(init), name, alive });
    if (!locks) return join();
    // A port does not tell that its page is gone. A lock does, once the page has it.
    locks.request(alive, () => new Promise<void>((resolve) => {
      release = resolve;
      join();
    }));
  }

  // ---- Among pages

  private joinPages(name: string): void {
    const channel = new BroadcastChannel(name);
    let resign: (() => void) | undefined;
    channel.onmessage = ({ data }) => {
      if (this.leader) this.leader.hear(data);
      else this.hear(data);
    };
    const lead = (): Promise<void> | void => {
      if (this.readyState === CLOSED) return;
      return new Promise((resolve) => {
        resign = resolve;
        // What the last leader said is still on its way.
        setTimeout(() => {
          if (this.readyState === CLOSED) return;
          this.leader = new Leader(this.url, alone(this.init, this.lastEventId), (message) => {
            channel.postMessage(message);
            this.hear(message);
          }, this.surroundings);
        }, 100);
      });
    };
    const step = (): void => {
      if (this.leader) this.leader.connection.close();
      this.leader = undefined;
    };
    const stand = (options: LockOptions): void => {
      // Without locks nobody can be elected: each leads itself.
      if (!navigator.locks) lead();
      else navigator.locks.request(name, options, lead).then(undefined, () => {
        // Another page took the lock from one that seemed frozen.
        step();
        if (this.readyState !== CLOSED) stand({});
      });
    };
    const watch = setInterval(() => {
      if (this.leader) this.leader.hear({ kind: 'hello' });
      else if (+new Date() - this.heardAt > SILENCE && !document.hidden) {
        this.heardAt = +new Date();
        stand({ steal: true });
      }
    }, SIGN_OF_LIFE);
    stand({});
    channel.postMessage({ kind: 'hello' });
    this.leave = () => {
      clearInterval(watch);
      step();
      channel.close();
      if (resign) resign();
    };
  }

  // ---- What the leader tells

  private hear(message: Message): void {
    if (this.readyState === CLOSED) return;
    this.heardAt = +new Date();
    if (message.kind === 'state') {
      if (message.state !== OPEN || this.readyState === OPEN) return;
      if (!this.lastEventId) this.lastEventId = message.id;
      this.readyState = OPEN;
      this.sink.opened();
    } else if (message.kind === 'event') {
      const { type, data, id, origin } = message;
      if (type === 'runnel.open') this.epoch = id.substring(0, id.lastIndexOf('-') + 1);
      const known = this.isRepetition(id);
      // What the hub says for itself has no place of its own among the events.
      if (known && type.indexOf('runnel.') !== 0) return;
      if (!known) this.lastEventId = id;
      this.sink.event(type, data, id, origin);
    } else if (message.kind === 'failed') {
      const { state, reason, status, statusText } = message;
      this.readyState = state;
      if (state === CLOSED) this.leave();
      const failure: Failure = { reason, answer: { status, statusText, url: this.url, header: () => null } };
      this.sink.failed(failure);
    }
  }

  /** A new leader may stand a little behind a page that follows it. Ids that the hub made are ordered, and only those. */
  private isRepetition(id: string): boolean {
    const { epoch, lastEventId } = this;
    if (!epoch || id.indexOf(epoch) !== 0 || lastEventId.indexOf(epoch) !== 0) return false;
    const at = epoch.length;
    return +id.substring(at) <= +lastEventId.substring(at);
  }
}

interface Group {
  ports: MessagePort[];
  leader?: Leader;
  /** Lets the lock go that says that the worker lives. */
  end?: () => void;
}

/** In the SharedWorker: one leader for each name, and the ports of those who follow. */
export function serveSharedWorker(scope: { onconnect: ((event: MessageEvent) => void) | null }, surroundings: Surroundings): void {
  const groups: Record<string, Group> = {};
  scope.onconnect = ({ ports: [port] }) => {
    port!.onmessage = ({ data: { url, init, name, alive } }) => {
      let group = groups[name]!;
      if (!group) {
        group = groups[name] = { ports: [] };
        const begin = (): void => {
          group.leader = new Leader(url, init, (message) => group.ports.forEach((one) => one.postMessage(message)), surroundings);
        };
        // Nobody hears of a worker before it has its lock, so that nobody finds the lock free who has heard of it.
        if (!navigator.locks) begin();
        else navigator.locks.request(workerLock(name), () => groups[name] === group && new Promise<void>((resolve) => {
          group.end = resolve;
          begin();
        }));
      }
      group.ports.push(port!);
      if (group.leader) group.leader.hear({ kind: 'hello' });
      const gone = (): void => {
        group.ports = group.ports.filter((one) => one !== port);
        if (group.ports.length > 0 || groups[name] !== group) return;
        delete groups[name];
        if (group.leader) group.leader.connection.close();
        if (group.end) group.end();
      };
      // Whatever a page says after it has joined, it says as it goes.
      port!.onmessage = gone;
      if (navigator.locks) navigator.locks.request(alive, gone);
    };
  };
}
