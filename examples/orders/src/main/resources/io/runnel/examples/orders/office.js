// The back office: every order, newest on top, and what is assigned to this user.
//
// The list comes first and says where in the stream it stands (its cursor); the stream goes on from
// there, so that no order falls between the two. When the hub says that something may be missing,
// the page begins again with the list.

const MOST_SHOWN = 200;
const MOST_NOTICES = 4;
const LOOKED_AT = 2_000;
const STEADY = 10_000;
const FIRST_BACKOFF = 1_000;
const LONGEST_BACKOFF = 30_000;

const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const user = asked.get('user');
const token = asked.get('token');     // of a hub that wants one of its subscribers
const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

let users = [];
let rows = new Map();        // order number → { order, element, assign }, for each order that is shown
let unread = new Set();      // numbers of orders that nobody has looked at yet
let count = 0;               // of all orders, also those too old to be shown
let loaded = false;
let missing = false;         // orders may have passed this page by: to be said with the next list

let source;
let attempts = 0;            // to get a stream since there was a steady one
let waiting, steady, looking;

// ---- Connection

async function begin() {
  showState('connecting');
  try {
    const list = await fetchList();
    showUsers(list.users);
    if (list.users.includes(user)) {
      showList(list);
      subscribe(list.cursor);
    } else {
      $('who').hidden = false;
      $('connection').hidden = true;
    }
  } catch {
    beginAgain();
  }
}

/** At once the first time, then later and later: neither a dead hub nor gap upon gap becomes a storm. */
function beginAgain() {
  source?.close();
  clearTimeout(steady);
  clearTimeout(waiting);
  showState('closed');
  const backoff = Math.min(FIRST_BACKOFF * 2 ** (attempts - 1), LONGEST_BACKOFF);
  waiting = setTimeout(begin, attempts === 0 ? 0 : backoff * (0.5 + Math.random()));
  attempts++;
}

async function fetchList() {
  const own = user && await ask('GET', `orders?${new URLSearchParams({ user })}`);
  // A user whom nobody knows is asked who they are; the list without one says who there is.
  const answer = own && own.status !== 400 ? own : await ask('GET', 'orders');
  if (answer.status !== 200) throw new Error(`the list answers ${answer.status}`);
  return answer.json();
}

/** A browser without an `EventSource` of its own has no `fetch` either: `/runnel-eventsource.js` makes up for the one, this for the other. */
function ask(method, url, form) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader('Accept', 'application/json');
    if (form) request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    request.onreadystatechange = () => {
      const { readyState, status } = request;
      if (readyState < 4) return;
      if (status === 0) reject(new Error('the hub cannot be reached'));
      else resolve({ status, json: () => JSON.parse(request.responseText) });
    };
    request.send(form ? form.toString() : null);
  });
}

function subscribe(cursor) {
  const query = new URLSearchParams([['topic', 'orders'], ['topic', `user/${user}`], ['lastEventId', cursor]]);
  if (token) query.set('token', token);
  source = new EventSource(`/events?${query}`);
  source.onopen = () => {
    showState('open');
    steady = setTimeout(() => { attempts = 0; }, STEADY);
  };
  source.onerror = () => {
    clearTimeout(steady);
    // The browser connects again by itself, except after an answer that it takes for final.
    if (source.readyState === EventSource.CLOSED) beginAgain();
    else showState('connecting');
  };
  source.addEventListener('runnel.gap', () => { missing = true; beginAgain(); });
  source.onmessage = ({ data }) => notify(`Somebody says: ${data.slice(0, 200)}`);
  on('placed', arrive);
  on('assigned', (order) => {
    rows.get(order.number)?.assign(user);
    notify(`Order ${order.number} is yours: ${describe(order)}.`, 'yours');
  });
  on('released', (order) => {
    rows.get(order.number)?.assign(undefined);
    notify(`Order ${order.number} is no longer yours.`);
  });
}

function on(type, handle) {
  source.addEventListener(type, ({ data }) => {
    const order = parse(data);
    if (order) handle(order);
  });
}

/** Anybody may publish to the topic: what is no order is left alone. */
function parse(data) {
  try {
    const order = JSON.parse(data);
    return Number.isSafeInteger(order.number) && typeof order.item === 'string' ? order : undefined;
  } catch {
    return undefined;
  }
}

function showState(state) {
  const shown = $('connection');
  shown.dataset.state = state;
  shown.textContent = { open: 'live', connecting: 'connecting', closed: 'not connected' }[state];
}

// ---- Orders

function showList(list) {
  const before = rows;
  const shown = list.orders.slice(0, MOST_SHOWN);
  // Where the hub began anew its numbers did too: the same number may be another order.
  const isNew = (order) => loaded && before.get(order.number)?.order.placedAt !== order.placedAt;
  const fresh = shown.filter((order) => isNew(order) || unread.has(order.number));
  const numbers = new Set(list.orders.map((order) => order.number));
  if (loaded && list.total < MOST_SHOWN && [...before.keys()].some((number) => !numbers.has(number))) missing = true;

  rows = new Map();
  unread = new Set(fresh.map((order) => order.number));
  count = list.total;
  $('orders').replaceChildren();
  for (const order of shown.reverse()) insert(order);
  $('desk').hidden = false;
  if (missing) notify('Some orders may be missing; list reloaded.', 'warning');
  missing = false;
  loaded = true;
  showCounts();
}

function arrive(order) {
  // The list and the stream may both bring an order; its number tells.
  if (rows.has(order.number)) return;
  count++;
  unread.add(order.number);
  insert(order).classList.add('arriving');
  $('announcement').textContent = `Order ${order.number}: ${describe(order)}`;
  showCounts();
  lookIfSomebodyIsThere();
}

/** Puts the order where its number belongs, which is on top but for two placed at the same time. */
function insert(order) {
  const row = makeRow(order);
  const older = [...$('orders').children].find((element) => Number(element.dataset.number) < order.number);
  $('orders').insertBefore(row.element, older ?? null);
  rows.set(order.number, row);
  if (rows.size > MOST_SHOWN) forget(Number($('orders').lastElementChild.dataset.number));
  return row.element;
}

function forget(number) {
  rows.get(number).element.remove();
  rows.delete(number);
  unread.delete(number);
}

function makeRow(order) {
  const element = $('order').content.cloneNode(true).firstElementChild;
  const find = (selector) => element.querySelector(selector);
  element.dataset.number = order.number;
  element.classList.toggle('unread', unread.has(order.number));
  find('.no b').textContent = order.number;
  find('.item').textContent = `${order.quantity} × ${order.item}`;
  find('.for').textContent = [`for ${order.customer}`, clock(order.placedAt)].filter(Boolean).join(' · ');

  const buttons = users.map((name) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.setAttribute('aria-label', `Assign order ${order.number} to ${name}`);
    button.addEventListener('click', () => assign(order.number, name));
    return button;
  });
  find('.assign').append(...buttons);
  find('.assign').setAttribute('aria-label', `Who looks after order ${order.number}`);
  element.addEventListener('click', () => markRead([order.number]));
  element.addEventListener('focusin', () => markRead([order.number]));

  const row = {
    order,
    element,
    assign(name) {
      users.forEach((other, i) => buttons[i].setAttribute('aria-pressed', other === name));
      element.classList.toggle('mine', name === user);
      find('.badge').hidden = name !== user;
    },
  };
  row.assign(order.assignee);
  return row;
}

async function assign(number, name) {
  try {
    const answer = await ask('POST', `orders/${number}/assignee`, new URLSearchParams({ user: name }));
    if (answer.status !== 200) throw new Error(answer.json().detail);
    rows.get(number)?.assign(name);
  } catch (failure) {
    notify(`Order ${number} was not assigned: ${failure.message}`, 'warning');
  }
}

function describe(order) {
  return `${order.quantity} × ${order.item} for ${order.customer}`;
}

function clock(instant) {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? '' : time.format(date);
}

// ---- Read and unread

function markRead(numbers) {
  for (const number of numbers) {
    unread.delete(number);
    rows.get(number)?.element.classList.remove('unread');
  }
  showCounts();
}

/** What stands in view of somebody who is at this window for two seconds counts as read. */
function lookIfSomebodyIsThere() {
  clearTimeout(looking);
  looking = setTimeout(() => {
    if (document.hidden || !document.hasFocus()) return;
    markRead([...unread].filter((number) => isInView(rows.get(number).element)));
  }, LOOKED_AT);
}

function isInView(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}

addEventListener('focus', lookIfSomebodyIsThere);
addEventListener('scroll', lookIfSomebodyIsThere, { passive: true });
document.addEventListener('visibilitychange', lookIfSomebodyIsThere);
$('read-all').addEventListener('click', () => markRead([...unread]));

function showCounts() {
  $('count').textContent = count;
  $('count-unit').textContent = count === 1 ? 'order' : 'orders';
  $('unread').textContent = unread.size;
  $('unread-part').hidden = $('read-all').hidden = unread.size === 0;
  $('empty').hidden = count > 0;
  document.title = unread.size > 0 ? `(${unread.size}) Orders` : 'Orders';
}

// ---- Users and notices

function showUsers(names) {
  users = names;
  $('users').replaceChildren(...names.map((name) => {
    const link = document.createElement('a');
    link.href = `?${new URLSearchParams({ ...token && { token }, user: name })}`;
    link.textContent = name;
    if (name === user) link.setAttribute('aria-current', 'page');
    return link;
  }));
}

function notify(text, kind = 'plain') {
  const notice = document.createElement('p');
  notice.className = `notice ${kind}`;
  notice.append(text);
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Dismiss';
  button.addEventListener('click', () => notice.remove());
  notice.append(button);
  $('notices').prepend(notice);
  if ($('notices').childElementCount > MOST_NOTICES) $('notices').lastElementChild.remove();
}

$('curl').textContent = `curl -d customer=Kim -d item=Espresso -d quantity=2 ${new URL('orders', location)}`;
begin();
