// The page of the transports example: the same topic over four ways, with what each of them costs.
//
// Each way keeps the position that it has, and goes on from there: cut all of them, and none misses a beat.

const TOPIC = '/events/transports';
const SPAN = 12_000;                   // milliseconds of the time axis
const KEPT = 200;                      // latencies of which the median is told
const MOST_EVENTS = 2_000;             // that a lane draws

const $ = (id) => document.getElementById(id);
const bytes = (text) => new TextEncoder().encode(text).length;
const sleep = (millis, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, millis);
  signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); });
});

// Of a hub that wants one of its subscribers.
const token = new URLSearchParams(location.search).get('token');

let period = 1_000;
let interval = 2_000;
let isCut = false;

// ---- Time: the hub's clock as this page reckons it

let offset = 0;
let samples = [];

const localNow = () => performance.timeOrigin + performance.now();
const now = () => localNow() + offset;

/** The answer that took least time tells the hub's clock best. */
async function lookAtTheClock() {
  try {
    const before = localNow();
    const answer = await fetch('time');
    const after = localNow();
    const told = await answer.json();
    samples = [...samples.slice(-11), { trip: after - before, offset: told.now - (before + after) / 2 }];
    offset = samples.reduce((best, sample) => (sample.trip < best.trip ? sample : best)).offset;
    if (document.activeElement !== $('period')) showPeriod(told.period);
  } catch {
    // The hub is away; the lanes show it.
  }
}

// ---- What a lane has seen

const gaps = new Set();                // which of them were told of one

class Lane {
  constructor(way) {
    this.way = way;
    this.element = document.querySelector(`.lane[data-way="${way}"]`);
    this.canvas = this.element.querySelector('canvas');
    this.cursor = '';
    this.forget();
    if (way === 'hub') return;
    this.element.append($('numbers').content.cloneNode(true));
    this.cells = Object.fromEntries([...this.element.querySelectorAll('[data-number]')]
      .map((cell) => [cell.dataset.number, cell]));
  }

  /** Counts anew; the position stays. */
  forget() {
    gaps.clear();
    Object.assign(this, { events: 0, requests: 0, bytes: 0, missed: 0, repeated: 0, latencies: [], beats: [], asked: [] });
  }

  request() {
    this.requests++;
    this.asked.push(now());
  }

  /** An event of the topic, by whichever way. */
  take(id, type, data) {
    const last = this.cursor;
    if (id) this.cursor = id;
    if (type === 'runnel.gap') this.notePossibleLoss();
    if (type !== 'message') return;
    const { n, t } = JSON.parse(data);
    const at = now();
    if (this.last && epoch(last) === epoch(id)) {
      if (n <= this.last) this.repeated++;
      else this.missed += n - this.last - 1;
    }
    this.last = n;
    this.events++;
    this.latencies.push(at - t);
    if (this.latencies.length > KEPT) this.latencies.shift();
    this.beats.push({ n, t, at });
    published(n, t);
  }

  notePossibleLoss() {
    this.last = undefined;
    gaps.add(this.element.getAttribute('aria-label'));
    say(`The hub no longer has what came before: ${[...gaps].join(', ')} ${gaps.size === 1 ? 'was' : 'were'} told of the gap.`);
  }

  state(open) {
    this.element.dataset.state = open ? 'open' : 'closed';
  }

  show() {
    const sorted = [...this.latencies].sort((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    const texts = {
      median: sorted.length ? millis(at(.5)) : '–',
      p95: sorted.length ? millis(at(.95)) : '–',
      events: this.events,
      requests: this.requests,
      bytes: size(this.bytes),
      perEvent: this.events ? size(this.bytes / this.events) : '–',
      faults: `${this.missed}, ${this.repeated}`,
    };
    for (const [name, text] of Object.entries(texts)) {
      if (this.cells[name].textContent !== String(text)) this.cells[name].textContent = text;
    }
    this.cells.faults.toggleAttribute('data-wrong', this.missed + this.repeated > 0);
  }
}

const epoch = (id) => id.replace(/-[^-]*$/, '');
const hub = new Lane('hub');
const asked = new URLSearchParams(location.search).get('ways')?.split(',');
const lanes = ['poll', 'long-poll', 'websocket', 'sse'].filter((way) => !asked || asked.includes(way)).map((way) => new Lane(way));
for (const element of document.querySelectorAll('.lane')) {
  element.hidden = element.dataset.way !== 'hub' && !lanes.some((lane) => lane.element === element);
}

let newest = 0;

/** The hub's own line is what any of the lanes has heard first. */
function published(n, t) {
  if (n <= newest && newest - n < 1_000) return;
  newest = n;
  hub.beats.push({ n, t, at: t });
}

// ---- The four ways

function address(lane, parameters = {}) {
  const query = new URLSearchParams(parameters);
  if (token) query.set('token', token);
  if (lane.cursor) query.set('lastEventId', lane.cursor);
  const text = query.toString();
  return TOPIC + (text ? `?${text}` : '');
}

/** What the bytes of a head are, as far as they may be seen. */
function headBytes(answer) {
  let count = `HTTP/1.1 ${answer.status} ${answer.statusText}\r\n\r\n`.length;
  for (const [name, value] of answer.headers) count += name.length + value.length + 4;
  return count;
}

/** A whole answer: blocks of lines, each `name: value`. */
function takeBlocks(lane, text) {
  for (const block of text.split('\n\n')) {
    let id = '', type = 'message', data;
    for (const line of block.split('\n')) {
      const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
      if (name === 'id') id = value;
      if (name === 'event') type = value;
      if (name === 'data') data = data === undefined ? value : `${data}\n${value}`;
    }
    if (data !== undefined) lane.take(id, type, data);
  }
}

async function poll(lane, transport, pause, signal) {
  while (!signal.aborted) {
    try {
      lane.request();
      const answer = await fetch(address(lane, { transport }), { signal });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${answer.status}`);
      lane.bytes += headBytes(answer) + bytes(text);
      lane.state(true);
      takeBlocks(lane, text);
      await pause(signal);
    } catch {
      if (signal.aborted) return;
      lane.state(false);
      await sleep(1_000, signal);
    }
  }
}

/** One frame header for each message, and the answer's head once. */
async function listenToSocket(lane, signal) {
  while (!signal.aborted) {
    lane.request();
    const socket = new WebSocket(new URL(address(lane), location).href.replace(/^http/, 'ws'));
    signal.addEventListener('abort', () => socket.close());
    let retry = 1_000;
    socket.onopen = () => {
      lane.bytes += 129;
      lane.state(true);
    };
    socket.onmessage = ({ data: text }) => {
      const length = bytes(text);
      lane.bytes += length + (length < 126 ? 2 : 4);
      const { id = '', event = 'message', data, retry: told } = JSON.parse(text);
      if (told !== undefined) retry = told;
      if (data !== undefined) lane.take(id, event, data);
    };
    await new Promise((resolve) => { socket.onclose = resolve; });
    if (signal.aborted) return;
    lane.state(false);
    await sleep(retry, signal);
  }
}

/** A chunk for each batch, and the answer's head once; the browser connects again by itself. */
function listenToStream(lane, signal) {
  lane.request();
  const source = new EventSource(address(lane));
  const take = ({ type, lastEventId, data }) => {
    lane.bytes += bytes(data) + bytes(lastEventId) + 'id: \ndata: \n\n1a\r\n\r\n'.length + (type === 'message' ? 0 : `event: ${type}\n`.length);
    lane.take(lastEventId, type, data);
  };
  for (const type of ['message', 'runnel.open', 'runnel.gap']) source.addEventListener(type, take);
  source.onopen = () => {
    lane.bytes += 152;
    lane.state(true);
  };
  source.onerror = () => {
    lane.state(false);
    if (source.readyState === EventSource.CONNECTING) lane.request();
    else comeBack();
  };
  signal.addEventListener('abort', () => source.close());
  // After an answer that it takes for final it does not come back by itself.
  const comeBack = async () => {
    await sleep(1_000, signal);
    if (!signal.aborted) listenToStream(lane, signal);
  };
}

const ways = {
  poll: (lane, signal) => poll(lane, 'poll', () => sleep(interval, signal), signal),
  'long-poll': (lane, signal) => poll(lane, 'long-poll', () => {}, signal),
  websocket: listenToSocket,
  sse: listenToStream,
};

let connection;

function connect() {
  connection?.abort();
  connection = new AbortController();
  for (const lane of lanes) ways[lane.way](lane, connection.signal);
}

function disconnect() {
  connection?.abort();
  for (const lane of lanes) lane.state(false);
}

// ---- Drawing: one time axis for all lanes

function draw() {
  const right = now();
  const left = right - SPAN;
  for (const lane of [hub, ...lanes]) {
    lane.beats = lane.beats.filter((beat) => beat.at > left).slice(-MOST_EVENTS);
    lane.asked = lane.asked.filter((at) => at > left);
    drawLane(lane, left);
  }
  requestAnimationFrame(draw);
}

function drawLane(lane, left) {
  const { canvas } = lane;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width) return;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const paint = canvas.getContext('2d');
  paint.setTransform(scale, 0, 0, scale, 0, 0);
  paint.clearRect(0, 0, width, height);
  const x = (time) => ((time - left) / SPAN) * (width - 8);
  const style = getComputedStyle(lane.element);
  const colour = style.getPropertyValue('--way');
  const middle = height / 2;

  paint.strokeStyle = style.getPropertyValue('--line');
  paint.lineWidth = 1;
  paint.beginPath();
  paint.moveTo(0, middle);
  paint.lineTo(width, middle);
  paint.stroke();

  paint.strokeStyle = style.getPropertyValue('--quiet');
  paint.globalAlpha = .55;
  for (const at of lane.asked) {
    paint.beginPath();
    paint.moveTo(x(at), height - 1);
    paint.lineTo(x(at), height - Math.min(9, height / 4));
    paint.stroke();
  }

  // Bars that wait for the same answer lie over each other: they are spread a little.
  const size = lane.way === 'hub' ? 3 : 4.5;
  paint.fillStyle = colour;
  paint.strokeStyle = colour;
  paint.lineWidth = 3;
  paint.lineCap = 'round';
  lane.beats.forEach(({ n, t, at }) => {
    const y = lane.way === 'hub' ? middle : middle + ((n % 5) - 2) * Math.min(4, (x(at) - x(t)) / 12);
    paint.globalAlpha = .28;
    paint.beginPath();
    paint.moveTo(x(t), y);
    paint.lineTo(x(at), y);
    paint.stroke();
    paint.globalAlpha = 1;
    paint.beginPath();
    paint.arc(x(at), y, size, 0, 2 * Math.PI);
    paint.fill();
  });
  paint.globalAlpha = 1;
}

// ---- The rest of the page

function millis(value) {
  const shown = Math.max(value, 0);
  if (shown < 9.95) return `${shown.toFixed(1)} ms`;
  return shown < 1_000 ? `${Math.round(shown)} ms` : `${(shown / 1_000).toFixed(2)} s`;
}

function size(count) {
  if (count < 1_000) return `${Math.round(count)} B`;
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(2)} MB`;
}

const duration = (value) => (value < 1_000 ? `${value} ms` : `${+(value / 1_000).toFixed(1)} s`);

/** A slider's 0 to 100 as a time, each step the same factor, rounded so that it reads well. */
function scaleOf(shortest, longest) {
  return {
    time(value) {
      const exact = shortest * (longest / shortest) ** (value / 100);
      const unit = exact < 100 ? 5 : exact < 1_000 ? 50 : 500;
      return Math.min(Math.max(Math.round(exact / unit) * unit, shortest), longest);
    },
    value: (time) => (100 * Math.log(time / shortest)) / Math.log(longest / shortest),
  };
}

const periods = scaleOf(20, 10_000);
const intervals = scaleOf(100, 10_000);

function showPeriod(value) {
  period = value;
  $('period').value = periods.value(value);
  describe();
}

function describe() {
  $('period-text').textContent = duration(period);
  $('interval-text').textContent = duration(interval);
}

let settling;

$('period').addEventListener('input', () => {
  period = periods.time($('period').value);
  describe();
  clearTimeout(settling);
  settling = setTimeout(async () => {
    try {
      const answer = await fetch('period', { method: 'POST', body: new URLSearchParams({ period }) });
      if (!answer.ok) throw new Error((await answer.json()).detail);
    } catch (failure) {
      say(`The pace stays as it was: ${failure.message}`);
    }
  }, 150);
});

$('interval').addEventListener('input', () => {
  interval = intervals.time($('interval').value);
  describe();
});

$('controls').addEventListener('submit', (event) => event.preventDefault());

$('reset').addEventListener('click', () => {
  for (const lane of lanes) lane.forget();
  say('');
});

$('cut').addEventListener('click', async () => {
  isCut = true;
  $('cut').disabled = true;
  disconnect();
  say('All four are cut. In three seconds each goes on from its position …');
  await sleep(3_000);
  isCut = false;
  if (!document.hidden) connect();
  $('cut').disabled = false;
  say('Connected again: what was missed came at once, and in order.');
});

// A page that nobody sees takes none of the six connections that a browser allows a host.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) disconnect();
  else if (!isCut) connect();
});

function say(text) {
  $('notice').textContent = text;
}

$('curl').textContent = ['poll', 'long-poll'].map((way) => `curl '${location.origin}${TOPIC}?transport=${way}'`)
  .concat(`curl -N '${location.origin}${TOPIC}'`).join('\n');

describe();
for (let i = 0; i < 3; i++) await lookAtTheClock();
setInterval(lookAtTheClock, 5_000);
setInterval(() => { for (const lane of lanes) lane.show(); }, 250);
if (!document.hidden) connect();
requestAnimationFrame(draw);
