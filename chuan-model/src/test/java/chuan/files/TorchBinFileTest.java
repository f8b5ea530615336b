package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.golden.GoldenModel;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TorchBinFileTest {
    private static TorchBinFile parse(byte[] bytes) {
        return TorchBinFile.parse(Path.of("x.bin"), MemorySegment.ofArray(bytes));
    }

    private static void refused(byte[] bytes, String reason) {
        assertThatThrownBy(() -> parse(bytes))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageStartingWith("x.bin: ")
                .hasMessageContaining(reason);
    }

    @Test
    void theOldAndTheNewFormatHoldTheSameBitsAsSafetensors() {
        var fp16 = GoldenModel.folder("tiny-alibi-fp16");
        equal(
                TorchBinFile.open(fp16.resolve("pytorch_model.legacy.bin")).tensors(),
                SafetensorsFile.open(fp16.resolve("model.safetensors")).tensors());
        equal(
                WeightFiles.open(GoldenModel.folder("tiny-alibi-sharded-bin")),
                WeightFiles.open(GoldenModel.folder("tiny-alibi")));
        equal(
                WeightFiles.open(GoldenModel.folder("tiny-alibi-bf16")),
                WeightFiles.open(GoldenModel.folder("tiny-alibi-sharded-safetensors")));
    }

    private static void equal(Map<String, TensorData> actual, Map<String, TensorData> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        actual.forEach((name, tensor) -> {
            var other = expected.getOrDefault(name, tensor);
            assertThat(tensor.dtype()).as(name).isEqualTo(other.dtype());
            assertThat(tensor.shape()).as(name).isEqualTo(other.shape());
            assertThat(tensor.data().mismatch(other.data())).as(name).isEqualTo(-1);
        });
    }

    @Test
    void aHandMadeDictionaryIsRead() {
        byte[] pickle =
                Pickles.protocol2()
                        .raw('}', '(')
                        .string("a")
                        .tensor(0, 2, 2, 2, 1)
                        .string("b")
                        .tensor(2, 1, 2, 99, 1)
                        .raw('u')
                        .stop();
        var tensors = parse(Pickles.zip(pickle)).tensors();
        assertThat(tensors.keySet()).containsExactly("a", "b");
        assertThat(tensors.values().stream().map(TensorData::elements).toList())
                .containsExactly(4L, 2L);
    }

    @Test
    void archivesAboveFourGigabytesUseZip64() {
        byte[] pickle =
                Pickles.protocol2().raw('}').string("a").tensor(1, 1, 3, 3, 1).raw('s').stop();
        var plain = parse(Pickles.zip(pickle)).tensors();
        var big = parse(Pickles.zip64(pickle)).tensors();
        equal(big, plain);
        assertThat(big.values().iterator().next().offset())
                .isEqualTo(plain.values().iterator().next().offset());
    }

    /// Nothing outside the list is even looked up; the message names what was asked for.
    @ParameterizedTest
    @CsvSource({
        "posix, system",
        "os, system",
        "builtins, eval",
        "__builtin__, exec",
        "torch, load",
        "torch.storage, _load_from_bytes",
        "torch._utils, _rebuild_qtensor",
        "java.lang, Runtime"
    })
    void aPickleThatNamesAForeignClassIsRefused(String module, String name) {
        byte[] pickle =
                Pickles.protocol2()
                        .global(module, name)
                        .string("touch /tmp/x")
                        .raw(0x85, 'R')
                        .stop();
        refused(
                Pickles.zip(pickle),
                "the pickle asks for " + module + "." + name + ", which no tensor needs");
        refused(pickle, "the pickle asks for " + module + "." + name);
    }

    @Test
    void tensorsOutsideTheirStorageOrNotRowAfterRowAreRefused() {
        refused(one(0, 2, 3, 3, 1), "tensor a: reaches beyond its storage of 16 bytes");
        refused(one(1, 2, 2, 2, 1), "tensor a: reaches beyond its storage");
        refused(one(0, 2, 2, 1, 2), "tensor a: is not stored row after row");
        refused(one(0, 2, 2, 0, 0), "tensor a: is not stored row after row");
    }

    private static byte[] one(int offset, int rows, int columns, int rowStride, int columnStride) {
        return Pickles.zip(
                Pickles.protocol2()
                        .raw('}')
                        .string("a")
                        .tensor(offset, rows, columns, rowStride, columnStride)
                        .raw('s')
                        .stop());
    }

    @Test
    void picklesThatAreNoDictionaryOfTensorsAreRefused() {
        refused(Pickles.zip(Pickles.protocol2().raw(']').stop()), "dictionary of tensors");
        refused(
                Pickles.zip(Pickles.protocol2().raw('}').string("a").raw('K', 1, 's').stop()),
                "the entry a of its dictionary is no tensor");
        refused(Pickles.zip(new byte[] {(byte) 0x80, 4, '.'}), "pickle protocol 4");
        refused(Pickles.zip(new byte[] {'R', '.'}), "the pickle stack is empty");
        refused(Pickles.zip(new byte[] {'('}), "the pickle ends in the middle");
        refused(Pickles.zip(new byte[] {'i'}), "pickle instruction 0x69 is not one");
        refused(Pickles.zip(new byte[] {'X', -1, -1, -1, 127}), "ends in the middle of a value");
        refused(Pickles.protocol2().raw('K', 1).stop(), "not one that torch.save wrote");
        refused("no checkpoint".getBytes(StandardCharsets.UTF_8), "neither a zip");
    }

    @Test
    void damagedArchivesAreRefused() {
        byte[] good = one(0, 2, 2, 2, 1);
        assertThat(parse(good).tensors()).hasSize(1);
        refused(Arrays.copyOf(good, good.length - 30), "cut short, download it again");
        byte[] pickle = Pickles.protocol2().raw('}').stop();
        refused(Pickles.zip(pickle, ZipEntry.DEFLATED), "is compressed");
    }

    @Test
    void aListThatHoldsItselfDoesNoHarm() {
        byte[] pickle =
                Pickles.protocol2()
                        .raw(']', 'q', 1, 'h', 1, 'a')
                        .raw('}')
                        .string("a")
                        .raw('h', 1, 's')
                        .stop();
        refused(Pickles.zip(pickle), "the entry a of its dictionary is no tensor");
    }
}
