providers.pinterest = tag => {
  if (!window.pintrk) {
    const pintrk = window.pintrk = function () { pintrk.queue.push(Array.from(arguments)); };
    pintrk.queue = [];
    pintrk.version = '3.0';
  }
  window.pintrk('load', tag);
  window.pintrk('page');
  return load('https://s.pinimg.com/ct/core.js');
};
