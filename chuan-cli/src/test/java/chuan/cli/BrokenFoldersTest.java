package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Damaged model folders as a user meets them: one line with the file, the place and the cause,
/// exit code 2.
class BrokenFoldersTest {
    private static final Path GOLDEN = CommandLineRun.root().resolve("testdata/golden");
    private static final String SAFETENSORS = "model.safetensors";

    @TempDir Path temporary;
    private Path folder = Path.of("");

    @BeforeEach
    void intact() throws Exception {
        folder = temporary.resolve("model");
        copy("tiny-alibi");
        assertThat(CommandLineRun.of("generate", "-m", folder.toString()).err())
                .contains("tokenizer.model");
        assertThat(CommandLineRun.of("logits", "-m", folder.toString(), "--ids", "1").code())
                .isZero();
    }

    private void copy(String name) throws Exception {
        Files.createDirectories(folder);
        try (var files = Files.list(GOLDEN.resolve(name))) {
            for (Path file : files.toList()) {
                Path target = folder.resolve(file.getFileName().toString());
                Files.write(target, Files.readAllBytes(file));
            }
        }
    }

    private void refused(String... words) {
        for (String[] line :
                new String[][] {
                    {"inspect", folder.toString()},
                    {"logits", "-m", folder.toString(), "--ids", "1"},
                    {"chat", "-m", folder.toString(), "hello"}
                }) {
            var run = CommandLineRun.of(line);
            if (line[0].equals("inspect") && run.code() == 0) continue; // values are not looked at
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err().lines()).as(run.err()).hasSize(1);
            assertThat(run.err()).contains(words).doesNotContain("Exception");
        }
        System.out.print(CommandLineRun.of("logits", "-m", folder.toString(), "--ids", "1").err());
    }

    @Test
    void cutOff() throws Exception {
        try (var file = new RandomAccessFile(folder.resolve(SAFETENSORS).toFile(), "rw")) {
            file.setLength(file.length() - 1_000_000);
        }
        refused(SAFETENSORS);
    }

    @Test
    void absurdHeader() throws Exception {
        try (var file = new RandomAccessFile(folder.resolve(SAFETENSORS).toFile(), "rw")) {
            file.write(
                    ByteBuffer.allocate(8)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(1L << 60)
                            .array());
        }
        refused(SAFETENSORS, "1152921504606846976");
    }

    @Test
    void notANumber() throws Exception {
        byte[] bytes = Files.readAllBytes(folder.resolve(SAFETENSORS));
        var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int data = Math.toIntExact(8 + buffer.getLong(0));
        String header = new String(bytes, 8, data - 8, StandardCharsets.UTF_8);
        var tensor = Json.mapper().readTree(header).get("model.norm.weight");
        buffer.putFloat(data + tensor.get("data_offsets").get(0).intValue() + 4, Float.NaN);
        Files.write(folder.resolve(SAFETENSORS), bytes);
        refused("model.norm.weight", "NaN");
    }

    @Test
    void missingShard() throws Exception {
        Files.delete(folder.resolve(SAFETENSORS));
        copy("tiny-alibi-sharded-safetensors");
        try (var files = Files.list(folder)) {
            List<Path> shards = files.filter(f -> f.toString().matches(".*-of-.*tensors")).toList();
            Files.delete(shards.getLast());
            refused(shards.getLast().getFileName().toString());
        }
    }

    @Test
    void hostilePickle() throws Exception {
        Files.delete(folder.resolve(SAFETENSORS));
        // The classic: a pickle that calls os.system when it is loaded by a careless reader.
        byte[] pickle =
                "\u0080\u0002cos\nsystem\nX\u0004\0\0\0exit\u0085R."
                        .getBytes(StandardCharsets.ISO_8859_1);
        Files.write(folder.resolve("pytorch_model.bin"), pickle);
        refused("pytorch_model.bin");
    }

    @Test
    void tooManyLayers() throws Exception {
        Path config = folder.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4"));
        refused("model.layers.3", "missing");
    }

    @Test
    void emptyTokenizer() throws Exception {
        Files.createFile(folder.resolve("tokenizer.model"));
        var run = CommandLineRun.of("chat", "-m", folder.toString(), "hello");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains("tokenizer.model");
        System.out.print(run.err());
    }

    @Test
    void noConfiguration() throws Exception {
        Files.delete(folder.resolve("config.json"));
        refused("config.json");
        folder = temporary.resolve("nowhere");
        refused("nowhere");
    }
}
