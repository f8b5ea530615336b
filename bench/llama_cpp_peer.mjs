// llama.cpp beside Chuan, through the prebuilt library that the npm package node-llama-cpp brings.
//
//   npm install node-llama-cpp        (in a folder of its own; NODE_PATH does not reach ES modules:
//   node llama_cpp_peer.mjs ...        copy or link this file there)
//
//   greedy MODEL.gguf COUNT "1 2 3"        COUNT tokens after these ids, each with the gap to the second
//   nll MODEL.gguf IDS.json [WINDOW]       IDS.json: [[ids of a document], ...]; natural log-likelihood of
//                                          all tokens but the first of each document, windows not overlapping
//
// One JSON object on stdout. KV_TYPE=F32 (or F16, ...) chooses the cache, THREADS the threads.
import {getLlama, LlamaLogLevel} from "node-llama-cpp";
import {readFileSync} from "node:fs";

const [mode, path, ...rest] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error,
    maxThreads: Number(process.env.THREADS ?? 2)});
const model = await llama.loadModel({modelPath: path, useMmap: true});
const kv = process.env.KV_TYPE ?? "F32";

function second(logits) {
    const it = logits.entries();
    const first = it.next().value;
    return {token: Number(first[0]), margin: first[1] - it.next().value[1]};
}

async function context(size) {
    return model.createContext({contextSize: size, batchSize: Math.min(size, 512), flashAttention: false,
        experimentalKvCacheKeyType: kv, experimentalKvCacheValueType: kv});
}

if (mode === "greedy") {
    const ids = rest[1].trim().split(/\s+/).map(Number);
    const count = Number(rest[0]);
    const sequence = (await context(ids.length + count + 8)).getSequence();
    const tokens = [], margins = [];
    let input = ids;
    for (let i = 0; i < count; i++) {
        const asked = input.map((id, at) => at === input.length - 1
            ? [id, {generateNext: {logits: true, token: true, options: {temperature: 0}}}] : id);
        const result = await sequence.controlledEvaluate(asked);
        const next = second(result[asked.length - 1].next.logits);
        tokens.push(next.token);
        margins.push(next.margin);
        input = [next.token];
    }
    console.log(JSON.stringify({tokens, margins}));
} else if (mode === "nll") {
    const documents = JSON.parse(readFileSync(rest[0], "utf8"));
    const window = Number(rest[1] ?? 256);
    const sequence = (await context(window + 8)).getSequence();
    let nats = 0, count = 0;
    for (const ids of documents)
        for (let from = 0; from < ids.length - 1; from += window - 1) {
            const part = ids.slice(from, from + window);
            if (part.length < 2) break;
            await sequence.clearHistory();
            const asked = part.slice(0, -1).map(id => [id, {generateNext: {logits: true, options: {temperature: 0}}}]);
            const results = await sequence.controlledEvaluate(asked);
            results.forEach((r, i) => {
                let max = -Infinity, sum = 0;
                for (const v of r.next.logits.values()) if (v > max) max = v;
                for (const v of r.next.logits.values()) sum += Math.exp(v - max);
                nats += max + Math.log(sum) - r.next.logits.get(part[i + 1]);
                count++;
            });
        }
    console.log(JSON.stringify({tokens: count, nats, perplexity: Math.exp(nats / count)}));
} else throw new Error("greedy or nll");
await llama.dispose();
process.exit(0);
