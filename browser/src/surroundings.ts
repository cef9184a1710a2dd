import type { Surroundings } from './source.js';
import type { Transport } from './transport.js';

declare const LEGACY: boolean;

/** The page or worker that this script runs in. */
export function surroundingsOf(global: typeof globalThis, transports: Transport[]): Surroundings {
  return {
    transports,
    origin: !LEGACY ? global.origin : typeof location === 'object' && location ? location.protocol + '//' + location.host : 'null',

    reaches(url, withCredentials, answer) {
      if (LEGACY && typeof fetch !== 'function') return answer(false);
      fetch(url, { method: 'HEAD', mode: 'no-cors', cache: 'no-store', credentials: withCredentials ? 'include' : 'same-origin' })
        .then(() => answer(true), () => answer(false));
    },

    onWake(awake, frozen) {
      const hear = (event: Event): void => {
        const restored = (event as PageTransitionEvent).persisted;
        if (event.type === 'pagehide') { if (restored) frozen(); }
        else if (event.type === 'pageshow' ? restored : event.type === 'online' || !document.hidden) awake(restored);
      };
      // A change of a document's visibility is heard in its window, too, by whoever listens before it gets to the document.
      const each = (method: 'addEventListener' | 'removeEventListener'): void => {
        for (const type of ['online', 'pageshow', 'pagehide', 'visibilitychange']) global[method]?.(type, hear, true);
      };
      each('addEventListener');
      return () => each('removeEventListener');
    },
  };
}

/** "Encoding-parse a URL given url, relative to settings." */
export function parseUrl(url: string): string | undefined {
  let parsed: string | undefined;
  // An address that is none has no protocol, or throws.
  try {
    if (LEGACY && typeof document === 'object') {
      const link = document.createElement('a');
      link.href = url || (document.baseURI || location.href).replace(/#.*/, '');
      if (link.protocol && link.protocol !== ':') parsed = link.href;
      // Internet Explorer 7 resolves it only if asked so.
      if (parsed && parsed.indexOf(':') < 0) parsed = (link as unknown as { getAttribute(name: string, flags: number): string }).getAttribute('href', 4);
    } else {
      parsed = new URL(url, (!LEGACY && globalThis.document?.baseURI) || location.href).href;
    }
  } catch {}
  // "%" is a forbidden domain code point, which Chromium makes of a space and lets pass.
  return parsed === undefined || /^https?:\/\/([^\/?#]*@)?[^\/?#]*%/.test(parsed) ? undefined : parsed;
}
