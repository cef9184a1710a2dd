// Places the order without leaving the page.

const $ = (id) => document.getElementById(id);
const form = $('shop');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    $('failure').textContent = answer.ok ? '' : 'The shop does not take this order.';
    if (answer.ok) showReceipt(await answer.json());
  } catch {
    $('failure').textContent = 'The shop cannot be reached. Please try again.';
  } finally {
    button.disabled = false;
  }
});

function showReceipt(order) {
  $('receipt-number').textContent = order.number;
  $('receipt-what').textContent = `${order.quantity} × ${order.item}`;
  $('receipt-customer').textContent = order.customer;
  $('receipt').hidden = true;
  $('receipt').getBoundingClientRect();      // so that the next ticket is printed anew
  $('receipt').hidden = false;
  $('item').value = '';
  $('quantity').value = '1';
}
