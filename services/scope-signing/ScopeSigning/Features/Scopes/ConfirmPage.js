(() => {
  'use strict';
  const button = document.getElementById('confirm');
  const text = document.getElementById('text');
  const result = document.getElementById('result');
  const job = location.pathname.split('/').pop();
  const secret = location.hash.slice(1);

  const finish = (message) => {
    text.hidden = true;
    button.hidden = true;
    result.textContent = message;
  };

  button.addEventListener('click', async () => {
    button.disabled = true;
    result.textContent = 'One moment …';
    try {
      const answer = await fetch('/scope/' + job, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ secret }),
        credentials: 'omit',
      });
      if (answer.status === 202) {
        finish('Done. Your address is confirmed; you can close this page.');
      } else if (answer.status === 401 || answer.status === 404) {
        finish('This link is not valid any more. Ask for a new one in your app.');
      } else {
        result.textContent = 'That did not work. Please try again in a moment.';
        button.disabled = false;
      }
    } catch {
      result.textContent = 'The server could not be reached. Please try again.';
      button.disabled = false;
    }
  });
})();
