providers.adrollpixel = tag => {
  // The advertiser and the pixel have an id each: ADV/PIX.
  const [advertiser, pixel = ''] = tag.split(/[/:,|]/);
  window.adroll_adv_id = advertiser;
  window.adroll_pix_id = pixel;
  window.adroll_version = '2.0';
  const adroll = window.adroll = window.adroll || [];
  for (const name of ['setProperties', 'identify', 'track', 'identify_email']) {
    adroll[name] = adroll[name] || (function () { adroll.push([name, arguments]); });
  }
  adroll.track('pageView');
  return load('https://s.adroll.com/j/' + encodeURIComponent(advertiser) + '/roundtrip.js');
};
