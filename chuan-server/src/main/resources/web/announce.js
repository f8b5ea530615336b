// For screen readers: whole sentences of an answer as they are complete, never single tokens.
const region = () => document.getElementById("live");

export function announce(text) {
  const line = document.createElement("p");
  line.textContent = text;
  region().append(line);
  while (region().childElementCount > 6) region().firstElementChild.remove();
}

export function announceText(run) {
  const rest = run.message.content.slice(run.spoken);
  const ends = [...rest.matchAll(/[。！？\n]|[.!?](?=\s)/g)];
  if (!ends.length) return;
  const end = ends[ends.length - 1].index + 1;
  run.spoken += end;
  const text = rest.slice(0, end).trim();
  if (text) announce(text);
}
