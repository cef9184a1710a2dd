// One connection for every page of an origin that asks for the same: HTTP/1.1 lets a browser have six to a host.
//
// One of them leads: a SharedWorker, or the page that holds a lock of that name. It has the connection and tells the others
// what comes. All keep the last event ID, so whoever leads next goes on from there.

import { openConnection } from './connection.js';
import { NO_ANSWER } from './failure.js';
import { isPublished } from './hub.js';
import { CLOSED, CONNECTING, OPEN, type EventSourceInit, type ReadyState } from './options.js';
import type { Failure, Sink, Source, Surroundings } from './source.js';

/** What a leader tells. Among pages who joins says {kind: 'hello'}, which asks how things are. */
export type Message =
  | { kind: 'state'; state: ReadyState; id: string; newest: string; reason: string; status: number; statusText: string }  // a reason if it has just failed
  | { kind: 'event'; type: string; data: string; id: string; origin: string };

/** The connection, and what is to be told of it. */
export interface Leader {
  readonly connection: Source;
  tellState(): void;
}

/** @param newest the id of the last event that was told in this stream, by whoever led before */
function newLeader(url: string, init: EventSourceInit, tell: (message: Message) => void, surroundings: Surroundings, newest = ''): Leader {
  const connection = openConnection(url, init, {
    opened: () => tellState(),
    event: (type, data, id, origin) => {
      if (isPublished(type)) newest = id;
      tell({ kind: 'event', type, data, id, origin });
    },
    failed: tellState,
  }, surroundings);

  function tellState({ reason, answer: { status, statusText } = NO_ANSWER }: Failure = { reason: '' }): void {
    const { lastEventId: id, readyState: state } = connection;
    tell({ kind: 'state', state, id, newest, reason, status, statusText });
  }

  return { connection, tellState };
}

/** The same options for one connection. */
function alone(init: EventSourceInit, lastEventId: string): EventSourceInit {
  const options: Record<string, unknown> = { mode: 'auto' };
  for (const name in init) if (name !== 'shared') options[name] = init[name as keyof EventSourceInit];
  if (lastEventId) options.lastEventId = lastEventId;
  return options;
}

/** A worker must be told its options, and a function cannot be sent. */
function byWorker(init: EventSourceInit): boolean {
  for (const name in init) if (typeof init[name as keyof EventSourceInit] === 'function') return false;
  return typeof init.shared === 'string' && typeof SharedWorker === 'function';
}

/**
 * How long a leader may be silent before another page takes its place: it may have been frozen. The timers of a page that
 * has long been hidden come once a minute.
 */
const SILENCE = 150_000;
const SIGN_OF_LIFE = 15_000;

/** Whether one connection for several pages was asked for, and can be had. */
export function canShare(init: EventSourceInit): boolean {
  return !!init.shared && typeof init.body !== 'object' && (byWorker(init) || typeof BroadcastChannel === 'function' && !!navigator.locks);
}

/** A page's part in a stream that is shared. */
export function openShared(url: string, init: EventSourceInit, sink: Sink, surroundings: Surroundings): Source {
  const source: Source = { readyState: CONNECTING, lastEventId: init.lastEventId || '', close };
  const plain = JSON.stringify(alone(init, ''));
  const name = 'runnel ' + url + ' ' + plain;
  let epoch: string | undefined;     // of the hub whose events these are
  let heardAt = +new Date();
  let leader: Leader | undefined;
  let newest = '';                   // the id of the newest event of the stream, told to this page or not
  let past: Source | undefined;      // brings what was told before this page joined
  let orphaned = false;              // its worker died, perhaps before it had told this page what it told others
  let leave: () => void;

  function close(): void {
    if (source.readyState === CLOSED) return;
    source.readyState = CLOSED;
    past?.close();
    leave();
  }

  // ---- With a worker

  function joinWorker(script: string): void {
    const worker = new SharedWorker(script, 'runnel-eventsource');
    const { port } = worker;
    const { locks } = navigator;
    let release = (): void => {};
    leave = () => {
      port.postMessage(0);
      release();
      port.close();
    };
    addEventListener('pagehide', ({ persisted }) => { if (!persisted) leave(); });
    const goOnWithoutIt = (): void => {
      if (source.readyState === CLOSED) return;
      leave();
      orphaned = !!source.lastEventId;
      joinPages();
    };
    worker.onerror = goOnWithoutIt;
    let watched = false;
    port.onmessage = ({ data }) => {
      hear(data);
      // The worker holds this one for as long as it lives, which in WebKit is as long as the page that made it.
      if (!watched && locks) locks.request(name + ' worker', goOnWithoutIt);  // the name that serveSharedWorker gives it
      watched = true;
    };
    const alive = name + Math.random();
    const join = (): void => port.postMessage({ url, options: JSON.parse(plain), name, alive });
    if (!locks) return join();
    // A port does not tell that its page is gone. A lock does, once the page has it.
    locks.request(alive, () => new Promise<void>((resolve) => {
      release = resolve;
      join();
    }));
  }

  // ---- Among pages

  function joinPages(): void {
    const channel = new BroadcastChannel(name);
    let resign: (() => void) | undefined;
    channel.onmessage = ({ data }) => {
      if (data.kind === 'hello') leader?.tellState();
      else if (!leader) hear(data);
    };
    const lead = (): Promise<void> | void => {
      if (source.readyState === CLOSED) return;
      return new Promise((resolve) => {
        resign = resolve;
        // What the last leader said is still on its way.
        setTimeout(() => {
          if (source.readyState === CLOSED) return;
          past?.close();
          past = undefined;
          orphaned = false;
          leader = newLeader(url, alone(init, source.lastEventId), (message) => {
            channel.postMessage(message);
            hear(message);
          }, surroundings, newest);
        }, 100);
      });
    };
    const step = (): void => {
      if (leader) leader.connection.close();
      leader = undefined;
    };
    const stand = (options: LockOptions): void => {
      // Without locks nobody can be elected: each leads itself.
      if (!navigator.locks) lead();
      else navigator.locks.request(name, options, lead).catch(() => {
        // Another page took the lock from one that seemed frozen.
        step();
        if (source.readyState !== CLOSED) stand({});
      });
    };
    const watch = setInterval(() => {
      if (leader) leader.tellState();
      else if (+new Date() - heardAt > SILENCE) {
        heardAt = +new Date();
        stand({ steal: true });
      }
    }, SIGN_OF_LIFE);
    stand({});
    channel.postMessage({ kind: 'hello' });
    leave = () => {
      clearInterval(watch);
      step();
      channel.close();
      if (resign) resign();
    };
  }

  // ---- What the leader tells

  function hear(message: Message): void {
    if (source.readyState === CLOSED) return;
    heardAt = +new Date();
    if (message.kind === 'state') {
      const { id, reason, state, status, statusText } = message;
      if (reason) {
        source.readyState = state;
        if (state === CLOSED) leave();
        sink.failed({ reason, answer: { status, statusText, url: '', header: NO_ANSWER.header } });
      } else if (state === OPEN) {
        const joins = source.readyState !== OPEN;
        source.readyState = OPEN;
        // A leader that stands behind says again what this page was told: what it waits for is not that.
        if (!isRepetition(message.newest)) newest = message.newest;
        if (orphaned || joins && asksForThePast()) catchUp();
        if (!past && !source.lastEventId) source.lastEventId = id;
        if (joins) sink.opened();
      }
    } else {
      const { type, data, id, origin } = message;
      if (isPublished(type)) {
        if (!isRepetition(id)) newest = id;
        if (orphaned) catchUp();
      }
      // To a page that does not know its place among the others a heartbeat would say that it has heard all before it.
      if (!past && (!orphaned || type === 'runnel.gap')) tell(type, data, id, origin);
    }
  }

  function tell(type: string, data: string, id: string, origin: string): void {
    if (type === 'runnel.open') epoch = id.substring(0, id.lastIndexOf('-') + 1);
    if (!isRepetition(id)) source.lastEventId = id;
    else if (isPublished(type)) return;
    sink.event(type, data, id, origin);
  }

  function asksForThePast(): boolean {
    return !!init.lastEventId || /[?&](from|(evs_)?last_?event_?id)=/i.test(url);
  }

  /**
   * All pages of a stream ask for the same. So if nothing has been told in it so far, there is nothing to catch up with; otherwise
   * a connection of this page's own brings the same again, up to where the others are. What they hear meanwhile it hears there, too.
   * A page whose worker died needs that as well: another one, which leads now, may have heard more of it.
   */
  function catchUp(): void {
    orphaned = false;
    if (past || !newest || newest === source.lastEventId || isRepetition(newest)) return;
    past = openConnection(url, alone(init, source.lastEventId), {
      opened: () => {},
      event: (type, data, id, origin) => {
        tell(type, data, id, origin);
        if (id !== newest) return;
        past?.close();
        past = undefined;
      },
      failed: () => {
        if (past?.readyState === CLOSED) past = undefined;
      },
    }, surroundings);
  }

  /** A new leader may stand a little behind a page that follows it. Ids that the hub made are ordered, and only those. */
  function isRepetition(id: string): boolean {
    const offset = (of: string): number => epoch && of.indexOf(epoch) === 0 ? +of.substring(epoch.length) : NaN;
    return offset(id) <= offset(source.lastEventId);
  }

  if (byWorker(init)) joinWorker(init.shared as string);
  else joinPages();
  return source;
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
    port!.onmessage = ({ data: { url, options, name, alive } }) => {
      let group = groups[name]!;
      if (!group) {
        group = groups[name] = { ports: [] };
        const begin = (): void => {
          group.leader = newLeader(url, options, (message) => group.ports.forEach((one) => one.postMessage(message)), surroundings);
        };
        // Nobody hears of a worker before it has its lock, so that nobody finds the lock free who has heard of it.
        if (!navigator.locks) begin();
        else navigator.locks.request(name + ' worker', () => groups[name] === group && new Promise<void>((resolve) => {
          group.end = resolve;
          begin();
        }));
      }
      group.ports.push(port!);
      group.leader?.tellState();
      const gone = (): void => {
        group.ports = group.ports.filter((one) => one !== port);
        if (group.ports.length > 0 || groups[name] !== group) return;
        delete groups[name];
        group.leader?.connection.close();
        group.end?.();
      };
      // Whatever a page says after it has joined, it says as it goes.
      port!.onmessage = gone;
      if (navigator.locks) navigator.locks.request(alive, gone);
    };
  };
}
