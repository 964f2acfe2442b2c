providers.snapchat = tag => {
  const snaptr = queued('snaptr', 'handleRequest', 'queue');
  snaptr('init', tag);
  snaptr('track', 'PAGE_VIEW');
  return load('https://sc-static.net/scevent.min.js');
};
