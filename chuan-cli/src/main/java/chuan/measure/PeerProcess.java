package chuan.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/// Another program that runs the same model, as a child process: a script of `bench/` around its
/// library. It gets the model, the threads and the largest context as arguments, says who it is in
/// a line of JSON, and then answers each case with a line of JSON.
///
/// ```
/// < {"name": "llama.cpp", "version": "…", "instructions": "AVX2 FMA", "threads": 2}
/// > {"prompt": 512, "generate": 0, "depth": 0}
/// < {"seconds": 12.3, "cpu_seconds": 24.5}
/// ```
public final class PeerProcess implements Subject {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /// glibc then asks for huge pages, as Chuan does for weights: programs meet on equal terms.
    private static final String TUNABLES = "GLIBC_TUNABLES";

    private static final String HUGE_PAGES = "glibc.malloc.hugetlb=1";
    private static final int LINES_SHOWN = 3;
    private static final int PATIENCE_SECONDS = 5;

    private final String name;
    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter questions;
    private final Path messages;
    private final Thread stop;
    private final JsonNode introduction;

    private PeerProcess(String name, Process process, Path messages) throws IOException {
        this.name = name;
        this.process = process;
        this.messages = messages;
        answers = process.inputReader(StandardCharsets.UTF_8);
        questions = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        stop = new Thread(process::destroyForcibly, "stop-peer");
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            introduction = answer();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /// Starts it and waits until it has loaded the model.
    ///
    /// @param name for messages
    /// @param command to which model, threads and context are added
    /// @throws IOException if it cannot be started or does not introduce itself
    public static PeerProcess start(
            String name, List<String> command, Path model, int threads, int context)
            throws IOException {
        var line = new ArrayList<>(command);
        line.add(model.toAbsolutePath().toString());
        line.add(Integer.toString(threads));
        line.add(Integer.toString(context));
        Path messages = Files.createTempFile("chuan-peer", ".log");
        var builder = new ProcessBuilder(line).redirectError(messages.toFile());
        builder.environment().putIfAbsent(TUNABLES, HUGE_PAGES);
        try {
            return new PeerProcess(name, builder.start(), messages);
        } catch (IOException e) {
            Files.deleteIfExists(messages);
            throw e;
        }
    }

    /// What it calls itself, with its version.
    public String title() {
        return text("name") + " " + text("version");
    }

    /// What its build uses of the processor, in its words.
    public String instructions() {
        return text("instructions");
    }

    /// How many it computes with, by its own account.
    public int threads() {
        return introduction.path("threads").asInt(0);
    }

    /// Memory of its that lies in huge pages now; 0 where nobody knows.
    long hugeBytes() {
        return Machine.hugeBytes(process.pid());
    }

    private String text(String key) {
        return introduction.path(key).asString("unknown");
    }

    @Override
    public Timing time(SpeedCase c) throws IOException {
        questions.println(
                JSON.writeValueAsString(
                        Map.of(
                                "prompt", c.prompt(),
                                "generate", c.generate(),
                                "depth", c.depth())));
        var answer = answer();
        double seconds = answer.path("seconds").asDouble(0);
        if (!(seconds > 0)) throw failure("answered " + answer);
        return new Timing(seconds, answer.path("cpu_seconds").asDouble(Double.NaN));
    }

    /// The next line that is an object; libraries write other things too.
    private JsonNode answer() throws IOException {
        for (String line = answers.readLine(); line != null; line = answers.readLine())
            if (line.startsWith("{")) return parse(line);
        throw failure("ended without an answer");
    }

    private JsonNode parse(String line) throws IOException {
        try {
            return JSON.readTree(line);
        } catch (JacksonException _) {
            throw failure("wrote " + line);
        }
    }

    private IOException failure(String what) throws IOException {
        var lines = Files.readAllLines(messages, StandardCharsets.ISO_8859_1);
        lines.removeIf(String::isBlank);
        var last = lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size());
        return new IOException(name + " " + what + "; it said: " + String.join(" / ", last));
    }

    @Override
    public void close() {
        questions.close();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) process.destroyForcibly();
            Files.deleteIfExists(messages);
            Runtime.getRuntime().removeShutdownHook(stop);
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } catch (IOException | IllegalStateException _) {
            // a file left in the temporary folder; or the JVM is ending, and the hook has run
        }
    }
}
