// The back office: the list comes first and says where in the stream it stands; the stream goes on
// from there. When the hub says that something may be missing, the page begins again with the list.

const MOST_SHOWN = 200;
const MOST_NOTICES = 3;
const AGAIN = 2_000;

const $ = (id) => document.getElementById(id);
const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const rows = new Map();      // order number → { element, assign }
let user;
let users = [];
let source;

async function begin() {
  showState('connecting');
  try {
    const answer = await fetch('office/orders');
    if (answer.redirected) return location.reload();      // to the login
    if (!answer.ok) throw new Error(`the list answers ${answer.status}`);
    const list = await answer.json();
    ({ user, users } = list);
    $('user').textContent = user;
    rows.clear();
    $('orders').replaceChildren();
    for (const order of list.orders.reverse()) insert(order);
    showCount();
    subscribe(list.cursor);
  } catch {
    beginAgain();
  }
}

function beginAgain() {
  source?.close();
  showState('closed');
  setTimeout(begin, AGAIN * (0.5 + Math.random()));
}

function subscribe(cursor) {
  source = new EventSource(`office/events?${new URLSearchParams({ lastEventId: cursor })}`);
  source.onopen = () => showState('open');
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) beginAgain();
    else showState('connecting');
  };
  source.addEventListener('runnel.gap', beginAgain);
  on('placed', (order) => {
    if (rows.has(order.number)) return;
    insert(order).classList.add('arriving');
    showCount();
  });
  on('assigned', (order) => {
    rows.get(order.number)?.assign(user);
    notify(`Order ${order.number} is yours: ${describe(order)}.`, 'yours');
  });
  on('released', (order) => {
    rows.get(order.number)?.assign(undefined);
    notify(`Order ${order.number} is no longer yours.`);
  });
  source.addEventListener('handed', ({ data }) => {
    const order = JSON.parse(data);
    rows.get(order.number)?.assign(order.assignee);
  });
}

function on(type, handle) {
  source.addEventListener(type, ({ data }) => handle(JSON.parse(data).order));
}

function showState(state) {
  $('connection').dataset.state = state;
  $('connection').textContent = { open: 'live', connecting: 'connecting', closed: 'not connected' }[state];
}

function insert(order) {
  const element = $('order').content.cloneNode(true).firstElementChild;
  const find = (selector) => element.querySelector(selector);
  element.dataset.number = order.number;
  find('.no b').textContent = order.number;
  find('.item').textContent = `${order.quantity} × ${order.item}`;
  find('.for').textContent = `for ${order.customer} · ${time.format(new Date(order.placedAt))}`;
  const buttons = users.map((name) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.setAttribute('aria-label', `Assign order ${order.number} to ${name}`);
    button.addEventListener('click', () => assign(order.number, name));
    return button;
  });
  find('.assign').append(...buttons);
  rows.set(order.number, {
    element,
    assign(name) {
      users.forEach((other, i) => buttons[i].setAttribute('aria-pressed', other === name));
      element.classList.toggle('mine', name === user);
      find('.badge').hidden = name !== user;
    },
  });
  rows.get(order.number).assign(order.assignee ?? undefined);
  const older = [...$('orders').children].find((other) => Number(other.dataset.number) < order.number);
  $('orders').insertBefore(element, older ?? null);
  if (rows.size > MOST_SHOWN) {
    const oldest = $('orders').lastElementChild;
    rows.delete(Number(oldest.dataset.number));
    oldest.remove();
  }
  return element;
}

function post(path, fields) {
  const token = document.cookie.match(/XSRF-TOKEN=([^;]+)/)?.[1] ?? '';
  return fetch(path, {
    method: 'POST',
    headers: { 'X-XSRF-TOKEN': decodeURIComponent(token) },
    body: new URLSearchParams(fields),
  }).catch(() => undefined);
}

// The streams of this login end with it, in all its tabs: each of them asks for the login then.
$('logout').addEventListener('click', async () => {
  if ((await post('logout', {}))?.ok) location.assign('login?logout');
});

async function assign(number, name) {
  const answer = await post(`office/orders/${number}/assignee`, { user: name });
  if (!answer?.ok) notify(`Order ${number} was not assigned.`, 'warning');
}

function describe(order) {
  return `${order.quantity} × ${order.item} for ${order.customer}`;
}

function notify(text, kind = 'plain') {
  const notice = document.createElement('p');
  notice.className = `notice ${kind}`;
  notice.append(text);
  $('notices').prepend(notice);
  if ($('notices').childElementCount > MOST_NOTICES) $('notices').lastElementChild.remove();
}

function showCount() {
  $('count').textContent = rows.size;
  $('empty').hidden = rows.size > 0;
}

begin();
