// META: title=EventSource: its interface, as the standard's IDL has it
// META: global=window,dedicatedworker,sharedworker
// META: script=/resources/WebIDLParser.js
// META: script=/resources/idlharness.js

// web-platform-tests has this for the whole of HTML in one page; here is EventSource alone.
'use strict';

promise_test(async () => {
  const html = await (await fetch('/interfaces/html.idl')).text();
  const [face] = /\[Exposed=[^\n]*\]\s*interface EventSource : EventTarget \{[\s\S]*?\n\};/.exec(html);
  const [init] = /dictionary EventSourceInit \{[^}]*\};/.exec(html);
  const idls = new IdlArray();
  idls.add_idls(face + init);
  idls.add_untested_idls(`
    [Exposed=*] interface EventTarget {};
    [Exposed=*] interface Event {};
    callback EventHandlerNonNull = any (Event event);
    typedef EventHandlerNonNull? EventHandler;`);
  self.source = new EventSource('/eventsource/resources/message.py');
  idls.add_objects({ EventSource: ['source'] });
  idls.test();
}, 'the IDL is there');
