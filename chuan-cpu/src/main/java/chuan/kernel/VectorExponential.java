package chuan.kernel;

import static chuan.kernel.Registers.F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [Exponential] on registers: the same operations in the same order.
final class VectorExponential {
    private VectorExponential() {}

    /// [Exponential#exp] of each lane.
    static FloatVector exp(FloatVector value) {
        var x = value.blend(Exponential.LOW, value.compare(VectorOperators.LT, Exponential.LOW));
        x = x.blend(Exponential.HIGH, value.compare(VectorOperators.GT, Exponential.HIGH));
        return ordinary(x);
    }

    /// Of arguments of at most 0: the same, and 0 below [Kernels#LOWEST].
    static FloatVector weight(FloatVector value) {
        return ordinary(value).blend(0, value.compare(VectorOperators.LT, Kernels.LOWEST));
    }

    /// Of arguments in the range of [Exponential]; of others, anything.
    private static FloatVector ordinary(FloatVector x) {
        var rounded =
                x.fma(
                        FloatVector.broadcast(F, Exponential.LOG2_E),
                        FloatVector.broadcast(F, Exponential.ROUND));
        var n = rounded.sub(Exponential.ROUND);
        var r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(F, -Exponential.LN2_LOW), r);
        var p =
                r.fma(
                        FloatVector.broadcast(F, Exponential.C7),
                        FloatVector.broadcast(F, Exponential.C6));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C5));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C4));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C3));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C2));
        p = p.fma(r.mul(r), r).add(1);
        var power =
                rounded.reinterpretAsInts()
                        .lanewise(VectorOperators.LSHL, Exponential.EXPONENT_SHIFT)
                        .add(Exponential.ONE)
                        .reinterpretAsFloats();
        return p.mul(power);
    }
}
