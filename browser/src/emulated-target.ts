// EventTarget and events where the browser has none that a script could make: before 2018, and Internet Explorer.

interface Registration {
  type: string;
  callback: EventListenerOrEventListenerObject;
  once: boolean;
  capture: boolean;
  removed?: boolean;
}

/** The listeners of one object. */
export class EmulatedTarget {
  private registrations: Registration[] = [];

  add(type: string, callback: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void {
    if (!callback) return;
    const capture = typeof options === 'object' && options ? !!options.capture : !!options;
    const once = typeof options === 'object' && options ? !!options.once : false;
    if (this.find(type, callback, capture) >= 0) return;
    this.registrations.push({ type, callback, once, capture });
  }

  remove(type: string, callback: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void {
    const capture = typeof options === 'object' && options ? !!options.capture : !!options;
    const index = callback ? this.find(type, callback, capture) : -1;
    if (index < 0) return;
    this.registrations[index]!.removed = true;
    this.registrations.splice(index, 1);
  }

  dispatch(target: object, event: EmulatedEvent): boolean {
    event.target = event.currentTarget = event.srcElement = target;
    // Who is added by a listener hears the next event, who is removed hears not even this one.
    const heard = this.registrations.slice();
    for (let i = 0; i < heard.length && !event.stopped; i++) {
      const registration = heard[i]!;
      if (registration.type !== event.type || registration.removed) continue;
      const { callback } = registration;
      if (registration.once) this.remove(event.type, callback, registration.capture);
      try {
        if (typeof callback === 'function') callback.call(target as never, event as unknown as Event);
        else callback.handleEvent(event as unknown as Event);
      } catch (failure) {
        // One that throws harms only itself, and is reported as by the browser.
        setTimeout(() => { throw failure; }, 0);
      }
    }
    event.currentTarget = null;
    return !event.defaultPrevented;
  }

  private find(type: string, callback: EventListenerOrEventListenerObject, capture: boolean): number {
    for (let i = 0; i < this.registrations.length; i++) {
      const registration = this.registrations[i]!;
      if (registration.type === type && registration.callback === callback && registration.capture === capture) return i;
    }
    return -1;
  }
}

export class EmulatedEvent {
  target: object | null = null;
  currentTarget: object | null = null;
  srcElement: object | null = null;
  bubbles = false;
  cancelable = false;
  defaultPrevented = false;
  isTrusted = false;
  timeStamp = +new Date();
  stopped = false;
  data: string | undefined;
  lastEventId: string | undefined;
  origin: string | undefined;

  constructor(readonly type: string) {}

  preventDefault(): void {}
  stopPropagation(): void {}

  stopImmediatePropagation(): void {
    this.stopped = true;
  }
}
