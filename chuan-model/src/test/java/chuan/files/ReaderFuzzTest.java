package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import chuan.golden.GoldenModel;
import chuan.model.ModelConfig;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A fuzz target per reader: valid files with random damage. Whatever comes, a reader either gives
/// tensors that can be read to the end, or throws [MalformedFileException] with a message of one
/// line. Half a second each in a build; `-Dchuan.fuzz.seconds=600 -Dchuan.seed=N` for more.
class ReaderFuzzTest {
    private static final Path FILE = Path.of("fuzzed");

    private final long seed = Long.getLong("chuan.seed", 42);
    private final double seconds =
            Double.parseDouble(System.getProperty("chuan.fuzz.seconds", "0.5"));

    @TempDir Path temporary;

    @Test
    void safetensors() throws IOException {
        var file = temporary.resolve("m");
        SafetensorsWriter.write(
                file,
                Map.of("format", "pt"),
                List.of(
                        TensorSource.of("a", DType.F32, new long[] {2, 3}, new float[6]),
                        TensorSource.of("b", DType.BF16, new long[] {5}, new float[5])));
        fuzz(
                "safetensors",
                Files.readAllBytes(file),
                bytes ->
                        touch(SafetensorsFile.parse(FILE, MemorySegment.ofArray(bytes)).tensors()));
    }

    @Test
    void torchZip() {
        byte[] pickle =
                Pickles.protocol2()
                        .raw('}', 'q', 0, '(')
                        .string("a")
                        .tensor(0, 2, 2, 2, 1)
                        .string("b")
                        .tensor(2, 1, 2, 2, 1)
                        .raw('u')
                        .stop();
        fuzz("torch zip", Pickles.zip(pickle), ReaderFuzzTest::openTorch);
        fuzz("zip64", Pickles.zip64(pickle), ReaderFuzzTest::openTorch);
        fuzz("pickle", pickle, bytes -> openTorch(Pickles.zip(bytes)));
    }

    @Test
    void torchLegacy() {
        byte[] system = Pickles.protocol2().raw('}').string("little_endian").raw(0x88, 's').stop();
        byte[] magic = HexFormat.of().parseHex("8a0a6cfc9c46f9206aa85019");
        byte[] head = Pickles.protocol2().ascii(latin(magic)).stop();
        byte[] version = Pickles.protocol2().raw('M', 0xe9, 3).stop();
        byte[] root =
                Pickles.protocol2().raw('}').string("a").tensor(0, 2, 2, 2, 1).raw('s').stop();
        byte[] keys = Pickles.protocol2().raw(']').string("0").raw('a').stop();
        byte[] storage = new byte[8 + 16];
        storage[0] = 4;
        byte[] whole =
                latinBytes(
                        latin(head)
                                + latin(version)
                                + latin(system)
                                + latin(root)
                                + latin(keys)
                                + latin(storage));
        fuzz("torch legacy", whole, ReaderFuzzTest::openTorch);
    }

    /// Header, tensors of every kind of layout, and the configuration that the keys make.
    @Test
    void gguf() throws IOException {
        Path golden = GoldenModel.folder("gguf");
        for (String name : List.of("broken/00-valid", "broken/31-valid-all-value-types"))
            fuzz(
                    "gguf " + name,
                    Files.readAllBytes(golden.resolve(name + ".gguf")),
                    bytes -> {
                        var file = GgufFile.parse(FILE, MemorySegment.ofArray(bytes));
                        for (TensorData tensor : file.tensors().values()) {
                            assertThat(tensor.data().byteSize()).isLessThanOrEqualTo(bytes.length);
                            tensor.toFloats();
                        }
                        GgufConfig.read(file, Optional.empty());
                        GgufConfig.generation(file);
                    });
    }

    @Test
    void json() {
        fuzz(
                "json",
                "{\"a\":[1,-2.5e+3,true,null,\"x\\u5ddd\\n\"],\"b\":{\"c\":{}}}"
                        .getBytes(StandardCharsets.UTF_8),
                bytes -> {
                    var value = Json.parse(FILE, bytes);
                    byte[] again = value.compact().getBytes(StandardCharsets.UTF_8);
                    assertThat(Json.parse(FILE, again)).isEqualTo(value);
                });
    }

    @Test
    void config() {
        var json =
                ConfigKeys.write(
                        ModelConfig.baichuan13b(), GenerationConfig.baichuanChat(), DType.BF16);
        fuzz(
                "config",
                json.compact().getBytes(StandardCharsets.UTF_8),
                bytes -> {
                    if (Json.parse(FILE, bytes) instanceof Json.Obj object) {
                        var fields = new JsonFields(FILE, object);
                        ConfigKeys.read(fields, Optional.empty());
                        GenerationConfig.read(fields, fields);
                    }
                });
    }

    private static void openTorch(byte[] bytes) {
        touch(TorchBinFile.parse(FILE, MemorySegment.ofArray(bytes)).tensors());
    }

    private static void touch(Map<String, TensorData> tensors) {
        for (TensorData tensor : tensors.values()) tensor.toFloats();
    }

    private void fuzz(String reader, byte[] valid, Consumer<byte[]> target) {
        target.accept(valid);
        var random = new Random(seed);
        long end = System.nanoTime() + (long) (seconds * 1e9);
        int runs = 0;
        int refused = 0;
        byte[] last = valid;
        for (; System.nanoTime() < end; runs++) {
            // damage on damage reaches other places, but seldom passes the first checks
            last = damage(random, random.nextInt(3) > 0 ? valid : last);
            try {
                target.accept(last);
            } catch (MalformedFileException e) {
                refused++;
                assertThat(e.getMessage()).startsWith("fuzzed: ").doesNotContain("\n");
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                fail(
                        reader
                                + ", seed "
                                + seed
                                + ", run "
                                + runs
                                + ": "
                                + HexFormat.of().formatHex(last),
                        e);
            }
        }
        System.out.printf("fuzz %s: seed %d, %d files, %d refused%n", reader, seed, runs, refused);
        assertThat(refused).isPositive();
    }

    private static final long[] INTERESTING = {
        0,
        1,
        -1,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0xffff,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0xffff_ffffL,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        1L << 60
    };

    private static byte[] damage(Random random, byte[] original) {
        byte[] bytes = original.clone();
        if (bytes.length == 0) return new byte[] {(byte) random.nextInt()};
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(6)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt();
            case 2 -> bytes = Arrays.copyOf(bytes, at);
            case 3 -> {
                long value = INTERESTING[random.nextInt(INTERESTING.length)];
                int width = 1 << random.nextInt(4);
                for (int i = 0; i < width && at + i < bytes.length; i++)
                    bytes[at + i] = (byte) (value >> (8 * i));
            }
            case 4 -> {
                int length = Math.min(1 + random.nextInt(16), bytes.length - at);
                int to = random.nextInt(bytes.length - length + 1);
                System.arraycopy(original, at, bytes, to, length);
            }
            default -> {
                var digits = Long.toString(INTERESTING[random.nextInt(INTERESTING.length)]);
                String text = latin(bytes);
                bytes = latinBytes(text.substring(0, at) + digits + text.substring(at));
            }
        }
        return bytes.length > 100_000 ? original : bytes;
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] latinBytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
