(() => {
  const at = id => document.getElementById(id);
  const box = at('counter'), left = at('left'), stop = at('stop'), bar = at('bar');
  let seconds = Number(box.dataset.seconds);
  const show = () => {
    left.textContent = left.dataset.text.replace('#', seconds);
    bar.value = bar.max - seconds;
  };
  box.hidden = stop.hidden = false;
  show();
  const timer = setInterval(() => {
    // Who looks elsewhere is not taken away meanwhile.
    if (document.hidden) return;
    seconds--;
    show();
    if (seconds > 0) return;
    clearInterval(timer);
    location.replace(at('go').href);
  }, 1000);
  stop.addEventListener('click', () => {
    clearInterval(timer);
    // Only this is worth being read out; every second would not be.
    left.setAttribute('role', 'status');
    left.textContent = left.dataset.stopped;
    bar.remove();
    stop.hidden = true;
    at('go').focus();
  });
})();
