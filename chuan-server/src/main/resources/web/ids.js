// ULIDs: sortable by time, also within one millisecond; work without a secure context.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
let lastTime = 0;
let lastRandom = [];

export function newId(now = Date.now()) {
  if (now <= lastTime) {
    let i = lastRandom.length - 1;
    while (i >= 0 && lastRandom[i] === 31) lastRandom[i--] = 0;
    if (i >= 0) lastRandom[i]++;
    else lastTime++;
  } else {
    lastTime = now;
    lastRandom = [...crypto.getRandomValues(new Uint8Array(16))].map(b => b & 31);
  }
  let time = "";
  for (let t = lastTime, i = 0; i < 10; i++, t = Math.floor(t / 32)) time = ALPHABET[t % 32] + time;
  return time + lastRandom.map(v => ALPHABET[v]).join("");
}

export const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0] & 0x7fffffff;
