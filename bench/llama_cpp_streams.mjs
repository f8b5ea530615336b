// Many answers at once by llama.cpp, through the prebuilt library of the npm package node-llama-cpp, without a
// server around it: what a server of it could give at most. The peer of serve_streams.py.
//
//   CHUAN_LLAMA_CPP=DIR node llama_cpp_streams.mjs MODEL.gguf STREAMS PROMPT_TOKENS TOKENS
//
// One JSON object on stdout: tokens/s of all streams together, prompts included in the time.
import {join} from "node:path";
import {pathToFileURL} from "node:url";

const where = process.env.CHUAN_LLAMA_CPP;
const library = where === undefined ? "node-llama-cpp"
    : pathToFileURL(join(where, "node_modules/node-llama-cpp/dist/index.js")).href;
const {getLlama, LlamaLogLevel} = await import(library);

const [path, ...numbers] = process.argv.slice(2);
const [streams, promptTokens, tokens] = numbers.map(Number);
const threads = Number(process.env.THREADS ?? 2);
const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: threads});
const model = await llama.loadModel({modelPath: path});
const context = await model.createContext({
    sequences: streams, contextSize: promptTokens + tokens + 8, batchSize: Math.max(512, streams * promptTokens),
    flashAttention: true, threads,
    batching: {dispatchSchedule: "nextCycle", itemPrioritizationStrategy: "maximumParallelism"}});

const prompt = stream => Array.from({length: promptTokens}, (_, i) => ((stream * 131 + i) * 7919 + 13) % 7000 + 300);

async function answer(sequence, stream, count) {
    await sequence.clearHistory();
    let input = prompt(stream), made = 0;
    while (made < count) {
        let last;
        for await (const token of sequence.evaluate(input, {temperature: 0, yieldEogToken: true})) {
            last = token;
            if (++made >= count) break;
        }
        input = [last];
    }
    return made;
}

const sequences = Array.from({length: streams}, () => context.getSequence());
await answer(sequences[0], 0, 4);
const start = performance.now();
const made = await Promise.all(sequences.map((sequence, i) => answer(sequence, i, tokens)));
const seconds = (performance.now() - start) / 1000;
const total = made.reduce((a, b) => a + b);
console.log(JSON.stringify({program: `llama.cpp ${llama.llamaCppRelease.release}`, streams, promptTokens, tokens,
    total, seconds: +seconds.toFixed(2), tokensPerSecond: +(total / seconds).toFixed(2)}));
await llama.dispose();
