package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `chuan pull` against a hub on this machine that does what hubs, networks and attackers do.
class PullCommandTest {
    private static final String WEIGHTS = "model.safetensors";
    private static final String SECRET = "hf_secret";
    private static final int SIZE = 1_000_000;
    private static final int HALF = 400_000;

    @TempDir Path temporary;
    private Path folder = Path.of("");
    private LocalHub hub;

    PullCommandTest() throws IOException {
        hub = new LocalHub();
    }

    @BeforeEach
    void repository() {
        folder = temporary.resolve("out");
        hub.files.put("config.json", "{}".getBytes(StandardCharsets.UTF_8));
        hub.files.put(WEIGHTS, random(SIZE));
        hub.files.put("pytorch_model.bin", random(100));
        hub.files.put("modeling_baichuan.py", random(100));
        hub.files.put("sub/a b+%.txt", random(1000));
        hub.files.put("empty.txt", new byte[0]);
        hub.files.put(
                "README.md",
                "---\nlanguage:\n- zh\nlicense: \"apache-2.0\"\n---\n# Tiny\n"
                        .getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private CommandLineRun pull(String... more) {
        var args =
                new ArrayList<>(
                        List.of(
                                "pull",
                                LocalHub.MODEL,
                                "--hub",
                                hub.url(),
                                "--out",
                                folder.toString(),
                                "--back-off",
                                "1"));
        args.addAll(List.of(more));
        return CommandLineRun.of(args.toArray(String[]::new));
    }

    private byte[] content(String name) {
        return Objects.requireNonNull(hub.files.get(name));
    }

    private void succeeds(String... more) throws IOException {
        var run = pull(more);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(folder.resolve(WEIGHTS)).hasBinaryContent(content(WEIGHTS));
        assertThat(names()).noneMatch(name -> name.contains(".part") || name.contains("lock"));
    }

    private CommandLineRun refused(String... words) {
        return refusedRun(pull(), words);
    }

    private static CommandLineRun refusedRun(CommandLineRun run, String... words) {
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.err().lines()).as(run.err()).hasSize(1);
        assertThat(run.err()).contains(words).doesNotContain("Exception", SECRET);
        System.out.print(run.err());
        return run;
    }

    private List<String> names() throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(f -> folder.relativize(f).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"huggingface", "modelscope"})
    void everythingArrivesButPicklesAndCode(String source) throws IOException {
        var run = pull("--source", source, "--token", SECRET);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(names())
                .containsExactly(
                        ".chuan-pull.json",
                        "README.md",
                        "config.json",
                        "empty.txt",
                        WEIGHTS,
                        "sub/a b+%.txt");
        for (String name : names())
            if (!name.startsWith("."))
                assertThat(folder.resolve(name)).hasBinaryContent(content(name));
        assertThat(run.out().lines().filter(l -> l.startsWith("licence: "))).hasSize(1);
        assertThat(run.out()).contains("apache-2.0", hub.url() + "/").contains("5 files");
        assertThat(hub.seen).allMatch(s -> ("Bearer " + SECRET).equals(s.authorization()));
        assertThat(hub.seen.get(1).file()).isEqualTo("README.md");
        assertThat(hub.seen.getLast().file()).isEqualTo("config.json");
        System.out.print(run.out());
    }

    @Test
    void aSecondPullFetchesWhatChangedOnlyAndJsonListsTheFiles() throws IOException {
        succeeds();
        hub.seen.clear();
        hub.files.put("config.json", "[]".getBytes(StandardCharsets.UTF_8));
        hub.files.remove("empty.txt");
        var run = pull("--json");
        assertThat(run.code()).isZero();
        assertThat(hub.seen)
                .extracting(LocalHub.Seen::file)
                .containsExactly("listing", "config.json");
        assertThat(folder.resolve("config.json")).hasContent("[]");
        assertThat(folder.resolve("empty.txt")).doesNotExist();
        var report = Json.mapper().readTree(run.out());
        assertThat(report.get("fetchedBytes").longValue()).isEqualTo(2);
        assertThat(report.get("files")).hasSize(4);
        for (var file : report.get("files")) {
            byte[] content = content(file.get("path").stringValue());
            assertThat(file.get("size").longValue()).isEqualTo(content.length);
            assertThat(file.get("sha256").stringValue()).isEqualTo(LocalHub.sha256(content));
        }
    }

    @Test
    void patternsChooseFiles() throws IOException {
        succeeds("--include", "*.safetensors", "--include", "sub/*", "--exclude", "*.txt");
        assertThat(names()).containsExactly(".chuan-pull.json", "README.md", WEIGHTS);
        refusedRun(pull("--include", "*.gguf"), "nothing");
    }

    @Test
    void aDroppedConnectionIsTakenUpWhereItBroke() throws IOException {
        hub.next(WEIGHTS, hub.dropAfter(0, HALF));
        succeeds("--include", WEIGHTS);
        var requests = hub.requests(WEIGHTS);
        assertThat(requests).hasSize(2);
        assertThat(requests.get(1).range()).isEqualTo("bytes=" + HALF + "-");
        assertThat(requests.get(1).ifRange()).isEqualTo(LocalHub.etag(content(WEIGHTS)));
        assertThat(hub.bytes.get() - content("README.md").length)
                .isGreaterThanOrEqualTo(SIZE)
                .isLessThan(SIZE + HALF);
    }

    @Test
    void aHubThatIgnoresRangesSendsTheFileAgain() throws IOException {
        hub.next(WEIGHTS, hub.dropAfter(0, HALF));
        hub.next(WEIGHTS, hub.ignoreRange());
        succeeds();
    }

    @Test
    void aFileThatChangedMeanwhileIsNotPatchedTogether() throws IOException {
        String name = "config.json"; // no hash at this hub: only the ETag can tell
        hub.files.put(name, random(HALF));
        hub.next(name, hub.dropAfter(0, HALF / 2));
        for (int i = 0; i < 5; i++) hub.next(name, LocalHub.status(503));
        refused(name, "503");
        byte[] other = random(HALF);
        other[0] ^= 1;
        hub.files.put(name, other);
        succeeds();
        assertThat(folder.resolve(name)).hasBinaryContent(other);
        var last = hub.requests(name).getLast();
        assertThat(last.range()).isEqualTo("bytes=" + HALF / 2 + "-");
        assertThat(last.ifRange()).isNotEqualTo(LocalHub.etag(other));
    }

    @Test
    void aWrongChecksumDeletesTheFile() throws IOException {
        String expected = "0".repeat(64);
        hub.lies.put(WEIGHTS, new LocalHub.Listed(SIZE, expected));
        refused(WEIGHTS, expected, LocalHub.sha256(content(WEIGHTS)));
        assertThat(names()).noneMatch(name -> name.startsWith(WEIGHTS));
        hub.lies.clear();
        succeeds();
    }

    @ParameterizedTest
    @ValueSource(longs = {SIZE - 1, SIZE + 1})
    void aWrongSizeIsRefused(long size) throws IOException {
        hub.lies.put(WEIGHTS, new LocalHub.Listed(size, null));
        refused(WEIGHTS, String.valueOf(size), String.valueOf(SIZE));
        assertThat(names()).noneMatch(name -> name.startsWith(WEIGHTS));
    }

    @Test
    void refusalsSayWhatToDo() {
        hub.next("listing", LocalHub.status(404));
        refused("org/tiny", "main", "404");
        for (int status : new int[] {401, 403}) {
            hub.next("listing", LocalHub.status(status));
            refused("gated", "accept", hub.url() + "/org/tiny", "--token", "HF_TOKEN");
        }
        hub.next("listing", LocalHub.status(401, "X-Error-Code", "RepoNotFound"));
        refused("unknown", "private");
        refusedRun(CommandLineRun.of("pull", "../etc", "--hub", hub.url()), "not a model's name");
        refusedRun(pull("--revision", "../x"), "--revision");
        refusedRun(CommandLineRun.of("pull", "a", "--hub", "file:///etc"), "not a hub's address");
        refusedRun(pull("--connections", "0"), "--connections");
        assertThat(folder).doesNotExist();
    }

    @Test
    void busyAndBrokenServersAreTriedAgain() throws IOException {
        hub.next("listing", LocalHub.status(503));
        hub.next(WEIGHTS, LocalHub.status(429, "Retry-After", "0"));
        hub.next(WEIGHTS, LocalHub.status(500));
        succeeds();
        assertThat(hub.requests(WEIGHTS)).hasSize(3);
        for (int i = 0; i < 5; i++) hub.next("listing", LocalHub.status(500));
        refused("HTTP 500", "5 times");
    }

    @Test
    void theTokenStaysAtHomeWhenRedirectedElsewhere() throws IOException {
        try (var elsewhere = new LocalHub()) {
            elsewhere.files.putAll(hub.files);
            String there = elsewhere.url().replace("127.0.0.1", "localhost");
            String path = "/" + LocalHub.MODEL + "/resolve/main/" + WEIGHTS;
            hub.next(WEIGHTS, LocalHub.status(302, "Location", there + path));
            elsewhere.next(WEIGHTS, LocalHub.status(403)); // a signed address that ran out
            hub.next(WEIGHTS, LocalHub.status(307, "Location", there + path));
            succeeds("--token", SECRET);
            assertThat(elsewhere.requests(WEIGHTS)).hasSize(2);
            assertThat(elsewhere.seen).allMatch(s -> s.authorization() == null);
            assertThat(hub.requests(WEIGHTS)).allMatch(s -> s.authorization() != null);
        }
        for (int i = 0; i < 20; i++)
            hub.next("listing", LocalHub.status(302, "Location", "/api/models/org/tiny/tree/main"));
        refused("redirects");
        refusedLocation("file:///etc/passwd");
    }

    private void refusedLocation(String location) {
        try (var other = new LocalHub()) {
            other.next("listing", LocalHub.status(302, "Location", location));
            refusedRun(
                    CommandLineRun.of("pull", "org/tiny", "--hub", other.url(), "-o", folder + "3"),
                    "no web address");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil",
                "a/../../evil",
                "/etc/evil",
                "a//b",
                "./a",
                "..\\evil",
                "C:evil",
                "a\nb",
                "a\u001b[2Jb",
                "a\u202eb",
                "",
                ".chuan-pull.json",
                "x.part"
            })
    void hostileNamesAreRefused(String name) {
        hub.files.put(name, random(10));
        var run = refused("--exclude".repeat(name.matches("x.part|.chuan.*") ? 1 : 0));
        assertThat(run.err()).doesNotContain("\u001b", "\u202e");
        assertThat(folder).doesNotExist();
    }

    @Test
    void sizesThatCannotBeTrueAreRefusedBeforeAnythingIsWritten() {
        hub.lies.put(WEIGHTS, new LocalHub.Listed(1L << 60, null));
        refused("disk has");
        hub.lies.put(WEIGHTS, new LocalHub.Listed(Long.MAX_VALUE, null));
        refused("cannot be true");
        hub.lies.put(WEIGHTS, new LocalHub.Listed(-1, null));
        refused(WEIGHTS, "-1");
        assertThat(folder).doesNotExist();
    }

    @Test
    void foldersOfOthersAreLeftAlone() throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), "mine");
        refused("did not put there");
        assertThat(folder.resolve("config.json")).hasContent("mine");
    }

    @Test
    void offlineVerifiesWhatIsThere() throws IOException {
        refusedRun(pull("--offline"), "no complete pull");
        succeeds();
        hub.close();
        var run = pull("--offline");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines()).hasSize(1);
        byte[] changed = random(SIZE);
        changed[HALF] ^= 1;
        Files.write(folder.resolve(WEIGHTS), changed);
        refusedRun(pull("--offline"), WEIGHTS, "SHA-256");
        Files.write(folder.resolve(WEIGHTS), random(HALF));
        refusedRun(pull("--offline"), WEIGHTS, String.valueOf(HALF));
        Files.delete(folder.resolve(WEIGHTS));
        refusedRun(pull("--offline"), WEIGHTS, "missing");
    }

    /// In processes of their own, with endpoint and token from the environment: one is killed, one
    /// is asked to stop, and the third finishes.
    @Test
    void killedAndInterruptedPullsAreTakenUp() throws Exception {
        hub.next(WEIGHTS, stuckAfter(0, HALF));
        var killed = process();
        waitFor(killed, HALF);
        killed.destroyForcibly().waitFor();
        unusable();

        int more = HALF + 100_000;
        hub.next(WEIGHTS, stuckAfter(HALF, more - HALF));
        var stopped = process();
        waitFor(stopped, more);
        stopped.toHandle().destroy(); // leaves its stderr readable
        assertThat(stopped.waitFor(10, TimeUnit.SECONDS)).isTrue();
        String err = new String(stopped.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(err.lines()).hasSize(1);
        assertThat(err).contains("interrupted");
        assertThat(stopped.exitValue()).isGreaterThan(128);
        unusable();

        succeeds();
        assertThat(hub.requests(WEIGHTS))
                .extracting(LocalHub.Seen::range)
                .containsExactly(null, "bytes=" + HALF + "-", "bytes=" + more + "-");
        assertThat(hub.requests(WEIGHTS).getFirst().authorization()).isEqualTo("Bearer " + SECRET);
    }

    private void unusable() {
        assertThat(folder.resolve(WEIGHTS)).doesNotExist();
        assertThat(folder.resolve("config.json")).doesNotExist();
        assertThat(folder.resolve(".chuan-pull.json")).doesNotExist();
        String path = folder.toString();
        for (String[] line :
                new String[][] {
                    {"inspect", path},
                    {"logits", "-m", path, "--ids", "1"},
                    {"generate", "-m", path, "--prompt", "x"},
                    {"tokenize", "-m", path, "x"}
                }) refusedRun(CommandLineRun.of(line), "chuan pull again");
    }

    private LocalHub.Misbehaviour stuckAfter(int from, int count) {
        return (exchange, content) -> {
            try {
                hub.dropAfter(from, count).answer(exchange, content);
            } finally {
                LocalHub.pause(4000);
            }
        };
    }

    private Process process() throws IOException {
        var builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")),
                        "chuan.cli.Main",
                        "pull",
                        LocalHub.MODEL,
                        "--out",
                        folder.toString());
        builder.environment().put("HF_ENDPOINT", hub.url());
        builder.environment().put("HF_TOKEN", SECRET);
        return builder.start();
    }

    private void waitFor(Process process, long bytes) throws IOException {
        Path part = folder.resolve(WEIGHTS + ".part");
        for (int i = 0; !Files.exists(part) || Files.size(part) < bytes; i++) {
            assertThat(process.isAlive() && i < 1000).isTrue();
            LocalHub.pause(10);
        }
    }

    @Test
    void aPulledModelIsFoundByItsName() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny"));
        hub.files.clear();
        try (var files = Files.list(model)) {
            for (Path file : files.toList())
                hub.files.put(file.getFileName().toString(), Files.readAllBytes(file));
        }
        Path store = temporary.resolve("models");
        System.setProperty("chuan.store", store.toString());
        try {
            String[] pull = {"pull", "org/tiny", "--hub", hub.url(), "--back-off", "1"};
            String[] use = {"logits", "--model", "org/tiny", "--ids", "1 2 3"};
            for (int i = 0; i < 5; i++) hub.next("config.json", LocalHub.status(500));
            refusedRun(CommandLineRun.of(pull), "config.json");
            refusedRun(CommandLineRun.of(use), "chuan pull again");
            var run = CommandLineRun.of(pull);
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(run.out()).contains("states none", "--model org/tiny");
            var byName = CommandLineRun.of(use);
            assertThat(byName.code()).as(byName.err()).isZero();
            use[2] = model.toString();
            assertThat(CommandLineRun.of(use).out()).isEqualTo(byName.out());
            refusedRun(CommandLineRun.of("logits", "-m", "org/none", "--ids", "1"), "org/none");
        } finally {
            System.clearProperty("chuan.store");
        }
    }
}
