providers.linkedinpixel = tag => {
  window._linkedin_partner_id = tag;
  (window._linkedin_data_partner_ids = window._linkedin_data_partner_ids || []).push(tag);
  if (!window.lintrk) {
    window.lintrk = (a, b) => window.lintrk.q.push([a, b]);
    window.lintrk.q = [];
  }
  return load('https://snap.licdn.com/li.lms-analytics/insight.min.js');
};
