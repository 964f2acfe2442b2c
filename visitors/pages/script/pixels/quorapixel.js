providers.quorapixel = tag => {
  const qp = queued('qp', 'qp', 'queue');
  qp('init', tag);
  qp('track', 'ViewContent');
  return load('https://a.quora.com/qevents.js');
};
