import type { Surroundings } from './connection.js';
import type { Transport } from './transport.js';

declare const LEGACY: boolean;

/** The page or worker that this script runs in. */
export function surroundingsOf(global: typeof globalThis, transports: Transport[]): Surroundings {
  return {
    transports,
    origin: typeof location === 'object' && location ? location.protocol + '//' + location.host : 'null',

    reaches(url, withCredentials, answer) {
      if (LEGACY && typeof fetch !== 'function') return answer(false);
      fetch(url, { method: 'HEAD', mode: 'no-cors', cache: 'no-store', credentials: withCredentials ? 'include' : 'same-origin' })
        .then(() => answer(true), () => answer(false));
    },

    onWake(awake, frozen) {
      if (LEGACY && !global.addEventListener) return () => {};
      const listeners: [EventTarget, string, (event: Event) => void][] = [
        [global, 'online', () => awake(false)],
        [global, 'pageshow', (event) => { if ((event as PageTransitionEvent).persisted) awake(true); }],
        [global, 'pagehide', (event) => { if ((event as PageTransitionEvent).persisted) frozen(); }],
      ];
      if (typeof document === 'object') listeners.push([document, 'visibilitychange', () => { if (!document.hidden) awake(false); }]);
      for (let i = 0; i < listeners.length; i++) listeners[i]![0].addEventListener(listeners[i]![1], listeners[i]![2]);
      return () => {
        for (let i = 0; i < listeners.length; i++) listeners[i]![0].removeEventListener(listeners[i]![1], listeners[i]![2]);
      };
    },
  };
}

/** "Encoding-parse a URL given url, relative to settings": in a page the document's encoding counts for the query. */
export function parseUrl(url: string): string | undefined {
  let parsed: string | undefined;
  // An address that is none has no protocol, or throws.
  try {
    if (typeof document === 'object' && document.createElement) {
      const link = document.createElement('a');
      link.href = url || (document.baseURI || location.href).replace(/#.*/, '');
      if (link.protocol && link.protocol !== ':') parsed = link.href;
      // Internet Explorer 7 resolves it only if asked so.
      if (LEGACY && parsed && parsed.indexOf(':') < 0) parsed = (link as unknown as { getAttribute(name: string, flags: number): string }).getAttribute('href', 4);
    } else {
      parsed = new URL(url, location.href).href;
    }
  } catch {}
  // "%" is a forbidden domain code point, which Chromium makes of a space and lets pass.
  return parsed === undefined || /^https?:\/\/([^\/?#]*@)?[^\/?#]*%/.test(parsed) ? undefined : parsed;
}
