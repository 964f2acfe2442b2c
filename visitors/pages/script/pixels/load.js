const pixels = JSON.parse(document.getElementById('pixels').textContent);
const fired = window.linkquayFired = [];
const providers = {};
const nonce = document.currentScript.nonce;
const loads = new Map();
const load = src => {
  if (!loads.has(src)) loads.set(src, new Promise(done => {
    const script = document.createElement('script');
    script.async = true;
    script.nonce = nonce;
    script.onload = script.onerror = done;
    script.src = src;
    document.head.append(script);
  }));
  return loads.get(src);
};
// Providers keep calls in a list until their script has loaded; most look for
// the name of the method that takes over and the name of the list.
const queued = (name, takesOver, list) => {
  if (window[name]) return window[name];
  const call = window[name] = function () {
    call[takesOver] ? call[takesOver].apply(call, arguments) : call[list].push(arguments);
  };
  call[list] = [];
  return call;
};
function gtag() {
  window.dataLayer = window.dataLayer || [];
  window.dataLayer.push(arguments);
}
