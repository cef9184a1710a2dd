/** Waits until `claim` answers something true, and answers that. A machine that is busy with other things may take its time. */
export async function eventually(what, claim, { within = 60_000, giveUpOn = () => false } = {}) {
  const end = Date.now() + within;
  let last;
  do {
    try {
      const answer = await claim();
      if (answer) return answer;
      last = answer;
    } catch (failure) {
      last = failure;
      if (giveUpOn()) break;
    }
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  } while (Date.now() < end);
  throw new Error(`not so: ${what}`, { cause: last });
}
