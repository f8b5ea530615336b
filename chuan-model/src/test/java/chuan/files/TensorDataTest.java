package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.quant.Panels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorDataTest {
    private static final long SEED = Long.getLong("chuan.seed", 12);

    private static TensorData tensor(DType dtype, ByteBuffer bytes, long... shape) {
        return new TensorData(
                "t", dtype, shape, MemorySegment.ofArray(bytes.array()), Path.of("f"), 0);
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void everyBf16AndF16NumberIsReadExactly() {
        var all = bytes(2 << 16);
        for (int i = 0; i < 1 << 16; i++) all.putShort((short) i);
        float[] bf16 = tensor(DType.BF16, all, 1 << 16).toFloats();
        float[] f16 = tensor(DType.F16, all, 1 << 8, 1 << 8).toFloats();
        for (int i = 0; i < 1 << 16; i++) {
            assertThat(Float.floatToRawIntBits(bf16[i])).isEqualTo(i << 16);
            int exponent = i >> 10 & 31;
            if (exponent == 31) continue;
            double magnitude =
                    exponent == 0
                            ? (i & 1023) * 0x1p-24
                            : (1024 + (i & 1023)) * Math.scalb(1.0, exponent - 25);
            assertThat((double) f16[i]).isEqualTo(i < 1 << 15 ? magnitude : -magnitude);
        }
    }

    @Test
    void bf16RoundingIsToNearestTiesToEven() {
        var random = new Random(7);
        for (int i = 0; i < 100_000; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            short bits = DType.toBf16(value);
            float rounded = DType.fromBf16(bits);
            if (Float.isNaN(value)) {
                assertThat(rounded).isNaN();
                continue;
            }
            if (Float.isInfinite(rounded)) continue;
            double error = Math.abs((double) rounded - value);
            for (int step : new int[] {-1, 1}) {
                float other = DType.fromBf16((short) (bits + step));
                if (Float.isFinite(other))
                    assertThat(error).isLessThanOrEqualTo(Math.abs((double) other - value));
            }
        }
        assertThat(DType.fromBf16(DType.toBf16(Float.intBitsToFloat(0x3f808000)))).isEqualTo(1f);
        assertThat(DType.toBf16(Float.intBitsToFloat(0x3f818000))).isEqualTo((short) 0x3f82);
        assertThat(DType.fromBf16(DType.toBf16(Float.MAX_VALUE))).isInfinite();
        assertThat(DType.fromBf16(DType.toBf16(Float.POSITIVE_INFINITY))).isInfinite();
        assertThat(DType.fromBf16(DType.toBf16(Float.intBitsToFloat(0x7f800001)))).isNaN();
    }

    @Test
    void aSingleNanOrInfinityIsFoundWhereverItStands() {
        for (DType type : new DType[] {DType.F64, DType.F32, DType.F16, DType.BF16}) {
            int count = 37;
            for (int place = 0; place < count; place++) {
                var finite = bytes(count * type.bytes());
                for (int i = 0; i < count; i++) put(finite, type, -largest(type));
                assertThatCode(tensor(type, finite, count)::checkFinite).doesNotThrowAnyException();
                for (double bad : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
                    var damaged = finite.duplicate().order(ByteOrder.LITTLE_ENDIAN);
                    byte[] copy = damaged.array().clone();
                    var one = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
                    put(one.position(place * type.bytes()), type, bad);
                    assertThatThrownBy(tensor(type, one, count)::checkFinite)
                            .isInstanceOf(MalformedFileException.class)
                            .hasMessageStartingWith("f: tensor t: element " + place + " is " + bad);
                }
            }
        }
    }

    /// Ten megabytes are searched in pieces, by several threads.
    @Test
    void ofLargeTensorsInAFileTheFirstBadPlaceIsNamed(@TempDir Path folder) throws IOException {
        var random = new Random(SEED);
        for (DType type :
                new DType[] {DType.F32, DType.BF16, DType.Q4_0, DType.Q6_K, DType.PANEL8}) {
            long rows = 16 * (10_000_000 / type.byteCount(16, 1024));
            var bytes = bytes((int) type.byteCount(rows, 1024));
            var path = folder.resolve(type.name());
            Files.write(path, bytes.array());
            assertThatCode(mapped(path, type, rows)::checkFinite).doesNotThrowAnyException();
            for (int round = 0; round < 5; round++) {
                long first = Long.MAX_VALUE;
                byte[] damaged = bytes.array().clone();
                for (int i = 0; i < 3; i++) {
                    long at = random.nextLong(rows * 1024 / 256) * 256;
                    first = Math.min(first, damage(damaged, type, at));
                }
                Files.write(path, damaged);
                boolean scale = type.isQuantized();
                assertThatThrownBy(mapped(path, type, rows)::checkFinite)
                        .as("%s, seed %d", type, SEED)
                        .hasMessageContaining(
                                scale
                                        ? "scale at byte " + first + " of"
                                        : "element " + first / type.bytes() + " is");
            }
        }
    }

    /// Makes element `index`, or the scale of its block, infinite; returns where.
    private static long damage(byte[] file, DType type, long index) {
        long at =
                switch (type) {
                    case F32 -> index * 4;
                    case BF16 -> index * 2;
                    case Q4_0 -> index / 32 * 18;
                    case Q6_K -> index / 256 * 210 + 208;
                    default -> Panels.PANEL8.scale(1024, index / 1024, index % 1024);
                };
        ByteBuffer out = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (type == DType.F32) out.putFloat((int) at, Float.NEGATIVE_INFINITY);
        else out.putShort((int) at, (short) (type == DType.BF16 ? 0x7f80 : 0xfc00));
        return at;
    }

    private static TensorData mapped(Path path, DType type, long rows) throws IOException {
        try (var channel = FileChannel.open(path)) {
            var data =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            return new TensorData("t", type, new long[] {rows, 1024}, data, path, 0);
        }
    }

    private static double largest(DType type) {
        return switch (type) {
            case F64 -> Double.MAX_VALUE;
            case F32 -> Float.MAX_VALUE;
            case BF16 -> DType.fromBf16((short) 0x7f7f);
            default -> 65504;
        };
    }

    private static void put(ByteBuffer to, DType type, double value) {
        switch (type) {
            case F64 -> to.putDouble(value);
            case F32 -> to.putFloat((float) value);
            case F16 -> to.putShort(Float.floatToFloat16((float) value));
            default -> to.putShort(DType.toBf16((float) value));
        }
    }

    @Test
    void integersAndRowsAreWidened() {
        var ints = bytes(12).putInt(-5).putInt(7).putInt(1 << 20);
        assertThat(tensor(DType.I32, ints, 3).toFloats()).containsExactly(-5, 7, 1 << 20);
        assertThat(tensor(DType.I8, bytes(2).put((byte) -3).put((byte) 4), 2, 1).toRows())
                .isDeepEqualTo(new float[][] {{-3}, {4}});
        assertThat(tensor(DType.U8, bytes(1).put((byte) -1)).get(0)).isEqualTo(255);
    }
}
