providers.reddit = tag => {
  const rdt = queued('rdt', 'sendEvent', 'callQueue');
  rdt('init', tag);
  rdt('track', 'PageVisit');
  return load('https://www.redditstatic.com/ads/pixel.js');
};
