(() => {
  let left = false;
  const leave = () => {
    if (left) return;
    left = true;
    location.replace(document.getElementById('go').href);
  };
  // Nobody waits longer than a second for somebody else's server.
  setTimeout(leave, 1000);
  // What has loaded gets a moment to send what it has to say.
  Promise.all(window.linkquayFired || []).then(() => setTimeout(leave, 150));
})();
