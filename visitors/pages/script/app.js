(() => {
  const at = id => document.getElementById(id).href;
  let away = false;
  // Where the app opens, this page is hidden, and stays as it is.
  const gone = () => { away = true; };
  document.addEventListener('visibilitychange', gone);
  window.addEventListener('pagehide', gone);
  setTimeout(() => {
    if (!away) location.replace(at('go'));
  }, 2000);
  location.href = at('app');
})();
