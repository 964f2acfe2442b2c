for (const {type, tag} of pixels) {
  // One that fails keeps no other from firing.
  try { fired.push(providers[type](tag)); } catch (e) { console.warn(type, e); }
}
