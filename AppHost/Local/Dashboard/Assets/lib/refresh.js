// Asks the server again when something has changed: at most once a second, one request at a time.

const Pause = 1000;

export function refresher(load) {
  let timer = 0;
  let running = null;
  let isWanted = false;
  let isStopped = false;

  async function run() {
    clearTimeout(timer);
    timer = 0;
    running?.abort();
    const mine = running = new AbortController();
    try {
      await load(mine.signal);
    } catch (error) {
      // A page that was left, a newer question, or a lost connection: the live stream tells when it is back.
      if (error.name !== "AbortError" && !(error instanceof TypeError)) console.warn(error.message);
    }
    if (mine !== running) return;
    running = null;
    if (isWanted) {
      isWanted = false;
      later();
    }
  }

  function later() {
    if (isStopped || timer) return;
    if (running) isWanted = true;
    else timer = setTimeout(run, Pause);
  }

  return {
    now: () => { if (!isStopped) run(); },
    later,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      running?.abort();
    },
  };
}
