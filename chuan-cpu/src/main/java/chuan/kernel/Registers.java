package chuan.kernel;

import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The shape of this machine's vector registers, 128 to 512 bits, and how weights come into them.
final class Registers {
    /// What the JVM can put into registers; less than 128 bits is of no use.
    static final int OFFERED_BITS = FloatVector.SPECIES_PREFERRED.vectorBitSize();

    static final VectorSpecies<Float> F =
            VectorSpecies.of(
                    float.class, VectorShape.forBitSize(Math.clamp(OFFERED_BITS, 128, 512)));

    /// Floats in a register.
    static final int LENGTH = F.length();

    static final VectorSpecies<Integer> I = F.withLanes(int.class);
    private static final VectorSpecies<Short> S =
            VectorSpecies.of(short.class, VectorShape.forBitSize(LENGTH * Short.SIZE));

    /// Four bytes are no register: with 128 bits, int8 weights go through scalar code.
    static final boolean HAS_INT8 = LENGTH >= 8;

    private static final VectorSpecies<Byte> B =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, LENGTH * Byte.SIZE)));

    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private Registers() {}

    static FloatVector f32(long address) {
        return FloatVector.fromMemorySegment(F, Memory.ALL, address, LE);
    }

    static void put(FloatVector v, long address) {
        v.intoMemorySegment(Memory.ALL, address, LE);
    }

    /// The float at `address` in every lane.
    static FloatVector all(long address) {
        return FloatVector.broadcast(F, Memory.f32(address, 0));
    }

    static FloatVector bf16(long address) {
        var bits = ShortVector.fromMemorySegment(S, Memory.ALL, address, LE);
        return ((IntVector) bits.convertShape(VectorOperators.S2I, I, 0))
                .lanewise(VectorOperators.LSHL, 16)
                .reinterpretAsFloats();
    }

    /// Sign and the other bits move to their places in fp32, where the exponent is then 112 too
    /// small: exact, subnormal numbers included. Not for infinities and NaN, which loading refuses.
    static FloatVector f16(long address) {
        var bits = ShortVector.fromMemorySegment(S, Memory.ALL, address, LE);
        return ((IntVector) bits.convertShape(VectorOperators.S2I, I, 0))
                .lanewise(VectorOperators.LSHL, 13)
                .and(0x8fff_e000)
                .reinterpretAsFloats()
                .mul(0x1p112f);
    }

    static FloatVector int8(long address) {
        return (FloatVector) bytes(address).convertShape(VectorOperators.I2F, F, 0);
    }

    /// Bytes with their signs, one in each place.
    static IntVector bytes(long address) {
        var bytes = ByteVector.fromMemorySegment(B, Memory.ALL, address, LE);
        return (IntVector) bytes.convertShape(VectorOperators.B2I, I, 0);
    }

    static IntVector ints(long address) {
        return IntVector.fromMemorySegment(I, Memory.ALL, address, LE);
    }

    static FloatVector floats(IntVector v) {
        return (FloatVector) v.convertShape(VectorOperators.I2F, F, 0);
    }
}
