// Places the order without leaving the page. Without this script the form does the same by itself.

const $ = (id) => document.getElementById(id);
const form = $('shop');
const fields = ['customer', 'item', 'quantity'];

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    await place(new URLSearchParams(new FormData(form)));
  } catch {
    $('failure').textContent = 'The shop cannot be reached, and the order may not have been placed. Please try again.';
  } finally {
    button.disabled = false;
  }
});

async function place(order) {
  const answer = await fetch(form.action, { method: 'POST', headers: { Accept: 'application/json' }, body: order });
  const body = await answer.json();
  for (const field of fields) complain(field, body.fields?.[field] ?? '');
  $('failure').textContent = answer.ok || body.fields ? '' : body.detail;
  if (!answer.ok) return;
  showReceipt(body);
  $('item').value = '';
  $('quantity').value = '1';
  $('item').focus();
}

function complain(field, complaint) {
  $(field).setAttribute('aria-invalid', complaint !== '');
  $(`${field}-complaint`).textContent = complaint;
}

function showReceipt(order) {
  const ticket = $('receipt');
  $('receipt-number').textContent = order.number;
  $('receipt-what').textContent = `${order.quantity} × ${order.item}`;
  $('receipt-customer').textContent = order.customer;
  ticket.hidden = true;
  ticket.getBoundingClientRect();      // so that the next ticket is printed anew
  ticket.hidden = false;
}

$('curl').textContent = `curl -d customer=Kim -d item=Espresso -d quantity=2 ${new URL('orders', location)}`;
