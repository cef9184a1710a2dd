// The page of the movement example: one EventSource, one box.
//
// It has one connection at a time, because a browser allows a host only six over HTTP/1.1: a page
// with two would stand still in its fourth window.

const SHORTEST = 20;
const LONGEST = 60_000;
const TRAIL_LENGTH = 120;
const FIRST_BACKOFF = 1_000;
const LONGEST_BACKOFF = 5_000;

const $ = (id) => document.getElementById(id);
const stage = $('stage'), box = $('box'), trail = $('trail'), slider = $('period');

// Of a hub that wants one of its subscribers.
const token = new URLSearchParams(location.search).get('token');

const walks = {
  shared: {
    url: () => `/events/movement?${new URLSearchParams({ from: 'latest', ...token && { token } })}`,
    story: 'A box takes a walk. Every page that is open sees the same box in the same place.',
    hint: 'One pace for everybody: whoever moves this moves it for all.',
    curl: () => '/events/movement?from=latest',
    async setPeriod(period) {
      const answer = await fetch('period', {
        method: 'POST',
        headers: { Accept: 'application/json' },
        body: new URLSearchParams({ period }),
      });
      if (!answer.ok) throw new Error((await answer.json()).detail);
    },
  },
  own: {
    url: () => `walk?${new URLSearchParams(position ? { period, lastEventId: position } : { period })}`,
    story: 'This box walks for this page alone. Cut the connection: it goes on from where it stood.',
    hint: 'Your own pace: the page connects anew, and the box goes on from where it is.',
    curl: () => `${new URL('walk', location).pathname}?period=${period}`,
    // The walk has its period from the request that asked for it.
    async setPeriod() { connect(); },
  },
};

let walk = walks.shared;
let source;              // the EventSource, or undefined while the line is cut
let position;            // 'x,y' as last heard, which is also the event's id
let events = 0;
let period = 2_000;
let beatSince = 0;       // since when events are counted on the beat of that period
let beats = 0;
let backoff = FIRST_BACKOFF;
let reconnecting;        // the timer of the next attempt after the browser gave up
let mending;             // the timer that joins the line again that the person cut

// ---- Connection

function connect() {
  disconnect();
  source = new EventSource(walk.url());
  source.onopen = () => { backoff = FIRST_BACKOFF; showState(); };
  source.onmessage = (event) => move(event.data);
  // The browser connects again by itself, except after an answer that it takes for final. But it
  // would resume: right for the own walk; of everybody's the page wants only where the box is now,
  // and not the way it took since it last stood at this place.
  source.onerror = () => {
    if (walk === walks.shared) source.close();
    if (source.readyState === EventSource.CLOSED) reconnectLater();
    showState();
  };
  showState();
}

function disconnect() {
  clearTimeout(reconnecting);
  reconnecting = undefined;
  clearTimeout(mending);
  $('cut').disabled = false;
  source?.close();
  source = undefined;
}

function reconnectLater() {
  const delay = backoff * (0.5 + Math.random());
  backoff = Math.min(2 * backoff, LONGEST_BACKOFF);
  clearTimeout(reconnecting);
  reconnecting = setTimeout(connect, delay);
}

function showState() {
  const state = reconnecting ? 'connecting' : ['connecting', 'open', 'closed'][source?.readyState ?? EventSource.CLOSED];
  for (const shown of [stage, $('connection')]) shown.dataset.state = state;
  if ($('connection').textContent !== state) $('connection').textContent = state;
}

// ---- The box

function move(to) {
  const [x, y] = to.split(',').map(Number);
  if (!Number.isInteger(x) || !Number.isInteger(y)) return;
  measurePace();
  if (position) leaveTrail(position.split(','), [x, y]);
  else box.style.transition = 'none';      // it appears where it is and does not fly in from a corner
  box.style.transform = `translate(${x}px, ${y}px)`;
  if (!position) {
    box.toggleAttribute('hidden', false);
    box.getBoundingClientRect();
    box.style.transition = '';
  }
  position = to;
  $('position').textContent = `${x}, ${y}`;
  $('events').textContent = ++events;
}

function leaveTrail([x1, y1], [x2, y2]) {
  box.style.setProperty('--look-x', `${Math.sign(x2 - x1) * 4.5}px`);
  box.style.setProperty('--look-y', `${Math.sign(y2 - y1) * 4.5}px`);
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  for (const [name, value] of Object.entries({ x1, y1, x2, y2, pathLength: 1 })) line.setAttribute(name, value);
  line.addEventListener('animationend', ({ animationName }) => animationName === 'fade' && line.remove());
  trail.append(line);
  if (trail.childElementCount > TRAIL_LENGTH) trail.firstElementChild.remove();
}

function forget() {
  position = undefined;
  events = 0;
  beatSince = 0;
  box.toggleAttribute('hidden', true);
  trail.replaceChildren();
  $('position').textContent = '–';
  $('events').textContent = '0';
}

// ---- The pace

/** Events that come off the known beat mean that another page has changed it; of a small change the tenth event is off. */
function measurePace() {
  const now = performance.now();
  const offBeat = beatSince && Math.abs(now - beatSince - ++beats * period) > 0.4 * period + 100;
  if (!offBeat && beatSince) return;
  beatSince = now;
  beats = 0;
  if (offBeat && walk === walks.shared) askForPeriod();
}

let asking = false;

async function askForPeriod() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch('period');
    if (answer.ok && walk === walks.shared && document.activeElement !== slider) {
      showPeriod((await answer.json()).period);
    }
  } catch {
    // The hub is away: the page asks again when events come.
  } finally {
    setTimeout(() => { asking = false; }, 1_000);
  }
}

function showPeriod(millis) {
  period = millis;
  beatSince = 0;
  slider.value = 100 * Math.log(millis / SHORTEST) / Math.log(LONGEST / SHORTEST);
  describePeriod();
}

function describePeriod() {
  const text = period < 1_000 ? `${period} ms` : period < LONGEST ? `${+(period / 1_000).toFixed(1)} s` : '1 min';
  $('pace-text').textContent = text;
  slider.setAttribute('aria-valuetext', text);
  // Between two steps the box glides, but it is never late for the next one.
  document.documentElement.style.setProperty('--glide', `${Math.min(Math.max(0.6 * period, 60), 700)}ms`);
  document.documentElement.style.setProperty('--lasting', `${Math.min(Math.max(20 * period, 3_000), 60_000)}ms`);
  showCurl();
}

function sliderPeriod() {
  const exact = SHORTEST * (LONGEST / SHORTEST) ** (slider.value / 100);
  const unit = exact < 200 ? 5 : exact < 2_000 ? 50 : exact < 20_000 ? 500 : 1_000;
  return Math.min(Math.max(Math.round(exact / unit) * unit, SHORTEST), LONGEST);
}

let settling;

slider.addEventListener('input', () => {
  period = sliderPeriod();
  describePeriod();
  clearTimeout(settling);
  settling = setTimeout(async () => {
    try {
      await walk.setPeriod(period);
      notify('');
    } catch (failure) {
      notify(`The pace stays as it was: ${failure.message}`, true);
    }
  }, 150);
});

$('pace').addEventListener('submit', (event) => event.preventDefault());

// ---- The rest of the page

function choose(name) {
  walk = walks[name];
  document.documentElement.dataset.walk = name;
  $('story').textContent = walk.story;
  $('pace-hint').textContent = walk.hint;
  notify('');
  forget();
  connect();
  showCurl();
  if (walk === walks.shared) askForPeriod();
}

for (const choice of document.getElementsByName('walk')) {
  choice.addEventListener('change', () => choose(choice.value));
}

$('window').addEventListener('click', () => {
  if (!window.open(location, '_blank', 'width=520,height=760')) notify('The browser would not open a window.', true);
});

$('cut').addEventListener('click', () => {
  disconnect();
  showState();
  $('cut').disabled = true;
  notify(position ? `Cut at ${position}. In three seconds the page connects again …` : 'Cut.');
  mending = setTimeout(() => {
    notify(walk === walks.own ? `Connected again, and on it goes from ${position}.` : 'Connected again: the box is where everybody sees it.');
    connect();
  }, 3_000);
});

function notify(text, wrong = false) {
  $('notice').textContent = text;
  $('notice').toggleAttribute('data-wrong', wrong);
}

function showCurl() {
  $('curl').textContent = `curl -N '${location.origin}${walk.curl()}'`;
}

choose(document.querySelector('[name=walk]:checked').value);
