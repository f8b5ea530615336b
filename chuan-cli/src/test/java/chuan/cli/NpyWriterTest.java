package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyWriterTest {
    /// Byte for byte what numpy 1.26 writes for `np.array([[1, 2.5], [-3, 4]], "<f4")`.
    @Test
    void bytesAreThoseOfNumpy(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("a.npy");
        try (var npy = new NpyWriter(file, 2, 2)) {
            npy.row(new float[] {9, 1, 2.5f}, 1, 2);
            npy.row(new float[] {-3, 4}, 0, 2);
        }
        byte[] bytes = Files.readAllBytes(file);
        assertThat(bytes).hasSize(128 + 16).startsWith(0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0);
        String header = new String(bytes, 10, 118, StandardCharsets.ISO_8859_1);
        assertThat(header)
                .startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }  ")
                .endsWith(" \n");
        var values = ByteBuffer.wrap(bytes, 128, 16).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(values.getFloat()).isEqualTo(1f);
        assertThat(values.getFloat()).isEqualTo(2.5f);
        assertThat(values.getFloat()).isEqualTo(-3f);
        assertThat(values.getFloat()).isEqualTo(4f);
    }

    @Test
    void oneDimensionHasAComma(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("a.npy");
        try (var npy = new NpyWriter(file, 3)) {
            npy.row(new float[] {1, 2, 3}, 0, 3);
        }
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                .contains("'shape': (3,), }");
    }

    @Test
    void anUnfinishedFileNeverGetsItsName(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("a.npy");
        try (var npy = new NpyWriter(file, 2, 3)) {
            npy.row(new float[] {1, 2, 3}, 0, 3);
        }
        assertThat(Files.list(folder)).isEmpty();
    }
}
