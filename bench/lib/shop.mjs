// A year of a shop: visitors who come by campaigns, searches and links, look at pages, and some of whom sign up, buy, and come back on a second device.
// The same numbers give the same shop.
import { setTimeout as sleep } from 'node:timers/promises';

const day = 24 * 60 * 60 * 1000;
const perRequest = 1_000;
const inFlight = 4;

const arrivals = [
  null, null, null,
  { referrer: 'https://www.google.com/' }, { referrer: 'https://www.google.com/' }, { referrer: 'https://www.bing.com/' }, { referrer: 'https://chatgpt.com/' },
  { referrer: 'https://www.instagram.com/' }, { referrer: 'https://blog.example/best-shoes' },
  { utm_source: 'newsletter', utm_medium: 'email', utm_campaign: 'weekly' },
  { utm_source: 'google', utm_medium: 'cpc', utm_campaign: 'brand', gclid: true }, { utm_source: 'google', utm_medium: 'cpc', utm_campaign: 'shoes', gclid: true },
  { utm_source: 'facebook', utm_medium: 'paid_social', utm_campaign: 'spring' },
];
const devices = [['desktop', 'Chrome', 'Windows'], ['mobile', 'Safari', 'iOS'], ['mobile', 'Chrome', 'Android'], ['desktop', 'Firefox', 'Linux'], ['tablet', 'Safari', 'iPadOS']];
const countries = ['DE', 'FR', 'US', 'GB', 'PL', 'NL'];
const products = 2_000;

/** Posts a year of visits up to an instant, in the order of time, so that the events of each visitor lie all over the file. Returns how many were posted. */
export async function fillShop(server, { events, people, end, key, say = () => {} }) {
  const random = generator(42);
  const sessions = plan(random, events, people, end);
  const running = new Set();
  let [items, posted, told] = [[], 0, 0];
  const flush = async () => {
    const request = post(server, key, items).finally(() => running.delete(request));
    running.add(request);
    posted += items.length;
    items = [];
    if (running.size >= inFlight) {
      await Promise.race(running);
    }
    if (posted - told >= 1_000_000) {
      told = posted;
      say(`${posted.toLocaleString('en-US')} events`);
    }
  };
  for (const number of sessions.order) {
    for (const item of visit(random, sessions.visitor[number], sessions.start[number], sessions.count[number])) {
      items.push(item);
      if (items.length === perRequest) {
        await flush();
      }
    }
  }
  if (items.length > 0) {
    await flush();
  }
  await Promise.all(running);
  return posted;
}

// Sessions of 1 to 9 events. Half of the visitors come once, the others come back within three months.
function plan(random, events, people, end) {
  const most = Math.ceil(events / 2);
  const [visitor, start, count] = [new Uint32Array(most), new Float64Array(most), new Uint8Array(most)];
  const first = new Float64Array(people).map(() => end - day - random() * 364 * day);
  let [planned, sessions] = [0, 0];
  for (let who = 0; planned < events; who = sessions < people ? who + 1 : Math.floor(random() ** 2 * people)) {
    const isFirst = sessions < people;
    visitor[sessions] = who;
    start[sessions] = isFirst ? first[who] : Math.min(first[who] + random() ** 2 * 90 * day, end - random() * day);
    count[sessions] = Math.min(1 + Math.floor(random() ** 2 * 9), events - planned);
    planned += count[sessions++];
  }
  const order = new Uint32Array(sessions).map((_, i) => i).sort((one, other) => start[one] - start[other]);
  return { visitor, start, count, order };
}

function* visit(random, who, start, count) {
  // Every thirtieth visitor is another's second device.
  const person = who % 30 === 29 ? who - 1 : who;
  const user = `glue_${(who * 2654435761 >>> 0).toString(16).padStart(8, '0')}_${who}`;
  const session = `session_${who}_${Math.floor(start / 1000).toString(36)}`;
  const arrival = arrivals[Math.floor(random() * arrivals.length)];
  const [device, browser, os] = devices[who % devices.length];
  let time = start;
  for (let i = 0; i < count; i++) {
    const page = i === 0 ? '/' : random() < 0.1 ? '/pricing' : `/product/${Math.floor(random() ** 3 * products)}`;
    const query = i === 0 && arrival?.utm_source ? `?${new URLSearchParams(Object.entries(arrival).filter(([name]) => name !== 'referrer').map(([name, value]) => [name, value === true ? `${session}_${name}` : value]))}` : '';
    const context = { page: { url: `https://shop.example${page}${query}` }, device, browser, os, country: countries[who % countries.length] };
    if (i === 0 && arrival?.referrer) {
      context.page.referrer = arrival.referrer;
    }
    const common = { glue_user_id: user, session_id: session, timestamp: new Date(Math.floor(time)).toISOString(), context };
    if (i === 3 && person % 7 === 0) {
      yield { type: 'identify', ...common, timestamp: new Date(Math.floor(time) + 7).toISOString(), email: `person_${person}@shop.example`, traits: { plan: 'free' } };
    }
    yield i === 5 && person % 5 < 2 ? { type: 'track', ...common, event: 'purchase', properties: { value: 10 + (who % 90), plan: who % 3 ? 'free' : 'pro' } }
      : i === 4 && random() < 0.7 ? { type: 'track', ...common, event: 'add_to_cart', properties: { product: who % products } }
        : i === 2 && random() < 0.3 ? { type: 'track', ...common, event: 'form_submit', properties: { form: 'contact' } }
          : { type: 'track', ...common, event: 'page_view', properties: { title: page } };
    time += 2_000 + random() * 90_000;
  }
}

async function post(server, key, batch) {
  for (;;) {
    const reply = await fetch(`${server.url}/glue/batch`, {
      method: 'POST', headers: { 'content-type': 'application/json', ...(key ? { 'x-api-key': key } : {}) }, body: JSON.stringify({ batch }),
    });
    if (reply.ok) {
      await reply.arrayBuffer();
      return;
    }
    if (reply.status !== 503) {
      throw new Error(`A batch got ${reply.status}: ${await reply.text()}`);
    }
    await sleep(200);
  }
}

// mulberry32: 32 bits of state, even enough.
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
