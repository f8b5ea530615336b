package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import chuan.golden.GoldenModel;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each kind of damage that is met in practice, and some that somebody would make on purpose: one
/// line with file, place and cause, and never more than 100 MB of memory on the way to it.
class DamagedFilesTest {
    private static final long MOST_BYTES = 100_000_000;

    @TempDir Path temporary;

    /// Opens the folder and asks for all weights.
    private void refused(Path folder, String file, String cause) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        var error = catchThrowable(() -> ModelFolder.open(folder).rows());
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(error).isInstanceOf(MalformedFileException.class);
        var message = String.valueOf(error.getMessage());
        System.out.println(message.replace(temporary.toString(), "models"));
        assertThat(message).contains(file).contains(cause).doesNotContain("\n");
        assertThat(allocated).as("bytes allocated").isLessThan(MOST_BYTES);
    }

    private static void cutTail(Path file, int bytes) {
        byte[] whole = Folders.read(file);
        Folders.write(file, Arrays.copyOf(whole, whole.length - bytes));
    }

    @Test
    void aShardCutShort() {
        var bin = Folders.copy("tiny-alibi-sharded-bin", temporary);
        cutTail(bin.resolve("pytorch_model-00002-of-00002.bin"), 500_000);
        refused(bin, "pytorch_model-00002-of-00002.bin", "the file is cut short, download it");
        var safetensors = Folders.copy("tiny-alibi-sharded-safetensors", temporary);
        cutTail(safetensors.resolve("model-00001-of-00002.safetensors"), 300_000);
        refused(safetensors, "model-00001-of-00002.safetensors: tensor ", "cut short, download");
        var legacy = legacy();
        cutTail(legacy.resolve("pytorch_model.bin"), 100_000);
        refused(legacy, "pytorch_model.bin: at byte ", "a storage reaches beyond the end");
    }

    private Path legacy() {
        var folder = Folders.copy("tiny-alibi-fp16", temporary);
        try {
            Files.delete(folder.resolve("model.safetensors"));
            Files.move(
                    folder.resolve("pytorch_model.legacy.bin"),
                    folder.resolve("pytorch_model.bin"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    @Test
    void aHeaderLengthOfTwoToTheSixtieth() {
        var folder = Folders.copy("tiny-alibi", temporary);
        var file = folder.resolve("model.safetensors");
        byte[] bytes = Folders.read(file);
        bytes[7] = 0x10;
        Folders.write(file, bytes);
        long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        refused(folder, "model.safetensors: at byte 0", "a header of " + length + " bytes");
    }

    @Test
    void aHeaderMadeToFillTheMemory() {
        var folder = Folders.copy("tiny-alibi", temporary);
        var header = new StringBuilder("{\"a\":[");
        while (header.length() < 15_000_000) header.append("[],");
        byte[] text = header.toString().getBytes(StandardCharsets.US_ASCII);
        var bytes = ByteBuffer.allocate(text.length + 8).order(ByteOrder.LITTLE_ENDIAN);
        Folders.write(
                folder.resolve("model.safetensors"), bytes.putLong(text.length).put(text).array());
        refused(folder, "model.safetensors: at byte ", "more than 500000 JSON values");
    }

    @Test
    void aPickleThatNamesAClassOutsideTensors() {
        var folder = Folders.copy("tiny-alibi-bf16", temporary);
        var proof = temporary.resolve("ran");
        byte[] pickle =
                Pickles.protocol2()
                        .global("os", "system")
                        .string("touch " + proof)
                        .raw(0x85, 'R')
                        .stop();
        Folders.write(folder.resolve("pytorch_model.bin"), Pickles.zip(pickle));
        refused(folder, "pytorch_model.bin: at byte ", "the pickle asks for os.system");
        assertThat(proof).doesNotExist();
    }

    @Test
    void aPickleMadeToFillTheMemory() {
        var folder = Folders.copy("tiny-alibi-bf16", temporary);
        byte[] lists = new byte[20_000_000];
        Arrays.fill(lists, (byte) ']');
        Folders.write(folder.resolve("pytorch_model.bin"), Pickles.zip(lists));
        refused(folder, "pytorch_model.bin: at byte ", "more pickle instructions than any");
    }

    @Test
    void aNanInOneTensor() {
        for (String name : new String[] {"tiny-alibi", "tiny-llama", "tiny-alibi2"}) {
            var folder = Folders.copy(name, temporary);
            var file = folder.resolve("model.safetensors");
            var tensor = ModelFolder.open(folder).stored().entrySet().iterator().next().getValue();
            byte[] bytes = Folders.read(file);
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat((int) tensor.offset() + 4 * 77, Float.NaN);
            Folders.write(file, bytes);
            refused(folder, "model.safetensors: tensor " + tensor.name(), "element 77 is NaN");
        }
    }

    @Test
    void anIndexThatListsAShardThatDoesNotExist() throws IOException {
        var folder = Folders.copy("tiny-alibi-sharded-bin", temporary);
        Files.delete(folder.resolve("pytorch_model-00002-of-00002.bin"));
        refused(
                folder,
                "pytorch_model.bin.index.json: key \"weight_map\"",
                "the shard pytorch_model-00002-of-00002.bin does not exist");
    }

    @Test
    void anIndexThatPointsOutsideOrLies() {
        var folder = Folders.copy("tiny-alibi-sharded-safetensors", temporary);
        var index = folder.resolve("model.safetensors.index.json");
        Folders.edit(index, keys -> keys.put("weight_map", Json.Obj.of("a", "../../etc/passwd")));
        refused(folder, "model.safetensors.index.json", "is not a plain file name");
        Folders.edit(
                index,
                keys ->
                        keys.put(
                                "weight_map",
                                Json.Obj.of("a", "model-00001-of-00002.safetensors")));
        refused(folder, "model-00001-of-00002.safetensors: tensor a", "is not in this shard");
        Folders.edit(index, Map::clear);
        refused(folder, "model.safetensors.index.json: key \"weight_map\"", "must map tensors");
    }

    @Test
    void emptyFilesAndFilesOfAnotherKind() {
        var folder = Folders.copy("tiny-alibi", temporary);
        Folders.write(folder.resolve("model.safetensors"), new byte[0]);
        refused(folder, "model.safetensors", "only 0 bytes: too short");
        Folders.write(
                folder.resolve("model.safetensors"),
                "<html>404".repeat(50).getBytes(StandardCharsets.UTF_8));
        refused(folder, "model.safetensors", "not a safetensors file");
        Folders.write(folder.resolve("config.json"), new byte[0]);
        refused(folder, "config.json: at byte 0", "but the text ends");
        var bin = Folders.copy("tiny-alibi-bf16", temporary);
        Folders.write(bin.resolve("pytorch_model.bin"), new byte[0]);
        refused(bin, "pytorch_model.bin", "is no PyTorch checkpoint");
        Folders.write(
                bin.resolve("pytorch_model.bin"),
                "version https://git-lfs.github.com/spec/v1".getBytes(StandardCharsets.UTF_8));
        refused(bin, "pytorch_model.bin", "is no PyTorch checkpoint");
    }

    @Test
    void anIntegerTensorWhereAWeightBelongs() {
        var folder = Folders.copy("tiny-alibi", temporary);
        var file = folder.resolve("model.safetensors");
        var text = new String(Folders.read(file), StandardCharsets.ISO_8859_1);
        Folders.write(file, text.replaceFirst("F32", "I32").getBytes(StandardCharsets.ISO_8859_1));
        refused(folder, "model.safetensors: tensor ", "holds I32, not floating-point numbers");
    }

    @Test
    void theUndamagedOriginalsOpen() {
        for (String name : GoldenModel.NAMES)
            assertThat(ModelFolder.open(GoldenModel.folder(name)).rows().blocks()).isNotEmpty();
        assertThat(ModelFolder.open(legacy()).rows().blocks()).hasSize(3);
    }
}
