package chuan.bench;

import chuan.tokenizer.BpeTrainer;
import chuan.tokenizer.BpeTrainerOptions;
import chuan.tokenizer.SpecialText;
import chuan.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Encoding and training speed beside the Python package sentencepiece, in turns on the same text
/// in one run: Chuan, peer, Chuan, peer. Prints medians and spread and appends a ledger row for
/// each.
///
/// Usage: `TokenizerBench TOKENIZER_MODEL TEXT_FILE PYTHON [ROUNDS]`, from the repository root. One
/// thread encodes, line by line; training uses all cores on both sides and happens once per side if
/// the text is over 20 MB, else every second round.
public final class TokenizerBench {
    private static final int VOCABULARY = 8192;
    private static final Path LEDGER = Path.of("bench/ledger.jsonl");

    private final Tokenizer tokenizer;
    private final Path text;
    private final List<String> lines;
    private final long bytes;

    private TokenizerBench(Path model, Path text) throws IOException {
        tokenizer = Tokenizer.load(model);
        this.text = text;
        lines = Files.readAllLines(text);
        bytes = Files.size(text);
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 3) {
            System.err.println("usage: TokenizerBench TOKENIZER_MODEL TEXT_FILE PYTHON [ROUNDS]");
            System.exit(2);
        }
        int rounds = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 5;
        var bench = new TokenizerBench(Path.of(arguments[0]), Path.of(arguments[1]));
        String command =
                "TokenizerBench "
                        + String.join(
                                " ",
                                Arrays.stream(arguments)
                                        .map(a -> Path.of(a).getFileName().toString())
                                        .toList());
        try (Peer peer = new Peer(arguments[2], arguments[0], arguments[1])) {
            bench.encode(peer, rounds, command);
            bench.train(peer, bench.bytes > 20_000_000 ? 1 : (rounds + 1) / 2, command);
        }
    }

    private void encode(Peer peer, int rounds, String command) throws IOException {
        long expected = peer.number("tokens");
        long own = encodeAll();
        if (own != expected) {
            throw new IllegalStateException("tokens differ: " + own + ", peer " + expected);
        }
        encodeAll(); // the compiler has seen everything now
        double[] chuan = new double[rounds];
        double[] other = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            long start = System.nanoTime();
            encodeAll();
            chuan[round] = bytes / 1e6 / ((System.nanoTime() - start) / 1e9);
            other[round] = bytes / 1e6 / peer.seconds("encode");
        }
        report("tokenizer encode", "MB/s, one thread", chuan, other, true, peer.version, command);
    }

    private long encodeAll() {
        long tokens = 0;
        for (String line : lines) {
            tokens += tokenizer.encode(line, SpecialText.SENTENCEPIECE).length;
        }
        return tokens;
    }

    private void train(Peer peer, int rounds, String command) throws IOException {
        double[] chuan = new double[rounds];
        double[] other = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            long start = System.nanoTime();
            var options = BpeTrainerOptions.sentencePieceDefaults(VOCABULARY);
            new BpeTrainer(options).train(Files.readAllLines(text));
            chuan[round] = (System.nanoTime() - start) / 1e9;
            other[round] = peer.seconds("train " + VOCABULARY + " " + options.threads());
        }
        String unit = "s, " + VOCABULARY + " pieces";
        report("tokenizer train", unit, chuan, other, false, peer.version, command);
    }

    private void report(
            String what,
            String unit,
            double[] chuan,
            double[] peer,
            boolean higherIsBetter,
            String version,
            String command)
            throws IOException {
        double ratio = median(chuan) / median(peer);
        System.out.printf(
                Locale.ROOT,
                "%s (%s): Chuan %.2f (%.2f to %.2f), sentencepiece %s %.2f (%.2f to %.2f), %.2f times as fast%n",
                what,
                unit,
                median(chuan),
                least(chuan),
                most(chuan),
                version,
                median(peer),
                least(peer),
                most(peer),
                higherIsBetter ? ratio : 1 / ratio);
        String row =
                String.format(
                        Locale.ROOT,
                        "{\"date\": \"%s\", \"commit\": \"%s\", \"machine\": \"%s\", \"command\": \"%s\","
                                + " \"what\": \"%s\", \"unit\": \"%s\", \"text_bytes\": %d, \"load\": %.1f, \"rounds\": %d,"
                                + " \"median\": %.3f, \"spread\": [%.3f, %.3f],"
                                + " \"peer\": \"sentencepiece %s (PyPI)\", \"peer_median\": %.3f,"
                                + " \"peer_spread\": [%.3f, %.3f], \"ratio\": %.3f}%n",
                        LocalDate.now(),
                        commit(),
                        machine(),
                        command.replace("\\", "\\\\").replace("\"", "\\\""),
                        what,
                        unit,
                        bytes,
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                        chuan.length,
                        median(chuan),
                        least(chuan),
                        most(chuan),
                        version,
                        median(peer),
                        least(peer),
                        most(peer),
                        ratio);
        Files.writeString(LEDGER, row, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static double least(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }

    private static double most(double[] values) {
        return Arrays.stream(values).max().orElseThrow();
    }

    private static String commit() throws IOException {
        Process git = new ProcessBuilder("git", "rev-parse", "--short", "HEAD").start();
        try (BufferedReader out = git.inputReader()) {
            String line = out.readLine();
            return line == null ? "unknown" : line;
        }
    }

    private static String machine() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        String cpu = System.getProperty("os.arch");
        if (Files.exists(info)) {
            cpu =
                    Files.readAllLines(info).stream()
                            .filter(line -> line.startsWith("model name"))
                            .map(line -> line.substring(line.indexOf(':') + 1).strip())
                            .findFirst()
                            .orElse(cpu);
        }
        return cpu
                + ", "
                + Runtime.getRuntime().availableProcessors()
                + " cores, Java "
                + Runtime.version().feature();
    }

    /// `bench/tokenizer_peer.py` as a child process: one line in, one number out.
    private static final class Peer implements AutoCloseable {
        private final Process process;
        private final PrintWriter in;
        private final BufferedReader out;
        private final String version;

        Peer(String python, String model, String text) throws IOException {
            process =
                    new ProcessBuilder(python, "bench/tokenizer_peer.py", model, text)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            in = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
            out =
                    new BufferedReader(
                            new InputStreamReader(
                                    process.getInputStream(), StandardCharsets.UTF_8));
            version = ask("version");
        }

        private String ask(String command) throws IOException {
            in.println(command);
            String answer = out.readLine();
            if (answer == null) {
                throw new IOException(
                        "the peer ended; is sentencepiece installed for this Python?");
            }
            return answer;
        }

        double seconds(String command) throws IOException {
            return Double.parseDouble(ask(command));
        }

        long number(String command) throws IOException {
            return Long.parseLong(ask(command));
        }

        @Override
        public void close() {
            in.close();
            process.destroy();
        }
    }
}
